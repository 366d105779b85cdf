"""RNN, GRU and multi-head attention by hand."""

from autograder.course import Assignment

ASSIGNMENT = Assignment(
    given=("rnn_param_helper.py", "visible_check.py", "by_hand.py"),
    by_hand={"Q2": ("rnn",), "Q3": ("gru",), "Q6": ("mha",)},
)
