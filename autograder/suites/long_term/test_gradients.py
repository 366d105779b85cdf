"""Q3 and Q4: gradients of late states in the initial one, taken by students and through their parameters."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.answers import reaches, within
from autograder.errors import StudentFault
from autograder.suites.draws import generator, normal
from autograder.suites.gates import as_gates
from autograder.suites.long_term import cases
from autograder.suites.long_term.judge import EARLY, EXPLODED, LEVEL, VANISHED, as_rnn, expect_gradient, norms
from autograder.suites.long_term.test_states import ONES, SIZES
from autograder.suites.recurrent import gru_module

# I, H; H from 8 to 64. A function has to do for any generator, and gets a few
HIDDEN_SIZES = ((5, 8), (1, 8), (3, 9), (4, 17), (2, 32), (6, 64))
GENERATORS = 4
LEVEL_SIZES = ((20, 5, 8), (10, 3, 24), (1, 2, 6), (20, 1, 3), (20, 4, 1))  # B, I, H


def expect_gradients(submission, key, kinds: tuple[str, ...], sizes) -> None:
    for B, T, I, H in sizes:  # noqa: E741 - the course's letters
        for kind in kinds:
            case = cases.gradients(key, kind, B, T, I, H)
            for step, expected in case.expected.items():
                expect_gradient(submission.initial_state_gradient(case.model, *case.data, step), expected)


@pytest.mark.points("Q3", 0.5)
def test_gradient_of_an_rnn(submission, key):
    """The gradient through an RNN is right, for several sizes and steps, 0 and the last among them."""
    expect_gradients(submission, key, ("rnn",), SIZES)


@pytest.mark.points("Q3", 0.25)
def test_gradient_of_a_gru(submission, key):
    """The gradient through a GRU is right, for several sizes and steps."""
    expect_gradients(submission, key, ("gru",), SIZES)


@pytest.mark.points("Q3", 0.25)
def test_gradient_sizes_of_one(submission, key):
    """The gradient is right when batch, time, input or hidden size is 1."""
    expect_gradients(submission, key, ("rnn", "gru"), ONES)


def parameters(submission, key, function: str):
    """An RNN with the student's parameters, size by size and generator by generator, with its I and H."""
    for I, H in HIDDEN_SIZES:  # noqa: E741
        for number in range(GENERATORS):
            answer = getattr(submission, function)(I, H, cases.random(key, function, I, H, number))
            yield as_rnn(answer, function, I, H), I, H


@pytest.mark.points("Q3", 1)
def test_vanishing_gradient(submission, key):
    """The gradient through your vanishing RNN is above 0.001 at step 1 and below it at step 30."""
    for rnn, I, H in parameters(submission, key, "vanishing_rnn_params"):  # noqa: E741
        inputs = generator(key, cases.NAME, "vanishing", I, H).uniform(0, 1, (10, 31, I))
        zero = np.zeros((10, H))
        if not reaches(np.min(norms(cases.gradient(rnn, inputs, zero, 1), "at step 1")), EARLY):
            raise StudentFault(
                f"the gradient of some sequence has a norm of {EARLY:g} or less at step 1 already"
            )
        if not within(np.max(norms(cases.gradient(rnn, inputs, zero, 30), "at step 30")), VANISHED):
            raise StudentFault(f"the gradient of some sequence has a norm of {VANISHED:g} or more at step 30")


@pytest.mark.points("Q3", 1)
def test_exploding_gradient(submission, key):
    """The gradient through your exploding RNN is above 1000 at step 30, for inputs and state zero."""
    for rnn, I, H in parameters(submission, key, "exploding_rnn_params"):  # noqa: E741
        gradient = cases.gradient(rnn, np.zeros((2, 31, I)), np.zeros((2, H)), 30)
        if not reaches(np.min(norms(gradient, "at step 30")), EXPLODED):
            raise StudentFault(
                f"the gradient has a norm of {EXPLODED:g} or less at step 30 for some H from 8 to 64"
            )


def expect_level(submission, key, scale: float) -> None:
    low, high = LEVEL
    for B, I, H in LEVEL_SIZES:  # noqa: E741
        rng = generator(key, cases.NAME, "level", B, I, H, scale)
        answer = submission.non_vanishing_gru_params(I, H)
        gru = gru_module(as_gates(answer, "non_vanishing_gru_params", I, H))
        inputs, start = scale * normal(rng, B, 31, I), rng.uniform(-1, 1, (B, H))
        found = norms(cases.gradient(gru, inputs, start, 30), "at step 30") / np.sqrt(H)
        if not (reaches(np.min(found), low) and within(np.max(found), high)):
            side = "less than 0.5" if np.min(found) < low else "more than 2"
            raise StudentFault(f"the gradient of some sequence has a norm of {side} times sqrt(H) at step 30")


@pytest.mark.points("Q4", 2)
def test_level_gradient(submission, key):
    """Each sequence's gradient at step 30 has a norm near sqrt(H), for inputs of scale 1."""
    expect_level(submission, key, 1)


@pytest.mark.points("Q4", 1)
def test_level_gradient_with_large_inputs(submission, key):
    """It still has for inputs of scale 10."""
    expect_level(submission, key, 10)
