"""Random inputs with their answers from torch in float64.

Weights are drawn as torch initialises them, states and inputs have scale 1, and students get float32.
A case is drawn anew until at least half of its expected elements are compared by relative error. Every
case derives from the term key and its own sizes alone, so all students of a run get the same ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from autograder.answers import Array, mostly_large
from autograder.course import TermKey
from autograder.suites.draws import Float32, generator, linear, normal, uniform
from autograder.suites.recurrent import load, run_gru, run_rnn

NAME = "rnn_gru_mha"


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


@lru_cache(maxsize=256)
def rnn(key: TermKey, B: int, T: int, I: int, H: int) -> Recurrent:  # noqa: E741 - the course's letters
    """A case for `rnn`."""
    rng = generator(key, NAME, "rnn", B, T, I, H)
    while True:
        wt_x, wt_h = uniform(rng, H, I, H), uniform(rng, H, H, H)
        bias = uniform(rng, H, H) + uniform(rng, H, H)
        init_state, input_data = normal(rng, 1, B, H), normal(rng, B, T, I)
        outputs = run_rnn(wt_h, wt_x, bias, init_state, input_data)
        if mostly_large(outputs):
            return Recurrent((wt_h, wt_x, bias), init_state, input_data, outputs)


@lru_cache(maxsize=256)
def gru(key: TermKey, B: int, T: int, I: int, H: int) -> Recurrent:  # noqa: E741
    """A case for `gru`."""
    rng = generator(key, NAME, "gru", B, T, I, H)
    while True:
        gates = tuple(linear(rng, I, H) for _ in "rzn")
        init_state, input_data = normal(rng, 1, B, H), normal(rng, B, T, I)
        outputs = run_gru(gates, init_state, input_data, torch.float64)
        if mostly_large(outputs):
            return Recurrent(gates, init_state, input_data, outputs)


@lru_cache(maxsize=256)
def mha(key: TermKey, B: int, T: int, E: int, heads: int) -> Attention:
    """A case for `mha`; one vector a sequence is added to its inputs, or long ones average to nothing."""
    rng = generator(key, NAME, "mha", B, T, E, heads)
    while True:
        in_proj = rng.uniform(-1, 1, (3, heads, E, E // heads)) * np.sqrt(1.5 / E)
        Wq, Wk, Wv = (list(part.astype(np.float32)) for part in in_proj)
        Wo = uniform(rng, E, E, E)
        input_data = normal(rng, B, T, E) + normal(rng, B, 1, E)
        outputs = run_mha(Wq, Wk, Wv, Wo, input_data)
        if mostly_large(outputs):
            return Attention((Wq, Wk, Wv, Wo), torch.from_numpy(input_data), outputs)


def run_mha(Wq: Any, Wk: Any, Wv: Any, Wo: Any, input_data: Any) -> Array:
    """torch.nn.MultiheadAttention's answer [B, T, E] in float64, without bias and mask."""
    model = torch.nn.MultiheadAttention(Wo.shape[0], len(Wq), bias=False, batch_first=True).double()
    stacked = np.concatenate([np.concatenate(W, axis=1).T for W in (Wq, Wk, Wv)])  # [3E, E]
    load(model, stacked, Wo.T)
    data = torch.as_tensor(input_data).double()
    with torch.no_grad():
        answer, _ = model(data, data, data, need_weights=False)
    return np.asarray(answer.numpy(), dtype=np.float64)
