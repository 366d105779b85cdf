"""Random sequences and weights, with the outputs and gradients of torch's autograd in float64.

A case is drawn anew until at least half the elements of its outputs and of each gradient are compared by
relative error. Every case derives from the term key and its own sizes alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch

from autograder.answers import Array, mostly_large
from autograder.course import TermKey
from autograder.suites.draws import generator

NAME = "bptt"
AXES = {"W": "DH", "R": "HH", "V": "HO", "bs": "H", "by": "O"}  # the parameters and their axes
Weights = dict[str, Array]  # an array a parameter, or its gradient, by the parameter's name


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


@lru_cache(maxsize=256)
def case(key: TermKey, *sizes: int, biases: float = 0.5) -> Case:
    """A case of the sizes D, H, O, T, with weights large enough to bend the tanh.

    Args:
        biases: their scale.
    """
    of = Sizes(*sizes)
    rng = generator(key, NAME, "case", *sizes, biases)
    scale = {"W": 1.5 / np.sqrt(of.D), "R": 1.5 / np.sqrt(of.H), "V": 1.5 / np.sqrt(of.H)}
    while True:
        weights = {name: scale.get(name, biases) * rng.uniform(-1, 1, of.shape(name)) for name in AXES}
        inputs, upstream = rng.standard_normal((of.T, of.D)), rng.standard_normal(of.O)
        outputs, gradients = autograd(weights, inputs, upstream)
        if all(mostly_large(value) for value in (outputs, *gradients.values()) if np.any(value)):
            return Case(of, weights, inputs, upstream, outputs, gradients)


def inputs_for(key: TermKey, sizes: Sizes, *labels: object) -> Array:
    """Inputs [T, D] of scale 1, for an object that keeps its own weights."""
    rng = generator(key, NAME, "inputs", sizes, *labels)
    return rng.standard_normal((sizes.T, sizes.D))


def autograd(weights: Weights, inputs: Array, upstream: Array) -> tuple[Array, Weights]:
    """Outputs [O], and the gradients of `sum(outputs * upstream)` by the parameters' names."""
    leaves = {name: torch.tensor(value, requires_grad=True) for name, value in weights.items()}
    driven = torch.tensor(inputs) @ leaves["W"] + leaves["bs"]  # [T, H]
    state = torch.zeros_like(leaves["bs"])
    for step in driven:
        state = torch.tanh(step + state @ leaves["R"])
    outputs = state @ leaves["V"] + leaves["by"]
    (outputs * torch.tensor(upstream)).sum().backward()  # type: ignore[no-untyped-call]
    gradients = {name: np.asarray(leaf.grad) for name, leaf in leaves.items()}
    return np.asarray(outputs.detach()), gradients
