"""Q2 and Q3: the recurrent networks."""

from __future__ import annotations

import pytest

from autograder.suites.rnn_gru_mha.aspects import GRU, RNN, SIZES, Judge
from autograder.suites.rnn_gru_mha.forms import ACTIVATION, CARRY, EVERYTHING, MIXING, ORDER

__all__ = ["LONG", "ONES", "SIZES"]

# B, T, I, H
ONES = ((1, 6, 3, 4), (4, 1, 3, 2), (3, 5, 1, 2), (2, 4, 3, 1), (1, 1, 1, 1))
LONG = ((3, 100, 2, 8), (2, 1000, 3, 5))


def rnn_activation(judge: Judge) -> None:
    judge.expect_part("state", {ORDER, CARRY})


def rnn_order(judge: Judge) -> None:
    judge.expect_order({ACTIVATION})


def bias(judge: Judge) -> None:
    judge.expect_with(bias=True)


def initial_state(judge: Judge) -> None:
    judge.expect_with(initial=True)


def hidden_weights(judge: Judge) -> None:
    judge.expect_with(EVERYTHING - {CARRY}, symmetric=False)  # what carries nothing has no use for them


def new_state(judge: Judge) -> None:
    judge.expect_part("new state", {ORDER, CARRY, MIXING})


def update_gate(judge: Judge) -> None:
    judge.expect_part("update gate", {ORDER, CARRY, ACTIVATION})


def reset_gate(judge: Judge) -> None:
    judge.expect_part("reset gate", {ORDER, ACTIVATION, MIXING})


def gru_order(judge: Judge) -> None:
    judge.expect_order({ACTIVATION, MIXING})


ADDED = (bias, initial_state, hidden_weights)
RNN_ASPECTS = (rnn_activation, rnn_order, *ADDED)
GRU_ASPECTS = (new_state, update_gate, reset_gate, gru_order, *ADDED)


@pytest.mark.points("Q2", 0.75)
def test_rnn_activation(submission, key):
    """Each state is the tanh of the whole sum: without a bias, from a state of zero, for several sizes."""
    rnn_activation(Judge(RNN, submission, key))


@pytest.mark.points("Q2", 0.5)
def test_rnn_order(submission, key):
    """The outputs are [B, T, H], and each state follows from the one before and its own input."""
    rnn_order(Judge(RNN, submission, key))


@pytest.mark.points("Q2", 0.25)
def test_rnn_bias(submission, key):
    """The outputs are right with a bias."""
    bias(Judge(RNN, submission, key))


@pytest.mark.points("Q2", 0.25)
def test_rnn_initial_state(submission, key):
    """The outputs are right from an initial state other than zero."""
    initial_state(Judge(RNN, submission, key))


@pytest.mark.points("Q2", 0.25)
def test_rnn_hidden_weights(submission, key):
    """The outputs are right with hidden weights that are not their own transpose."""
    hidden_weights(Judge(RNN, submission, key))


@pytest.mark.points("Q2", 0.25)
def test_rnn_together(submission, key):
    """With all of this at once nothing more goes wrong."""
    Judge(RNN, submission, key).expect_together(RNN_ASPECTS)


@pytest.mark.points("Q2", 0.25)
def test_rnn_sizes_of_one(submission, key):
    """The answer is right when batch, time, input or hidden size is 1."""
    Judge(RNN, submission, key).expect_for_ones(ONES)


@pytest.mark.points("Q2", 0.25)
def test_rnn_long_sequences(submission, key):
    """The outputs are right over 100 and 1,000 steps."""
    Judge(RNN, submission, key).expect_for(LONG)


@pytest.mark.points("Q2", 0.25)
def test_rnn_final_state(submission, key):
    """The final state is the state after the last step."""
    Judge(RNN, submission, key).expect_final_states()


@pytest.mark.points("Q3", 0.5)
def test_gru_new_state(submission, key):
    """The new state is right where both gates are held: without biases, from a state of zero."""
    new_state(Judge(GRU, submission, key))


@pytest.mark.points("Q3", 0.75)
def test_gru_update_gate(submission, key):
    """The update gate mixes new and old state as it should, where the reset gate is held."""
    update_gate(Judge(GRU, submission, key))


@pytest.mark.points("Q3", 0.75)
def test_gru_reset_gate(submission, key):
    """The reset gate acts where and how it should, where the update gate is held."""
    reset_gate(Judge(GRU, submission, key))


@pytest.mark.points("Q3", 0.5)
def test_gru_order(submission, key):
    """The outputs are [B, T, H], and each state follows from the one before and its own input."""
    gru_order(Judge(GRU, submission, key))


@pytest.mark.points("Q3", 0.5)
def test_gru_biases(submission, key):
    """The outputs are right with biases."""
    bias(Judge(GRU, submission, key))


@pytest.mark.points("Q3", 0.25)
def test_gru_initial_state(submission, key):
    """The outputs are right from an initial state other than zero."""
    initial_state(Judge(GRU, submission, key))


@pytest.mark.points("Q3", 0.25)
def test_gru_hidden_weights(submission, key):
    """The outputs are right with hidden weights that are not their own transposes."""
    hidden_weights(Judge(GRU, submission, key))


@pytest.mark.points("Q3", 0.75)
def test_gru_together(submission, key):
    """With all of this at once nothing more goes wrong."""
    Judge(GRU, submission, key).expect_together(GRU_ASPECTS)


@pytest.mark.points("Q3", 0.25)
def test_gru_sizes_of_one(submission, key):
    """The answer is right when batch, time, input or hidden size is 1."""
    Judge(GRU, submission, key).expect_for_ones(ONES)


@pytest.mark.points("Q3", 0.25)
def test_gru_long_sequences(submission, key):
    """The outputs are right over 100 and 1,000 steps."""
    Judge(GRU, submission, key).expect_for(LONG)


@pytest.mark.points("Q3", 0.25)
def test_gru_final_state(submission, key):
    """The final state is the state after the last step."""
    Judge(GRU, submission, key).expect_final_states()
