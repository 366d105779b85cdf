"""Answers to `bptt`."""

from bench.variants.bptt import analytical, network, numerical

BANKS = (network.bank, numerical.bank, analytical.bank)
