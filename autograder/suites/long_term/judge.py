"""What the hidden tests of this assignment have in common: thresholds, and what is asked of parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from autograder.answers import Array, as_array, describe, expect_close, expect_finite, with_shape, within
from autograder.errors import StudentFault
from autograder.suites.gates import as_bias, as_square
from autograder.suites.long_term.cases import off
from autograder.suites.recurrent import rnn_module

# Measured over the answers of the bank; a wrong one counts with its largest error in a test.
# 100 keys: right at most 1.4e-6, wrong from 4.2e-3 (rounded to three digits).
OUTPUTS = 1e-5
# 40 keys: right at most 9.7e-6 (sizes of one, cases drawn anew from 1e-5 on; else 2.9e-6), wrong from 4.1e-3
# (one-sided differences, sizes of one; else 0.2). Two-sided differences in float64 are undecided: they are
# right to 1e-10, and from 1e-8 of the largest to 7e3 times it off where a gradient is tiny.
GRADIENT = 1e-4
# Of the norm of the initial states' difference: an update gate at 6 keeps 0.926, at 5.5 0.881 (step 30).
KEPT = 0.9
# Norms at step 1, for 500 draws a size: right answers keep 2.7e-2 (a tenth of the identity), wrong ones at
# most 8e-4 (a hundredth). At step 30 right ones have at most 7e-7 (0.6 times a rotation), wrong ones from
# 0.1 (0.9 times). Undecided are those whose draws matter: as torch initialises, 1.2 of 100 for 8 units.
EARLY = VANISHED = 1e-3
# For 2,000 draws a size: right from 5.2e5 (standard normal weights, 8 units), wrong at most 1.6e2 (1.1 times
# a rotation). Undecided: uniform within 1, of which 1.2 in 100 are too small for 8 units.
EXPLODED = 1e3
# Times sqrt(H): an update gate at 4 keeps 0.57 of a gradient, at 3 0.22; of states within 1 none grows to 2.
LEVEL = (0.5, 2.0)


def expect_outputs(answer: Any, name: str, expected: Array) -> None:
    """Compare all states [B, T, H] of a model."""
    B, T, H = expected.shape
    reference = "torch's, started from `initial_state`,"
    expect_close(with_shape(answer, name, B=B, T=T, H=H), expected, OUTPUTS, name, reference)


def expect_gradient(answer: Any, expected: Array) -> None:
    """Compare a gradient [B, H] or [1, B, H], relative to the largest expected element."""
    B, H = expected.shape
    array = as_array(answer, "the gradient")
    array = with_shape(array[0] if array.shape == (1, B, H) else array, "the gradient", B=B, H=H)
    expect_finite(array, "the gradient")
    if not within(off(array, expected), GRADIENT):
        raise StudentFault(
            f"the gradient is off torch's in float64 by more than {GRADIENT:g} of its largest element"
        )


def as_rnn(answer: Any, function: str, I: int, H: int) -> torch.nn.RNN:  # noqa: E741 - the course's letter
    """A torch.nn.RNN in float64 with the parameters (wt_h [H, H], wt_x [I, H], bias [H]).

    Raises:
        StudentFault: the answer has another form, or a number of it is not finite.
    """
    if not isinstance(answer, (tuple, list)) or len(answer) != 3:
        what = "another number of values" if isinstance(answer, (tuple, list)) else describe(answer)
        raise StudentFault(f"`{function}` should return three values, (wt_h, wt_x, bias), not {what}")
    wt_h, wt_x, bias = answer
    parts = as_square(wt_h, "wt_h", H), with_shape(wt_x, "wt_x", I=I, H=H), as_bias(bias, "bias", H)
    for name, part in zip(("wt_h", "wt_x", "bias"), parts, strict=True):
        expect_finite(part, name)
    return rnn_module(*parts)


def norms(gradient: Array, when: str) -> Array:
    """The norms [B] of the gradients [B, H] of all sequences.

    Raises:
        StudentFault: one is not finite.
    """
    expect_finite(gradient, f"the gradient {when}")
    with np.errstate(over="ignore"):
        answer: Array = np.linalg.norm(gradient, axis=1)
    expect_finite(answer, f"the norm of the gradient {when}")
    return answer
