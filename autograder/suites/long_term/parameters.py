"""An RNN's parameters as students choose them, and what they do to a gradient on its way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograder.answers import Array, describe, expect_finite, with_shape
from autograder.errors import StudentFault
from autograder.evidence import Evidence
from autograder.suites.gates import as_bias, as_square
from autograder.suites.recurrent import run_rnn

# what a verdict rests on: numbers in the order of the RNNs, [RNNs, B] where inputs matter, else [RNNs]
EARLY_NORMS, LATE_NORMS = "norms at step 1", "norms at step 30"
ZERO_NORMS = "norms at step 30 from zero"
PARTS = ("wt_h", "wt_x", "bias")
ONE_SIZE = 1.3  # by which factor the size of weights may differ with H and count as the same


class Action:
    """An RNN with a student's parameters, in float64.

    Raises:
        StudentFault: they have another form, or a number of them is not finite.
    """

    def __init__(self, answer: Any, function: str, I: int, H: int) -> None:  # noqa: E741 - the course's letter
        if not isinstance(answer, (tuple, list)) or len(answer) != len(PARTS):
            what = "another number of values" if isinstance(answer, (tuple, list)) else describe(answer)
            raise StudentFault(f"`{function}` should return three values, (wt_h, wt_x, bias), not {what}")
        self.I, self.H = I, H
        wt_h, wt_x, bias = answer
        self.wt_h, self.bias = as_square(wt_h, "wt_h", H), as_bias(bias, "bias", H)
        self.wt_x = with_shape(wt_x, "wt_x", I=I, H=H)
        for name in PARTS:
            expect_finite(getattr(self, name), name)

    @np.errstate(all="ignore")
    def norms(self, inputs: Array, *steps: int) -> list[Array]:
        """Of each sequence's gradient [B] at these steps, from an initial state of zero."""
        start = np.zeros((1, len(inputs), self.H))
        states = run_rnn(self.wt_h, self.wt_x, self.bias, start, inputs[:, : max(steps) + 1])
        slopes = 1 - states**2  # [B, T, H]
        found = []
        for step in steps:
            gradient = np.ones_like(slopes[:, 0])  # in the state at that step, [B, H]
            for t in range(step, -1, -1):
                gradient = (gradient * slopes[:, t]) @ self.wt_h.T
            found.append(norms_of(gradient, step))
        return found

    def stretch(self, steps: int) -> float:
        """What the recurrent weights alone, without tanh, make of the norm of a gradient."""
        gradient = np.ones(self.H)
        with np.errstate(all="ignore"):
            for _ in range(steps):
                gradient = gradient @ self.wt_h.T
            return float(np.linalg.norm(gradient))


def norms_of(gradient: Array, step: int) -> Array:
    """The norms [B] of the gradients [B, H] of all sequences.

    Raises:
        StudentFault: one is not finite.
    """
    expect_finite(gradient, f"the gradient at step {step}")
    with np.errstate(over="ignore"):
        norms: Array = np.linalg.norm(gradient, axis=1)
    expect_finite(norms, f"the norm of the gradient at step {step}")
    return norms


def described(actions: Sequence[Action]) -> dict[str, Array]:
    """What the parameters of each show, by which mistakes are seen."""
    return {
        "H": np.array([float(each.H) for each in actions]),
        "size of the weights": np.array([np.sqrt(np.mean(each.wt_h**2)) for each in actions]),
        "largest bias": np.array([np.max(np.abs(each.bias)) for each in actions]),
        "stretch of 2 steps": np.array([each.stretch(2) for each in actions]),
        "stretch of 31 steps": np.array([each.stretch(31) for each in actions]),
    }


def has_one_size(evidence: Evidence) -> bool:
    """Whether the recurrent weights are as large for few units as for many.

    Of draws with one scale the means for each H, over a few generators, differ by less than a fifth; with a
    scale of 1 / sqrt(H) they differ by a factor of 2.8 from 8 to 64 units, as those of scaled rotations do.
    """
    units, sizes = evidence.found["H"], evidence.found["size of the weights"]
    means = [np.mean(sizes[units == H]) for H in np.unique(units)]
    return bool(max(means) <= ONE_SIZE * min(means))
