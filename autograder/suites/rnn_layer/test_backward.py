"""Q3 and Q4: one step and a sequence back, each gradient for itself."""

from __future__ import annotations

import pytest

from autograder.suites.rnn_layer import cases
from autograder.suites.rnn_layer.judge import expect_before_tanh, expect_gradient, right_gradients
from autograder.suites.rnn_layer.passes import back, give, layer_for, sequence_back, step_back

Sizes = tuple[int, ...]


def steps_back(submission, key, several: tuple[Sizes, ...] = cases.STEPS):
    """One step back for each of several sizes."""
    return (step_back(submission, cases.step(key, *sizes)) for sizes in several)


def expect_step_gradient(submission, key, name: str) -> None:
    for done in steps_back(submission, key):
        expect_gradient(done, name)


@pytest.mark.points("Q3", 1)
def test_step_before_tanh(submission, key):
    """One step back goes through the tanh: some gradient is torch's autograd's, for several sizes."""
    for done in steps_back(submission, key):
        expect_before_tanh(done, "look at how dnext_h goes through the tanh")


@pytest.mark.points("Q3", 0.7)
def test_step_dx(submission, key):
    """One step back returns dx, made as it should be of the gradient before the tanh."""
    expect_step_gradient(submission, key, "dx")


@pytest.mark.points("Q3", 0.7)
def test_step_dprev_h(submission, key):
    """One step back assigns dprev_h."""
    expect_step_gradient(submission, key, "dprev_h")


@pytest.mark.points("Q3", 0.7)
def test_step_dw_ih(submission, key):
    """One step back assigns dW_ih."""
    expect_step_gradient(submission, key, "dW_ih")


@pytest.mark.points("Q3", 0.7)
def test_step_dw_hh(submission, key):
    """One step back assigns dW_hh."""
    expect_step_gradient(submission, key, "dW_hh")


@pytest.mark.points("Q3", 0.7)
def test_step_db(submission, key):
    """One step back assigns db."""
    expect_step_gradient(submission, key, "db")


@pytest.mark.points("Q3", 0.5)
def test_step_back_sizes_of_one(submission, key):
    """Gradients of a step that are right otherwise are so when batch, input or hidden size is 1."""
    right = right_gradients(step_back(submission, cases.step(key, *cases.STEPS[0])))
    for done in steps_back(submission, key, cases.STEPS_OF_ONE):
        right.expect_form(done)


def sequences_back(submission, key, several: tuple[Sizes, ...] = cases.SIZES):
    """The way back through a sequence for each of several sizes."""
    return (sequence_back(submission, cases.sequence(key, *sizes)) for sizes in several)


def expect_sequence_gradient(submission, key, name: str) -> None:
    for done in sequences_back(submission, key):
        expect_gradient(done, name)


@pytest.mark.points("Q4", 1)
def test_backward_before_tanh(submission, key):
    """The way back goes through all steps: some gradient is torch's autograd's, for several sizes."""
    for done in sequences_back(submission, key):
        expect_before_tanh(done, "look at what comes back to a state from the step after it")


@pytest.mark.points("Q4", 0.55)
def test_backward_dx(submission, key):
    """The way back gives dx, made as it should be of the gradients before the tanh."""
    expect_sequence_gradient(submission, key, "dx")


@pytest.mark.points("Q4", 0.55)
def test_backward_dh0(submission, key):
    """The way back gives dh0."""
    expect_sequence_gradient(submission, key, "dh0")


@pytest.mark.points("Q4", 0.55)
def test_backward_dw_ih(submission, key):
    """The way back gives dW_ih, summed over all steps."""
    expect_sequence_gradient(submission, key, "dW_ih")


@pytest.mark.points("Q4", 0.55)
def test_backward_dw_hh(submission, key):
    """The way back gives dW_hh, summed over all steps."""
    expect_sequence_gradient(submission, key, "dW_hh")


@pytest.mark.points("Q4", 0.55)
def test_backward_db(submission, key):
    """The way back gives db, summed over all steps."""
    expect_sequence_gradient(submission, key, "db")


@pytest.mark.points("Q4", 0.4)
def test_backward_sizes_of_one(submission, key):
    """Gradients that are right otherwise are so when batch, time, input or hidden size is 1."""
    right = right_gradients(sequence_back(submission, cases.sequence(key, *cases.SIZES[0])))
    for done in sequences_back(submission, key, cases.ONES):
        right.expect_form(done)


@pytest.mark.points("Q4", 0.35)
def test_backward_long_sequence(submission, key):
    """Gradients that are right otherwise are so over 100 steps."""
    right = right_gradients(sequence_back(submission, cases.sequence(key, *cases.SIZES[0])))
    right.expect(sequence_back(submission, cases.sequence(key, *cases.LONG)))


@pytest.mark.points("Q4", 0.5)
def test_backward_again(submission, key):
    """One layer gives the same gradients twice, and right ones for another batch: no sums are left over."""
    one, other = cases.sequence(key, *cases.SIZES[0]), cases.sequence(key, *cases.OTHER_BATCH)
    like_it = cases.sequence(key, *cases.SIZES[0], bias=False)
    layer = layer_for(submission, one)
    right = right_gradients(back(submission, layer, one))
    for case, when in (
        (one, ", the second time"),
        (like_it, ", for other inputs"),
        (other, ", for another batch"),
        (one, ", after that"),
    ):
        give(layer, case)
        right.expect(back(submission, layer, case), when)
