"""Three ways of writing the class RNN and two of either gradient, with the mistakes that each can carry."""

from bench.family import Family
from bench.held_out.bptt import arrays, by_name, chain, gradients, lists

FAMILIES: list[Family] = [lists.FAMILY, arrays.FAMILY, chain.FAMILY, *gradients.FAMILIES, *by_name.FAMILIES]
