"""Q5, `init_gru_with_long_term_memory`, in three styles."""

from typing import Any

import numpy as np
import torch

from bench.family import Family, exclusive, hides
from bench.held_out.rnn_gru_mha.choose import choose

UPDATE = ("update gate open", "update gate half open", "update gate not saturated")
IDS = (*UPDATE, "weights left in a gate", "gates in another order", "biases cancel")
CLASHES = exclusive((*UPDATE, "biases cancel")) | hides(
    "gates in another order", *UPDATE, "weights left in a gate", "biases cancel"
)
# Not told from its weights: how far a gate is pushed to one side.
WEIGHTS = hides("weights left in a gate", "update gate open", "update gate not saturated")


def make_zeros(wrong: frozenset[str]) -> Any:
    """NumPy float64, zeros but for the update gate's bias_x of 100; it lands in r when in another order."""
    level = choose(
        wrong,
        {"update gate open": -100.0, "update gate half open": 0.0, "update gate not saturated": 5.0},
        100.0,
    )

    def init_gru_with_long_term_memory(input_size, hidden_size):
        """Three times the same zeros, one bias changed."""
        gates = [
            [
                np.zeros((input_size, hidden_size)),
                np.zeros(hidden_size),
                np.zeros((hidden_size, hidden_size)),
                np.zeros(hidden_size),
            ]
            for _ in range(3)
        ]
        z = gates[0 if "gates in another order" in wrong else 1]
        z[1] += level
        if "weights left in a gate" in wrong:
            z[0] = np.random.default_rng(9).standard_normal(z[0].shape) * 20
        if "biases cancel" in wrong:
            z[3] -= level
        return tuple(tuple(gate) for gate in gates)

    return init_gru_with_long_term_memory


def make_random(wrong: frozenset[str]) -> Any:
    """torch float32; r and n random, 24 in the update gate's bias_h; order r, n, z."""

    def init_gru_with_long_term_memory(input_size, hidden_size):
        """Only the update gate matters, so that the others may be anything."""
        dice = torch.Generator().manual_seed(44)

        def anything():
            shapes = ((input_size, hidden_size), (hidden_size,), (hidden_size, hidden_size), (hidden_size,))
            return [torch.randn(shape, generator=dice) for shape in shapes]

        r, n = anything(), anything()
        z = [torch.zeros_like(part) for part in n]
        if "weights left in a gate" in wrong:
            z[0], z[2] = anything()[0], 7 * anything()[2]
        z[3] += 24
        if "update gate open" in wrong:
            z[3] *= -1
        if "update gate half open" in wrong:
            z[3] = z[1]
        if "update gate not saturated" in wrong:
            z[3] = z[3].clamp(max=9)
        if "biases cancel" in wrong:
            z[1] = -z[3]
        return (r, n, z) if "gates in another order" in wrong else (r, z, n)

    return init_gru_with_long_term_memory


def make_lists(wrong: frozenset[str]) -> Any:
    """Plain lists through a helper, 12 in each of the update gate's biases; n and z exchanged with r."""

    def constant(rows, columns, value=0.0):
        return [[value] * columns for _ in range(rows)]

    def init_gru_with_long_term_memory(input_size, hidden_size):
        """n has weights of 0.3, so that a step would be seen."""

        def linear_trans(first, second, weight):
            return (
                constant(input_size, hidden_size, weight),
                [first] * hidden_size,
                constant(hidden_size, hidden_size, weight),
                [second] * hidden_size,
            )

        level = 12.0
        if "update gate not saturated" in wrong:
            level = 1.5
        if "update gate half open" in wrong:
            level = 0.0
        if "update gate open" in wrong:
            level = -level
        other = -level if "biases cancel" in wrong else level
        z = linear_trans(level, other, 4.0 if "weights left in a gate" in wrong else 0.0)
        r, n = linear_trans(0.0, 0.5, 0.0), linear_trans(0.2, -0.7, 0.3)
        if "gates in another order" in wrong:
            return z, r, n
        return r, z, n

    return init_gru_with_long_term_memory


FAMILIES = [
    Family(
        "init_gru_with_long_term_memory",
        "NumPy float64, zeros, a bias of 100",
        IDS,
        make_zeros,
        CLASHES | WEIGHTS | hides("weights left in a gate", "update gate half open", "biases cancel"),
    ),
    Family(
        "init_gru_with_long_term_memory",
        "torch, other gates random, a bias of 24 in bias_h",
        IDS,
        make_random,
        CLASHES | WEIGHTS,
    ),
    Family(
        "init_gru_with_long_term_memory",
        "plain lists, 12 in both biases",
        IDS,
        make_lists,
        CLASHES | WEIGHTS,
    ),
]
