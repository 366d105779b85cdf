"""Answers to the assignment on RNN, GRU and attention by hand: right ones, and with mistakes in them."""

from bench.family import Family
from bench.held_out.rnn_gru_mha import (
    attention,
    buffer,
    folded,
    gated,
    imitation,
    inputs_first,
    linear,
    memory,
    recurrent,
    stacked,
    tables,
)

FAMILIES: list[Family] = [
    *recurrent.FAMILIES,
    *gated.FAMILIES,
    *imitation.FAMILIES,
    *memory.FAMILIES,
    *attention.FAMILIES,
    *folded.FAMILIES,
    *stacked.FAMILIES,
    *inputs_first.FAMILIES,
    *buffer.FAMILIES,
    *tables.FAMILIES,
    *linear.FAMILIES,
]
