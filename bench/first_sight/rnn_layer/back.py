"""RNNLayer with the time in front throughout: [T, N, D] and [T + 1, N, H]; mistakes of the way back."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from bench.family import Family, exclusive, hides

Array = np.ndarray

LAST_ALONE = "only the last step"
LAST_DOUT = "upstream of the last step only"
DOUT_OFF = "upstream one step off"
NOT_REVERSED = "time not reversed"
FIRST_LEFT_OUT = "first step left out of the gradients"
LAST_VALUES = "last step's values everywhere"
WRONG_ORDER = "steps in the wrong order"
INPUTS_OFF = "inputs one step off"
FIRST_CALL = "first call's steps"
CARRIES = ("carried gradient dropped", "carried gradient counted twice", "carried gradient adds up")
STARTS = ("h0 left out", "last state in place of h0")
SUMS = ("not summed over time", "mean over time", "sums left over")
DX = ("dx in reverse order", "dx of the first step", "dx summed over time")
DH0 = ("dh0 missing its last step", "dh0 before the weights")
IDS = (
    *(LAST_ALONE, LAST_DOUT, *CARRIES, DOUT_OFF, NOT_REVERSED),
    *("step off by one", *STARTS, FIRST_LEFT_OUT, INPUTS_OFF, LAST_VALUES, WRONG_ORDER),
    *(*SUMS, FIRST_CALL, *DX, *DH0),
)
CLASHES = (
    exclusive(CARRIES, DX, DH0, ("step off by one", *STARTS), (LAST_VALUES, WRONG_ORDER, INPUTS_OFF))
    | exclusive((LAST_ALONE, NOT_REVERSED, FIRST_LEFT_OUT))
    # one step in all: nothing is carried or added to it, and the first step is never met
    | hides(LAST_ALONE, LAST_DOUT, *CARRIES, *STARTS, LAST_VALUES, WRONG_ORDER, "not summed over time")
    | hides(LAST_ALONE, "dx of the first step", "dx summed over time", *DH0)
    # the last step visited is another one, or is not the first
    | hides(NOT_REVERSED, LAST_DOUT, "carried gradient dropped", WRONG_ORDER, DX[0], *DH0)
    | hides(FIRST_LEFT_OUT, *STARTS, "not summed over time", "dx of the first step", *DH0)
    | hides(LAST_DOUT, "carried gradient dropped", DOUT_OFF)
    # the first step's gradients are all there is; no step comes before it
    | hides("not summed over time", *SUMS[1:], INPUTS_OFF)
    # the values are those of the newest call
    | hides(LAST_VALUES, FIRST_CALL)
    # never right the first time; a second call is wrong either way
    | hides("sums left over", "mean over time", FIRST_CALL)
)


def order_of(steps: int, wrong: frozenset[str]) -> Iterable[int]:
    """The steps as the way back visits them."""
    if LAST_ALONE in wrong:
        return [steps - 1]
    if NOT_REVERSED in wrong:
        return range(steps)
    return reversed(range(1 if FIRST_LEFT_OUT in wrong else 0, steps))


def upstream_of(t: int, douts: Array, dh: Array, wrong: frozenset[str]) -> Array:
    """The gradient [N, H] of the state after step t; dh is what came back to it."""
    own = douts[t - 1] if DOUT_OFF in wrong else douts[t]
    if LAST_DOUT in wrong and t < len(douts) - 1:
        own = np.zeros_like(own)
    if "carried gradient dropped" in wrong:
        return np.array(own)
    if "carried gradient counted twice" in wrong:
        own = own + dh
    return np.array(own + dh)


def previous_of(t: int, hs: Array, wrong: frozenset[str]) -> Array:
    """The state [N, H] before step t; hs [T + 1, N, H] begins with h0."""
    if "step off by one" in wrong:
        t = t + 1
    if t == 0 and "h0 left out" in wrong:
        return np.zeros_like(hs[0])
    if "last state in place of h0" in wrong:
        return np.array(hs[1:][t - 1])
    return np.array(hs[t])


def recall(layer: Any, t: int, visit: int, run: tuple[Array, Array], wrong: frozenset[str]) -> None:
    """Set what backward_step reads, for step t."""
    xs, hs = run
    if LAST_VALUES in wrong:
        return
    if WRONG_ORDER in wrong:
        t = visit
    layer.x = xs[t - 1] if INPUTS_OFF in wrong else xs[t]
    layer.next_h = hs[t + 1]


def add_up(layer: Any, wrong: frozenset[str]) -> None:
    """Add the gradients of the step just taken to the sums."""
    for name in layer.sums:
        if "not summed over time" in wrong:
            layer.sums[name] = getattr(layer, name)
        else:
            layer.sums[name] += getattr(layer, name)


def dx_of(dxs: list[Array], order: list[int], empty: Array, wrong: frozenset[str]) -> Array:
    """The gradient of x, [N, T, D]; dxs are in the order of the visits, empty is zeros [T, N, D]."""
    dx = empty.copy()
    for visit, t in enumerate(order):
        dx[visit if "dx in reverse order" in wrong else t] = dxs[visit]
    if "dx of the first step" in wrong:
        return np.array(dx[0])
    if "dx summed over time" in wrong:
        return np.array(dx.sum(axis=0))
    return dx.transpose(1, 0, 2)


def back_through(layer: Any, douts: Array, wrong: frozenset[str]) -> tuple[Array, Array]:
    """Gradients of x and h0 for douts [T, N, H]; those of the parameters are added to the layer's sums."""
    run = layer.runs[0 if FIRST_CALL in wrong else -1]
    order = list(order_of(len(douts), wrong))
    dxs: list[Array] = []
    dh0 = dh = np.zeros_like(run[1][0])
    for visit, t in enumerate(order):
        recall(layer, t, visit, run, wrong)
        dnext = upstream_of(t, douts, dh, wrong)
        dxs.append(layer.backward_step(previous_of(t, run[1], wrong), dnext))
        add_up(layer, wrong)
        dh = dh + layer.dprev_h if "carried gradient adds up" in wrong else layer.dprev_h
        dh0 = dh
        if "dh0 missing its last step" in wrong:
            dh0 = dnext
        if "dh0 before the weights" in wrong:
            dh0 = layer.da
    empty = np.zeros((*douts.shape[:2], layer.W_ih.shape[0]))
    return dx_of(dxs, order, empty, wrong), dh0


