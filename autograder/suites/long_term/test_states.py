"""Q1 and Q2: states, and what they keep of the initial one."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations

import numpy as np
import pytest

from autograder.answers import Array, expect_finite, reaches
from autograder.errors import StudentFault
from autograder.suites.draws import generator, normal
from autograder.suites.gates import as_gates, run_loaded
from autograder.suites.long_term import cases
from autograder.suites.long_term.judge import ENOUGH_TO_KEEP, KEPT, REST, is_right, seen_in
from autograder.suites.long_term.models import GRU, MODELS, RNN, expect_states

# B, T, I, H: all different, so that a transposed answer fails by its shape
SIZES = ((3, 7, 5, 4), (5, 6, 2, 9), (2, 40, 3, 16))
ONES = ((1, 6, 3, 4), (4, 1, 3, 2), (3, 5, 1, 2), (2, 4, 3, 1), (1, 1, 1, 1))
MEMORY = ((40, 5, 8), (30, 3, 24), (1, 2, 6), (40, 1, 3), (40, 4, 1))  # B, I, H
STEPS = (10, 20, 30)


@pytest.mark.points("Q1", 0.5)
def test_rnn_states(submission, key):
    """The first part is the RNN's states, here from an initial state of zero, for several sizes."""
    expect_states(submission.run_models, key, SIZES, RNN, start=False)


@pytest.mark.points("Q1", 0.5)
def test_gru_states(submission, key):
    """The second part is the GRU's, likewise."""
    expect_states(submission.run_models, key, SIZES, GRU, start=False)


@pytest.mark.points("Q1", 0.25)
def test_initial_state_of_the_rnn(submission, key):
    """The RNN starts from another initial state, too."""
    expect_states(submission.run_models, key, SIZES, RNN, start=True, mend=True)


@pytest.mark.points("Q1", 0.25)
def test_initial_state_of_the_gru(submission, key):
    """The GRU does, too."""
    expect_states(submission.run_models, key, SIZES, GRU, start=True, mend=True)


@pytest.mark.points("Q1", 0.5)
def test_states_sizes_of_one(submission, key):
    """What is right for ordinary sizes is right when batch, time, input or hidden size is 1, too."""
    run = submission.run_models
    judged = [
        (name, is_right(expect_states, run, key, SIZES[:1], name, start=True, mend=True))
        for name in MODELS
        if is_right(expect_states, run, key, SIZES[:1], name, start=False, mend=True)
    ]
    if not judged:
        raise StudentFault("the states are not right for ordinary sizes either, so this was not judged")
    for name, start in judged:
        expect_states(run, key, ONES, name, start=start, mend=True)


class Starts:
    """Pairs of initial states within [0, 1], each with the same inputs."""

    def __init__(self, key, B: int, I: int, H: int) -> None:  # noqa: E741 - the course's letter
        rng = generator(key, cases.NAME, "memory", B, I, H)
        self.input_data = normal(rng, B, max(STEPS) + 1, I)
        # r1 and r2 differ by 0.2 or more in each unit: a difference near zero would drown in rounding
        r1 = rng.uniform(0.1, 0.9, (B, H))
        r2 = 0.1 + (r1 - 0.1 + rng.uniform(0.2, 0.6, (B, H))) % 0.8
        self.states = np.stack([0 * r1, 0 * r1 + 1, r1, r2]).astype(np.float32)  # [4, B, H]

    def kept(self, gates, scale: float) -> Array:
        """How much of each pair's distance is left: [T, pairs, B], from a float32 torch.nn.GRU."""
        count, B, H = self.states.shape
        inputs = np.tile(np.float32(scale) * self.input_data, (count, 1, 1))
        outputs = run_loaded(gates, self.states.reshape(1, count * B, H), inputs)  # [4 B, T, H]
        expect_finite(outputs, "the states of a GRU with your parameters")
        after = _distances(outputs.swapaxes(0, 1).reshape(-1, count, B, H))  # [T, pairs, B]
        return after / _distances(self.states[np.newaxis].astype(np.float64))


starts_of = lru_cache(maxsize=64)(Starts)


def _distances(states: Array) -> Array:
    """Norms [..., pairs, B] of the differences between any two of the states [..., 4, B, H]."""
    pairs = combinations(range(states.shape[1]), 2)
    return np.stack([np.linalg.norm(states[:, a] - states[:, b], axis=-1) for a, b in pairs], axis=1)


def memories(submission, key, *scales: float):
    """The gates, and what is kept [T, pairs, B] for inputs of each of the scales, size by size."""
    for B, I, H in MEMORY:  # noqa: E741
        gates = as_gates(submission.long_term_gru_params(I, H), "long_term_gru_params", I, H)
        starts = starts_of(key, B, I, H)
        with seen_in(gates, ENOUGH_TO_KEEP):
            kept = [starts.kept(gates, scale) for scale in scales]
        yield gates, *kept


def expect_kept(ratios: Array, bound: float, when: str) -> None:
    if not reaches(np.min(ratios), bound):
        raise StudentFault(
            f"{when}, two states of some sequence differ by less than {KEPT:g} of what their initial ones did"
        )


def expect_kept_at(submission, key, step: int) -> None:
    for gates, kept in memories(submission, key, 1):
        with seen_in(gates, ENOUGH_TO_KEEP):
            expect_kept(kept[step], KEPT, f"at step {step}")


@pytest.mark.points("Q2", 1)
def test_differences_at_step_10(submission, key):
    """Differences between initial states are still there at step 10."""
    expect_kept_at(submission, key, 10)


@pytest.mark.points("Q2", 1)
def test_differences_at_step_20(submission, key):
    """They are still there at step 20."""
    expect_kept_at(submission, key, 20)


@pytest.mark.points("Q2", 1)
def test_differences_at_step_30(submission, key):
    """They are still there at step 30."""
    expect_kept_at(submission, key, 30)


@pytest.mark.points("Q2", 1)
def test_differences_with_large_inputs(submission, key):
    """Inputs of scale 10 do not take away what smaller inputs leave."""
    for gates, small, large in memories(submission, key, 1, 10):
        with seen_in(gates, ENOUGH_TO_KEEP):
            expect_as_much(small, large)


def expect_as_much(small: Array, large: Array) -> None:
    """What is lost with small inputs anyhow has cost its points there, if not nearly all is."""
    for step in STEPS:
        rest = np.min(small[step])
        if rest >= KEPT:
            expect_kept(large[step], KEPT, f"with inputs of scale 10, at step {step}")
        elif step == STEPS[0]:
            if not rest >= REST:
                raise StudentFault(
                    "too little is left with inputs of scale 1 already, so this was not judged"
                )
            expect_kept(large[step], KEPT * rest, f"with inputs of scale 10, at step {step}")
