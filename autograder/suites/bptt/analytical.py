"""The answers of `get_analytical_gradient`, compared with torch's gradients and the student's own class."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from autograder.answers import Array, as_array
from autograder.course import TermKey
from autograder.errors import StudentFault
from autograder.evidence import Evidence
from autograder.scoring import StudentCode
from autograder.suites.bptt.backward import gradient_in, usable
from autograder.suites.bptt.cases import AXES, Weights, autograd, case, inputs_for
from autograder.suites.bptt.forward import Forward, near
from autograder.suites.bptt.judge import ANALYTIC, Checked, same
from autograder.suites.bptt.objects import entry, make_with
from autograder.suites.bptt.own import SMALL, OwnForward

EXACT = 1e-13  # relative: a tanh on a small output is not taken for a right forward
ALONG = 0.9  # cosine from which a wrong backward pass still gives a gradient
OWN_FIRST = ("V", "R", "W", "bs")  # the gradients of which one has to fit the student's own forward pass


class Analytical:
    """The answers of `get_analytical_gradient`, compared with torch's gradients and the student's own
    class."""

    def __init__(self, submission: StudentCode, key: TermKey) -> None:
        self._submission = submission
        self._key = key
        self._is_a_gradient = False

    def expect(self, run: Checked) -> None:
        """Compare each gradient with torch's, or else with what the student's own `backward` returns."""
        right, gradients = autograd(run.before, run.inputs, np.ones(run.sizes.O))
        others = [name for name in AXES if not _is_right(run, name, gradients[name])]
        if not others:
            return
        outputs, own = self._own(run)[0]
        others = [name for name in others if not (_lacks(run.answer, name) and _lacks(own, name))]
        usable_own = {}
        with suppress(StudentFault):
            usable_own = usable(own, run.sizes)
        evidence = _evidence(run, gradients, usable_own)
        found = as_array(outputs, "the answer of `forward`").ravel()
        is_right_forward = found.shape == right.shape and bool(
            np.max(np.abs(found - right)) <= EXACT * np.max(np.abs(right))
        )
        all_near = all(name in usable_own and near(usable_own[name], gradients[name]) for name in AXES)
        if is_right_forward and all_near:
            text = f"`{ANALYTIC}` is off the gradient by more than rounding, as differences are"
            raise StudentFault(text, evidence)
        if not self._is_a_gradient:
            self._expect_own_backward(usable_own, gradients)
            self._is_a_gradient = True
        for name in others:
            answer, expected = (
                as_array(entry(part, f"d_{name}", ANALYTIC), name) for part in (run.answer, own)
            )
            if answer.shape != expected.shape or not same(answer, expected):
                text = f"`{ANALYTIC}`: d_{name} is not what `backward` gives for upstream ones"
                raise StudentFault(text, evidence)

    def expect_kept(self, run: Checked) -> None:
        """Raise a `StudentFault` where the weights have moved, beside the gradients along which they may
        have."""
        try:
            run.expect_kept()
        except StudentFault as fault:
            if fault.evidence is None:
                raise
            moved = fault.evidence
            along = _evidence(run, {}, {}).found
            raise StudentFault(str(fault), Evidence(moved.found, moved.wanted | along)) from None

    def expect_again(self, run: Checked) -> None:
        """Ask the same object once more: the answer is the same where the class gives it."""
        again = replace(run, answer=self._submission.get_analytical_gradient(run.model, run.inputs))
        first, second = (_evidence(each, {}, {}).found for each in (run, again))
        if _equal(first, second):
            return
        (_, once), (_, twice) = self._own(run)
        own = [_evidence(replace(run, answer=each), {}, {}).found for each in (once, twice)]
        if _equal(*own):
            text = f"`{ANALYTIC}` gives something else when it is called once more"
            raise StudentFault(text, Evidence(second, first))

    def _own(self, run: Checked) -> list[tuple[Any, Any]]:
        """What the student's own class returns where this was asked: outputs, gradients; and once more."""
        model = make_with(self._submission, run.sizes, run.before)
        model.forward(inputs_for(self._key, run.sizes, "another"))
        ones = np.ones(run.sizes.O)
        return [(model.forward(run.inputs), model.backward(ones)) for _ in range(2)]

    def _expect_own_backward(self, own: Weights, gradients: Weights) -> None:
        """Raise a `StudentFault` unless what stands in for torch's gradients is partly right.

        One is near torch's, or two point as they do or against them, or for a wrong forward pass one fits its
        differences.
        """
        left = {name: own[name] for name in OWN_FIRST if name in own}
        if any(near(array, gradients[name]) for name, array in left.items()):
            return
        if sum(_along(array, gradients[name]) for name, array in left.items()) > 1:
            return
        each = case(self._key, *SMALL)
        model = make_with(self._submission, each.sizes, each.weights)
        model.forward(each.inputs)
        of_small = usable(model.backward(each.upstream), each.sizes)
        is_known = Forward(self._submission, self._key).is_known
        forward = OwnForward(self._submission, each, is_known=is_known)
        if not any(name in of_small and forward.fits(name, of_small[name]) for name in OWN_FIRST):
            raise StudentFault(f"`{ANALYTIC}`: neither it nor `backward` gives a gradient")


def _equal(one: Weights, other: Weights) -> bool:
    """Whether two answers have the same gradients, but for rounding."""
    return one.keys() == other.keys() and all(
        one[name].shape == other[name].shape and same(one[name], other[name]) for name in one
    )


def _along(one: Array, other: Array) -> bool:
    """Whether one is nearly a multiple of the other."""
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    return abs(float(np.vdot(one, other))) >= ALONG * lengths > 0


def _lacks(answer: Any, name: str) -> bool:
    """Whether a gradient is not in a dict: where `backward` gives none, that has cost its points."""
    return isinstance(answer, Mapping) and f"d_{name}" not in answer


def _is_right(run: Checked, name: str, expected: Array) -> bool:
    """Whether one gradient of the answer is torch's."""
    try:
        return same(gradient_in(run.answer, name, ANALYTIC, run.sizes), expected)
    except StudentFault:
        return False


def _evidence(run: Checked, gradients: Weights, own: Weights) -> Evidence:
    """The five gradients of an answer beside the right ones, and those of the class's own `backward`."""
    names = [name for name in AXES if not _lacks(run.answer, name)]
    found = {f"d_{name}": as_array(entry(run.answer, f"d_{name}", ANALYTIC), name) for name in names}
    wanted = {f"d_{name}": value for name, value in gradients.items()}
    return Evidence(found, wanted | {f"own d_{name}": value for name, value in own.items()})
