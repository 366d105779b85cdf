"""What the hidden tests of this assignment have in common: thresholds, and what answers are compared with.

A wrong `forward` costs its own points alone. Where it is wrong, gradients are compared with two-sided
differences of the student's own forward pass instead of torch's gradients, and what Q2 returns with what
the student's own class would give.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.answers import Array, as_array, excess, expect_finite, with_shape, within
from autograder.course import TermKey
from autograder.errors import StudentFault, StudentRaised
from autograder.scoring import StudentCode, StudentObject
from autograder.suites.bptt.cases import AXES, Case, Sizes, Weights, autograd, case, inputs_for
from autograder.suites.bptt.objects import (
    done,
    entry,
    expect_kept,
    in_shape,
    make,
    make_with,
    weights_of,
    without_lead,
)
from autograder.suites.differences import numerical_gradient, responds_alike

# Measured in the suite's own sizes, over 200 keys (right answers and those named) and 100 (`bench.margins`).
# Outputs and gradients, relative, and absolute where the expected magnitude is below SMALL: right at most
# 7e-15, wrong from 7e-5 (the first step forgotten; a wrong derivative of tanh 0.1).
CLOSE, ABSOLUTE = 1e-6, 1e-7
# Differences of the student's own forward, where that is wrong: off by about 1e-10.
OWN = 1e-6
# Norm of the difference, eps=1e-7: right at most 6e-9, one-sided differences, which cost the next test, from
# 8e-9 to 2.1e-7, wrong from 1.2 (the mean of three outputs for their sum).
NUMERICAL = 1e-6
# The same with eps=1e-5: right at most 1.1e-9, wrong from 6e-7 (one-sided). A step of 1e-7 whatever eps
# says is no worse than 3.3e-9, and passes.
TWO_SIDED = 1e-8
# The same for weights that have not been put back, which costs the other tests: at most 2.6e-6.
MOVED = 1e-4
# One less the cosine of a numerical gradient: right at most 7e-16, wrong from 0.15 (of a
# forward that keeps its state). Weights that are not put back leave 1e-12.
UNLIKE = 1e-3
# Back-propagation for the sum: right at most 1.1e-15; a numerical gradient in its place from 1.5e-10.
ANALYTICAL = 1e-12

NUMERIC, ANALYTIC = "get_numerical_gradient", "get_analytical_gradient"
SMALL = (3, 4, 2, 3)  # D, H, O, T where the student's own forward is differentiated, element by element
MATRICES = ("W", "R", "V")
MOVE, MOVES, SMALLER = 0.1, 6, 0.15  # how far and how often an input is moved, at which share of the weights


# --- Forward and backward -----------------------------------------------------------------------------------


def near(answer: Array, expected: Array) -> bool:
    """Whether an output or gradient is right; NaN is not."""
    return within(excess(answer, expected, CLOSE, ABSOLUTE), 1)


def same(answer: Array, expected: Array) -> bool:
    """Whether two gradients differ by rounding alone, as those of differences do not."""
    return within(excess(answer, expected, ANALYTICAL, ANALYTICAL), 1)


def expect_outputs(answer: Any, expected: Array, when: str = "") -> None:
    """Compare what `forward` returned with torch's answer [O]."""
    array = with_shape(answer, "the answer of `forward`", O=expected.size)
    expect_finite(array, "the answer of `forward`")
    if not near(array, expected):
        raise StudentFault(f"the answer of `forward`{when}: off torch's by more than {CLOSE:g}")


def forward_is_right(answer: Any, expected: Array) -> bool:
    """Whether that would raise nothing."""
    return done(lambda: expect_outputs(answer, expected))


def alike(first: Any, second: Any) -> bool:
    """Whether two calls of `forward` gave the same, or nothing that could be compared."""
    try:
        return np.array_equal(as_array(first, "y"), as_array(second, "y"))
    except StudentFault:
        return True


