"""Random models, inputs and initial states, and what torch says of states and gradients in float64."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from autograder.answers import Array, mostly_large
from autograder.course import TermKey
from autograder.sandbox import values
from autograder.suites.draws import generator, linear, normal, uniform
from autograder.suites.recurrent import gru_module, outputs_of, rnn_module

Data = tuple[torch.Tensor, torch.Tensor]  # input_data [B, T, I], initial_state [B, H]

NAME = "long_term"
ROUNDING = 1e-5  # how far off torch's own gradient in float32 may be


@dataclass(frozen=True)
class Models:
    """An RNN and a GRU in float32 with their inputs, and both models' states in float64.

    Args:
        data: as students get it.
        rnn_outputs, gru_outputs: [B, T, H].
    """

    rnn: torch.nn.RNN
    gru: torch.nn.GRU
    data: Data
    rnn_outputs: Array
    gru_outputs: Array


@dataclass(frozen=True)
class Gradients:
    """A model in float32 with its inputs, and gradients [B, H] in the initial state in float64, by step."""

    model: torch.nn.RNNBase
    data: Data
    expected: dict[int, Array]


@lru_cache(maxsize=256)
def models(key: TermKey, B: int, T: int, I: int, H: int) -> Models:  # noqa: E741 - the course's letters
    """A case for Q1, drawn anew until most of both models' states are compared by relative error."""
    rng = generator(key, NAME, "models", B, T, I, H)
    while True:
        rnn, gru = _model(rng, "rnn", I, H), _model(rng, "gru", I, H)
        data = _data(rng, B, T, I, H)
        outputs = [outputs_of(deepcopy(model).double(), data[0], data[1][None]) for model in (rnn, gru)]
        if all(map(mostly_large, outputs)):
            return Models(rnn, gru, data, *outputs)


@lru_cache(maxsize=256)
def gradients(key: TermKey, kind: str, B: int, T: int, I: int, H: int) -> Gradients:  # noqa: E741
    """A case for the gradient of Q3, drawn anew until float32 is good for it.

    Where a state is nearly 1, rounding it to float32 leaves nothing of tanh's slope, 1 - state^2.
    """
    rng = generator(key, NAME, "gradients", kind, B, T, I, H)
    while True:
        model, data = _model(rng, kind, I, H), _data(rng, B, T, I, H)
        expected = {step: gradient(deepcopy(model).double(), *data, step) for step in {0, T // 3, T - 1}}
        if all(off(gradient(model, *data, step), right) <= ROUNDING for step, right in expected.items()):
            return Gradients(model, data, expected)


def _model(rng: np.random.Generator, kind: str, I: int, H: int) -> Any:  # noqa: E741
    """An RNN or a GRU in float32, as torch initialises it."""
    if kind == "gru":
        return gru_module([linear(rng, I, H) for _ in "rzn"], torch.float32)
    bias = uniform(rng, H, H) + uniform(rng, H, H)
    return rnn_module(uniform(rng, H, H, H), uniform(rng, H, I, H), bias, torch.float32)


def _data(rng: np.random.Generator, B: int, T: int, I: int, H: int) -> Data:  # noqa: E741
    """Inputs of scale 1 and an initial state within [0, 1]."""
    return torch.from_numpy(normal(rng, B, T, I)), torch.from_numpy(rng.random((B, H), dtype=np.float32))


def gradient(model: torch.nn.RNNBase, input_data: Any, initial_state: Any, step: int) -> Array:
    """The gradient [B, H] of sum(state[step]) in the initial state [B, H], taken in the model's dtype."""
    dtype = next(model.parameters()).dtype
    inputs = torch.as_tensor(input_data).to(dtype)[:, : step + 1]
    start = torch.as_tensor(initial_state).to(dtype)[None].requires_grad_()  # [1, B, H]
    outputs, _ = model(inputs, start)
    (answer,) = torch.autograd.grad(outputs[:, step].sum(), start)
    return np.asarray(answer[0].numpy(), dtype=np.float64)


def off(answer: Array, expected: Array) -> float:
    """The largest difference of two gradients, relative to the largest expected element; may be NaN."""
    return float(np.max(np.abs(answer - expected)) / np.max(np.abs(expected)))


def random(key: TermKey, *labels: object) -> values.Random:
    """The generator that a student's function is given."""
    return values.Random(key.seed(NAME, *map(str, labels)))
