"""Q2: the gradient twice, by differences and by back-propagation."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from autograder.answers import as_array, within
from autograder.errors import StudentFault
from autograder.suites.bptt.cases import AXES, Sizes, autograd, case
from autograder.suites.bptt.judge import (
    ANALYTIC,
    MOVED,
    NUMERIC,
    NUMERICAL,
    SMALL,
    TWO_SIDED,
    UNLIKE,
    Truth,
    asked,
    common_factor,
    distances,
    expect_own_gradient,
    expect_small,
    gradient_in,
    near,
    own_backward,
    same,
    unlikeness,
    usable,
)
from autograder.suites.bptt.objects import done, entry

EXACT = 1e-13  # relative: a tanh on a small output is not taken for a right forward
OWN_FIRST = ("V", "R", "W", "bs")  # the gradients of which one has to fit the student's own forward pass
# D, H, O, T
SIZES = ((5, 8, 3, 6), (3, 4, 1, 5), (1, 1, 1, 1))
CURVED = ((6, 7, 3, 5), (4, 5, 1, 6))  # where a one-sided difference shows
ONE = ((4, 6, 1, 5),)


@pytest.mark.points("Q2", 1)
def test_numerical_gradient(submission, key):
    """`get_numerical_gradient` returns the gradient of the sum of the outputs, for several sizes."""
    truth = Truth(submission, key)
    for run in asked(submission, key, NUMERIC, truth.sizes(SIZES)):
        errors = distances(run.gradients, truth.gradients(run.sizes, run.before, run.inputs))
        threshold = NUMERICAL if max(errors) <= NUMERICAL or run.kept else MOVED
        expect_small(errors, threshold, f"`{NUMERIC}`")


@pytest.mark.points("Q2", 0.5)
def test_numerical_gradient_is_two_sided(submission, key):
    """With eps=1e-5 it is as near as a two-sided difference of the weights that were given."""
    truth = Truth(submission, key)
    for run in asked(submission, key, NUMERIC, truth.sizes(CURVED), 1e-5):
        expected = truth.gradients(run.sizes, run.before, run.inputs)
        factor = common_factor(run.gradients, expected)  # a wrong one costs the other test
        errors = distances({name: run.gradients[name] / factor for name in AXES}, expected)
        expect_small(errors, TWO_SIDED, f"`{NUMERIC}` with eps=1e-5")


@pytest.mark.points("Q2", 0.5)
def test_numerical_gradient_restores(submission, key):
    """It leaves the weights as they were, to within 1e-12, and is roughly in the gradient's direction."""
    truth = Truth(submission, key)
    for run in asked(submission, key, NUMERIC, truth.sizes(ONE)):
        expected = truth.gradients(run.sizes, run.before, run.inputs)
        if not within(unlikeness(run.gradients, expected), UNLIKE):
            raise StudentFault(f"`{NUMERIC}` is nowhere near the gradient")
        run.expect_kept()


def expect_analytical(submission, key, run) -> None:
    """Compare each gradient with torch's, or else with what the student's own `backward` returns."""
    right, gradients = autograd(run.before, run.inputs, np.ones(run.sizes.O))
    others = [name for name in AXES if not is_right(run, name, gradients[name])]
    if not others:
        return
    outputs, own = own_backward(submission, key, run)
    usable_own = usable(own, run.sizes)
    off = np.abs(as_array(outputs, "the answer of `forward`").ravel() - right)
    is_right_forward = np.max(off) <= EXACT * np.max(np.abs(right))
    all_near = len(usable_own) == len(AXES) and all(near(usable_own[name], gradients[name]) for name in AXES)
    if is_right_forward and all_near:
        raise StudentFault(f"`{ANALYTIC}` is off the gradient by more than rounding, as differences are")
    expect_own_backward(submission, key, usable_own, gradients)
    for name in others:
        answer, expected = (as_array(entry(part, f"d_{name}", ANALYTIC), name) for part in (run.answer, own))
        if answer.shape != expected.shape or not same(answer, expected):
            raise StudentFault(f"`{ANALYTIC}`: d_{name} is not what `backward` gives for upstream ones")


def expect_own_backward(submission, key, own, gradients) -> None:
    """Raise a `StudentFault` unless what stands in for torch's gradients is partly right.

    That is near torch's, or for a wrong forward pass fits its differences.
    """
    small = case(key, *SMALL)
    if any(name in own and near(own[name], gradients[name]) for name in OWN_FIRST):
        return
    if not any(done(partial(expect_own_gradient, submission, small, name)) for name in OWN_FIRST):
        raise StudentFault(f"`{ANALYTIC}`: neither it nor `backward` gives a gradient")


def is_right(run, name: str, expected) -> bool:
    """Whether one gradient of the answer is torch's."""
    try:
        return same(gradient_in(run.answer, name, ANALYTIC, run.sizes), expected)
    except StudentFault:
        return False


@pytest.mark.points("Q2", 0.5)
def test_analytical_gradient(submission, key):
    """`get_analytical_gradient` is what `backward` gives for the sum of the outputs, for several sizes."""
    for run in asked(submission, key, ANALYTIC, [Sizes(*of) for of in SIZES]):
        expect_analytical(submission, key, run)


@pytest.mark.points("Q2", 0.5)
def test_analytical_gradient_restores(submission, key):
    """It is so with one output, and leaves the weights as they were, to within 1e-12."""
    for run in asked(submission, key, ANALYTIC, [Sizes(*of) for of in ONE]):
        expect_analytical(submission, key, run)
        run.expect_kept()
