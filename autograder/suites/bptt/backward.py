"""The backward pass, one part of its formulas after the other.

What flows back through time, d_s [T, H], has tests of its own: one step, and from step to step. Where it is
wrong there, each parameter's gradient is judged by how it follows from the student's own d_s. Where the
forward pass is wrong, gradients are compared with differences of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property, partial

import numpy as np

from autograder.answers import Array
from autograder.course import TermKey
from autograder.errors import StudentFault, StudentRaised
from autograder.evidence import Evidence
from autograder.scoring import StudentCode
from autograder.suites.bptt.cases import AXES, Case, Sizes, Weights, case
from autograder.suites.bptt.forward import ABSOLUTE, CLOSE, Forward, alike, forward_is_right, near
from autograder.suites.bptt.objects import done, entry, in_shape, make_with
from autograder.suites.bptt.own import SMALL, OwnForward
from autograder.suites.differences import TINY, is_same, points_along

# D, H, O, T; with one output, a bias gradient of a wrong shape can hide behind broadcasting
SIZES = ((4, 6, 3, 5), (6, 5, 1, 8), (1, 4, 2, 3), (3, 1, 1, 1))
BIASED = (5, 4, 3, 4)
STEP = ((4, 6, 3, 1), (5, 4, 3, 1))
STEPS = ((4, 6, 3, 5), (6, 5, 3, 8))
WIDE = (6, 4, 4, 3)  # more inputs than steps: d_W tells d_s; as many outputs as states: V can show them

FLOWING = ("W", "bs")  # whose gradients show d_s


def gradient_in(answer: object, name: str, function: str, sizes: Sizes) -> Array:
    """The gradient of one parameter out of a dict, in the parameter's shape."""
    array = in_shape(entry(answer, f"d_{name}", function), f"`d_{name}`", name, sizes)
    if not np.isfinite(array).all():
        raise StudentFault(f"`d_{name}` has elements that are no finite numbers", Evidence({name: array}))
    return array


def usable(answer: object, sizes: Sizes) -> Weights:
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


