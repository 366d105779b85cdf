"""Parameters of Q2 to Q4: an RNN's as tensors that are filled in place, a GRU's as lists of arrays."""

import math
from typing import Any

import numpy as np
import torch
from torch import nn

from bench.family import Family, exclusive, hides

VANISHING = ("dead from the start", "does not vanish")
EXPLODING = ("does not explode", "bias not zero", "scale does not depend on H")
LEVELS = ("update gate open", "update gate half open", "update gate not saturated", "biases cancel")
GRU = (*LEVELS, "weights left in a gate", "gates in another order", "not a number")
GRU_CLASHES = (
    exclusive(LEVELS)
    | hides("gates in another order", *LEVELS, "weights left in a gate")  # these are another gate's then
)


def seeded(rng: Any) -> torch.Generator:
    """torch's generator from NumPy's."""
    return torch.Generator().manual_seed(int(rng.integers(2**31)))


def make_vanishing(wrong: frozenset[str]) -> Any:
    """Half of the identity."""
    factor = 0.5
    if "does not vanish" in wrong:
        factor = 0.9
    if "dead from the start" in wrong:
        factor = 0.001

    def vanishing_rnn_params(input_size: int, hidden_size: int, rng: Any) -> Any:
        """Small input weights, so that tanh is steep."""
        wt_h = factor * nn.init.eye_(torch.empty(hidden_size, hidden_size))
        wt_x = nn.init.normal_(torch.empty(input_size, hidden_size), std=0.1, generator=seeded(rng))
        return wt_h, wt_x, nn.init.zeros_(torch.empty(hidden_size))

    return vanishing_rnn_params


def make_exploding(wrong: frozenset[str]) -> Any:
    """Independent normal weights, their scale by H."""

    def exploding_rnn_params(input_size: int, hidden_size: int, rng: Any) -> Any:
        """Weights in the order wt_h, wt_x, bias, from one generator."""
        generator = seeded(rng)
        std = (1 if "does not explode" in wrong else 4) / math.sqrt(hidden_size)
        if "scale does not depend on H" in wrong:
            std = 0.3
        wt_h = nn.init.normal_(torch.empty(hidden_size, hidden_size), std=std, generator=generator)
        wt_x = nn.init.normal_(torch.empty(input_size, hidden_size), generator=generator)
        bias = nn.init.zeros_(torch.empty(hidden_size))
        if "bias not zero" in wrong:
            nn.init.normal_(bias, generator=generator)
        return wt_h, wt_x, bias

    return exploding_rnn_params


def make_gru(wrong: frozenset[str]) -> Any:
    """A bias of 10 in the update gate; the new state's weights are drawn, since they do not matter."""
    level = 10.0
    if "update gate open" in wrong:
        level = -10.0
    if "update gate half open" in wrong:
        level = 0.0
    if "update gate not saturated" in wrong:
        level = 3.0

    def gru_params(input_size: int, hidden_size: int) -> Any:
        """Three lists of arrays: wt_x, bias_x, wt_h, bias_h."""
        rng = np.random.default_rng(0)
        shapes = [(input_size, hidden_size), (hidden_size,), (hidden_size, hidden_size), (hidden_size,)]
        r, z, n = ([np.zeros(shape, dtype=np.float32) for shape in shapes] for _ in range(3))
        bound = 1 / math.sqrt(hidden_size)
        for k in (0, 2):
            n[k] = rng.uniform(-bound, bound, shapes[k]).astype(np.float32)
            if "weights left in a gate" in wrong:
                z[k] = rng.standard_normal(shapes[k]).astype(np.float32)
            if "not a number" in wrong:
                n[k] = np.full(shapes[k], np.nan, dtype=np.float32)
        z[1] += level
        if "biases cancel" in wrong:
            z[3] -= level
        return [z, r, n] if "gates in another order" in wrong else [r, z, n]

    return gru_params


RNN_STYLE = "torch float32, tensors filled in place by nn.init"
GRU_STYLE = "NumPy float32, lists of arrays, a bias of 10 in the update gate"
FAMILIES = [
    Family("vanishing_rnn_params", RNN_STYLE, VANISHING, make_vanishing, exclusive(VANISHING)),
    Family(
        "exploding_rnn_params",
        RNN_STYLE,
        EXPLODING,
        make_exploding,
        hides("scale does not depend on H", "does not explode"),
    ),
    Family("long_term_gru_params", GRU_STYLE, GRU, make_gru, GRU_CLASHES),
    Family("non_vanishing_gru_params", GRU_STYLE, GRU, make_gru, GRU_CLASHES),
]
