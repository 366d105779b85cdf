"""Random models, inputs and initial states, and what torch says of states and gradients in float64."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import torch

from autograder.answers import Array, mostly_large
from autograder.course import TermKey
from autograder.sandbox import values
from autograder.suites.draws import generator, linear, normal, uniform
from autograder.suites.recurrent import gru_module, outputs_of, rnn_module

Data = tuple[torch.Tensor, torch.Tensor]  # input_data [B, T, I], initial_state [B, H]
Number = Callable[[torch.Tensor], torch.Tensor]

NAME = "long_term"
ROUNDING = 1e-5  # how far off torch's own gradient in float32 may be
CLEAR = 0.3  # the largest element of a gradient whose rounding is to be small beside it


@dataclass(frozen=True)
class Models:
    """An RNN and a GRU in float32 with their inputs, and both models' states in float64.

    Args:
        data: as students get it.
        outputs: [B, T, H] each, of the RNN and of the GRU.
    """

    rnn: torch.nn.RNN
    gru: torch.nn.GRU
    data: Data
    outputs: tuple[Array, Array]


@dataclass(frozen=True)
class Gradients:
    """A model in float32 with its inputs, and gradients [B, H] in the initial state in float64.

    Args:
        expected: by step, a middle one first: a step beside it exists as well.
    """

    model: torch.nn.RNNBase
    data: Data
    expected: dict[int, Array]

    @property
    def middle(self) -> int:
        return next(iter(self.expected))

    @property
    def steps(self) -> int:
        """T"""
        return int(self.data[0].shape[1])

    def of(self, number: Number, *steps: int) -> list[Array]:
        """The gradients of another number of the states at these steps."""
        return [gradient(self.double, *self.data, step, number) for step in steps]

    @cached_property
    def double(self) -> torch.nn.RNNBase:
        """The model in float64."""
        return in_double(self.model)


@lru_cache(maxsize=256)
def models(key: TermKey, B: int, T: int, I: int, H: int, start: bool) -> Models:  # noqa: E741 - the course's letters
    """A case for Q1, drawn anew until most of both models' states are compared by relative error.

    Args:
        start: whether the initial state is another than zero.
    """
    rng = generator(key, NAME, "models", B, T, I, H, start)
    while True:
        rnn, gru = _model(rng, "rnn", I, H), _model(rng, "gru", I, H)
        data = _data(rng, B, T, I, H, start)
        outputs_rnn, outputs_gru = (
            outputs_of(in_double(model), data[0], data[1][None]) for model in (rnn, gru)
        )
        if mostly_large(outputs_rnn) and mostly_large(outputs_gru):
            return Models(rnn, gru, data, (outputs_rnn, outputs_gru))


@lru_cache(maxsize=256)
def gradients(key: TermKey, kind: str, B: int, T: int, I: int, H: int, start: bool) -> Gradients:  # noqa: E741
    """A case for the gradient of Q3, drawn anew until float32 is good for it.

    Where a state is nearly 1, rounding it to float32 leaves nothing of tanh's slope, 1 - state^2.

    Args:
        start: whether the initial state is another than zero.
    """
    rng = generator(key, NAME, "gradients", kind, B, T, I, H, start)
    while True:
        model, data = _model(rng, kind, I, H), _data(rng, B, T, I, H, start)
        steps = dict.fromkeys((T // 3, T - 1, 0))
        double = in_double(model)
        expected = {step: gradient(double, *data, step) for step in steps}
        if all(off(gradient(model, *data, step), right) <= ROUNDING for step, right in expected.items()):
            return Gradients(model, data, expected)


@lru_cache(maxsize=256)
def one_for_all(key: TermKey, B: int, T: int, I: int, H: int) -> Gradients:  # noqa: E741
    """A case in which the gradient of every state is the same.

    Inputs, biases and the initial state are zero, so no tanh bends anything; and the recurrent weights are
    an orthogonal projection, which does nothing more when it is done again.
    """
    rng = generator(key, NAME, "one for all", B, T, I, H)
    while True:
        rotation = np.linalg.qr(rng.standard_normal((H, H)))[0]
        onto = rotation[:, : (H + 1) // 2]  # [H, H / 2]
        wt_h = np.asarray(onto @ onto.T, dtype=np.float32)
        if np.max(np.abs(wt_h.sum(axis=1))) >= CLEAR:
            break
    model = rnn_module(wt_h, uniform(rng, H, I, H), np.zeros(H), torch.float32)
    data = torch.zeros(B, T, I), torch.zeros(B, H)
    return Gradients(model, data, {T // 2: gradient(in_double(model), *data, T // 2)})


def _model(rng: np.random.Generator, kind: str, I: int, H: int) -> Any:  # noqa: E741
    """An RNN or a GRU in float32, as torch initialises it."""
    if kind == "gru":
        return gru_module([linear(rng, I, H) for _ in "rzn"], torch.float32)
    bias = uniform(rng, H, H) + uniform(rng, H, H)
    return rnn_module(uniform(rng, H, H, H), uniform(rng, H, I, H), bias, torch.float32)


def _data(rng: np.random.Generator, B: int, T: int, I: int, H: int, start: bool) -> Data:  # noqa: E741
    """Inputs of scale 1 and an initial state within [0, 1], or of zero."""
    state = rng.random((B, H), dtype=np.float32)
    return torch.from_numpy(normal(rng, B, T, I)), torch.from_numpy(state * np.float32(start))


def in_double(model: torch.nn.RNNBase) -> torch.nn.RNNBase:
    """A copy of the model in float64."""
    return deepcopy(model).double()


def gradient(
    model: torch.nn.RNNBase, input_data: Any, initial_state: Any, step: int, number: Number = torch.sum
) -> Array:
    """The gradient [B, H] of sum(state[step]) in the initial state [B, H], taken in the model's dtype.

    Args:
        number: another number of the states [B, H].
    """
    dtype = next(model.parameters()).dtype
    inputs = torch.as_tensor(input_data).to(dtype)[:, : step + 1]
    start = torch.as_tensor(initial_state).to(dtype)[None].requires_grad_()  # [1, B, H]
    outputs, _ = model(inputs, start)
    (answer,) = torch.autograd.grad(number(outputs[:, step]), start)
    return np.asarray(answer[0].numpy(), dtype=np.float64)


def off(answer: Array, expected: Array) -> float:
    """The largest difference of two gradients, relative to the largest expected element; may be NaN."""
    return float(np.max(np.abs(answer - expected)) / np.max(np.abs(expected)))


def random(key: TermKey, *labels: object) -> values.Random:
    """The generator that a student's function is given."""
    return values.Random(key.seed(NAME, *map(str, labels)))