class Backward:
    """What of a student's backward pass is right in ordinary sizes."""

    def __init__(self, submission: StudentCode, key: TermKey) -> None:
        self._submission = submission
        self._key = key

    # --- What each hidden test asks -------------------------------------------------------------------------

    def expect_by(self) -> None:
        """d_by, the upstream gradient itself."""
        with self._beside(("V",)):
            self._expect("by")

    def expect_v(self) -> None:
        """d_V; where d_by shows that the upstream gradient is misread, for that of a sum."""
        if done(lambda: self._expect("V")):
            return
        if self.reads_upstream:
            self._expect("V")
        self._expect("V", summed=True, factor=self.factor)

    def expect_slope(self) -> None:
        """d_s after one step, as d_W or d_bs shows it; where d_by is wrong, for the upstream gradient of a
        sum."""
        if done(lambda: self._expect_flow(self._cases(STEP))):
            return
        with self._beside(FLOWING):
            if self.reads_upstream:
                self._expect_flow(self._cases(STEP))
            self._expect_flow(self._cases(STEP, summed=True), (self.factor,))

    def expect_flow(self) -> None:
        """d_s from step to step, as d_W or d_bs shows it; where one step is wrong, for states near zero."""
        if done(lambda: self._expect_flow(self._cases(STEPS))):
            return
        with self._beside(("R",)):
            if self.bends and self.reads_upstream:
                self._expect_flow(self._cases(STEPS))
            signs = (self.factor, -self.factor)
            self._expect_flow(self._cases(STEPS, summed=True, tiny=not self.bends), signs)

    def expect_parameter(self, name: str) -> None:
        """d_W, d_R or d_bs; where d_s is wrong, what follows from the student's own."""
        if done(lambda: self._expect(name)):
            return
        if self.bends and self.flows and self.reads_upstream:
            self._expect(name)
        self._expect_following(name)

    def expect_nothing_left(self) -> None:
        """A second forward and backward give the same gradients again, where forward does."""
        each = case(self._key, *SIZES[0])
        model = make_with(self._submission, each.sizes, each.weights)
        first, once = model.forward(each.inputs), model.backward(each.upstream)
        second, again = model.forward(each.inputs), model.backward(each.upstream)
        before = usable(once, each.sizes)
        if not self._gives_a_gradient:
            raise StudentFault("`backward` gives too little of a gradient to judge this by")
        if not alike(first, second):
            return
        after = {name: gradient_in(again, name, "backward", each.sizes) for name in before}
        left = [f"d_{name}" for name in before if not is_same(after[name], before[name], CLOSE, ABSOLUTE)]
        if left:
            text = f"`backward` gives another {' and '.join(left)} when it is called once more"
            raise StudentFault(text, Evidence(after, before))

    # --- What is right --------------------------------------------------------------------------------------

    @cached_property
    def reads_upstream(self) -> bool:
        """Whether d_by is right."""
        return done(self.expect_by)

    @cached_property
    def bends(self) -> bool:
        """Whether d_s is right after one step."""
        return done(self.expect_slope)

    @cached_property
    def flows(self) -> bool:
        """Whether d_s is right from step to step."""
        return done(self.expect_flow)

    @cached_property
    def _gives_a_gradient(self) -> bool:
        """Whether any part is right but d_by, which is handed on as it came."""
        parts = [self.expect_v, self.expect_slope, self.expect_flow]
        parts += [partial(self.expect_parameter, name) for name in ("W", "R", "bs")]
        return any(done(part) for part in parts)

    @cached_property
    def factor(self) -> float:
        """By how much the upstream gradient of a sum comes too large, as d_by shows it; 1 where it does
        not."""
        (each, _, answer), *_ = self._answers(self._cases(SIZES[:1], summed=True))
        try:
            d_by = gradient_in(answer, "by", "backward", each.sizes)
        except StudentFault:
            return 1.0
        mean = float(np.mean(d_by))
        return mean if np.allclose(d_by, mean) and 0.1 <= abs(mean) <= 10 else 1.0

    @cached_property
    def _is_known(self) -> bool:
        return Forward(self._submission, self._key).is_known

    # --- Comparisons ----------------------------------------------------------------------------------------

    @contextmanager
    def _beside(self, names: Sequence[str]) -> Iterator[None]:
        """Put gradients of several steps into the evidence of a fault: by them mistakes differ."""
        try:
            yield
        except StudentFault as fault:
            if fault.evidence is None:
                raise
            (each, _, answer), *_ = self._answers(self._cases(STEPS[:1]))
            found, wanted = dict(fault.evidence.found), dict(fault.evidence.wanted)
            for name in names:
                with suppress(StudentFault):
                    found[f"{name} beside"] = gradient_in(answer, name, "backward", each.sizes)
                    wanted[f"{name} beside"] = each.gradients[name]
            raise StudentFault(str(fault), Evidence(found, wanted)) from None

    def _cases(
        self, sizes: Sequence[Sequence[int]], *, summed: bool = False, tiny: bool = False
    ) -> list[Case]:
        # biases of zero: a forward that forgets them, which has tests of its own, is right here
        return [case(self._key, *of, biases=(), summed=summed, tiny=tiny) for of in sizes]

    def _answers(self, cases: Sequence[Case]) -> Iterator[tuple[Case, bool, object]]:
        """Each case with whether forward was right there, and what backward returned.

        Sizes after the first that the student's `forward` cannot do are left out: that costs its own test.
        """
        for number, each in enumerate(cases):
            model = make_with(self._submission, each.sizes, each.weights)
            try:
                outputs = model.forward(each.inputs)
            except StudentRaised:
                if number:
                    continue
                raise
            yield each, forward_is_right(outputs, each.outputs), model.backward(each.upstream)

    def _expect(self, name: str, *, summed: bool = False, factor: float = 1.0) -> None:
        """Compare what `backward` returns for one parameter, in all sizes; once with biases."""
        cases = [*self._cases(SIZES, summed=summed), case(self._key, *BIASED, summed=summed)]
        fits_own = False
        for each, is_right, answer in self._answers(cases):
            array = gradient_in(answer, name, "backward", each.sizes)
            expected = factor * each.gradients[name]
            if fits_own or near(array, expected):
                continue
            if is_right:
                raise off({name: array}, {name: expected})
            if each.sizes == Sizes(*BIASED):  # a forward that forgets a bias
                continue
            self._expect_own((name,), case(self._key, *SMALL, biases=(), summed=summed), each, array)
            fits_own = True

    def _expect_own(self, names: Sequence[str], small: Case, each: Case, array: Array) -> None:
        """Compare gradients with the differences of the student's own forward pass; one that fits will do."""
        answers = [answer for _, _, answer in self._answers([small])]
        for name in names:
            with suppress(StudentFault):
                own = gradient_in(answers[0], name, "backward", small.sizes)
                if OwnForward(self._submission, small, is_known=self._is_known).fits(name, own):
                    return
        raise StudentFault(
            f"`forward` is not right, and `d_{names[0]}` is neither torch's nor your forward's own gradient",
            Evidence({names[0]: array}, {names[0]: each.gradients[names[0]]}),
        )

    def _expect_flow(self, cases: Sequence[Case], factors: Sequence[float] = (1.0,)) -> None:
        """Compare d_s as d_W or d_bs shows it: one of them that is right will do, times one of the
        factors."""
        for each, is_right, answer in self._answers(cases):
            found: Weights = {}
            for name in FLOWING:
                with suppress(StudentFault):
                    found[name] = gradient_in(answer, name, "backward", each.sizes)
            if not found:
                raise StudentFault("`backward` gives neither a d_W nor a d_bs to see by what flows back")
            right = {name: each.gradients[name] for name in found}
            if any(near(found[name], by * right[name]) for name in found for by in factors):
                continue
            if is_right:
                raise off(found, right)
            small = case(self._key, *SMALL, biases=(), steady=each.sizes.T == 1)
            name = next(iter(found))
            self._expect_own(FLOWING, small, each, found[name])
            return

    # --- Where d_s is wrong: what follows from it -----------------------------------------------------------

    def _expect_following(self, name: str) -> None:
        """Compare one gradient with what follows from d_s as d_W tells it, if that is roughly a d_s."""
        each = case(self._key, *WIDE, biases=(), positive=True, summed=True)
        (_, _, answer), *_ = self._answers([each])
        d_W = gradient_in(answer, "W", "backward", each.sizes)
        d_s = _flow(each.inputs, d_W)
        expected = {"W": each.inputs.T @ d_s, "bs": d_s.sum(axis=0)}
        array = gradient_in(answer, name, "backward", each.sizes)
        expected["R"] = self._states(each)[:-1].T @ d_s if name == "R" else d_s
        if not self._roughly(each, d_s) or not is_same(array, expected[name], CLOSE, ABSOLUTE):
            raise off({name: array}, {name: each.gradients[name]})

    def _roughly(self, each: Case, d_s: Array) -> bool:
        """Whether one step's points as what should flow back does, or against it: a sham's does not."""
        right = _flow(each.inputs, each.gradients["W"])
        pairs = zip(d_s, right, strict=True)
        return any(points_along(one, other) and np.abs(one).max() > TINY for one, other in pairs)

    def _states(self, each: Case) -> Array:
        """The student's own states [1 + T, H], as a V that hands them out shows them."""
        weights = each.weights | {"V": np.eye(each.sizes.H)}
        own = OwnForward(self._submission, each, is_known=True)
        states = [own.outputs(weights, each.inputs[:steps]) for steps in range(1, each.sizes.T + 1)]
        return np.stack([np.zeros(each.sizes.H), *states])


def _flow(inputs: Array, d_W: Array) -> Array:
    """The d_s [T, H] of which d_W is made, where there are more inputs than steps."""
    return np.asarray(np.linalg.lstsq(inputs.T, d_W, rcond=None)[0], dtype=np.float64)


def off(found: Weights, right: Weights) -> StudentFault:
    """What a wrong gradient is told with."""
    names = " and ".join(f"`d_{name}`" for name in found)
    return StudentFault(f"{names}: off torch's by more than {CLOSE:g}", Evidence(found, right))
