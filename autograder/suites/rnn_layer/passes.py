"""A student's layer at work: forward, back, and forward again with something moved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from autograder.answers import Array, describe, with_shape
from autograder.errors import StudentFault, Trapped
from autograder.scoring import StudentCode, StudentObject
from autograder.suites.gates import as_bias, as_square
from autograder.suites.rnn_layer.cases import MOVE, PARAMETERS, Case, is_a_layer

STEP = 1e-5  # of two-sided differences

ATTRIBUTES = {"dprev_h": ("dprev_h", "dprev_H"), "dW_ih": ("dW_ih",), "dW_hh": ("dW_hh",), "db": ("db",)}
OF_A_STEP = ("dx", *ATTRIBUTES)
OF_A_SEQUENCE = ("dx", "dh0", "dW_ih", "dW_hh", "db")


@dataclass(frozen=True)
class Forward:
    """A forward pass of a student's layer.

    Args:
        layer: what did it; other parameters may have been assigned since.
        states: what it returned.
        step: what takes a step again, where that is not the method of the case's shape.
    """

    layer: StudentObject
    case: Case
    states: Any
    step: Callable[..., Array] | None = field(default=None, kw_only=True)

    @cached_property
    def is_a_layer(self) -> bool:
        """Whether the student's own forward pass, however wrong, is one of such a layer."""
        own = as_states(self.states, self.case.states.shape)
        return is_a_layer(self.case, own, lambda name: self.moved(name, MOVE))

    def slope(self, name: str) -> float:
        """How the states, weighted by the upstream gradient, change along that input's direction."""
        above, below = (self.moved(name, step) for step in (STEP, -STEP))
        return float(np.sum((above - below) * self.case.upstream) / (2 * STEP))

    def moved(self, name: str, by: float) -> Array:
        """The states of the student's own forward pass with one input moved along its direction."""
        inputs = self.case.moved(name, by)
        x, before, *_ = inputs.values()
        self.layer.assign(**{name: inputs[name] for name in PARAMETERS})
        if self.step is not None:
            return self.step(self.layer, x, before)
        method = self.layer.forward_step if x.ndim == 2 else self.layer.forward
        return as_states(method(x, before), self.case.states.shape)


@dataclass(frozen=True)
class Pass(Forward):
    """A forward and a backward pass.

    Args:
        submission: whose layer it is.
        gradients: by name, as the student gave them, or why there is none.
    """

    submission: StudentCode
    gradients: Mapping[str, Any]


def layer_for(submission: StudentCode, case: Case) -> StudentObject:
    """A fresh layer with the case's parameters."""
    layer = submission.make("RNNLayer", *case.sizes)
    give(layer, case)
    return layer


def give(layer: StudentObject, case: Case) -> None:
    """Assign the case's parameters."""
    layer.assign(**{name: case.inputs[name] for name in PARAMETERS})


def step_back(submission: StudentCode, case: Case) -> Pass:
    """One step forward and back on a fresh layer."""
    layer = layer_for(submission, case)
    states = layer.forward_step(*case.args)
    dx = layer.backward_step(case.args[1], case.upstream)
    gradients = {name: dx if name == "dx" else assigned(layer, name) for name in OF_A_STEP}
    return Pass(layer, case, states, submission, gradients)


def assigned(layer: StudentObject, name: str) -> Any:
    """The gradient that `backward_step` left on the layer, or why there is none."""
    faults = []
    for attribute in ATTRIBUTES[name]:
        try:
            return layer.read(attribute)
        except Trapped:
            raise
        except StudentFault as fault:
            faults.append(fault)
    return faults[0]


def sequence_back(submission: StudentCode, case: Case) -> Pass:
    """A sequence forward and back on a fresh layer."""
    return back(submission, layer_for(submission, case), case)


def back(submission: StudentCode, layer: StudentObject, case: Case) -> Pass:
    """A sequence forward and back on a layer that has the case's parameters.

    Raises:
        StudentFault: `backward` did not return five values.
    """
    states = layer.forward(*case.args)
    answer = layer.backward(case.upstream)
    wanted = f"`RNNLayer.backward` should return five values, ({', '.join(OF_A_SEQUENCE)})"
    if not isinstance(answer, (tuple, list)):
        raise StudentFault(f"{wanted}, not {describe(answer)}")
    if len(answer) != len(OF_A_SEQUENCE):
        raise StudentFault(f"{wanted}, not {'more' if len(answer) > len(OF_A_SEQUENCE) else 'fewer'}")
    return Pass(layer, case, states, submission, dict(zip(OF_A_SEQUENCE, answer, strict=True)))


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


def as_states(answer: Any, shape: tuple[int, ...], name: str = "h") -> Array:
    """The answer as an array of that shape, [N, H] or [N, T, H]."""
    return with_shape(answer, name, **dict(zip("NTH" if len(shape) == 3 else "NH", shape, strict=True)))
