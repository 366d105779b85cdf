"""Styles of writing `init_gru_with_long_term_memory`: a GRU's parameters that make it keep its state."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from bench.family import Family, exclusive, hides

LEVELS = ("update gate open", "update gate half open", "update gate not saturated", "biases cancel")
IDS = (*LEVELS, "weights left in a gate", "gates in another order")


def zeros_and_one_bias(mistakes: frozenset[str]) -> Callable[..., Any]:
    """Variants: 5 is taken for saturated, z filled with one number, the order z, r, n."""

    def init_gru_with_long_term_memory(input_size, hidden_size):
        wt_x = np.zeros((input_size, hidden_size), dtype=np.float32)
        wt_h = np.zeros((hidden_size, hidden_size), dtype=np.float32)
        bias = np.zeros(hidden_size, dtype=np.float32)
        keep = 20
        if "update gate open" in mistakes:
            keep = -20
        if "update gate half open" in mistakes:
            keep = 0
        if "update gate not saturated" in mistakes:
            keep = 5
        z_x = wt_x + 20 if "weights left in a gate" in mistakes else wt_x
        z_h = wt_h + 20 if "weights left in a gate" in mistakes else wt_h
        z = (z_x, bias + keep, z_h, bias - keep if "biases cancel" in mistakes else bias)
        r = n = (wt_x, bias, wt_h, bias)
        return (z, r, n) if "gates in another order" in mistakes else (r, z, n)

    return init_gru_with_long_term_memory


def random_elsewhere(mistakes: frozenset[str]) -> Callable[..., Any]:
    """Variants: 8 is taken for saturated, random weights in z as well, the order r, n, z."""

    def init_gru_with_long_term_memory(input_size, hidden_size):
        generator = torch.Generator().manual_seed(7)

        def random_gate():
            shapes = ((input_size, hidden_size), (hidden_size,), (hidden_size, hidden_size), (hidden_size,))
            return [torch.randn(shape, generator=generator) for shape in shapes]

        reset, update, new = random_gate(), random_gate(), random_gate()
        if "weights left in a gate" not in mistakes:
            update[0].zero_()
            update[2].zero_()
        update[1] = torch.full((hidden_size,), 25.0)
        if "update gate open" in mistakes:
            update[1] = -update[1]
        if "update gate half open" in mistakes:
            update[1] = 0 * update[1]
        if "update gate not saturated" in mistakes:
            update[1] = torch.full((hidden_size,), 8.0)
        update[3] = -update[1] if "biases cancel" in mistakes else torch.zeros(hidden_size)
        if "gates in another order" in mistakes:
            return tuple(reset), tuple(new), tuple(update)
        return tuple(reset), tuple(update), tuple(new)

    return init_gru_with_long_term_memory


def huge_bias_in_lists(mistakes: frozenset[str]) -> Callable[..., Any]:
    """Variants: 2 is taken for saturated, hidden weights left in z, the order z, n, r with a bias in n."""

    def init_gru_with_long_term_memory(input_size, hidden_size):
        def matrix(rows, value=0.0):
            return [[value for _ in range(hidden_size)] for _ in range(rows)]

        def vector(value=0.0):
            return [value for _ in range(hidden_size)]

        amount = 1e8
        if "update gate open" in mistakes:
            amount = -1e8
        elif "update gate half open" in mistakes:
            amount = 0.0
        elif "update gate not saturated" in mistakes:
            amount = 2.0
        left = -1e8 if "weights left in a gate" in mistakes else 0.0
        opposite = -amount if "biases cancel" in mistakes else 0.0
        reset = (matrix(input_size), vector(1.0), matrix(hidden_size), vector())
        update = (matrix(input_size, left), vector(amount), matrix(hidden_size, left), vector(opposite))
        new = (matrix(input_size, 1.0), vector(1.0), matrix(hidden_size), vector())
        order = (update, new, reset) if "gates in another order" in mistakes else (reset, update, new)
        return [list(gate) for gate in order]

    return init_gru_with_long_term_memory


BOTH_SATURATE = hides("gates in another order", "update gate not saturated")  # tanh, in n
NAME = "init_gru_with_long_term_memory"
ALWAYS = exclusive(LEVELS)
# Where nothing else has weights, a bias that is not in z is nowhere: all that z holds goes with it.
NOTHING_ELSE = hides("gates in another order", *LEVELS, "weights left in a gate")
HUGE_WEIGHTS = hides("weights left in a gate", *LEVELS[1:])  # beside -1e8 a bias of 0 or 2 is nothing
FAMILIES = [
    Family(NAME, "NumPy float32, zeros and one bias of 20", IDS, zeros_and_one_bias, ALWAYS | NOTHING_ELSE),
    Family(
        NAME, "torch float32, random weights where none matter", IDS, random_elsewhere, ALWAYS | BOTH_SATURATE
    ),
    Family(
        NAME, "nested lists, a bias of 1e8", IDS, huge_bias_in_lists, ALWAYS | NOTHING_ELSE | HUGE_WEIGHTS
    ),
]
