"""How states and gradients are judged: against torch, and where that fails against the student's own code.

A mistake in one method should not cost the points of those that build on it. States that differ from torch's
are compared with what the student's own `forward_step` gives step by step; gradients that differ count as
right if the forward pass is wrong on the same inputs and they fit that one. What cannot be told apart so
cheaply is a wrong `backward_step` that `backward` calls: the gradients concerned are lost in Q3 and in Q4.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.answers import Array, excess, expect_close, with_shape
from autograder.errors import StudentFault, Trapped
from autograder.scoring import StudentCode, StudentObject
from autograder.suites.gates import as_bias, as_square
from autograder.suites.rnn_layer.cases import Case, chain_rule, first_step
from autograder.suites.rnn_layer.passes import MOVE, STILL, Pass, as_states, give, layer_for

# Measured in the suite's measure over 300 keys at the suite's sizes, wrong answers over 60. States: right at
# most 3.9e-15 (handed out in float32 3.0e-8, computed in float32 1.3e-6), wrong from 1.2e-4 (rounded to four
# digits; a mistake in the formula from 0.14).
STATES = 1e-5
# Same keys: right at most 8.6e-14 (dx handed out in float32 3.0e-8), wrong from 9.7e-6 (rounded to three
# digits; float16 7.8e-5). Gradients computed in float32 reach 7.6e-6 and are undecided.
GRADIENTS = 1e-6
SMALL_GRADIENTS = 1e-7  # absolute, where the relative error does not count: it goes on from there
ROUNDING = 1e-9  # states that differ by less are the same

RNN, AUTOGRAD = "torch.nn.RNN's", "torch's autograd"


def expect_next_state(submission: StudentCode, case: Case) -> None:
    """Compare the answer of `forward_step`."""
    answer = layer_for(submission, case).forward_step(*case.args)
    states = as_states(answer, case.states.shape, "next_h")
    expect_close(states, case.states, STATES, "next_h", RNN)


def expect_states(layer: StudentObject, case: Case, name: str = "h") -> None:
    """Compare the answer of `forward`, which may be built on a wrong `forward_step`."""
    states = as_states(layer.forward(*case.args), case.states.shape, name)
    try:
        expect_close(states, case.states, STATES, name, RNN)
    except StudentFault:
        if not fits_own_step(layer, case, states):
            raise


@np.errstate(all="ignore")  # states of a wrong forward pass may grow without bound
def fits_own_step(layer: StudentObject, case: Case, states: Array) -> bool:
    """Whether the states are those of the student's own `forward_step`, and it is a step of such a layer."""
    x, before = case.args
    own = [before]
    try:
        for t in range(x.shape[1]):
            own.append(as_states(layer.forward_step(x[:, t], own[-1]), before.shape))
        if not excess(states, np.stack(own[1:], axis=1), STATES) <= 1:
            return False
        step = Pass(layer, first_step(case), own[1], {})
        return step.is_a_layer and bool(np.abs(step.moved("prev_h", MOVE) - own[1]).max() > STILL)
    except Trapped:
        raise
    except StudentFault:
        return False
    finally:
        give(layer, case)


def expect_gradient(done: Pass, name: str, when: str = "", *, proven: bool = False) -> None:
    """Compare one gradient.

    Args:
        when: what is special about the pass, for the message.
        proven: whether it was right for ordinary sizes, and with it the forward pass not a sham.
    """
    gradient, expected = as_gradient(done.gradients[name], done.case, name), done.case.gradients[name]
    try:
        expect_close(gradient, expected, GRADIENTS, name + when, AUTOGRAD, SMALL_GRADIENTS)
    except StudentFault:
        if not fits_own_forward(done, name, gradient, proven):
            raise


def right_gradients(done: Pass) -> list[str]:
    """The names of those that are right: what is wrong everywhere has cost its own points already.

    Raises:
        StudentFault: none is.
    """
    faults = {name: fault_of(done, name) for name in done.gradients}
    right = [name for name, fault in faults.items() if fault is None]
    if not right:
        first = next(fault for fault in faults.values() if fault is not None)
        raise StudentFault(f"no gradient is right for ordinary sizes, so this was not judged ({first})")
    return right


def fault_of(done: Pass, name: str) -> StudentFault | None:
    """What is wrong with one gradient."""
    try:
        expect_gradient(done, name)
    except Trapped:
        raise
    except StudentFault as fault:
        return fault
    return None


def as_gradient(answer: Any, case: Case, name: str) -> Array:
    """The answer as an array of the gradient's shape; db may have a leading axis of 1."""
    if isinstance(answer, StudentFault):
        raise answer
    D, H = case.sizes
    if name == "db":
        return as_bias(answer, name, H)
    if name == "dW_hh":
        return as_square(answer, name, H)
    if name == "dW_ih":
        return with_shape(answer, name, D=D, H=H)
    shape = case.gradients[name].shape
    axes = "NTD" if len(shape) == 3 else "ND" if name == "dx" else "NH"
    return with_shape(answer, name, **dict(zip(axes, shape, strict=True)))


@np.errstate(all="ignore")  # states of a wrong forward pass may grow without bound
def fits_own_forward(done: Pass, name: str, gradient: Array, proven: bool) -> bool:
    """Whether the forward pass is wrong and the gradient is right for it.

    That is so if the right formulas give it with the student's states, or if it fits the slope of the
    student's own forward pass along a hidden direction: two calls, where the differences of every element
    would take hundreds. A forward pass that ignores what it is given, and zeros, are worth no points.
    """
    try:
        states = as_states(done.states, done.case.states.shape)
        if np.abs(states - done.case.states).max() <= ROUNDING:
            return False
        if not (proven or (gradient.any() and done.is_a_layer)):
            return False
        if excess(gradient, chain_rule(done.case, states)[name], GRADIENTS, SMALL_GRADIENTS) <= 1:
            return True
        error = np.sum(gradient * done.case.directions[name[1:]]) - done.slope(name[1:])
    except Trapped:
        raise
    except StudentFault:
        return False
    return bool(abs(error) <= GRADIENTS * np.linalg.norm(gradient))
