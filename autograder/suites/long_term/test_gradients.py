"""Q3 and Q4: gradients of late states in the initial one, taken by students and through their parameters."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

from autograder.answers import Array, reaches, within
from autograder.errors import StudentFault
from autograder.evidence import Evidence
from autograder.suites.draws import generator, normal
from autograder.suites.gates import as_gates
from autograder.suites.long_term import cases
from autograder.suites.long_term.gradient import expect_gradients, expect_the_sum
from autograder.suites.long_term.judge import (
    EARLY,
    ENOUGH_FOR_A_LEVEL,
    EXPLODED,
    LEVEL,
    REST_OF_A_LEVEL,
    VANISHED,
    is_right,
    seen_in,
)
from autograder.suites.long_term.parameters import (
    EARLY_NORMS,
    LATE_NORMS,
    ZERO_NORMS,
    Action,
    described,
    norms_of,
)
from autograder.suites.once import once
from autograder.suites.recurrent import gru_module

# B, T, I, H: all different, so that a transposed answer fails by its shape. No two cases have both B and H in
# common: what an answer leaves over then does no harm in another test. Of the sum, T // 2 + 1 has no divisor
# in common with B and H: sums over steps are multiples of the one, means are parts of the others.
SUM_SIZES = ((5, 13, 3, 4), (7, 8, 2, 9))
STEP_SIZES = ((3, 7, 5, 4), (5, 6, 2, 9), (2, 40, 3, 16))
START_SIZES = ((4, 8, 2, 6), (5, 7, 3, 11))
GRU_SIZES = ((3, 8, 4, 5), (6, 7, 2, 10), (2, 40, 3, 17))
ONES = {
    "rnn": ((1, 6, 3, 4), (4, 1, 3, 2), (3, 5, 1, 2), (2, 4, 3, 1), (1, 1, 1, 1)),
    "gru": ((1, 6, 3, 5), (5, 1, 3, 2), (3, 4, 1, 6), (4, 5, 3, 1), (1, 1, 1, 1)),
}
# of an RNN, for the aspects that are right: of the sum, at its step, at another initial state
ASPECTS_OF_A_GRU = ((5, 12, 2, 6), (3, 6, 2, 8), (4, 7, 2, 5))
ASPECTS_OF_ONES = ((5, 12, 2, 8), (6, 5, 2, 3), (4, 6, 2, 3))
NO_ONES = {"rnn": (5, 7, 2, 3), "gru": (7, 5, 2, 3)}
# I, H; H from 8 to 64. A function has to do for any generator, and gets a few
HIDDEN_SIZES = ((5, 8), (1, 8), (3, 9), (4, 17), (2, 32), (6, 64))
GENERATORS = 4
SCALES = (1, 10)  # of inputs
LEVEL_SIZES = ((20, 5, 8), (10, 3, 24), (1, 2, 6), (20, 1, 3), (20, 4, 1))  # B, I, H


@pytest.mark.points("Q3", 0.2)
def test_gradient_of_the_sum(submission, key):
    """The gradient is that of the sum over batch and units, where all states have the same one."""
    for sizes in SUM_SIZES:
        expect_the_sum(submission.initial_state_gradient, cases.one_for_all(key, *sizes))


@pytest.mark.points("Q3", 0.2)
def test_gradient_at_its_step(submission, key):
    """It is that of the step asked for, the first and the last among them, through an RNN."""
    for sizes in STEP_SIZES:
        expect_gradients(submission.initial_state_gradient, key, "rnn", sizes, start=False, step=True)


@pytest.mark.points("Q3", 0.2)
def test_gradient_at_its_initial_state(submission, key):
    """It is taken at the initial state, which is other than zero."""
    for sizes in START_SIZES:
        expect_gradients(submission.initial_state_gradient, key, "rnn", sizes, start=True, step=False)


def right_aspects(function, key, sum_sizes, step_sizes, start_sizes) -> dict[str, Any]:
    """Which of these three are right: what is wrong there is not asked for again."""
    through = partial(is_right, expect_gradients, function, key, "rnn")
    return {
        "exact": is_right(expect_the_sum, function, cases.one_for_all(key, *sum_sizes)),
        "step": through(step_sizes, start=False, step=True),
        "start": through(start_sizes, start=True, step=False),
    }


@pytest.mark.points("Q3", 0.2)
def test_gradient_of_a_gru(submission, key):
    """What is right through an RNN is right through a GRU, too."""
    function = submission.initial_state_gradient
    aspects = right_aspects(function, key, *ASPECTS_OF_A_GRU)
    for sizes in GRU_SIZES:
        expect_gradients(function, key, "gru", sizes, **aspects)


@pytest.mark.points("Q3", 0.2)
def test_gradient_sizes_of_one(submission, key):
    """What is right for ordinary sizes is right when batch, time, input or hidden size is 1, too."""
    function = submission.initial_state_gradient
    aspects = right_aspects(function, key, *ASPECTS_OF_ONES)

    def asked(kind, sizes) -> None:
        expect_gradients(function, key, kind, sizes, **aspects)

    kinds = [kind for kind, sizes in NO_ONES.items() if is_right(asked, kind, sizes)]
    if not kinds:
        raise StudentFault("the gradient is not right for ordinary sizes either, so this was not judged")
    for kind in kinds:
        for sizes in ONES[kind]:
            if aspects["step"] or sizes[1] > 1:  # of one step, there is none before or after it
                asked(kind, sizes)


def actions(submission, key, function: str) -> list[Action]:
    """RNNs with the student's parameters, size by size, a few generators each."""
    return [
        Action(getattr(submission, function)(I, H, cases.random(key, function, I, H, number)), function, I, H)
        for I, H in HIDDEN_SIZES  # noqa: E741
        for number in range(GENERATORS)
    ]


