"""The layer's way forward with an array for all states; the way back in whole arrays after a short loop."""

from typing import Any

import numpy as np

from bench.family import Family, exclusive, hides

Array = np.ndarray[Any, np.dtype[np.float64]]

STARTS = ("zero initial state", "state not carried", "state kept over calls")
ORDERS = ("time reversed", "states in reverse order", "states one step late")
LEFT_OUT = ("first step left out", "last step left out")
SINGLE = ("last state alone", "one array for all states")
SHAPES = ("batch and time exchanged", "axes of size one lost", "states left over")
ACTIVATIONS = ("no activation", "sigmoid for tanh", "relu for tanh", "hard tanh for tanh", "tanh twice")
INPUTS = ("input left out", "input weights reshaped")
BIASES = ("bias dropped", "bias counted twice", "bias subtracted", "bias after the activation")
STATES = ("recurrent weights transposed", "state without its weights", "state left out")
SUMS = ("activation before the sum", "old state added")
LAYER = (
    *STARTS,
    *ORDERS,
    *LEFT_OUT,
    *SINGLE,
    *SHAPES,
    *ACTIVATIONS,
    *INPUTS,
    *BIASES,
    *STATES,
    *SUMS,
)
CLASHES = (
    exclusive(STARTS, ORDERS, SINGLE, ACTIVATIONS, INPUTS, BIASES, STATES)
    | hides("state left out", *STARTS, *SUMS, "time reversed")
    | hides("state not carried", "time reversed")  # steps that stand alone have no order
    | hides("no activation", "bias after the activation")
    | hides("activation before the sum", *ACTIVATIONS, "input left out")
    | hides("activation before the sum", "state without its weights")  # an old state added
    # without inputs a start one step later is a state one step late, time runs the same both ways,
    # and the first call is wrong already
    | hides("input left out", *ORDERS, "first step left out", "states left over")
    | hides("time reversed", "first step left out")  # the steps then end with the second input
    | hides(
        "last state alone", *ORDERS[1:], "last step left out", "batch and time exchanged", "states left over"
    )
    | hides("one array for all states", *ORDERS[1:], "last step left out")
)


def activated(z: Array, wrong: frozenset[str]) -> Array:
    """The activation of a sum [N, H]."""
    if "no activation" in wrong:
        return z
    if "sigmoid for tanh" in wrong:
        return 1 / (1 + np.exp(-z))
    if "relu for tanh" in wrong:
        return np.maximum(z, 0)
    if "hard tanh for tanh" in wrong:
        return np.clip(z, -1, 1)
    return np.tanh(np.tanh(z)) if "tanh twice" in wrong else np.tanh(z)


def from_input(x: Array, W_ih: Array, wrong: frozenset[str]) -> Array:
    """The input's part of the sum [N, H]."""
    D, H = W_ih.shape
    if "input left out" in wrong:
        return np.zeros((len(x), H))
    return x @ (W_ih.reshape(H, D).T if "input weights reshaped" in wrong else W_ih)


def from_state(prev_h: Array, W_hh: Array, wrong: frozenset[str]) -> Array:
    """The state's part of the sum [N, H]."""
    if "state left out" in wrong:
        return np.zeros_like(prev_h)
    if "state without its weights" in wrong:
        return prev_h
    return prev_h @ (W_hh.T if "recurrent weights transposed" in wrong else W_hh)


def stepped(x: Array, prev_h: Array, layer: Any, wrong: frozenset[str]) -> Array:
    """The next state [N, H]."""
    ours, theirs = from_input(x, layer.W_ih, wrong), from_state(prev_h, layer.W_hh, wrong)
    times = {
        "bias dropped": 0,
        "bias counted twice": 2,
        "bias subtracted": -1,
        "bias after the activation": 0,
    }
    ours = ours + next((times[name] for name in BIASES if name in wrong), 1) * layer.b
    if "activation before the sum" in wrong:
        next_h = activated(ours, wrong) + theirs
    else:
        next_h = activated(ours + theirs, wrong)
    if "bias after the activation" in wrong:
        next_h = next_h + layer.b
    return prev_h + next_h if "old state added" in wrong else next_h


