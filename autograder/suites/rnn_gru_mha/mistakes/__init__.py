"""Known mistakes, a bank a function."""

from autograder.suites.rnn_gru_mha.mistakes import gru

BANKS = [gru.bank]
