"""How states and gradients are judged: against torch, and where that fails against the student's own code.

A mistake in one place should not cost the points of what builds on it. A next state that differs from torch's
may have another activation, states may be those of the student's own `forward_step`, gradients those of the
student's own forward pass or of the own `backward_step`; what is wrong has cost its points elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

from autograder.answers import Array, as_array, expect_close, expect_finite
from autograder.course import TermKey
from autograder.errors import StudentFault, Trapped
from autograder.evidence import Evidence
from autograder.scoring import StudentCode, StudentObject
from autograder.suites.rnn_layer import cases
from autograder.suites.rnn_layer.cases import Case
from autograder.suites.rnn_layer.own import (
    ARRANGEMENTS,
    GRADIENTS,
    SMALL_GRADIENTS,
    STATES,
    Order,
    fits_own_activation,
    fits_own_forward,
    is_equal,
    own_products,
    own_steps,
)
from autograder.suites.rnn_layer.passes import Pass, as_gradient, as_states, layer_for

RNN, AUTOGRAD = "torch.nn.RNN's", "torch's autograd"


def fault_in(test: Callable[[], object]) -> StudentFault | None:
    """What the student did wrong there."""
    try:
        test()
    except Trapped:
        raise
    except StudentFault as fault:
        return fault
    return None


def is_right(test: Callable[[], object]) -> bool:
    """Whether nothing is wrong in it."""
    return fault_in(test) is None


def not_judged(what: str, fault: StudentFault) -> StudentFault:
    """The fault of a test that asks for more of what was wrong already."""
    return StudentFault(f"{what} for ordinary sizes, so this was not judged ({fault})", fault.evidence)


def expect_next_state(submission: StudentCode, case: Case, *, exact: bool = False) -> None:
    """Compare the answer of `forward_step`.

    Args:
        exact: whether the activation counts, too.
    """
    answer = layer_for(submission, case).forward_step(*case.args)
    states = as_states(answer, case.states.shape, "next_h")
    try:
        expect_close(states, case.states, STATES, "next_h", RNN)
    except StudentFault:
        if exact or not fits_own_activation(submission, case, states):
            raise


def expect_next_state_of_form(submission: StudentCode, case: Case) -> None:
    """Ask for a next state of the right shape alone, where its numbers have cost their points."""
    answer = layer_for(submission, case).forward_step(*case.args)
    expect_finite(as_states(answer, case.states.shape, "next_h"), "next_h")


IN_ORDER = Order()


def expect_states(
    submission: StudentCode, layer: StudentObject, case: Case, order: Order = IN_ORDER, name: str = "h"
) -> None:
    """Compare the answer of `forward`, which may be built on a wrong `forward_step`."""
    expected = order.right(case)
    states = as_states(layer.forward(*case.args), expected.shape, name)
    try:
        expect_close(states, expected, STATES, name, RNN)
    except StudentFault:
        if not order.fits(submission, case, states):
            raise


def expect_in_own_order(submission: StudentCode, key: TermKey, test: Callable[[Order], None]) -> None:
    """Run a test of states; those whose order is wrong for ordinary sizes may be in that order here, too.

    So may those of a `forward` whose own step is wrong.
    """
    wrong = fault_in(lambda: test(IN_ORDER))
    if wrong is None:
        return
    usual = cases.sequence(key, *cases.SIZES[0], bias=False, initial=False)
    for order in (*map(Order, ARRANGEMENTS), Order(by_itself=True)):
        fault = fault_in(partial(expect_states, submission, layer_for(submission, usual), usual, order))
        if fault is None:
            test(Order(order.name, order.by_itself, proven=True))
            return
    raise not_judged("the states are not right", wrong)


@dataclass(frozen=True)
class Judged:
    """A way back, with what its gradients are compared with."""

    done: Pass

    @cached_property
    def steps(self) -> dict[str, Array]:
        """What the student's own steps back give."""
        try:
            return own_steps(self.done) if self.done.case.states.ndim == 3 else {}
        except Trapped:
            raise
        except StudentFault:
            return {}

    @cached_property
    def products(self) -> dict[str, Array]:
        """The gradients that hang together."""
        try:
            return own_products(self.done)
        except Trapped:
            raise
        except StudentFault:
            return {}

    @cached_property
    def faults(self) -> dict[str, StudentFault | None]:
        """What is wrong with each gradient."""
        return {name: self.fault(name) for name in self.done.gradients}

    @property
    def right(self) -> list[str]:
        """Those with which nothing is."""
        return [name for name, fault in self.faults.items() if fault is None]

    def fault(self, name: str, when: str = "", *, proven: bool = False) -> StudentFault | None:
        """What is wrong with one, given the student's own forward pass and own steps back.

        Args:
            when: what is special about the pass, for the message.
            proven: whether it was right for ordinary sizes, and with it the forward pass not a sham.
        """
        done = self.done

        def compare() -> None:
            gradient = as_gradient(done.gradients[name], done.case, name)
            expected = done.case.gradients[name]
            expect_close(gradient, expected, GRADIENTS, name + when, AUTOGRAD, SMALL_GRADIENTS)

        fault = fault_in(compare)
        if fault is None or fits_own_forward(done, name, proven) or self._fits_own_steps(name):
            return None
        return fault

    def _fits_own_steps(self, name: str) -> bool:
        if name not in self.steps or not self.steps[name].any():
            return False
        gradient = self.done.gradients[name]  # in whatever shape that its steps have
        return is_right(partial(as_array, gradient, name)) and is_equal(
            as_array(gradient, name), self.steps[name]
        )

    @property
    def numbers(self) -> Evidence | None:
        """All gradients beside the right ones."""
        found = {}
        for name, gradient in self.done.gradients.items():
            if not isinstance(gradient, StudentFault) and is_right(partial(as_array, gradient, name)):
                found[name] = as_array(gradient, name)
        return Evidence(found, {name: self.done.case.gradients[name] for name in found}) if found else None