def steps_of(T: int, wrong: frozenset[str]) -> list[int]:
    """The steps in the order in which the loop takes them."""
    first = 1 if "first step left out" in wrong else 0
    last = T - 1 if "last step left out" in wrong else T
    steps = list(range(first, last))
    return steps[::-1] if "time reversed" in wrong else steps


def make_layer(wrong: frozenset[str]) -> Any:
    """Rows [N, H] a step; a cache of lists that each step forward adds to."""

    class RNNLayer:
        def __init__(self, input_size: int, hidden_size: int) -> None:
            rng = np.random.default_rng()
            self.W_ih = rng.uniform(-0.1, 0.1, (input_size, hidden_size))
            self.W_hh = rng.uniform(-0.1, 0.1, (hidden_size, hidden_size))
            self.b = rng.uniform(-0.1, 0.1, hidden_size)
            self.state: Any = None
            self.answers: list[Array] = []
            self.clear()

        def clear(self) -> None:
            """Forgets the steps of former calls."""
            self.cache: dict[str, list[Array]] = {"x": [], "before": [], "after": []}

        def forward_step(self, x: Array, prev_h: Array) -> Array:
            next_h = stepped(x, prev_h, self, wrong)
            for name, value in (("x", x), ("before", prev_h), ("after", next_h)):
                self.cache[name].append(value)
            return next_h

        def forward(self, x: Array, h0: Array) -> Array:
            self.clear()
            N, T, _ = x.shape
            h = np.zeros((N, T, self.b.size))
            state = np.zeros_like(h0) if "zero initial state" in wrong else h0
            if "state kept over calls" in wrong and self.state is not None:
                state = self.state
            self.steps = steps_of(T, wrong)
            if "first step left out" in wrong:
                h[:, 0] = state
            for t in self.steps:
                before = h0 if "state not carried" in wrong else state
                after = self.forward_step(x[:, t], before)
                kept = state if "states one step late" in wrong else after
                if "one array for all states" in wrong:
                    h[:] = kept[:, np.newaxis]
                else:
                    h[:, t] = kept
                state = after
            self.state = state
            return self.put_together(h)

        def put_together(self, h: Array) -> Array:
            """What forward returns, of the states [N, T, H]."""
            if "states in reverse order" in wrong:
                h = h[:, ::-1]
            if "states left over" in wrong:
                self.answers.append(h)
                h = np.concatenate(self.answers, axis=1)
            if "last state alone" in wrong:
                h = h[:, -1]
            if "batch and time exchanged" in wrong:
                h = h.swapaxes(0, 1)
            return h.squeeze() if "axes of size one lost" in wrong else h

        def backward_step(self, prev_h: Array, dnext_h: Array) -> Array:
            x, after = self.cache["x"][-1], self.cache["after"][-1]
            dz = dnext_h * (1 - after**2)
            self.dW_ih, self.dW_hh, self.db = x.T @ dz, prev_h.T @ dz, dz.sum(axis=0)
            self.dprev_h = dz @ self.W_hh.T
            return dz @ self.W_ih.T

        def backward(self, dout: Array) -> tuple[Array, ...]:
            N, T, H = dout.shape
            D = len(self.W_ih)
            back, dzs = np.zeros((N, H)), []
            for t, after in zip(self.steps[::-1], self.cache["after"][::-1], strict=True):
                dz = (dout[:, t] + back) * (1 - after**2)
                back = dz @ self.W_hh.T
                dzs.append(dz)
            dz_all = np.reshape(dzs[::-1], (-1, N, H))  # [T, N, H]
            x_all, before = (
                np.reshape(self.cache["x"], (-1, N, D)),
                np.reshape(self.cache["before"], (-1, N, H)),
            )
            dx = np.zeros((N, T, D))
            dx[:, self.steps] = np.einsum("tnh,dh->ntd", dz_all, self.W_ih)
            dW_ih = np.einsum("tnd,tnh->dh", x_all, dz_all)
            dW_hh = np.einsum("tng,tnh->gh", before, dz_all)
            return dx, back, dW_ih, dW_hh, np.einsum("tnh->h", dz_all)

    return RNNLayer


FAMILIES = [
    Family(
        "RNNLayer", "NumPy float64, rows, a cache of lists, einsum after the loop", LAYER, make_layer, CLASHES
    )
]
