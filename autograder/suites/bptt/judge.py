"""What the hidden tests of Q2 have in common: thresholds, and what answers are compared with.

A wrong class costs nothing here. Where its `forward` is wrong, numerical gradients are compared with
two-sided differences of it instead of torch's gradients, and analytical ones with what the class's own
`backward` gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograder.answers import Array, as_array, excess, within
from autograder.course import TermKey
from autograder.errors import StudentFault, StudentRaised
from autograder.evidence import Evidence
from autograder.scoring import StudentCode, StudentObject
from autograder.suites.bptt.backward import gradient_in
from autograder.suites.bptt.cases import AXES, Case, Sizes, Weights, autograd, case, inputs_for
from autograder.suites.bptt.forward import Forward, alike, forward_is_right
from autograder.suites.bptt.objects import (
    done,
    entry,
    expect_kept,
    make_initial,
    make_with,
    weights_of,
    without_lead,
)
from autograder.suites.bptt.own import SMALL, OwnForward

# Norm of the difference, eps=1e-7: right at most 6e-9; one-sided differences, which cost the next test, from
# 8e-9 to 2.1e-7; so do steps of 1e-3 whatever eps says, at most 5.4e-6 (300 keys), those of 1e-2 from 1.4e-5;
# wrong from 1.2 (the mean of three outputs for their sum).
NUMERICAL = 9e-6
# The same with eps=1e-5 and one output: right at most 2.1e-10, one-sided from 6.2e-7 (100 keys). A step of
# 1e-7 whatever eps says is no worse than 3.3e-9, and passes.
TWO_SIDED = 1e-8
# The same for weights that have not been put back, which costs the other tests: at most 2.6e-6.
MOVED = 1e-4
# One less the cosine of a numerical gradient: right at most 7e-16, wrong from 0.15 (of a
# forward that keeps its state). Weights that are not put back leave 1e-12.
UNLIKE = 1e-3
# Back-propagation for the sum: right at most 1.1e-15; a numerical gradient in its place from 1.5e-10.
ANALYTICAL = 1e-12

LEAST = 3  # gradients other than zero, of which the last two tests may be judged
MOVED_FAR = 1e-2  # with eps=1e-5; it leaves one-sided differences alone where weights have not been put back

NUMERIC, ANALYTIC = "get_numerical_gradient", "get_analytical_gradient"
PATIENT = 40  # steps after which a state that was left over shows in no digit


def same(answer: Array, expected: Array) -> bool:
    """Whether two gradients differ by rounding alone, as those of differences do not."""
    return within(excess(answer, expected, ANALYTICAL, ANALYTICAL), 1)


class Truth:
    """The gradient of the outputs' sum: torch's, or where `forward` is wrong, by its own differences."""

    def __init__(self, submission: StudentCode, key: TermKey) -> None:
        self._submission = submission
        self._is_known = Forward(submission, key).is_known
        each = case(key, *SMALL)
        model = make_with(submission, each.sizes, each.weights)
        outputs = model.forward(each.inputs)
        self._is_torchs = forward_is_right(outputs, each.outputs)
        self._forgets = alike(outputs, model.forward(each.inputs))

    def sizes(self, wanted: Sequence[tuple[int, ...]]) -> Sequence[Sizes]:
        """The sizes to judge by: these, or a small one alone where every element takes many calls."""
        return self.long_enough(wanted if self._is_torchs else [SMALL])

    def long_enough(self, wanted: Sequence[tuple[int, ...]]) -> Sequence[Sizes]:
        """The sizes, with more steps where `forward` keeps its state: it does not matter then."""
        sizes = [Sizes(*of) for of in wanted]
        return sizes if self._forgets else [replace(of, T=PATIENT) for of in sizes]

    def gradients(self, sizes: Sizes, weights: Weights, inputs: Array) -> Weights:
        """By the parameters' names."""
        ones = np.ones(sizes.O)
        each = Case(sizes, weights, inputs, ones, *autograd(weights, inputs, ones))
        if self._is_torchs:
            return each.gradients
        return OwnForward(self._submission, each, is_known=self._is_known).gradients()


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
        return self._gradients(lambda array, name: array)

    def numbers(self, expected: Weights) -> Weights:
        """The same of an answer whose gradients lost axes, which has cost its points.

        What is left at zero is left out, which has cost its points, too.

        Raises:
            StudentFault: hardly any gradient is left.
        """
        gradients = self._gradients(lambda array, name: _in_form(array, self.sizes.shape(name)))
        left = {name: array for name, array in gradients.items() if np.any(array)}
        if len(left) < min(LEAST, sum(bool(np.any(array)) for array in expected.values())):
            raise StudentFault(f"`{self.function}` is nowhere near the gradient", evidence_of(gradients))
        return left

    def _gradients(self, form: Callable[[Array, str], Array]) -> Weights:
        plain = {}
        for name in AXES:
            value = entry(self.answer, f"d_{name}", self.function)
            array = without_lead(value, f"`d_{name}`", name, self.sizes)
            plain[f"d_{name}"] = form(array, name)
        return {name: gradient_in(plain, name, self.function, self.sizes) for name in AXES}


