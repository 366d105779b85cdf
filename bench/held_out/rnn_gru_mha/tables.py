"""A GRU's parameters as one table, NumPy float64: a column of H numbers a gate, cut into tuples at the end.

Its rows are those of wt_x (I of them), wt_h (H), bias_x (1) and bias_h (1).
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from bench.family import Family, exclusive, hides

Array = np.ndarray

NAN = "not a number"
ORDER = "gates in another order"
WEIGHTS = "weights left in a gate"
CANCEL = "biases cancel"
UPDATE = ("update gate half open", "update gate not saturated")

RNN_UPDATE = ("update gate closed", *UPDATE)
RNN_RESET = ("reset gate closed", "reset gate half open", "reset gate not saturated")
BIAS = ("bias counted twice", "bias dropped")
HIDDEN = ("hidden weights transposed", "hidden weights dropped")
INPUT = "input weights dropped"
RNN_IDS = (*RNN_UPDATE, *RNN_RESET, WEIGHTS, CANCEL, ORDER, *BIAS, *HIDDEN, INPUT, NAN)
RNN_CLASHES = (
    # beside weights of its own size, a bias does not say where the gate stands
    exclusive((*RNN_UPDATE, WEIGHTS, NAN), (*RNN_RESET, CANCEL), BIAS, HIDDEN)
    # in each other's places the two gates have each other's mistakes
    | hides(ORDER, *RNN_UPDATE, *RNN_RESET, WEIGHTS, CANCEL, NAN)
)

MEMORY_IDS = ("update gate open", *UPDATE, WEIGHTS, ORDER, CANCEL, NAN)
MEMORY_CLASHES = (
    exclusive(("update gate open", *UPDATE, WEIGHTS), ("update gate open", *UPDATE, CANCEL))
    | hides(NAN, *MEMORY_IDS[:-1])
    # as a reset gate the column does nothing
    | hides(ORDER, "update gate open", *UPDATE, WEIGHTS, CANCEL)
)


def column(parts: tuple[Any, Any, Any, Any], input_size: int, hidden_size: int) -> Array:
    """wt_x, wt_h, bias_x and bias_h as a gate's column [I + H + 2, H]; a plain number fills its part."""
    rows = (input_size, hidden_size, 1, 1)
    blocks = [
        np.full((count, hidden_size), part, dtype=float) for part, count in zip(parts, rows, strict=True)
    ]
    return np.vstack(blocks)


def cut(table: Array, input_size: int) -> tuple[tuple[Array, ...], ...]:
    """The table [I + H + 2, 3 H] as three tuples (wt_x, bias_x, wt_h, bias_h)."""
    tuples = []
    for gate in np.split(table, 3, axis=1):
        wt_x, wt_h, bias = np.split(gate, [input_size, len(gate) - 2])
        tuples.append((wt_x, bias[0], wt_h, bias[1]))
    return tuple(tuples)


def make_imitation(wrong: frozenset[str]) -> Callable[..., Any]:
    """The function that imitates an RNN, with these mistakes in it."""

    def init_gru_with_rnn(wt_h: Any, wt_x: Any, bias: Any) -> tuple[tuple[Array, ...], ...]:
        sizes = np.shape(wt_x)
        reset, update = 35.0, -60.0
        if "reset gate closed" in wrong:
            reset = -35.0
        if "reset gate half open" in wrong:
            reset = 0.0
        if "reset gate not saturated" in wrong:
            reset = 5.0
        if "update gate closed" in wrong:
            update = 60.0
        if "update gate half open" in wrong:
            update = 0.0
        if "update gate not saturated" in wrong:
            update = -7.0
        if NAN in wrong:
            update = -np.inf  # times a weight of 0
        weight = 1 if WEIGHTS in wrong else 0
        bias_h = bias if "bias counted twice" in wrong else 0
        if "bias dropped" in wrong:
            bias = 0
        if "input weights dropped" in wrong:
            wt_x = 0
        if "hidden weights transposed" in wrong:
            wt_h = np.transpose(wt_h)
        if "hidden weights dropped" in wrong:
            wt_h = 0
        r = column((0, 0, reset, -reset if CANCEL in wrong else 0), *sizes)
        with np.errstate(invalid="ignore"):
            z = update * column((weight, weight, 0, 1), *sizes)
        n = column((wt_x, wt_h, bias, bias_h), *sizes)
        return cut(np.block([z, r, n] if ORDER in wrong else [r, z, n]), sizes[0])

    return init_gru_with_rnn


def make_memory(wrong: frozenset[str]) -> Callable[..., Any]:
    """The function that makes a GRU keep its state, with these mistakes in it."""

    def init_gru_with_long_term_memory(input_size: int, hidden_size: int) -> tuple[tuple[Array, ...], ...]:
        sizes = (input_size, hidden_size)
        size = 35.0
        if "update gate open" in wrong:
            size = -35.0
        if "update gate half open" in wrong:
            size = 0.0
        if "update gate not saturated" in wrong:
            size = 8.0
        if NAN in wrong:
            size = np.inf  # times a weight of 0
        weight = 1 if WEIGHTS in wrong else 0
        with np.errstate(invalid="ignore"):
            keep = size * column((weight, weight, -1 if CANCEL in wrong else 0, 1), *sizes)
        nothing = column((0, 0, 0, 0), *sizes)
        gates = [keep, nothing, nothing] if ORDER in wrong else [nothing, keep, nothing]
        return cut(np.block(gates), input_size)

    return init_gru_with_long_term_memory


FAMILIES: list[Family] = [
    Family("init_gru_with_rnn", "NumPy float64, one table cut", RNN_IDS, make_imitation, RNN_CLASHES),
    Family(
        "init_gru_with_long_term_memory",
        *("NumPy float64, one table cut", MEMORY_IDS, make_memory, MEMORY_CLASHES),
    ),
]
