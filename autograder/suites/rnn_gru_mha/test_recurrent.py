"""Q2 and Q3: the recurrent networks."""

from __future__ import annotations

import pytest

from autograder.suites.rnn_gru_mha import cases
from autograder.suites.rnn_gru_mha.judge import expect_final_state, expect_outputs

# B, T, I, H: all different, so that a transposed answer fails by its shape
SIZES = ((3, 7, 5, 4), (5, 6, 2, 9), (2, 12, 7, 64))
ONES = ((1, 6, 3, 4), (4, 1, 3, 2), (3, 5, 1, 2), (2, 4, 3, 1), (1, 1, 1, 1))
LONG = ((3, 100, 2, 8), (2, 1000, 3, 5))
RNN, GRU = "torch.nn.RNN's", "torch.nn.GRU's"


@pytest.mark.points("Q2", 1)
def test_rnn_outputs(submission, key):
    """The outputs are torch.nn.RNN's, for several sizes."""
    for sizes in SIZES:
        expect_outputs(submission.rnn, "rnn", cases.rnn(key, *sizes), RNN)


@pytest.mark.points("Q2", 0.5)
def test_rnn_sizes_of_one(submission, key):
    """The outputs are right when batch, time, input or hidden size is 1."""
    for sizes in ONES:
        expect_outputs(submission.rnn, "rnn", cases.rnn(key, *sizes), RNN)


@pytest.mark.points("Q2", 0.5)
def test_rnn_long_sequences(submission, key):
    """The outputs are right over 100 and 1,000 steps."""
    for sizes in LONG:
        expect_outputs(submission.rnn, "rnn", cases.rnn(key, *sizes), RNN)


@pytest.mark.points("Q2", 1)
def test_rnn_final_state(submission, key):
    """The final state is the state after the last step."""
    for sizes in SIZES + ONES:
        expect_final_state(submission.rnn, "rnn", cases.rnn(key, *sizes), RNN)


@pytest.mark.points("Q3", 2)
def test_gru_outputs(submission, key):
    """The outputs are torch.nn.GRU's, for several sizes."""
    for sizes in SIZES:
        expect_outputs(submission.gru, "gru", cases.gru(key, *sizes), GRU)


@pytest.mark.points("Q3", 1)
def test_gru_sizes_of_one(submission, key):
    """The outputs are right when batch, time, input or hidden size is 1."""
    for sizes in ONES:
        expect_outputs(submission.gru, "gru", cases.gru(key, *sizes), GRU)


@pytest.mark.points("Q3", 1)
def test_gru_long_sequences(submission, key):
    """The outputs are right over 100 and 1,000 steps."""
    for sizes in LONG:
        expect_outputs(submission.gru, "gru", cases.gru(key, *sizes), GRU)


@pytest.mark.points("Q3", 1)
def test_gru_final_state(submission, key):
    """The final state is the state after the last step."""
    for sizes in SIZES + ONES:
        expect_final_state(submission.gru, "gru", cases.gru(key, *sizes), GRU)