def _in_form(array: Array, shape: tuple[int, ...]) -> Array:
    """The numbers in that shape where their axes are in the same order or all in one row."""
    same_order = np.squeeze(array).shape == tuple(size for size in shape if size != 1)
    return array.reshape(shape) if same_order or array.shape == (np.prod(shape),) else array


def asked(
    submission: StudentCode, key: TermKey, function: str, sizes: Sequence[Sizes], *eps: float
) -> Iterator[Checked]:
    """Calls of a function of Q2, each with an object that has just seen another sequence.

    Sizes after the first that the student's `forward` cannot do are left out: that costs its own test.
    """
    for number, of in enumerate(sizes):
        try:
            model = _after_another(submission, key, of)
        except StudentRaised:
            if number:
                continue
            raise
        if function == NUMERIC:
            yield _by_differences(submission, key, of, model, *eps, first=not number)
        else:
            yield _called(submission, key, of, model, function)


def _after_another(submission: StudentCode, key: TermKey, of: Sizes) -> StudentObject:
    """An object that has just seen another sequence."""
    model = make_initial(submission, key, of)
    model.forward(inputs_for(key, of, "another"))
    return model


def _called(
    submission: StudentCode, key: TermKey, of: Sizes, model: StudentObject, function: str, *eps: float
) -> Checked:
    inputs, before = inputs_for(key, of), weights_of(model, of)
    answer = getattr(submission, function)(model, inputs, *eps)
    return Checked(function, of, inputs, before, model, answer)


def _by_differences(
    submission: StudentCode, key: TermKey, of: Sizes, model: StudentObject, *eps: float, first: bool
) -> Checked:
    """A numerical gradient with an object whose `backward` cannot be called: differences have no use for it.

    One that cannot do without may look up keys and shapes there; it counts where its numbers are others.

    Args:
        first: whether these are the first sizes: in the smallest, differences may have no rounding.
    """
    with suppress(StudentFault):
        model.assign(backward=None)
    try:
        return _called(submission, key, of, model, NUMERIC, *eps)
    except StudentRaised as raised:
        run = _called(submission, key, of, _after_another(submission, key, of), NUMERIC, *eps)
        if first:
            own = make_with(submission, of, run.before)
            own.forward(run.inputs)
            if _is_multiple(run.answer, own.backward(np.ones(of.O))):
                raise raised from None
        return run


def _is_multiple(answer: Any, other: Any) -> bool:
    """Whether the gradients of one answer are those of another times a number, but for rounding."""
    pairs = []
    for name in AXES:
        with suppress(StudentFault):
            pair = [as_array(entry(each, f"d_{name}", NUMERIC), name).ravel() for each in (answer, other)]
            if pair[0].shape == pair[1].shape:
                pairs.append(pair)
    if not pairs:
        return True
    one, two = (np.concatenate(arrays) for arrays in zip(*pairs, strict=True))
    multiple = float(one @ two) / max(1e-30, float(two @ two)) * two
    return excess(one, multiple, ANALYTICAL, ANALYTICAL) <= 1


def distances(answer: Weights, expected: Weights) -> list[float]:
    """The norm of the difference, a parameter of the answer."""
    return [float(np.linalg.norm(value - expected[name])) for name, value in answer.items()]


def expect_small(found: Weights, expected: Weights, threshold: float, what: str) -> None:
    """Raise a `StudentFault` that names the parameters whose difference has a norm over the threshold."""
    errors = zip(found, distances(found, expected), strict=True)
    over = [f"d_{name}" for name, error in errors if not within(error, threshold)]
    if over:
        text = f"{what}: the norm of the difference is over {threshold:g} for {', '.join(over)}"
        raise StudentFault(text, evidence_of(found, expected))


def evidence_of(found: Weights, expected: Weights | None = None) -> Evidence:
    """Gradients beside the right ones."""
    wanted = {f"d_{name}": (expected or {})[name] for name in found} if expected else {}
    return Evidence({f"d_{name}": array for name, array in found.items()}, wanted)


def common_factor(answer: Weights, expected: Weights) -> float:
    """The factor between an answer and the gradient that it resembles; 1 where it resembles none."""
    one, other = flat(answer, answer), flat(expected, answer)
    factor = float(one @ other) / max(1e-30, float(other @ other))
    return factor if unlikeness(answer, expected) <= UNLIKE and abs(factor - 1) > 0.01 else 1.0


def unlikeness(answer: Weights, expected: Weights) -> float:
    """How far the cosine between two gradients is from 1 or -1: 0 where they differ by a factor alone."""
    one, other = flat(answer, answer), flat(expected, answer)
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    return 1 - float(abs(one @ other)) / max(1e-30, lengths)


def flat(gradients: Weights, names: Iterable[str]) -> Array:
    """All elements of these in a row."""
    return np.concatenate([gradients[name].ravel() for name in names])
