"""Answers to the assignment on RNN, GRU and attention by hand: right ones, and with mistakes in them."""

from bench.family import Family
from bench.held_out.rnn_gru_mha import attention, folded, gated, imitation, memory, recurrent, stacked

FAMILIES: list[Family] = [
    *recurrent.FAMILIES,
    *gated.FAMILIES,
    *imitation.FAMILIES,
    *memory.FAMILIES,
    *attention.FAMILIES,
    *folded.FAMILIES,
    *stacked.FAMILIES,
]
