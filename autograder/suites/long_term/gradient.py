"""What is right of a student's gradient in the initial state, one aspect after the other.

A gradient of another number than the sum, of a wrong step, or at another initial state costs its own points:
where those are not asked for, it may be that of a mean, of squares, of another state, or of the whole batch.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from autograder.answers import Array, as_array, expect_finite, with_shape, within
from autograder.course import TermKey
from autograder.errors import StudentFault
from autograder.evidence import Evidence
from autograder.suites.long_term import cases
from autograder.suites.long_term.cases import Gradients, Number, off

# Right at most 9.3e-6 over 10,000 inputs (sizes of one, cases drawn anew from 1e-5 on; else 3.3e-6), known
# mistakes from 0.3 (100 keys), one-sided differences from 4.1e-3. Two-sided ones in float64 are undecided:
# right to 1e-10, but 1e-8 of the largest element and more off where a gradient is tiny, up to 7e3 times it.
GRADIENT = 1e-4
NAME = "the gradient"

NUMBERS: tuple[Number, ...] = (torch.sum, lambda states: (states**2).sum())
RIGHT = {0: 1.0}
Function = Callable[..., Any]
Case = tuple[TermKey, str, int, int, int, int, bool]  # what `cases.gradients` draws it from


def expect_the_sum(function: Function, case: Gradients) -> None:
    """Where the gradient of each state is the same: is it that of the sum over batch and units?

    That of a sum over steps is a whole multiple of it, and costs its points elsewhere.
    """
    right = case.expected[case.middle]
    found = _answer(function, case, case.middle)
    if not any(_is(found, times * right) for times in (1, case.middle + 1, case.steps)):
        raise _fault(found, right)


def expect_gradients(
    function: Function,
    key: TermKey,
    kind: str,
    sizes: tuple[int, ...],
    *,
    start: bool,
    step: bool,
    exact: bool = False,
) -> None:
    """Compare the gradients through a model drawn with these sizes.

    Args:
        start: whether the initial state is another than zero.
        step: whether they must be those of the steps asked for, or may be those of others.
        exact: whether they must be those of the sum, or may be those of another number.
    """
    B, T, I, H = sizes  # noqa: E741 - the course's letter
    reading = Reading((key, kind, B, T, I, H, start), step, exact)
    for number in reading.drawn.expected if step else (reading.drawn.middle,):
        found = _answer(function, reading.drawn, number, broadcast=not exact)
        if not reading.fits(found, number):
            raise _fault(found, reading.drawn.expected[number])


class Reading:
    """What the gradients of one case are those of, where that may be something else than is asked for.

    Args:
        step: whether it has to be at the steps asked for.
        exact: whether it has to be the sum.
    """

    def __init__(self, case: Case, step: bool, exact: bool) -> None:
        self.case, self.step, self.exact = case, step, exact
        self.drawn = cases.gradients(*case)
        self.factors: dict[int, float] | None = None  # of each thing that it may be, the same at every step

    def fits(self, found: Array, step: int) -> bool:
        """Whether the gradient at this step is one of something, and of the same as at the steps before."""
        if self.factors in (None, RIGHT) and _is(found, self.drawn.expected[step]):
            self.factors = RIGHT
            return True
        if self.factors == RIGHT:
            return False
        others = _others(self.case, step if self.step else None, self.exact)
        factors = self.factors or {place: self._factor(found, other) for place, other in enumerate(others)}
        self.factors = {
            place: factor
            for place, factor in factors.items()
            if factor and _is(found, factor * others[place])
        }
        return bool(self.factors)

    def _factor(self, found: Array, other: Array) -> float:
        size = float(np.vdot(other, other))
        return 1.0 if self.exact else float(np.vdot(found, other)) / size if size else 0.0


@lru_cache(maxsize=256)
def _others(case: Case, step: int | None, exact: bool) -> list[Array]:
    """The gradients that may be meant for that step; for none, of any state and of their sums up to each."""
    drawn = cases.gradients(*case)
    steps = range(drawn.steps) if step is None else (step,)
    others = []
    for number in NUMBERS[:1] if exact else NUMBERS:
        each = drawn.of(number, *steps)
        others += [*each, *np.cumsum(each, axis=0)[1:]]
    if not exact:  # one for the whole batch
        others += [np.broadcast_to(other.sum(axis=0), other.shape) for other in others]
    return others


def _answer(function: Function, case: Gradients, step: int, *, broadcast: bool = False) -> Array:
    """The student's gradient [B, H]; one with a leading axis, [1, B, H], is one, too.

    Args:
        broadcast: whether one for the whole batch, [H], will do.
    """
    B, H = case.data[1].shape
    array = as_array(function(case.model, *case.data, step), NAME)
    if array.shape == (1, B, H):
        array = array[0]
    elif broadcast and array.shape in ((H,), (1, H)):
        array = np.broadcast_to(array, (B, H))
    array = with_shape(array, NAME, B=B, H=H)
    expect_finite(array, NAME)
    return array


def _is(found: Array, right: Array) -> bool:
    return within(off(found, right), GRADIENT)


def _fault(found: Array, right: Array) -> StudentFault:
    text = f"{NAME} is off torch's in float64 by more than {GRADIENT:g} of its largest element"
    return StudentFault(text, Evidence({NAME: found}, {NAME: right}))
