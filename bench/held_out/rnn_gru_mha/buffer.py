"""GRU in NumPy, float32: rows as vectors, a helper for each gate, outputs written into one buffer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bench.family import Family, exclusive, hides

Array = np.ndarray
Weights = tuple[Array, Array, Array, Array]  # wt_x [I, H], bias_x [H], wt_h [H, H], bias_h [H]

STARTS = ("zero initial state", "state not carried")
LEFT_OUT = ("first step left out", "last step left out")
ORDER = ("time reversed", "outputs one step late", *LEFT_OUT)
ONE_ARRAY = "one array for all states"
AXES = ("batch and time exchanged", "outputs reshaped")
SQUEEZED = "axes of size one lost"
FINALS = (
    "first state as final",
    "initial state as final",
    "state before the last as final",
    "last sequence as final",
)
RESETS = (
    "reset before the product",
    "hidden bias outside of the reset",
    "reset on everything",
    "reset on the input",
    "no reset",
)
MIXTURES = ("no update gate", "update keeps the whole state", "old state left out")
INVERTED = ("reset gate inverted", "update gate inverted", "sign in the sigmoid")
TUPLES = ("gates exchanged", "gates in another order", "one gate for both")
PRODUCTS = ("hidden weights transposed", "hidden product left out", "input left out")
BIASES = ("gate bias dropped", "hidden bias dropped", "input bias dropped")
SIGMOIDS = ("tanh for sigmoid", "no sigmoid", "hard sigmoid")
ACTIVATIONS = ("sigmoid for tanh", "relu for tanh", "no activation")
IDS = (
    *(*STARTS, *ORDER, ONE_ARRAY, *AXES, SQUEEZED, *FINALS),
    *(*RESETS, *MIXTURES, *INVERTED, *TUPLES),
    *(*PRODUCTS, *BIASES, *SIGMOIDS, *ACTIVATIONS),
)

CLASHES = (
    exclusive(AXES, FINALS, RESETS, MIXTURES, TUPLES, ACTIVATIONS)
    # two of them make the third, or undo each other
    | exclusive(INVERTED, ("hard sigmoid", "sign in the sigmoid"))
    # one gate alone has a sigmoid whose sign can be wrong
    | hides("sign in the sigmoid", "tanh for sigmoid", "no sigmoid", "no reset", "no update gate")
    # a gate that is not there shows nothing of itself, and gates cannot be compared
    | hides("no reset", "reset gate inverted", "no sigmoid", "gates exchanged", "one gate for both")
    | hides(
        "no update gate",
        *("update gate inverted", "tanh for sigmoid", "gates exchanged", "one gate for both"),
        *("hidden product left out", "gate bias dropped"),
    )
    # where the update gate is wrong already, the lack of its bias shows in no test
    | hides(
        "gate bias dropped",
        *("old state left out", "update gate inverted", "hidden product left out", "tanh for sigmoid"),
    )
    # sizes of one are wrong already, before an axis is lost
    | hides(SQUEEZED, "input left out", "gates in another order")
    # no bias is left to stand outside
    | hides("hidden bias dropped", "hidden bias outside of the reset")
    # the whole buffer is overwritten in each step
    | hides(ONE_ARRAY, *LEFT_OUT, "first state as final")
    # the first one in the buffer is the initial state then, and the last one the state before the last
    | hides("outputs one step late", "first state as final", "state before the last as final")
    # the first one in the buffer is the final state then; without a memory, all else stays as it is
    | hides("time reversed", "first state as final", "state not carried")
    # with time first, the last entry is the final state
    | hides("batch and time exchanged", "last sequence as final")
    # zeros are made in the right shape
    | hides("zero initial state", SQUEEZED)
)


def logistic(s: Array, wrong: frozenset[str]) -> Array:
    """The sigmoid, by way of tanh."""
    if "hard sigmoid" in wrong:
        return np.clip(0.2 * s + 0.5, 0, 1)
    if "sign in the sigmoid" in wrong:
        s = -s
    half: Array = 0.5 + 0.5 * np.tanh(0.5 * s)
    return half


def from_state(h: Array, wt_h: Array, wrong: frozenset[str]) -> Array:
    """The product of the rows of h with the weights."""
    product: Array = h @ wt_h.T if "hidden weights transposed" in wrong else h @ wt_h
    return product


def reset_gate(x: Array, h: Array, weights: Weights, wrong: frozenset[str]) -> Array:
    """How much of the state's part the new state sees, [B, H]."""
    wt_x, bias_x, wt_h, bias_h = weights
    s = x @ wt_x + bias_x + from_state(h, wt_h, wrong) + bias_h
    r = s if "no sigmoid" in wrong else logistic(s, wrong)
    return 1 - r if "reset gate inverted" in wrong else r