def expect_gradient(done: Pass, name: str) -> None:
    """Compare one gradient; if all are wrong, those that hang together keep their points."""
    judged = Judged(done)
    fault = judged.fault(name)
    if fault is not None and (judged.right or name not in judged.products):
        raise fault


def expect_before_tanh(done: Pass, what: str) -> None:
    """Ask for one right gradient at least: else what all are made of, the gradient before the tanh, is wrong.

    Args:
        what: to look at, in words.
    """
    judged = Judged(done)
    if judged.right:
        return
    text = f"your gradients fit each other, and none is right: {what}"
    raise StudentFault(text if judged.products else "none of your gradients is right", judged.numbers)


@dataclass(frozen=True)
class Right:
    """The gradients that are right for ordinary sizes: what is wrong everywhere has cost its own points.

    Args:
        names: theirs.
        exact: whether they are right in all, and do not just hang together.
    """

    names: list[str]
    exact: bool

    def expect(self, done: Pass, when: str = "") -> None:
        """Compare them once more."""
        judged = Judged(done)
        for name in self.names:
            if not self.exact and name in judged.products:
                continue
            fault = judged.fault(name, when, proven=self.exact)
            if fault is not None:
                raise fault

    def expect_form(self, done: Pass, when: str = "") -> None:
        """The same, but of gradients that only hang together the shapes alone."""
        if self.exact:
            self.expect(done, when)
            return
        for name in self.names:
            expect_finite(as_gradient(done.gradients[name], done.case, name), name + when)


def right_gradients(done: Pass) -> Right:
    """Those that are right.

    Raises:
        StudentFault: none is.
    """
    judged = Judged(done)
    if judged.right:
        return Right(judged.right, exact=True)
    if judged.products:
        return Right(list(judged.products), exact=False)
    raise not_judged("no gradient is right", next(filter(None, judged.faults.values())))
