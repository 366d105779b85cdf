"""Answers to `rnn_gru_mha`."""

from bench.variants.rnn_gru_mha import attention, gru, imitation, memory, rnn

BANKS = (rnn.bank, gru.bank, imitation.bank, memory.bank, attention.bank)
