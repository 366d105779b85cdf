"""Q2 to Q4: weights whose factor a step is known, NumPy float64; tensors of a GRU filled in place."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from bench.family import Family, exclusive, hides

Gate = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]

VANISHING = ("dead from the start", "does not vanish")
EXPLODING = ("does not explode", "bias not zero", "scale does not depend on H")

OPEN = "update gate open"
HALF = "update gate half open"
LEAKS = "update gate not saturated"
WEIGHTS = "weights left in a gate"
ORDER = "gates in another order"
CANCEL = "biases cancel"
NAN = "not a number"
GRU = (OPEN, HALF, LEAKS, WEIGHTS, ORDER, CANCEL, NAN)
GRU_CLASHES = (
    exclusive((OPEN, HALF, LEAKS, CANCEL))
    | hides(ORDER, OPEN, HALF, LEAKS, WEIGHTS, CANCEL)  # what is in the other gate moves nothing
    | hides(NAN, OPEN, HALF, LEAKS, WEIGHTS, ORDER, CANCEL)
)


def make_vanishing(wrong: frozenset[str]) -> Any:
    """A rotation, from a QR, and a factor."""
    factor = 0.5
    if "dead from the start" in wrong:
        factor = 0.01
    if "does not vanish" in wrong:
        factor = 1.0

    def vanishing_rnn_params(input_size: int, hidden_size: int, rng: np.random.Generator) -> Any:
        """Small input weights, so that tanh stays steep."""
        rotation = np.linalg.qr(rng.standard_normal((hidden_size, hidden_size))).Q
        wt_x = rng.uniform(-0.1, 0.1, (input_size, hidden_size))
        return factor * rotation, wt_x, np.zeros(hidden_size)

    return vanishing_rnn_params


def make_exploding(wrong: frozenset[str]) -> Any:
    """Random weights, divided by their largest eigenvalue's size, times a factor."""
    factor = 1.0 if "does not explode" in wrong else 2.0

    def exploding_rnn_params(input_size: int, hidden_size: int, rng: np.random.Generator) -> Any:
        """Input weights of scale one: the inputs are zero."""
        wt_h = rng.standard_normal((hidden_size, hidden_size))
        if "scale does not depend on H" in wrong:
            scale = 0.5
        else:
            scale = factor / np.abs(np.linalg.eigvals(wt_h)).max()
        wt_x = rng.standard_normal((input_size, hidden_size))
        bias = np.zeros(hidden_size)
        if "bias not zero" in wrong:
            bias = rng.standard_normal(hidden_size)
        return scale * wt_h, wt_x, bias

    return exploding_rnn_params


def empty_gate(input_size: int, hidden_size: int) -> Gate:
    """wt_x [I, H], bias_x [H], wt_h [H, H] and bias_h [H], all zero."""
    shapes = ((input_size, hidden_size), (hidden_size,), (hidden_size, hidden_size), (hidden_size,))
    wt_x, bias_x, wt_h, bias_h = (torch.zeros(shape) for shape in shapes)
    return wt_x, bias_x, wt_h, bias_h


def filled(wrong: frozenset[str], level: float, low: float, share: float) -> Callable[[int, int], Any]:
    """A function that fills the update gate's biases.

    Args:
        level: the gate's bias, both together.
        low: that of a gate which leaks.
        share: what bias_h has of it.
    """

    def params(input_size: int, hidden_size: int) -> Any:
        """Three gates of zeros; one of them is filled."""
        reset, update, new = (empty_gate(input_size, hidden_size) for _ in range(3))
        bias = low if LEAKS in wrong else level
        if OPEN in wrong:
            bias = -bias
        if HALF in wrong:
            bias = 0.0
        update[1].fill_(level if CANCEL in wrong else (1 - share) * bias)
        update[3].fill_(-level if CANCEL in wrong else share * bias)
        if WEIGHTS in wrong:
            update[0].fill_(1.0)
            update[2].fill_(1.0)
        if NAN in wrong:  # as if nothing of the new state mattered
            new[0].fill_(math.nan)
        return (update, reset, new) if ORDER in wrong else (reset, update, new)

    return params


def make_long_term(wrong: frozenset[str]) -> Any:
    """All in bias_x."""
    return filled(wrong, level=20.0, low=5.0, share=0.0)


def make_kept(wrong: frozenset[str]) -> Any:
    """Half in bias_x, half in bias_h."""
    return filled(wrong, level=24.0, low=3.0, share=0.5)


FAMILIES = [
    Family(
        "vanishing_rnn_params",
        "NumPy float64, a rotation from a QR",
        VANISHING,
        make_vanishing,
        exclusive(VANISHING),
    ),
    Family(
        "exploding_rnn_params",
        "NumPy float64, divided by the largest eigenvalue",
        EXPLODING,
        make_exploding,
        exclusive(("does not explode", "scale does not depend on H")),
    ),
    Family(
        "long_term_gru_params",
        "torch float32, tensors filled in place, all in bias_x",
        GRU,
        make_long_term,
        GRU_CLASHES,
    ),
    Family(
        "non_vanishing_gru_params",
        "torch float32, tensors filled in place, half in each bias",
        GRU,
        make_kept,
        GRU_CLASHES,
    ),
]
