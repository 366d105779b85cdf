"""Answers to `rnn_layer`: one bank of classes, filled by three modules."""

from bench.variants.rnn_layer import right, wrong_backward, wrong_forward
from bench.variants.rnn_layer.right import bank

__all__ = ["right", "wrong_backward", "wrong_forward"]

BANKS = (bank,)
