"""Random sequences and weights, with the outputs and gradients of torch's autograd in float64.

A case is drawn anew until at least half the elements of its outputs and of each gradient are compared by
relative error, and no gradient would be zero with a ReLU for tanh. Every case derives from the term key and
its own sizes alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import count

import numpy as np
import torch

from autograder.answers import Array, mostly_large
from autograder.course import TermKey
from autograder.suites.differences import points_along
from autograder.suites.draws import generator
from autograder.suites.once import once

NAME = "bptt"
AXES = {"W": "DH", "R": "HH", "V": "HO", "bs": "H", "by": "O"}  # the parameters and their axes
BIASES = ("bs", "by")
Weights = dict[str, Array]  # an array a parameter, or its gradient, by the parameter's name
Bend = Callable[[torch.Tensor], torch.Tensor]
TINY = 1e-10  # of such weights states are so small that 1 - a is 1, too, and outputs are nothing
MILD = 0.2  # positive weights of which no sum leaves tanh flat
ALONG = 0.7  # cosine of what flows back from the outputs and from upstream ones
CLEAR = 0.3  # of the norm of the terms of which an output is the sum
PATIENCE = 50  # draws of weights after which they may be what they are
RANGE = 0.2  # of the weights that an object of the class draws for itself


@dataclass(frozen=True)
class Sizes:
    """Input, hidden and output size, and the number of steps."""

    D: int
    H: int
    O: int  # noqa: E741 - the course's letter
    T: int

    def shape(self, name: str) -> tuple[int, ...]:
        """A parameter's shape."""
        return tuple(getattr(self, axis) for axis in AXES[name])


def straight(values: torch.Tensor) -> torch.Tensor:
    """No activation."""
    return values


@dataclass(frozen=True)
class Reading:
    """What a forward pass bends its states and its outputs with; the right one by default."""

    states: Bend = torch.tanh
    outputs: Bend = straight


@dataclass(frozen=True)
class Case:
    """Weights and a sequence, with torch's answers.

    Args:
        inputs: [T, D].
        upstream: [O], the gradient of a loss with respect to the outputs.
        outputs: [O].
        gradients: the loss's gradients.
    """

    sizes: Sizes
    weights: Weights
    inputs: Array
    upstream: Array
    outputs: Array
    gradients: Weights

    def read_as(self, reading: Reading) -> Array:
        """The outputs [O] with other activations."""
        return autograd(self.weights, self.inputs, self.upstream, reading)[0]


@lru_cache(maxsize=512)
def case(
    key: TermKey,
    *sizes: int,
    biases: tuple[str, ...] = BIASES,
    steady: bool = False,
    tiny: bool = False,
    positive: bool = False,
    summed: bool = False,
) -> Case:
    """A case of the sizes D, H, O, T, with weights large enough to bend the tanh.

    Args:
        biases: those that are not zero.
        steady: every step has the same input, and R is zero: no step adds anything to the one before.
        tiny: states so small that tanh is a straight line of slope 1.
        positive: inputs, W and R, and so all states, are positive.
        summed: the upstream gradient is that of the outputs' sum.
    """
    of = Sizes(*sizes)
    rng = generator(key, NAME, "case", *sizes, biases, steady, tiny, positive, summed)
    scale = {"W": 1.5 / np.sqrt(of.D), "R": 1.5 / np.sqrt(of.H), "V": 1.5 / np.sqrt(of.H)}
    scale |= {name: 0.5 if name in biases else 0.0 for name in BIASES}
    scale |= {"R": 0.0} if steady else {}
    scale |= {"W": TINY, "bs": 0.0} if tiny else {}
    while True:
        weights = {name: scale[name] * rng.uniform(-1, 1, of.shape(name)) for name in AXES}
        inputs, upstream = rng.standard_normal((of.T, of.D)), rng.standard_normal(of.O)
        if steady:
            inputs = np.repeat(inputs[:1], of.T, axis=0)
        if positive:
            weights |= {name: MILD * abs(weights[name]) for name in ("W", "R")}
            inputs = abs(inputs)
        if summed:
            upstream = np.ones(of.O)
        outputs, gradients = autograd(weights, inputs, upstream)
        told = (gradients["W"], gradients["bs"]) if tiny else (outputs, *gradients.values())
        if positive and not points_along(weights["V"] @ outputs, weights["V"] @ upstream, ALONG):
            continue  # for what starts from the outputs: whether its d_s is roughly one is no matter of luck
        if all(mostly_large(value) for value in told if np.any(value)) and lives(weights, inputs, upstream):
            return Case(of, weights, inputs, upstream, outputs, gradients)


def inputs_for(key: TermKey, sizes: Sizes, *labels: object) -> Array:
    """Inputs [T, D] of scale 1, for weights such as the class's own."""
    rng = generator(key, NAME, "inputs", sizes, *labels)
    return rng.standard_normal((sizes.T, sizes.D))


@lru_cache(maxsize=64)
def initial_weights(key: TermKey, sizes: Sizes, *labels: object) -> Weights:
    """Weights as an object of the class draws them; here the key says which.

    They are drawn anew until no output is near zero for what its states and weights are: the gradient of a
    square, which is a multiple of the right one, would be lost in its own rounding. For one unit and one
    input, there may be no weights with which states that are cut off live.
    """
    rng = generator(key, NAME, "initial", sizes, *labels)
    inputs, ones = inputs_for(key, sizes), np.ones(sizes.O)
    for draw in count():
        weights = {name: rng.uniform(-RANGE, RANGE, sizes.shape(name)) for name in AXES}
        weights |= {name: np.zeros(sizes.shape(name)) for name in BIASES}
        outputs, gradients = autograd(weights, inputs, ones)
        each = weights["V"] * gradients["V"]  # [H, O], of which the outputs are sums
        is_clear = np.all(np.abs(outputs) >= CLEAR * np.linalg.norm(each, axis=0))
        if is_clear and (draw >= PATIENCE or lives(weights, inputs, ones)):
            break
    return weights


RIGHT = Reading()
CUT = Reading(states=torch.relu)


def lives(weights: Weights, inputs: Array, upstream: Array) -> bool:
    """Whether states that are cut off at zero, as some students cut them, leave no gradient at zero."""
    right, cut = (autograd(weights, inputs, upstream, reading)[1] for reading in (RIGHT, CUT))
    return all(np.any(cut[name]) for name in AXES if np.any(right[name]))


@once(512)
def autograd(
    weights: Weights, inputs: Array, upstream: Array, reading: Reading = RIGHT
) -> tuple[Array, Weights]:
    """Outputs [O], and the gradients of `sum(outputs * upstream)` by the parameters' names."""
    leaves = {name: torch.tensor(value, requires_grad=True) for name, value in weights.items()}
    driven = torch.tensor(inputs) @ leaves["W"] + leaves["bs"]  # [T, H]
    state = torch.zeros_like(leaves["bs"])
    for step in driven:
        state = reading.states(step + state @ leaves["R"])
    outputs = reading.outputs(state @ leaves["V"] + leaves["by"])
    (outputs * torch.tensor(upstream)).sum().backward()  # type: ignore[no-untyped-call]
    gradients = {name: np.asarray(leaf.grad) for name, leaf in leaves.items()}
    return np.asarray(outputs.detach()), gradients
