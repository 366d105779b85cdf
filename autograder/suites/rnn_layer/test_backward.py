"""Q3 and Q4: one step and a sequence back, each gradient for itself."""

from __future__ import annotations

import pytest

from autograder.suites.rnn_layer import cases
from autograder.suites.rnn_layer.judge import expect_gradient, right_gradients
from autograder.suites.rnn_layer.passes import back, give, layer_for, step_back


def expect_step_gradient(submission, key, name: str) -> None:
    for sizes in cases.STEPS:
        expect_gradient(step_back(submission, cases.step(key, *sizes), [name]), name)


@pytest.mark.points("Q3", 0.8)
def test_step_dx(submission, key):
    """One step back returns dx as torch's autograd gives it, for several sizes."""
    expect_step_gradient(submission, key, "dx")


@pytest.mark.points("Q3", 0.8)
def test_step_dprev_h(submission, key):
    """One step back assigns dprev_h."""
    expect_step_gradient(submission, key, "dprev_h")


@pytest.mark.points("Q3", 0.8)
def test_step_dw_ih(submission, key):
    """One step back assigns dW_ih."""
    expect_step_gradient(submission, key, "dW_ih")


@pytest.mark.points("Q3", 0.8)
def test_step_dw_hh(submission, key):
    """One step back assigns dW_hh."""
    expect_step_gradient(submission, key, "dW_hh")


@pytest.mark.points("Q3", 0.8)
def test_step_db(submission, key):
    """One step back assigns db."""
    expect_step_gradient(submission, key, "db")


@pytest.mark.points("Q3", 1)
def test_step_back_sizes_of_one(submission, key):
    """Gradients of a step that are right otherwise are so when batch, input or hidden size is 1."""
    names = right_gradients(step_back(submission, cases.step(key, *cases.STEPS[0])))
    for sizes in cases.STEPS_OF_ONE:
        done = step_back(submission, cases.step(key, *sizes), names)
        for name in names:
            expect_gradient(done, name, proven=True)


def sequence_back(submission, key, *sizes: int):
    case = cases.sequence(key, *sizes)
    return back(layer_for(submission, case), case)


def expect_sequence_gradient(submission, key, name: str) -> None:
    for sizes in cases.SIZES:
        expect_gradient(sequence_back(submission, key, *sizes), name)


@pytest.mark.points("Q4", 0.6)
def test_backward_dx(submission, key):
    """The way back through a sequence gives dx as torch's autograd does, for several sizes."""
    expect_sequence_gradient(submission, key, "dx")


@pytest.mark.points("Q4", 0.6)
def test_backward_dh0(submission, key):
    """The way back gives dh0."""
    expect_sequence_gradient(submission, key, "dh0")


@pytest.mark.points("Q4", 0.6)
def test_backward_dw_ih(submission, key):
    """The way back gives dW_ih, summed over all steps."""
    expect_sequence_gradient(submission, key, "dW_ih")


@pytest.mark.points("Q4", 0.6)
def test_backward_dw_hh(submission, key):
    """The way back gives dW_hh, summed over all steps."""
    expect_sequence_gradient(submission, key, "dW_hh")


@pytest.mark.points("Q4", 0.6)
def test_backward_db(submission, key):
    """The way back gives db, summed over all steps."""
    expect_sequence_gradient(submission, key, "db")


@pytest.mark.points("Q4", 0.5)
def test_backward_sizes_of_one(submission, key):
    """Gradients that are right otherwise are so when batch, time, input or hidden size is 1."""
    names = right_gradients(sequence_back(submission, key, *cases.SIZES[0]))
    for sizes in cases.ONES:
        done = sequence_back(submission, key, *sizes)
        for name in names:
            expect_gradient(done, name, proven=True)


@pytest.mark.points("Q4", 0.5)
def test_backward_long_sequence(submission, key):
    """Gradients that are right otherwise are so over 100 steps."""
    names = right_gradients(sequence_back(submission, key, *cases.SIZES[0]))
    done = sequence_back(submission, key, *cases.LONG)
    for name in names:
        expect_gradient(done, name, proven=True)


@pytest.mark.points("Q4", 1)
def test_backward_again(submission, key):
    """One layer gives the same gradients twice, and right ones for another batch: no sums are left over."""
    one, other = cases.sequence(key, *cases.SIZES[0]), cases.sequence(key, *cases.OTHER_BATCH)
    layer = layer_for(submission, one)
    names = right_gradients(back(layer, one))
    for case, when in ((one, ", the second time"), (other, ", for another batch"), (one, ", after that")):
        give(layer, case)
        done = back(layer, case)
        for name in names:
            expect_gradient(done, name, when, proven=True)
