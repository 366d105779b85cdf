"""Random inputs with their answers from torch in float64.

Weights are drawn as torch initialises them, states and inputs have scale 1, and students get float32.
A case is drawn anew until at least half of its expected elements are compared by relative error. Every
case derives from the term key and its own sizes alone, so all students of a run get the same ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from autograder.answers import Array, mostly_large
from autograder.course import TermKey

Float32 = NDArray[np.float32]
Linear = tuple[Any, Any, Any, Any]  # wt_x [I, H], bias_x [H], wt_h [H, H], bias_h [H]


@dataclass(frozen=True)
class Recurrent:
    """Arguments of `rnn` or `gru`, and torch's answers.

    Args:
        weights: the function's arguments before the state.
        init_state: [1, B, H].
        input_data: [B, T, I].
        outputs: [B, T, H], float64.
    """

    weights: tuple[Any, ...]
    init_state: Float32
    input_data: Float32
    outputs: Array

    @property
    def args(self) -> tuple[Any, ...]:
        return (*self.weights, self.init_state, self.input_data)

    @property
    def final_state(self) -> Array:
        """[B, H]"""
        return self.outputs[:, -1]


@dataclass(frozen=True)
class Attention:
    """Arguments of `mha`, and torch's answer [B, T, E] in float64."""

    weights: tuple[Any, ...]
    input_data: torch.Tensor
    outputs: Array

    @property
    def args(self) -> tuple[Any, ...]:
        return (*self.weights, self.input_data)


def generator(key: TermKey, *labels: object) -> np.random.Generator:
    """The generator that these labels name."""
    return np.random.default_rng(key.seed("rnn_gru_mha", *map(str, labels)))


@lru_cache(maxsize=256)
def rnn(key: TermKey, B: int, T: int, I: int, H: int) -> Recurrent:  # noqa: E741 - the course's letters
    """A case for `rnn`."""
    rng = generator(key, "rnn", B, T, I, H)
    while True:
        wt_x, wt_h = _uniform(rng, H, I, H), _uniform(rng, H, H, H)
        bias = _uniform(rng, H, H) + _uniform(rng, H, H)
        init_state, input_data = _normal(rng, 1, B, H), _normal(rng, B, T, I)
        outputs = run_rnn(wt_h, wt_x, bias, init_state, input_data)
        if mostly_large(outputs):
            return Recurrent((wt_h, wt_x, bias), init_state, input_data, outputs)


@lru_cache(maxsize=256)
def gru(key: TermKey, B: int, T: int, I: int, H: int) -> Recurrent:  # noqa: E741
    """A case for `gru`."""
    rng = generator(key, "gru", B, T, I, H)
    while True:
        gates = tuple(_linear(rng, I, H) for _ in "rzn")
        init_state, input_data = _normal(rng, 1, B, H), _normal(rng, B, T, I)
        outputs = run_gru(gates, init_state, input_data, torch.float64)
        if mostly_large(outputs):
            return Recurrent(gates, init_state, input_data, outputs)


@lru_cache(maxsize=256)
def mha(key: TermKey, B: int, T: int, E: int, heads: int) -> Attention:
    """A case for `mha`; one vector a sequence is added to its inputs, or long ones average to nothing."""
    rng = generator(key, "mha", B, T, E, heads)
    while True:
        in_proj = rng.uniform(-1, 1, (3, heads, E, E // heads)) * np.sqrt(1.5 / E)
        Wq, Wk, Wv = (list(part.astype(np.float32)) for part in in_proj)
        Wo = _uniform(rng, E, E, E)
        input_data = _normal(rng, B, T, E) + _normal(rng, B, 1, E)
        outputs = run_mha(Wq, Wk, Wv, Wo, input_data)
        if mostly_large(outputs):
            return Attention((Wq, Wk, Wv, Wo), torch.from_numpy(input_data), outputs)


def run_rnn(wt_h: Any, wt_x: Any, bias: Any, init_state: Any, input_data: Any) -> Array:
    """torch.nn.RNN's outputs [B, T, H] in float64."""
    model = torch.nn.RNN(wt_x.shape[0], wt_h.shape[0], batch_first=True).double()
    _load(model, wt_x.T, wt_h.T, bias, np.zeros_like(bias))
    return _outputs(model, input_data, init_state, torch.float64)


def run_gru(gates: Sequence[Linear], init_state: Any, input_data: Any, dtype: torch.dtype) -> Array:
    """torch.nn.GRU's outputs [B, T, H], computed in `dtype`, for gates in the order r, z, n."""
    wt_x, bias_x, wt_h, bias_h = zip(*gates, strict=True)
    model = torch.nn.GRU(wt_x[0].shape[0], wt_h[0].shape[0], batch_first=True).to(dtype)
    stacked_x, stacked_h = np.concatenate(wt_x, axis=1).T, np.concatenate(wt_h, axis=1).T  # [3H, I], [3H, H]
    _load(model, stacked_x, stacked_h, np.concatenate(bias_x), np.concatenate(bias_h))
    return _outputs(model, input_data, init_state, dtype)


def run_mha(Wq: Any, Wk: Any, Wv: Any, Wo: Any, input_data: Any) -> Array:
    """torch.nn.MultiheadAttention's answer [B, T, E] in float64, without bias and mask."""
    model = torch.nn.MultiheadAttention(Wo.shape[0], len(Wq), bias=False, batch_first=True).double()
    stacked = np.concatenate([np.concatenate(W, axis=1).T for W in (Wq, Wk, Wv)])  # [3E, E]
    _load(model, stacked, Wo.T)
    data = torch.as_tensor(input_data).double()
    with torch.no_grad():
        answer, _ = model(data, data, data, need_weights=False)
    return np.asarray(answer.numpy(), dtype=np.float64)


def _load(model: torch.nn.Module, *values: Any) -> None:
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), values, strict=True):
            parameter.copy_(torch.as_tensor(np.ascontiguousarray(value)))


def _outputs(model: torch.nn.Module, input_data: Any, init_state: Any, dtype: torch.dtype) -> Array:
    with torch.no_grad():
        outputs, _ = model(torch.as_tensor(input_data).to(dtype), torch.as_tensor(init_state).to(dtype))
    return np.asarray(outputs.double().numpy(), dtype=np.float64)


def _uniform(rng: np.random.Generator, fan: int, *shape: int) -> Float32:
    return np.asarray(rng.uniform(-1, 1, shape) / np.sqrt(fan), dtype=np.float32)


def _normal(rng: np.random.Generator, *shape: int) -> Float32:
    return rng.standard_normal(shape, dtype=np.float32)


def _linear(rng: np.random.Generator, I: int, H: int) -> Linear:  # noqa: E741
    return _uniform(rng, H, I, H), _uniform(rng, H, H), _uniform(rng, H, H, H), _uniform(rng, H, H)
