"""Known mistakes, a bank a function."""

from autograder.suites.rnn_gru_mha.mistakes import attention, gru, imitation, memory, rnn

BANKS = [rnn.bank, gru.bank, imitation.bank, memory.bank, attention.bank]
