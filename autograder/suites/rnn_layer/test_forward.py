"""Q1 and Q2: one step and a sequence forward."""

from __future__ import annotations

import pytest

from autograder.suites.rnn_layer import cases
from autograder.suites.rnn_layer.judge import (
    expect_in_own_order,
    expect_next_state,
    expect_next_state_of_form,
    expect_states,
    fault_in,
    is_right,
    not_judged,
)
from autograder.suites.rnn_layer.own import Order
from autograder.suites.rnn_layer.passes import layer_for


def usual_step(key, *sizes: int, state: bool = False, bias: bool = False):
    return cases.step(key, *sizes, state=state, bias=bias)


@pytest.mark.points("Q1", 1.5)
def test_forward_step(submission, key):
    """One step from a state of zero adds up its inputs by their weights, for several sizes."""
    for sizes in cases.STEPS:
        expect_next_state(submission, usual_step(key, *sizes))


@pytest.mark.points("Q1", 1)
def test_forward_step_activation(submission, key):
    """One step gives torch.nn.RNN's next state from a state of zero: tanh of what was added up."""
    for sizes in cases.STEPS:
        expect_next_state(submission, usual_step(key, *sizes), exact=True)


@pytest.mark.points("Q1", 1)
def test_forward_step_state(submission, key):
    """One step is right from a state other than zero."""
    for sizes in cases.STEPS:
        expect_next_state(submission, usual_step(key, *sizes, state=True))


@pytest.mark.points("Q1", 0.75)
def test_forward_step_bias(submission, key):
    """One step is right with a bias other than zero."""
    for sizes in cases.STEPS:
        expect_next_state(submission, usual_step(key, *sizes, bias=True))


@pytest.mark.points("Q1", 0.75)
def test_forward_step_sizes_of_one(submission, key):
    """One step that is right otherwise is so when batch, input or hidden size is 1."""
    usual = cases.STEPS[0]
    fault = fault_in(lambda: expect_next_state(submission, usual_step(key, *usual)))
    if fault is not None:
        raise not_judged("next_h is not right", fault)
    state = is_right(lambda: expect_next_state(submission, usual_step(key, *usual, state=True)))
    exact = is_right(lambda: expect_next_state(submission, usual_step(key, *usual), exact=True))
    for sizes in cases.STEPS_OF_ONE:
        case = usual_step(key, *sizes, state=state)
        if exact:
            expect_next_state(submission, case, exact=True)
        expect_next_state_of_form(submission, case)


def sequence(key, *sizes: int, bias: bool = False, initial: bool = False):
    return cases.sequence(key, *sizes, bias=bias, initial=initial)


def expect_sequences(submission, key, *several, **parts: bool) -> None:
    """Compare the states for several sizes, in the order in which they are for ordinary ones."""

    def test(order: Order) -> None:
        for sizes in several:
            case = sequence(key, *sizes, **parts)
            expect_states(submission, layer_for(submission, case), case, order)

    expect_in_own_order(submission, key, test)


@pytest.mark.points("Q2", 2)
def test_forward(submission, key):
    """The states are torch.nn.RNN's, for several sizes, a bias and an initial state of zero."""
    for sizes in cases.SIZES:
        case = sequence(key, *sizes)
        expect_states(submission, layer_for(submission, case), case)


@pytest.mark.points("Q2", 1)
def test_forward_initial_state(submission, key):
    """The states are right from an initial state other than zero."""
    expect_sequences(submission, key, *cases.SIZES, initial=True)


@pytest.mark.points("Q2", 0.5)
def test_forward_bias(submission, key):
    """The states are right with a bias other than zero."""
    expect_sequences(submission, key, *cases.SIZES, bias=True)


@pytest.mark.points("Q2", 0.5)
def test_forward_sizes_of_one(submission, key):
    """The states are right when batch, time, input or hidden size is 1."""
    expect_sequences(submission, key, *cases.ONES)


@pytest.mark.points("Q2", 0.5)
def test_forward_long_sequence(submission, key):
    """The states are right over 100 steps."""
    expect_sequences(submission, key, cases.LONG)


@pytest.mark.points("Q2", 0.5)
def test_forward_again(submission, key):
    """The same layer gives the same states once more, after another batch as well."""
    one = sequence(key, *cases.SIZES[0])
    other = {"x": one.inputs["x"][:2, :3], "h0": one.inputs["h0"][:2]}

    def test(order: Order) -> None:
        layer = layer_for(submission, one)
        expect_states(submission, layer, one, order)
        expect_states(submission, layer, one, order, "h, the second time,")
        layer.forward(*other.values())
        expect_states(submission, layer, one, order, "h, after another batch,")

    expect_in_own_order(submission, key, test)