def expect_gradient(submission: StudentCode, key: TermKey, name: str, cases: Sequence[Case]) -> None:
    """Compare what `backward` returns for one parameter, for every case."""
    consistent = False
    for number, each in enumerate(cases):
        model = make_with(submission, each.sizes, each.weights)
        try:
            outputs = model.forward(each.inputs)
        except StudentRaised:
            if number:  # a forward that cannot do a size of one costs its own test
                continue
            raise
        answer = gradient_in(model.backward(each.upstream), name, "backward", each.sizes)
        if near(answer, each.gradients[name]) or consistent:
            continue
        if forward_is_right(outputs, each.outputs):
            raise StudentFault(f"`d_{name}`: off torch's by more than {CLOSE:g}")
        expect_own_gradient(submission, case(key, *SMALL), name)
        consistent = True


def gradient_in(answer: Any, name: str, function: str, sizes: Sizes) -> Array:
    """The gradient of one parameter out of a dict, in the parameter's shape."""
    array = in_shape(entry(answer, f"d_{name}", function), f"`d_{name}`", name, sizes)
    expect_finite(array, f"`d_{name}`")
    return array


def usable(answer: Any, sizes: Sizes) -> Weights:
    """What `backward` returned, less what is missing, misshapen or zero: that has tests of its own.

    Raises:
        StudentFault: fewer than two gradients are left.
    """
    left = {}
    for name in AXES:
        with suppress(StudentFault):
            left[name] = gradient_in(answer, name, "backward", sizes)
    left = {name: array for name, array in left.items() if np.any(array)}
    if len(left) < 2:
        raise StudentFault("`backward` returns too few gradients to judge this by")
    return left


# --- Where the student's forward is wrong: its own differences ----------------------------------------------


def expect_own_gradient(submission: StudentCode, each: Case, name: str) -> None:
    """Compare one gradient with the differences of the student's own forward pass."""
    expected = own_gradient(submission, each, name)
    model = make_with(submission, each.sizes, each.weights)
    model.forward(each.inputs)
    answer = gradient_in(model.backward(each.upstream), name, "backward", each.sizes)
    if not np.any(np.abs(expected) > OWN) or not within(excess(answer, expected, OWN, OWN), 1):
        raise StudentFault(
            f"`forward` is not right, and `d_{name}` is neither torch's nor your forward's own gradient"
        )


def own_gradient(submission: StudentCode, each: Case, name: str) -> Array:
    """A parameter's gradient by two-sided differences of the student's own forward pass, if it is one.

    Raises:
        StudentFault: the pass is none of such a network, however wrong (see `expect_a_network`).
    """

    def outputs(weights: Weights, inputs: Array = each.inputs) -> Array:
        answer = make_with(submission, each.sizes, weights).forward(inputs)
        array = as_array(answer, "the answer of `forward`").ravel()
        return with_shape(array, "the answer of `forward`", O=each.sizes.O)

    expect_a_network(each, outputs)
    at = each.weights[name]
    return numerical_gradient(lambda moved: outputs(each.weights | {name: moved}), at, each.upstream)


def expect_a_network(each: Case, outputs: Callable[[Weights, Array], Array]) -> None:
    """Raise a `StudentFault` unless a wrong forward pass is still one of such a network.

    Its outputs change with the input and with all matrices but one at most, and for two of these four at
    least they change roughly as they should: a sham with an easy gradient does not. The weights are small
    here, where tanh hardly bends and the last steps count most, so that a mistake leaves most changes be.
    """
    rng = np.random.default_rng(0)
    still, as_should = [], 0
    small = {name: SMALLER * value for name, value in each.weights.items()}
    parts = {"x": each.inputs, **{name: small[name] for name in MATRICES}}
    own_here, right_here = outputs(small, each.inputs), autograd(small, each.inputs, each.upstream)[0]
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


