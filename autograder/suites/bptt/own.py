"""Gradients of the student's own forward pass, by two-sided differences, for where that is wrong."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from autograder.answers import Array, as_array, with_shape
from autograder.errors import StudentFault
from autograder.scoring import StudentCode
from autograder.suites.bptt.cases import AXES, Case, Weights, autograd
from autograder.suites.bptt.objects import make_with
from autograder.suites.differences import is_same, numerical_gradient, responds_alike

# Differences of the student's own forward, where that is wrong: off by about 1e-10.
OWN = 1e-6
SMALL = (3, 5, 3, 3)  # D, H, O, T where the student's own forward is differentiated, element by element
MATRICES = ("W", "R", "V")
MOVE, MOVES, SMALLER = 0.1, 6, 0.15  # how far and how often an input is moved, at which share of the weights


class OwnForward:
    """The student's forward pass as a function of weights and inputs, for one case.

    Args:
        is_known: whether it is one of a network, as one step of it shows.
    """

    def __init__(self, submission: StudentCode, each: Case, *, is_known: bool) -> None:
        self._submission = submission
        self._each = each
        self._is_known = is_known

    def outputs(self, weights: Weights, inputs: Array) -> Array:
        """What it answers [O], with a new object."""
        answer = make_with(self._submission, self._each.sizes, weights).forward(inputs)
        array = as_array(answer, "the answer of `forward`").ravel()
        return with_shape(array, "the answer of `forward`", O=self._each.sizes.O)

    def gradient(self, name: str) -> Array:
        """A parameter's gradient by two-sided differences, if the pass is one of a network at all.

        Raises:
            StudentFault: the pass is none of such a network, however wrong (see `expect_a_network`).
        """
        self._expect_a_network()
        return self._gradient(name)

    def gradients(self) -> Weights:
        """Those of all parameters."""
        self._expect_a_network()
        return {name: self._gradient(name) for name in AXES}

    def _expect_a_network(self) -> None:
        if not self._is_known:
            expect_a_network(self._each, self.outputs)

    def _gradient(self, name: str) -> Array:
        each = self._each
        return numerical_gradient(
            lambda moved: self.outputs(each.weights | {name: moved}, each.inputs),
            each.weights[name],
            each.upstream,
        )

    def fits(self, name: str, answer: Array) -> bool:
        """Whether this is its gradient, other than zero."""
        expected = self.gradient(name)
        return bool(np.any(np.abs(expected) > OWN)) and is_same(answer, expected, OWN, OWN)


def expect_a_network(each: Case, outputs: Callable[[Weights, Array], Array]) -> None:
    """Raise a `StudentFault` unless a wrong forward pass is still one of such a network.

    Its outputs change with the input and with all matrices but one at most, and for two of these four at
    least they change roughly as they should: a sham with an easy gradient does not. The weights are small
    here, where tanh hardly bends and the last steps count most, and the inputs positive, so that all steps
    push the same way: a mistake leaves most changes be then, whatever was drawn.
    """
    rng = np.random.default_rng(0)
    still, as_should = [], 0
    small = {name: SMALLER * value for name, value in each.weights.items()}
    positive = np.abs(each.inputs)
    parts = {"x": positive, **{name: small[name] for name in MATRICES}}
    own_here, right_here = outputs(small, positive), autograd(small, positive, each.upstream)[0]
    for name, part in parts.items():
        changes = []
        for _ in range(MOVES):
            moved = {**parts, name: part + MOVE * rng.standard_normal(part.shape)}
            inputs, weights = moved.pop("x"), {**small, **moved}
            right = autograd(weights, inputs, each.upstream)[0] - right_here
            changes.append((outputs(weights, inputs) - own_here, right))
        own, expected = map(np.array, zip(*changes, strict=True))
        still += [name] if np.max(np.abs(own)) <= OWN else []
        as_should += responds_alike(own, expected)
    if len(still) > 1 or "x" in still or as_should < 2:
        raise StudentFault("the answer of `forward` does not depend on its input and weights as it should")
