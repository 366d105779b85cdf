"""Styles of writing `init_gru_with_rnn`: a GRU's parameters that make it compute an RNN."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from bench.family import Family, exclusive, hides

UPDATE = ("update gate closed", "update gate half open", "update gate not saturated")
RESET = ("reset gate closed", "reset gate half open", "reset gate not saturated")
IDS = (
    *UPDATE,
    *RESET,
    "bias counted twice",
    "bias dropped",
    "weights left in a gate",
    "hidden weights transposed",
    "gates in another order",
    "biases cancel",
)


def filled_arrays(mistakes: frozenset[str]) -> Callable[..., Any]:
    """Variants: 5 is taken for saturated, z filled with one number, the order z, r, n, both gates' biases
    cancel."""

    def init_gru_with_rnn(wt_h, wt_x, bias):
        open_bias, shut_bias = 20.0, -20.0
        r_bias, z_bias = open_bias, shut_bias
        if "reset gate closed" in mistakes:
            r_bias = shut_bias
        if "reset gate half open" in mistakes:
            r_bias = 0.0
        if "reset gate not saturated" in mistakes:
            r_bias = 5.0
        if "update gate closed" in mistakes:
            z_bias = open_bias
        if "update gate half open" in mistakes:
            z_bias = 0.0
        if "update gate not saturated" in mistakes:
            z_bias = -5.0

        no_x, no_h, no_bias = np.zeros_like(wt_x), np.zeros_like(wt_h), np.zeros_like(bias)
        z_x, z_h = no_x, no_h
        if "weights left in a gate" in mistakes:
            z_x, z_h = np.full_like(wt_x, shut_bias), np.full_like(wt_h, shut_bias)
        r_bias_h = z_bias_h = no_bias
        if "biases cancel" in mistakes:
            r_bias_h, z_bias_h = np.full_like(bias, -r_bias), np.full_like(bias, -z_bias)
        r = (no_x, np.full_like(bias, r_bias), no_h, r_bias_h)
        z = (z_x, np.full_like(bias, z_bias), z_h, z_bias_h)

        n_bias_x, n_bias_h = bias, no_bias
        if "bias counted twice" in mistakes:
            n_bias_h = bias
        if "bias dropped" in mistakes:
            n_bias_x = no_bias
        n = (wt_x, n_bias_x, wt_h.T if "hidden weights transposed" in mistakes else wt_h, n_bias_h)
        return (z, r, n) if "gates in another order" in mistakes else (r, z, n)

    return init_gru_with_rnn


def tensors_in_a_dictionary(mistakes: frozenset[str]) -> Callable[..., Any]:
    """Variants: 2 is taken for saturated, r filled with one number, the order r, n, z, r's biases cancel."""

    def init_gru_with_rnn(wt_h, wt_x, bias):
        size_in, hidden = wt_x.shape
        level = {"r": 30.0, "z": -30.0}
        for gate, name, sign in (("r", "reset", 1), ("z", "update", -1)):
            if f"{name} gate closed" in mistakes:
                level[gate] = -30.0 * sign
            elif f"{name} gate half open" in mistakes:
                level[gate] = 0.0
            elif f"{name} gate not saturated" in mistakes:
                level[gate] = 2.0 * sign
        gates = {
            gate: [
                torch.zeros(size_in, hidden),
                torch.full((hidden,), value),
                torch.zeros(hidden, hidden),
                torch.zeros(hidden),
            ]
            for gate, value in level.items()
        }
        if "weights left in a gate" in mistakes:
            gates["r"][0].fill_(30.0)
            gates["r"][2].fill_(30.0)
        if "biases cancel" in mistakes:
            gates["r"][3] = -gates["r"][1]

        recurrent = torch.tensor(np.array(wt_h))
        if "hidden weights transposed" in mistakes:
            recurrent = recurrent.t()
        half = torch.tensor(bias) / 2
        if "bias counted twice" in mistakes:
            half = torch.tensor(bias)
        if "bias dropped" in mistakes:
            half = torch.zeros(hidden)
        gates["n"] = [torch.tensor(np.array(wt_x)), half, recurrent, half]
        order = "rnz" if "gates in another order" in mistakes else "rzn"
        return tuple(tuple(gates[gate]) for gate in order)

    return init_gru_with_rnn


