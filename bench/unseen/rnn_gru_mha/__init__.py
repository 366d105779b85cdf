"""Styles of answering the questions of `rnn_gru_mha`, one module a function."""

from bench.unseen.rnn_gru_mha import gru, init_gru_with_long_term_memory, init_gru_with_rnn, mha, rnn

FAMILIES = [
    *rnn.FAMILIES,
    *gru.FAMILIES,
    *init_gru_with_rnn.FAMILIES,
    *init_gru_with_long_term_memory.FAMILIES,
    *mha.FAMILIES,
]
