"""Q2: the gradient twice, by differences and by back-propagation."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.answers import within
from autograder.errors import StudentFault
from autograder.suites.bptt.analytical import Analytical
from autograder.suites.bptt.judge import (
    ANALYTIC,
    MOVED,
    MOVED_FAR,
    NUMERIC,
    NUMERICAL,
    TWO_SIDED,
    UNLIKE,
    Truth,
    asked,
    common_factor,
    distances,
    evidence_of,
    expect_small,
    unlikeness,
)
from autograder.suites.bptt.own import OWN

# D, H, O, T
SIZES = ((5, 8, 3, 6), (3, 4, 1, 5), (1, 1, 1, 1))
CURVED = ((6, 7, 1, 5), (3, 4, 1, 4))  # the first is large: there one-sided differences show
RESTORED = ((3, 4, 1, 6),)
ONE = ((4, 6, 1, 5),)


@pytest.mark.points("Q2", 1)
def test_numerical_gradient(submission, key):
    """`get_numerical_gradient` returns the gradient of the sum of the outputs, for several sizes."""
    truth = Truth(submission, key)
    for run in asked(submission, key, NUMERIC, truth.sizes(SIZES)):
        found, expected = run.gradients, truth.gradients(run.sizes, run.before, run.inputs)
        threshold = NUMERICAL if max(distances(found, expected)) <= NUMERICAL or run.kept else MOVED
        expect_small(found, expected, threshold, f"`{NUMERIC}`")


@pytest.mark.points("Q2", 0.5)
def test_numerical_gradient_is_two_sided(submission, key):
    """With eps=1e-5 it is as near as a two-sided difference of the weights that were given."""
    truth = Truth(submission, key)
    for run in asked(submission, key, NUMERIC, truth.sizes(CURVED), 1e-5):
        expected = truth.gradients(run.sizes, run.before, run.inputs)
        numbers = run.numbers(expected)
        factor = common_factor(numbers, expected)  # a wrong one costs the other test
        found = {name: array / factor for name, array in numbers.items()}
        threshold = TWO_SIDED if max(distances(found, expected)) <= TWO_SIDED or run.kept else MOVED_FAR
        expect_small(found, expected, threshold, f"`{NUMERIC}` with eps=1e-5")


@pytest.mark.points("Q2", 0.5)
def test_numerical_gradient_restores(submission, key):
    """It leaves the weights as they were, to within 1e-12, and is roughly in the gradient's direction."""
    truth = Truth(submission, key)
    for run in asked(submission, key, NUMERIC, truth.sizes(RESTORED)):
        expected = truth.gradients(run.sizes, run.before, run.inputs)
        is_flat = not any(np.max(np.abs(array)) > OWN for array in expected.values())  # their own forward
        numbers = run.numbers(expected)
        if not is_flat and not within(unlikeness(numbers, expected), UNLIKE):
            evidence = evidence_of(numbers, expected)
            raise StudentFault(f"`{NUMERIC}` is nowhere near the gradient", evidence)
        run.expect_kept()


@pytest.mark.points("Q2", 0.5)
def test_analytical_gradient(submission, key):
    """`get_analytical_gradient` is what `backward` gives for the sum of the outputs, for several sizes."""
    analytical, truth = Analytical(submission, key), Truth(submission, key)
    for run in asked(submission, key, ANALYTIC, truth.long_enough(SIZES)):
        analytical.expect(run)


@pytest.mark.points("Q2", 0.5)
def test_analytical_gradient_restores(submission, key):
    """It is so with one output and when called again, and leaves the weights as they were, to within
    1e-12."""
    analytical, truth = Analytical(submission, key), Truth(submission, key)
    for run in asked(submission, key, ANALYTIC, truth.long_enough(ONE)):
        analytical.expect(run)
        analytical.expect_kept(run)
        analytical.expect_again(run)