@pytest.mark.points("Q3", 1)
def test_vanishing_gradient(submission, key):
    """The gradient through your vanishing RNN is above 0.001 at step 1 and below it at step 30."""
    taken = actions(submission, key, "vanishing_rnn_params")
    inputs = {
        (I, H): generator(key, cases.NAME, "vanishing", I, H).uniform(0, 1, (10, 31, I))
        for I, H in HIDDEN_SIZES  # noqa: E741
    }
    norms = [each.norms(inputs[each.I, each.H], 1, 30) for each in taken]
    early, late = np.stack(norms, axis=1)  # [RNNs, B] each
    found = Evidence({EARLY_NORMS: early, LATE_NORMS: late, **described(taken)})
    if not reaches(np.min(early), EARLY):
        text = f"the gradient of some sequence has a norm of {EARLY:g} or less at step 1 already"
        raise StudentFault(text, found)
    if not within(np.max(late), VANISHED):
        text = f"the gradient of some sequence has a norm of {VANISHED:g} or more at step 30"
        raise StudentFault(text, found)


@pytest.mark.points("Q3", 1)
def test_exploding_gradient(submission, key):
    """The gradient through your exploding RNN is above 1000 at step 30, for inputs and state zero."""
    taken = actions(submission, key, "exploding_rnn_params")
    norms = np.concatenate([each.norms(np.zeros((1, 31, each.I)), 30)[0] for each in taken])
    if not reaches(np.min(norms), EXPLODED):
        raise StudentFault(
            f"the gradient has a norm of {EXPLODED:g} or less at step 30 for some H from 8 to 64",
            Evidence({ZERO_NORMS: norms, **described(taken)}),
        )


@once(64)
def gradients_at_30(key, B: int, gates) -> dict[int, Array]:
    """The gradients [B, H] at step 30 through a GRU, by the scale of the inputs: all in one pass."""
    gru = gru_module(gates)
    I, H = gru.input_size, gru.hidden_size  # noqa: E741 - the course's letter
    rng = generator(key, cases.NAME, "level", B, I, H)
    inputs, start = normal(rng, B, 31, I), rng.uniform(-1, 1, (B, H))
    every = np.concatenate([scale * inputs for scale in SCALES]), np.tile(start, (len(SCALES), 1))
    return dict(zip(SCALES, np.split(cases.gradient(gru, *every, 30), len(SCALES)), strict=True))


def level(key, B: int, gates, scale: int) -> Array:
    """Norms [B] of the gradient at step 30, times 1 / sqrt(H)."""
    gradient = gradients_at_30(key, B, gates)[scale]
    norms: Array = norms_of(gradient, 30) / np.sqrt(gradient.shape[1])
    return norms


def all_levels(submission, key, *scales: int):
    """The gates and their levels, size by size."""
    for B, I, H in LEVEL_SIZES:  # noqa: E741
        answer = submission.non_vanishing_gru_params(I, H)
        gates = as_gates(answer, "non_vanishing_gru_params", I, H)
        with seen_in(gates, ENOUGH_FOR_A_LEVEL):
            found = [level(key, B, gates, scale) for scale in scales]
        yield gates, *found


def expect_level(norms: Array, low: float, high: float) -> None:
    if not (reaches(np.min(norms), low) and within(np.max(norms), high)):
        side = "less than 0.5" if np.min(norms) < low else "more than 2"
        raise StudentFault(f"the gradient of some sequence has a norm of {side} times sqrt(H) at step 30")


@pytest.mark.points("Q4", 2)
def test_level_gradient(submission, key):
    """Each sequence's gradient at step 30 has a norm near sqrt(H), for inputs of scale 1."""
    for gates, norms in all_levels(submission, key, 1):
        with seen_in(gates, ENOUGH_FOR_A_LEVEL):
            expect_level(norms, *LEVEL)


@pytest.mark.points("Q4", 1)
def test_level_gradient_with_large_inputs(submission, key):
    """Inputs of scale 10 do not take away what smaller inputs leave of it."""
    low, high = LEVEL
    for gates, small, large in all_levels(submission, key, 1, 10):
        rest = min(
            1.0, np.min(small) / low
        )  # what is lost with small inputs anyhow has cost its points there
        with seen_in(gates, ENOUGH_FOR_A_LEVEL):
            if not (rest * low >= REST_OF_A_LEVEL and np.max(small) <= high):
                text = "the gradient is not kept with inputs of scale 1 already, so this was not judged"
                raise StudentFault(text)
            expect_level(large, rest * low, high)
