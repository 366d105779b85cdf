"""Known mistakes in `class RNNLayer`: one bank, filled method by method."""

from autograder.suites.rnn_layer.mistakes import backward, backward_step, forward, forward_step
from autograder.suites.rnn_layer.mistakes.layer import bank

__all__ = ["backward", "backward_step", "forward", "forward_step"]

BANKS = [bank]
