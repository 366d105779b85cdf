"""Answers to `rnn_layer`: right ones, in many styles."""

from bench.variants.rnn_layer import right

__all__ = ["right"]

BANKS = (right.bank,)