def update_gate(x: Array, h: Array, weights: Weights, wrong: frozenset[str]) -> Array:
    """How much of the old state stays, [B, H]."""
    wt_x, bias_x, wt_h, bias_h = weights
    s = x @ wt_x + bias_x
    if "hidden product left out" not in wrong:
        s = s + from_state(h, wt_h, wrong)
    if "gate bias dropped" not in wrong:
        s = s + bias_h
    return np.tanh(s) if "tanh for sigmoid" in wrong else logistic(s, wrong)


def before_tanh(x: Array, h: Array, r: Array, weights: Weights, wrong: frozenset[str]) -> Array:
    """The sum of which the new state is the tanh, [B, H]."""
    wt_x, bias_x, wt_h, bias_h = weights
    if "hidden bias dropped" in wrong:
        bias_h = np.zeros_like(bias_h)
    if "input bias dropped" in wrong:
        bias_x = np.zeros_like(bias_x)
    x_part = bias_x if "input left out" in wrong else x @ wt_x + bias_x
    h_part = from_state(r * h if "reset before the product" in wrong else h, wt_h, wrong)
    total: Array = x_part + r * (h_part + bias_h)
    if "reset before the product" in wrong or "no reset" in wrong:
        total = x_part + h_part + bias_h
    if "hidden bias outside of the reset" in wrong:
        total = x_part + r * h_part + bias_h
    if "reset on everything" in wrong:
        total = r * (x_part + h_part + bias_h)
    if "reset on the input" in wrong:
        total = r * x_part + h_part + bias_h
    return total


def new_state(x: Array, h: Array, r: Array, weights: Weights, wrong: frozenset[str]) -> Array:
    """The new state n, [B, H]."""
    s = before_tanh(x, h, r, weights, wrong)
    n: Array = np.tanh(s)
    if "sigmoid for tanh" in wrong:
        n = logistic(s, wrong)
    if "relu for tanh" in wrong:
        n = np.maximum(s, 0)
    return s if "no activation" in wrong else n


def mixed(z: Array, n: Array, h: Array, wrong: frozenset[str]) -> Array:
    """The state after the step, [B, H]."""
    if "no update gate" in wrong:
        return n
    if "update gate inverted" in wrong:
        z = 1 - z
    state: Array = (1 - z) * n
    if "update keeps the whole state" in wrong:
        state = state + h
    elif "old state left out" not in wrong:
        state = state + z * h
    return state


def in_order(r: Weights, z: Weights, n: Weights, wrong: frozenset[str]) -> tuple[Weights, Weights, Weights]:
    """The weights of the reset gate, the update gate and the new state."""
    if "gates exchanged" in wrong:
        return z, r, n
    if "gates in another order" in wrong:
        return r, n, z
    return (r, r, n) if "one gate for both" in wrong else (r, z, n)


def first_state(init_state: Array, wrong: frozenset[str]) -> Array:
    """The state before the first step, [B, H]."""
    if "zero initial state" in wrong:
        return np.zeros(init_state.shape[1:], dtype=np.float32)
    return init_state.squeeze() if SQUEEZED in wrong else init_state[0]


def outputs_of(buffer: Array, wrong: frozenset[str]) -> Array:
    """The outputs [B, T, H] of a buffer [T, B, H]."""
    steps, batch, hidden = buffer.shape
    if "outputs reshaped" in wrong:
        return buffer.reshape(batch, steps, hidden)
    return buffer if "batch and time exchanged" in wrong else buffer.swapaxes(0, 1)


def make(mistakes: frozenset[str]) -> Callable[..., tuple[Array, Array]]:
    """The function with these mistakes in it."""

    def gru(
        linear_trans_r: Any, linear_trans_z: Any, linear_trans_n: Any, init_state: Any, input_data: Any
    ) -> tuple[Array, Array]:
        of_r, of_z, of_n = in_order(linear_trans_r, linear_trans_z, linear_trans_n, mistakes)
        batch, steps, _ = input_data.shape
        buffer = np.empty((steps, batch, init_state.shape[2]), dtype=np.float32)
        buffer.fill(0)
        times = range(
            1 if "first step left out" in mistakes else 0,
            steps - 1 if "last step left out" in mistakes else steps,
        )

        start = first_state(init_state, mistakes)
        before = state = start
        for t in reversed(times) if "time reversed" in mistakes else times:
            before = state
            x, h = input_data[:, t], start if "state not carried" in mistakes else state
            r = reset_gate(x, h, of_r, mistakes)
            z = update_gate(x, h, of_z, mistakes)
            state = mixed(z, new_state(x, h, r, of_n, mistakes), h, mistakes)
            place = slice(None) if ONE_ARRAY in mistakes else t
            buffer[place] = before if "outputs one step late" in mistakes else state

        outputs = outputs_of(buffer, mistakes)
        if "first state as final" in mistakes:
            state = buffer[0]
        if "initial state as final" in mistakes:
            return outputs, init_state
        if "state before the last as final" in mistakes:
            state = before
        if "last sequence as final" in mistakes:
            state = outputs[-1]
        return outputs, state[np.newaxis]

    return gru


FAMILIES: list[Family] = [
    Family("gru", "NumPy float32, a helper for each gate, one buffer", IDS, make, CLASHES)
]
