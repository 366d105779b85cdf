"""Random inputs with their answers from torch in float64.

Weights are drawn as torch initialises them, states and inputs have scale 1, and students get float32.
A case is drawn anew until at least half of its expected elements are compared by relative error; one of a
recurrent network also until what tests forgive is clear, and states without their tanh do not grow. Every
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
from autograder.suites.draws import Float32, Linear, generator, linear, normal, uniform
from autograder.suites.recurrent import load, run_gru, run_rnn
from autograder.suites.rnn_gru_mha.forms import are_clear

NAME = "rnn_gru_mha"
FEW = 40  # outputs; of more, some are always clear
NO_LESS = 0.05  # a sum of exponentials: many add 1e-8 to it, or 1e-9
STABLE = 0.95  # largest eigenvalue of hidden weights: without a tanh, states fade all the same


@dataclass(frozen=True, eq=False)
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
    """Arguments of `mha`, and torch's answer [B, T, E] in float64.

    Args:
        last: whether the last position alone is compared.
        any_size: whether all outputs may be larger or smaller by one factor.
    """

    weights: tuple[Any, ...]
    input_data: torch.Tensor
    outputs: Array
    last: bool = False
    any_size: bool = False

    @property
    def args(self) -> tuple[Any, ...]:
        return (*self.weights, self.input_data)


@lru_cache(maxsize=256)
def rnn(
    key: TermKey,
    B: int,
    T: int,
    I: int,  # noqa: E741 - the course's letters
    H: int,
    *,
    bias: bool = True,
    initial: bool = True,
    symmetric: bool = False,
) -> Recurrent:
    """A case for `rnn`.

    Args:
        bias: whether the bias is other than zero.
        initial: whether the initial state is.
        symmetric: whether the hidden weights are their own transpose.
    """
    rng = generator(key, NAME, "rnn", B, T, I, H)
    while True:
        wt_x, wt_h = uniform(rng, H, I, H), _turned(uniform(rng, H, H, H), symmetric)
        total = (uniform(rng, H, H) + uniform(rng, H, H)) * np.float32(bias)
        init_state, input_data = normal(rng, 1, B, H) * np.float32(initial), normal(rng, B, T, I)
        case = Recurrent(
            (wt_h, wt_x, total), init_state, input_data, run_rnn(wt_h, wt_x, total, init_state, input_data)
        )
        if _is_good(case, wt_h):
            return case


@lru_cache(maxsize=1024)
def gru(
    key: TermKey,
    B: int,
    T: int,
    I: int,  # noqa: E741
    H: int,
    *,
    bias: bool = True,
    initial: bool = True,
    symmetric: bool = False,
    r: float | None = None,
    z: float | None = None,
) -> Recurrent:
    """A case for `gru`.

    Args:
        bias: whether the biases are other than zero.
        initial: whether the initial state is.
        symmetric: whether the hidden weights are their own transposes.
        r: what the reset gate's sigmoid is given at every step; None where it is free. A gate is held by the
            last input, which is always 1, and so looks at no bias and no state.
        z: the same for the update gate.
    """
    rng = generator(key, NAME, "gru", B, T, I, H)
    while True:
        drawn = [linear(rng, I, H) for _ in "rzn"]
        init_state, input_data = normal(rng, 1, B, H) * np.float32(initial), normal(rng, B, T, I)
        if r is not None or z is not None:
            input_data[:, :, -1] = 1
        gates = tuple(
            _held(gate, value) if value is not None else _plain(gate, bias, symmetric)
            for gate, value in zip(drawn, (r, z, None), strict=True)
        )
        outputs = run_gru(gates, init_state, input_data, torch.float64)
        case = Recurrent(gates, init_state, input_data, outputs)
        if _is_good(case, *(wt_h for _, _, wt_h, _ in gates)):
            return case


def _is_good(case: Recurrent, *hidden: Float32) -> bool:
    """Whether a case with these hidden weights is worth asking for."""
    return (
        mostly_large(case.outputs)
        and all(np.abs(np.linalg.eigvals(wt_h)).max() <= STABLE for wt_h in hidden)
        and (case.outputs.size > FEW or are_clear(case))
    )


def _plain(gate: Linear, bias: bool, symmetric: bool) -> Linear:
    """The gate's parameters, perhaps without biases and with symmetric hidden weights."""
    wt_x, bias_x, wt_h, bias_h = gate
    return wt_x, bias_x * np.float32(bias), _turned(wt_h, symmetric), bias_h * np.float32(bias)


def _held(gate: Linear, value: float) -> Linear:
    """Parameters whose sum is `value` where the last input is 1."""
    wt_x, bias_x, wt_h, bias_h = (np.zeros_like(part) for part in gate)
    wt_x[-1] = value
    return wt_x, bias_x, wt_h, bias_h


def _turned(wt_h: Float32, symmetric: bool) -> Float32:
    """Hidden weights, or what they and their transpose have in common."""
    return np.asarray((wt_h + wt_h.T) / 2 if symmetric else wt_h, dtype=np.float32)


@lru_cache(maxsize=256)
def imitation(key: TermKey, part: str, B: int, T: int, I: int, H: int) -> Recurrent:  # noqa: E741
    """A case for `init_gru_with_rnn`, with the RNN's "weights" alone, its "bias" alone, or "both"."""
    rng = generator(key, NAME, "imitation", part, B, T, I, H)
    while True:
        wt_x, wt_h = uniform(rng, H, I, H), uniform(rng, H, H, H) * np.float32(0.8)
        bias = uniform(rng, H, H) + uniform(rng, H, H)
        if part == "weights":
            bias = 0 * bias
        if part == "bias":
            wt_x, wt_h = 0 * wt_x, 0 * wt_h
        init_state, input_data = normal(rng, 1, B, H), normal(rng, B, T, I)
        outputs = run_rnn(wt_h, wt_x, bias, init_state, input_data)
        if mostly_large(outputs):
            return Recurrent((wt_h, wt_x, bias), init_state, input_data, outputs)


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
        if mostly_large(outputs) and _least_sum(Wq, Wk, input_data) >= NO_LESS:
            return Attention((Wq, Wk, Wv, Wo), torch.from_numpy(input_data), outputs)


def _least_sum(Wq: Any, Wk: Any, input_data: Any) -> float:
    """The smallest sum of exponentials that a softmax divides by, of all heads, sequences and positions."""
    scores = [
        (input_data @ q) @ (input_data @ k).swapaxes(1, 2) / np.sqrt(q.shape[1])
        for q, k in zip(Wq, Wk, strict=True)
    ]
    return float(np.min(np.sum(np.exp(scores), axis=-1)))


def run_mha(Wq: Any, Wk: Any, Wv: Any, Wo: Any, input_data: Any) -> Array:
    """torch.nn.MultiheadAttention's answer [B, T, E] in float64, without bias and mask."""
    model = torch.nn.MultiheadAttention(Wo.shape[0], len(Wq), bias=False, batch_first=True).double()
    stacked = np.concatenate([np.concatenate(W, axis=1).T for W in (Wq, Wk, Wv)])  # [3E, E]
    load(model, stacked, Wo.T)
    data = torch.as_tensor(input_data).double()
    with torch.no_grad():
        answer, _ = model(data, data, data, need_weights=False)
    return np.asarray(answer.numpy(), dtype=np.float64)
