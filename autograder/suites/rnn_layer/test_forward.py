"""Q1 and Q2: one step and a sequence forward."""

from __future__ import annotations

import pytest

from autograder.suites.rnn_layer import cases
from autograder.suites.rnn_layer.judge import expect_next_state, expect_states
from autograder.suites.rnn_layer.passes import layer_for


@pytest.mark.points("Q1", 3)
def test_forward_step(submission, key):
    """One step gives torch.nn.RNN's next state, for several sizes and a bias of zero."""
    for sizes in cases.STEPS:
        expect_next_state(submission, cases.step(key, *sizes, bias=False))


@pytest.mark.points("Q1", 1)
def test_forward_step_bias(submission, key):
    """One step is right with a bias other than zero."""
    for sizes in cases.STEPS:
        expect_next_state(submission, cases.step(key, *sizes))


@pytest.mark.points("Q1", 1)
def test_forward_step_sizes_of_one(submission, key):
    """One step is right when batch, input or hidden size is 1."""
    for sizes in cases.STEPS_OF_ONE:
        expect_next_state(submission, cases.step(key, *sizes, bias=False))


def expect_sequence(submission, key, *sizes: int, bias: bool = False, initial: bool = False) -> None:
    case = cases.sequence(key, *sizes, bias=bias, initial=initial)
    expect_states(layer_for(submission, case), case)


@pytest.mark.points("Q2", 2)
def test_forward(submission, key):
    """The states are torch.nn.RNN's, for several sizes, a bias and an initial state of zero."""
    for sizes in cases.SIZES:
        expect_sequence(submission, key, *sizes)


@pytest.mark.points("Q2", 1)
def test_forward_initial_state(submission, key):
    """The states are right from an initial state other than zero."""
    for sizes in cases.SIZES:
        expect_sequence(submission, key, *sizes, initial=True)


@pytest.mark.points("Q2", 0.5)
def test_forward_bias(submission, key):
    """The states are right with a bias other than zero."""
    for sizes in cases.SIZES:
        expect_sequence(submission, key, *sizes, bias=True)


@pytest.mark.points("Q2", 0.5)
def test_forward_sizes_of_one(submission, key):
    """The states are right when batch, time, input or hidden size is 1."""
    for sizes in cases.ONES:
        expect_sequence(submission, key, *sizes)


@pytest.mark.points("Q2", 0.5)
def test_forward_long_sequence(submission, key):
    """The states are right over 100 steps."""
    expect_sequence(submission, key, *cases.LONG)


@pytest.mark.points("Q2", 0.5)
def test_forward_again(submission, key):
    """The same layer gives the same states once more, after another batch as well."""
    one = cases.sequence(key, *cases.SIZES[0], bias=False, initial=False)
    other = {"x": one.inputs["x"][:2, :3], "h0": one.inputs["h0"][:2]}
    layer = layer_for(submission, one)
    expect_states(layer, one)
    expect_states(layer, one, "h, the second time,")
    layer.forward(*other.values())
    expect_states(layer, one, "h, after another batch,")
