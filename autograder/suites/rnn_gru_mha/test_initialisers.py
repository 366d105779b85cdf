"""Q4 and Q5: GRUs that are given their parameters."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.answers import within
from autograder.errors import StudentFault
from autograder.suites import gates
from autograder.suites.draws import generator, normal
from autograder.suites.rnn_gru_mha import cases
from autograder.suites.rnn_gru_mha.imitation import expect_imitation
from autograder.suites.rnn_gru_mha.judge import KEPT

SHORT = ((4, 9, 3, 5), (3, 8, 6, 2), (2, 7, 1, 4), (5, 6, 3, 1))  # B, T, I, H
LONG = ((3, 100, 2, 7), (2, 1000, 4, 3))
MEMORY = ((3, 5, 4), (2, 1, 6), (4, 7, 1))  # B, I, H
ENOUGH = 18.0  # below this, a bias in the update gate may lose something over 1,000 steps


@pytest.mark.points("Q4", 0.75)
def test_imitation_update_gate(submission, key):
    """The update gate lets no old state stay, for several sizes and up to 1,000 steps."""
    for sizes in SHORT + LONG:
        expect_imitation(submission, cases.imitation(key, "both", *sizes), "z")


@pytest.mark.points("Q4", 0.5)
def test_imitation_reset_gate(submission, key):
    """The reset gate takes nothing from the old state, for several sizes and up to 1,000 steps."""
    for sizes in SHORT + LONG:
        expect_imitation(submission, cases.imitation(key, "both", *sizes), "r")


@pytest.mark.points("Q4", 0.5)
def test_imitation_weights(submission, key):
    """The new state has the RNN's weights, for several sizes."""
    for sizes in SHORT:
        expect_imitation(submission, cases.imitation(key, "weights", *sizes), "n")


@pytest.mark.points("Q4", 0.25)
def test_imitation_bias(submission, key):
    """The new state has the RNN's bias."""
    for sizes in SHORT:
        expect_imitation(submission, cases.imitation(key, "bias", *sizes), "n")


def expect_memory(submission, key, steps: tuple[int, ...], scales: tuple[float, ...]) -> None:
    for B, I, H in MEMORY:  # noqa: E741 - the course's letter
        rng = generator(key, cases.NAME, "memory", B, I, H, *steps)
        init_state = normal(rng, 1, B, H)
        inputs = normal(rng, B, max(steps) + 1, I)
        answer = submission.init_gru_with_long_term_memory(I, H)
        mine = gates.as_gates(answer, "init_gru_with_long_term_memory", I, H)
        for scale in scales:
            outputs = gates.run_loaded(mine, init_state, scale * inputs)
            for step in steps:
                expect_kept(
                    outputs[:, step], init_state[0], f"after step {step} with inputs of scale {scale:g}", mine
                )


def expect_kept(state, init_state, when: str, mine) -> None:
    """The mean absolute difference from the initial state; NaN fails."""
    if not within(float(np.mean(np.abs(state - init_state))), KEPT):
        raise StudentFault(
            f"the state {when} differs from the initial state by more than {KEPT:g} on average",
            gates.evidence(mine, enough=ENOUGH),
        )


@pytest.mark.points("Q5", 1)
def test_memory_of_ten_steps(submission, key):
    """The initial state is still there at step 10."""
    expect_memory(submission, key, (10,), (1.0,))


@pytest.mark.points("Q5", 1)
def test_memory_of_a_thousand_steps(submission, key):
    """It is still there at step 999, for inputs of scale 1 and 10."""
    expect_memory(submission, key, (999,), (1.0, 10.0))