def nested_lists(mistakes: frozenset[str]) -> Callable[..., Any]:
    """Variants: 3 is taken for saturated, input weights left in both gates, the order z, n, r, z's biases
    cancel."""

    def constant(height, width, value=0.0):
        return [[value] * width for _ in range(height)]

    def init_gru_with_rnn(wt_h, wt_x, bias):
        rows, H = len(wt_x), len(bias)
        big, r_bias, z_bias = 16.0, 16.0, -16.0
        if "reset gate closed" in mistakes:
            r_bias = -big
        if "reset gate half open" in mistakes:
            r_bias = 0.0
        if "reset gate not saturated" in mistakes:
            r_bias = 3.0
        if "update gate closed" in mistakes:
            z_bias = big
        if "update gate half open" in mistakes:
            z_bias = 0.0
        if "update gate not saturated" in mistakes:
            z_bias = -3.0
        left = 8.0 if "weights left in a gate" in mistakes else 0.0
        against = [-z_bias] * H if "biases cancel" in mistakes else [0.0] * H

        recurrent, b = wt_h.tolist(), bias.tolist()
        if "hidden weights transposed" in mistakes:
            recurrent = [list(column) for column in zip(*recurrent, strict=True)]
        if "bias dropped" in mistakes:
            b = [0.0] * H
        if "bias counted twice" in mistakes:
            b = [2 * value for value in b]
        r = (constant(rows, H, left), [r_bias] * H, constant(H, H), [0.0] * H)
        z = (constant(rows, H, left), [z_bias] * H, constant(H, H), against)
        n = (wt_x.tolist(), [0.0] * H, recurrent, b)
        if "gates in another order" in mistakes:
            return z, n, r
        return r, z, n

    return init_gru_with_rnn


# An update gate that is closed keeps the state, and nothing else shows; a closed reset gate lets nothing of
# the hidden weights show. By what the GRU answers, biases that cancel are a gate half open.
ALWAYS = (
    exclusive(UPDATE, RESET, ("bias counted twice", "bias dropped"))
    | hides("update gate closed", *RESET, "bias counted twice", "bias dropped", "hidden weights transposed")
    | hides("reset gate closed", "hidden weights transposed")
)
# z, r, n: the reset gate's bias is the update gate's, which keeps the state.
Z_R_N = (
    hides("gates in another order", *(name for name in IDS if name != "gates in another order"))
    | hides("biases cancel", *UPDATE, *RESET)
    | hides("reset gate closed", "bias counted twice")
    | hides("update gate half open", "reset gate half open")  # biases cancel, in fact
)
# r, n, z: the new state is what the update gate's bias makes it, and the reset gate is of no use.
R_N_Z = (
    hides("gates in another order", *RESET, "weights left in a gate", "biases cancel")
    | hides("biases cancel", *RESET, "update gate closed")
    | hides("weights left in a gate", "update gate closed")
)
# z, n, r: the update gate's bias is the reset gate's, which is of no use.
Z_N_R = (
    hides("gates in another order", *UPDATE, "biases cancel")
    | hides("biases cancel", *UPDATE)
    | hides("reset gate closed", "bias counted twice", "bias dropped")
)
FAMILIES = [
    Family("init_gru_with_rnn", "NumPy float32, full_like, biases of 20", IDS, filled_arrays, ALWAYS | Z_R_N),
    Family(
        "init_gru_with_rnn",
        "torch float32, a dictionary of gates",
        IDS,
        tensors_in_a_dictionary,
        ALWAYS | R_N_Z,
    ),
    Family("init_gru_with_rnn", "nested lists, biases of 16", IDS, nested_lists, ALWAYS | Z_N_R),
]
