"""The forward pass, one part of its formula after the other.

A mistake in one part costs the points of that part: the tests of the others use inputs in which it does not
show. An activation that is none of the right one is recognised by one of a few others, and used on.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial
from itertools import product
from typing import Any

import torch

from autograder.answers import Array, as_array, excess, expect_finite, with_shape, within
from autograder.course import TermKey
from autograder.errors import StudentFault, StudentRaised
from autograder.evidence import Evidence
from autograder.scoring import StudentCode
from autograder.suites.bptt.cases import BIASES, RIGHT, Bend, Case, Reading, case, straight
from autograder.suites.bptt.objects import done, make_with

# Outputs and gradients, relative, and absolute where the expected magnitude is below SMALL: right at most
# 2.5e-8 over 10,000 inputs (but for one style 5e-15), mistakes in a formula from 1.3e-3 (100 keys).
CLOSE, ABSOLUTE = 1e-6, 1e-7
SAME = 1e-12  # relative and absolute: sums in another order, as arrays in another layout have them
ANSWER = "the answer of `forward`"
NOT_JUDGED = "what `forward` makes of one step is not right, so this was not judged"

# D, H, O, T: all different, so that a transposed answer fails by its shape
SIZES = ((4, 6, 3, 5), (9, 5, 2, 7), (3, 8, 4, 6))
ONES = ((1, 4, 3, 5), (3, 1, 2, 4), (4, 5, 1, 3), (2, 3, 4, 1), (1, 1, 1, 1))
LONG = (3, 6, 2, 200)

# what students take for the activation of the states, and put on the outputs
STATES: tuple[Bend, ...] = (torch.tanh, straight, torch.sigmoid, torch.relu)
OUTPUTS: tuple[Bend, ...] = (straight, torch.tanh, torch.sigmoid, partial(torch.softmax, dim=0))
READINGS = [Reading(states, outputs) for states, outputs in product(STATES, OUTPUTS)]


def near(answer: Array, expected: Array) -> bool:
    """Whether an output or gradient is right; NaN is not."""
    return within(excess(answer, expected, CLOSE, ABSOLUTE), 1)


def in_row(answer: Any, size: int) -> Array:
    """As many outputs as there should be, whatever their axes."""
    array = as_array(answer, ANSWER)
    return with_shape(array.ravel() if array.size == size else array, ANSWER, O=size)


def expect_outputs(answer: Any, expected: Array, when: str = "", *, strict: bool = True) -> None:
    """Compare what `forward` returned with the right answer [O].

    Args:
        strict: whether other axes are wrong; where they have been already, they have cost their points.
    """
    array = with_shape(answer, ANSWER, O=expected.size) if strict else in_row(answer, expected.size)
    expect_finite(array, ANSWER)
    if not near(array, expected):
        found, right = {"y": array}, {"y": expected}
        raise StudentFault(f"{ANSWER}{when}: off torch's by more than {CLOSE:g}", Evidence(found, right))


def forward_is_right(answer: Any, expected: Array) -> bool:
    """Whether that would raise nothing."""
    return done(lambda: expect_outputs(answer, expected))


class Forward:
    """What of a student's forward pass is right in ordinary sizes."""

    def __init__(self, submission: StudentCode, key: TermKey) -> None:
        self._submission = submission
        self._key = key

    def expect(self, each: Case, when: str = "") -> None:
        """Compare the outputs of one case, for the activations that the student has."""
        answer = make_with(self._submission, each.sizes, each.weights).forward(each.inputs)
        strict = self.keeps_shape or not self.is_known
        expect_outputs(answer, self.outputs(each), when, strict=strict)

    def expect_step(self) -> None:
        """Compare the outputs where no step adds anything to the one before: the activations alone show."""
        for each in self._steady(()):
            model = make_with(self._submission, each.sizes, each.weights)
            expect_outputs(model.forward(each.inputs), each.outputs)

    def expect_recurrence(self) -> None:
        """Compare the outputs of several steps, without biases."""
        for each in self._moving(()):
            self.expect(each)

    def expect_bias(self, name: str) -> None:
        """Compare the outputs with one of the biases."""
        if not self.is_known:
            raise StudentFault(NOT_JUDGED)
        for each in self._moving((name,)) if self.carries else self._steady((name,)):
            self.expect(each)

    def outputs(self, each: Case) -> Array:
        """What is right in a case [O], but for the activations."""
        return each.outputs if self.reading == RIGHT else each.read_as(self.reading)

    def reduced(self, sizes: Sequence[int]) -> Case:
        """A case of these sizes in which only the parts matter that are right."""
        if not self.is_known:
            raise StudentFault(NOT_JUDGED)
        if self.carries:
            return case(self._key, *sizes, biases=self.biases)
        *others, steps = sizes
        return case(self._key, *others, max(steps, 3), biases=self.biases, steady=True)

    @property
    def is_known(self) -> bool:
        """Whether the activations are right, or others that are known."""
        return self._reading is not None

    @property
    def reading(self) -> Reading:
        """The student's activations; the right ones where they are not known."""
        return self._reading or RIGHT

    @cached_property
    def keeps_shape(self) -> bool:
        """Whether the outputs have one axis."""
        return all(as_array(answer, ANSWER).ndim == 1 for answer in self._steps)

    @cached_property
    def carries(self) -> bool:
        """Whether the recurrence is right."""
        return done(self.expect_recurrence)

    @cached_property
    def biases(self) -> tuple[str, ...]:
        """Those that are used rightly."""
        return tuple(name for name in BIASES if done(partial(self.expect_bias, name)))

    @cached_property
    def _steps(self) -> list[Any]:
        steady = self._steady(())
        return [make_with(self._submission, each.sizes, each.weights).forward(each.inputs) for each in steady]

    @cached_property
    def _reading(self) -> Reading | None:
        try:
            arrays = [in_row(answer, each.sizes.O) for answer, each in self._answered]
        except StudentFault:
            return None
        cases = self._steady(())
        for reading in READINGS:
            right = [each.outputs if reading == RIGHT else each.read_as(reading) for each in cases]
            if all(near(array, expected) for array, expected in zip(arrays, right, strict=True)):
                return reading
        return None

    @property
    def _answered(self) -> list[tuple[Any, Case]]:
        return list(zip(self._steps, self._steady(()), strict=True))

    def _steady(self, biases: tuple[str, ...]) -> list[Case]:
        return [case(self._key, *sizes, biases=biases, steady=True) for sizes in SIZES]

    def _moving(self, biases: tuple[str, ...]) -> list[Case]:
        return [case(self._key, *sizes, biases=biases) for sizes in SIZES]


def expect_anew(submission: StudentCode, key: TermKey) -> None:
    """Compare a second call with the same sequence, with the right answer or else with the first."""
    each = case(key, *SIZES[0])
    model = make_with(submission, each.sizes, each.weights)
    first, second = (in_row(model.forward(each.inputs), each.sizes.O) for _ in range(2))
    right = each.outputs if near(first, each.outputs) else first
    if not near(second, right):
        raise StudentFault(
            f"{ANSWER}, called once more with the same sequence: not what it was",
            Evidence({"y again": second}, {"y again": right}),
        )


def alike(first: Any, second: Any) -> bool:
    """Whether two calls of `forward` gave the same but for rounding, or nothing that could be compared."""
    try:
        one, other = as_array(first, "y"), as_array(second, "y")
    except StudentFault:
        return True
    return one.shape == other.shape and within(excess(one, other, SAME, SAME), 1)


def raises(submission: StudentCode, each: Case) -> bool:
    """Whether the student's forward pass cannot do this case."""
    try:
        make_with(submission, each.sizes, each.weights).forward(each.inputs)
    except StudentRaised:
        return True
    return False
