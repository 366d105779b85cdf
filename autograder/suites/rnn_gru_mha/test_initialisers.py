"""Q4 and Q5: GRUs that are given their parameters."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.answers import expect_close, within
from autograder.errors import StudentFault
from autograder.suites.draws import generator, normal
from autograder.suites.gates import as_gates, run_loaded
from autograder.suites.rnn_gru_mha import cases
from autograder.suites.rnn_gru_mha.judge import IMITATION, KEPT

SHORT = ((4, 9, 3, 5), (3, 8, 6, 2), (2, 7, 1, 4), (5, 6, 3, 1))  # B, T, I, H
LONG = ((3, 100, 2, 7), (2, 1000, 4, 3))
MEMORY = ((3, 5, 4), (2, 1, 6), (4, 7, 1))  # B, I, H


def expect_imitation(submission, case) -> None:
    wt_h, wt_x, bias = case.weights
    answer = submission.init_gru_with_rnn(wt_h, wt_x, bias)
    gates = as_gates(answer, "init_gru_with_rnn", *wt_x.shape)
    outputs = run_loaded(gates, case.init_state, case.input_data)
    expect_close(outputs, case.outputs, IMITATION, "the outputs of a GRU with your parameters", "the RNN's")


@pytest.mark.points("Q4", 1)
def test_imitation_of_the_rnn(submission, key):
    """A torch.nn.GRU with the parameters computes what the RNN computes, for several sizes."""
    for sizes in SHORT:
        expect_imitation(submission, cases.rnn(key, *sizes))


@pytest.mark.points("Q4", 1)
def test_long_imitation_of_the_rnn(submission, key):
    """It still does after 100 and 1,000 steps."""
    for sizes in LONG:
        expect_imitation(submission, cases.rnn(key, *sizes))


def expect_memory(submission, key, steps: tuple[int, ...], scales: tuple[float, ...]) -> None:
    for B, I, H in MEMORY:  # noqa: E741 - the course's letter
        rng = generator(key, cases.NAME, "memory", B, I, H, *steps)
        init_state = normal(rng, 1, B, H)
        inputs = normal(rng, B, max(steps) + 1, I)
        answer = submission.init_gru_with_long_term_memory(I, H)
        gates = as_gates(answer, "init_gru_with_long_term_memory", I, H)
        for scale in scales:
            outputs = run_loaded(gates, init_state, scale * inputs)
            for step in steps:
                expect_kept(
                    outputs[:, step], init_state[0], f"after step {step} with inputs of scale {scale:g}"
                )


def expect_kept(state, init_state, when: str) -> None:
    """The mean absolute difference from the initial state; NaN fails."""
    if not within(float(np.mean(np.abs(state - init_state))), KEPT):
        raise StudentFault(
            f"the state {when} differs from the initial state by more than {KEPT:g} on average"
        )


@pytest.mark.points("Q5", 1)
def test_memory_of_ten_steps(submission, key):
    """The initial state is still there at step 10."""
    expect_memory(submission, key, (10,), (1.0,))


@pytest.mark.points("Q5", 1)
def test_memory_of_a_thousand_steps(submission, key):
    """It is still there at step 999, for inputs of scale 1 and 10."""
    expect_memory(submission, key, (999,), (1.0, 10.0))