def make(mistakes: frozenset[str]) -> type:
    """The class with these mistakes in it."""

    class RNNLayer:
        def __init__(self, input_size: int, hidden_size: int) -> None:
            self.W_ih = np.random.uniform(-0.1, 0.1, (input_size, hidden_size))
            self.W_hh = np.random.uniform(-0.1, 0.1, (hidden_size, hidden_size))
            self.b = np.random.uniform(-0.1, 0.1, hidden_size)
            self.runs: list[tuple[Array, Array]] = []
            self.start_sums()

        def start_sums(self) -> None:
            parameters = {"dW_ih": self.W_ih, "dW_hh": self.W_hh, "db": self.b}
            self.sums = {name: np.zeros(value.shape) for name, value in parameters.items()}

        def forward_step(self, x: Array, prev_h: Array) -> Array:
            self.x = x
            self.next_h: Array = np.tanh(x @ self.W_ih + prev_h @ self.W_hh + self.b)
            return self.next_h

        def forward(self, x: Array, h0: Array) -> Array:
            xs = np.array(x, dtype=float).transpose(1, 0, 2)
            hs = np.zeros((len(xs) + 1, *h0.shape))
            hs[0] = h0
            for t in range(len(xs)):
                hs[t + 1] = self.forward_step(xs[t], hs[t])
            self.runs.append((xs, hs))
            return hs[1:].transpose(1, 0, 2)

        def backward_step(self, prev_h: Array, dnext_h: Array) -> Array:
            self.da = dnext_h * (1 - self.next_h**2)
            self.dW_ih = self.x.T @ self.da
            self.dW_hh = prev_h.T @ self.da
            self.db = self.da.sum(axis=0)
            self.dprev_h = self.da @ self.W_hh.T
            dx: Array = self.da @ self.W_ih.T
            return dx

        def backward(self, dout: Array) -> tuple[Array, ...]:
            douts = np.array(dout, dtype=float).transpose(1, 0, 2)
            if "sums left over" not in mistakes:
                self.start_sums()
            dx, dh0 = back_through(self, douts, mistakes)
            steps = len(douts) if "mean over time" in mistakes else 1
            return dx, dh0, *(total / steps for total in self.sums.values())

    return RNNLayer


FAMILIES: list[Family] = [
    Family("RNNLayer", "NumPy float64, time in front: the way back", IDS, make, CLASHES)
]