class Truth:
    """The gradient of the outputs' sum: torch's, or where `forward` is wrong, by its own differences."""

    def __init__(self, submission: StudentCode, key: TermKey) -> None:
        self._submission = submission
        each = case(key, *SMALL)
        outputs = make_with(submission, each.sizes, each.weights).forward(each.inputs)
        self._is_torchs = forward_is_right(outputs, each.outputs)

    def sizes(self, wanted: Sequence[tuple[int, ...]]) -> Sequence[Sizes]:
        """The sizes to judge by: these, or a small one alone where every element takes many calls."""
        return [Sizes(*of) for of in (wanted if self._is_torchs else [SMALL])]

    def gradients(self, sizes: Sizes, weights: Weights, inputs: Array) -> Weights:
        """By the parameters' names."""
        ones = np.ones(sizes.O)
        each = Case(sizes, weights, inputs, ones, *autograd(weights, inputs, ones))
        if self._is_torchs:
            return each.gradients
        return {name: own_gradient(self._submission, each, name) for name in AXES}


# --- Q2 -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Checked:
    """What a function of Q2 returned for a fresh object with these weights; the object itself."""

    function: str
    sizes: Sizes
    inputs: Array
    before: Weights
    model: StudentObject
    answer: Any

    def expect_kept(self) -> None:
        """Raise a `StudentFault` where the weights are not as they were before."""
        expect_kept(self.before, weights_of(self.model, self.sizes), self.function)

    @property
    def kept(self) -> bool:
        """Whether that would raise nothing."""
        return done(self.expect_kept)

    @property
    def gradients(self) -> Weights:
        """The answer's five gradients, each in its parameter's shape."""
        plain = {
            f"d_{name}": without_lead(
                entry(self.answer, f"d_{name}", self.function), f"`d_{name}`", name, self.sizes
            )
            for name in AXES
        }
        return {name: gradient_in(plain, name, self.function, self.sizes) for name in AXES}


def asked(
    submission: StudentCode, key: TermKey, function: str, sizes: Sequence[Sizes], *eps: float
) -> Iterator[Checked]:
    """Calls of a function of Q2, each with an object that has just seen another sequence.

    Sizes after the first that the student's `forward` cannot do are left out: that costs its own test.
    """
    for number, of in enumerate(sizes):
        model, inputs = make(submission, of), inputs_for(key, of)
        try:
            model.forward(inputs_for(key, of, "another"))
        except StudentRaised:
            if number:
                continue
            raise
        before = weights_of(model, of)
        if function == NUMERIC:  # differences have no use for it
            with suppress(StudentFault):
                model.assign(backward=None)
        answer = getattr(submission, function)(model, inputs, *eps)
        yield Checked(function, of, inputs, before, model, answer)


def own_backward(submission: StudentCode, key: TermKey, checked: Checked) -> tuple[Any, Any]:
    """What the student's own class returns where `get_analytical_gradient` was asked: outputs, gradients."""
    model = make_with(submission, checked.sizes, checked.before)
    model.forward(inputs_for(key, checked.sizes, "another"))
    outputs = model.forward(checked.inputs)
    return outputs, model.backward(np.ones(checked.sizes.O))


def distances(answer: Weights, expected: Weights) -> list[float]:
    """The norm of the difference, a parameter."""
    return [float(np.linalg.norm(answer[name] - expected[name])) for name in AXES]


def expect_small(values: Sequence[float], threshold: float, what: str) -> None:
    """Raise a `StudentFault` that names the parameters over the threshold."""
    over = [f"d_{name}" for name, value in zip(AXES, values, strict=True) if not within(value, threshold)]
    if over:
        raise StudentFault(f"{what}: the norm of the difference is over {threshold:g} for {', '.join(over)}")


def common_factor(answer: Weights, expected: Weights) -> float:
    """The factor between an answer and the gradient that it resembles; 1 where it resembles none."""
    one, other = flat(answer), flat(expected)
    factor = float(one @ other) / max(1e-30, float(other @ other))
    return factor if unlikeness(answer, expected) <= UNLIKE and abs(factor - 1) > 0.01 else 1.0


def unlikeness(answer: Weights, expected: Weights) -> float:
    """How far the cosine between two gradients is from 1 or -1: 0 where they differ by a factor alone."""
    one, other = flat(answer), flat(expected)
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    return 1 - float(abs(one @ other)) / max(1e-30, lengths)


def flat(gradients: Weights) -> Array:
    """All elements in a row."""
    return np.concatenate([gradients[name].ravel() for name in AXES])
