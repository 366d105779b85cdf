"""RNN layer with a list of steps, one record a step; the way back gives a tuple of gradients a step."""

from functools import reduce
from typing import Any, NamedTuple

import numpy as np

from bench.family import Family, exclusive, hides

Array = np.ndarray

WHOLE = ("dh0 zero", "dh0 of the last step", "dh0 summed over time")
UPSTREAM = "dh0 with the first upstream"
ORDER = "gradients in another order"
PLACES = ("slope of the pre-activation", "slope of the old state", "slope at the state")
FORMS = (
    *("slope missing", "slope not squared", "slope of a sigmoid", "slope squared as a whole"),
    *("slope with a plus", "square for the slope", "state for the slope"),
)
TWICE, SIGN = "slope twice", "sign wrong"
MATRICES = ("W_hh not transposed", "dW_hh from the next state", "dW_hh transposed", "dW_ih transposed")
BIASES = ("batch sum missing", "db summed over the units", "db one number", "bias gradient zero")
MEAN, OLD = "mean over the batch", "old upstream"
IDS = (*WHOLE, UPSTREAM, ORDER, *PLACES, *FORMS, TWICE, SIGN, *MATRICES, *BIASES, MEAN, OLD)
CLASHES = (
    # a slope has one value in it and one form: each sentence tells both
    exclusive(WHOLE, (*PLACES, *FORMS), BIASES, ("dh0 zero", UPSTREAM))
    # no slope is there to be doubled or turned, and the gradient is the same before the tanh and after it
    | hides("slope missing", TWICE, SIGN, OLD)
    # (1 - h)(1 - h) is the square of 1 - h, h h the square of h, and two wrong signs are a right one
    | hides(TWICE, "slope not squared", "state for the slope", SIGN)
)


class Step(NamedTuple):
    """A step: its input [N, D], the states [N, H] before and after it, and what went into its tanh."""

    x: Array
    prev_h: Array
    a: Array
    next_h: Array


class Back(NamedTuple):
    """What a step gives back: the gradients of its input, of the state before it and of the parameters."""

    dx: Array
    dprev_h: Array
    d_w_ih: Array
    d_w_hh: Array
    db: Array


def slope_of(step: Step, wrong: frozenset[str]) -> Array:
    """The slope of tanh at this step [N, H]."""
    h = step.next_h
    if "slope of the pre-activation" in wrong:
        h = step.a
    if "slope of the old state" in wrong:
        h = step.prev_h
    if "slope at the state" in wrong:
        h = np.tanh(h)
    forms: dict[str, Array] = {
        "slope missing": np.ones_like(h),
        "slope not squared": 1 - h,
        "slope of a sigmoid": h * (1 - h),
        "slope squared as a whole": (1 - h) ** 2,
        "slope with a plus": 1 + h**2,
        "square for the slope": h**2,
        "state for the slope": h,
    }
    slope: Array = 1 - h**2
    for name, form in forms.items():
        if name in wrong:
            slope = form
    return -slope if SIGN in wrong else slope


def bias_part(da: Array, wrong: frozenset[str]) -> Array:
    """The gradient of b that a step brings, [H]."""
    if "batch sum missing" in wrong:
        return da
    if "db one number" in wrong:
        return np.asarray(da.sum())
    if "bias gradient zero" in wrong:
        return np.zeros(da.shape[1])
    return np.asarray(da.sum(axis=1 if "db summed over the units" in wrong else 0))


def through(layer: Any, step: Step, dnext_h: Array, wrong: frozenset[str]) -> Back:
    """The chain rule through one step."""
    slope = slope_of(step, wrong)
    da = dnext_h * slope
    if TWICE in wrong:
        da = da * slope
    dx = (dnext_h if OLD in wrong else da) @ layer.W_ih.T
    dprev_h = da @ (layer.W_hh if "W_hh not transposed" in wrong else layer.W_hh.T)
    state = step.next_h if "dW_hh from the next state" in wrong else step.prev_h
    dW_ih = np.tensordot(step.x, da, axes=(0, 0))
    if "dW_ih transposed" in wrong:
        dW_ih = np.tensordot(da, step.x, axes=(0, 0))
    dW_hh = np.tensordot(state, da, axes=(0, 0))
    if "dW_hh transposed" in wrong:
        dW_hh = np.tensordot(da, state, axes=(0, 0))
    scale = 1 / len(da) if MEAN in wrong else 1
    return Back(dx, dprev_h, dW_ih * scale, dW_hh * scale, bias_part(da, wrong) * scale)


def first_gradient(backs: list[Back], dout: Array, wrong: frozenset[str]) -> Array:
    """The gradient of h0 [N, H]; backs tells the steps in order, the first one first."""
    dh0 = backs[0].dprev_h
    if "dh0 zero" in wrong:
        dh0 = np.zeros_like(dh0)
    if "dh0 of the last step" in wrong:
        dh0 = backs[-1].dprev_h
    if "dh0 summed over time" in wrong:
        dh0 = reduce(np.add, (back.dprev_h for back in backs))
    return dh0 + dout[:, 0] if UPSTREAM in wrong else dh0


def make(wrong: frozenset[str]) -> type:
    """The class with these mistakes in it."""

    class RNNLayer:
        def __init__(self, input_size: int, hidden_size: int) -> None:
            rng = np.random.default_rng()
            self.W_ih = rng.uniform(-0.1, 0.1, (input_size, hidden_size))
            self.W_hh = rng.uniform(-0.1, 0.1, (hidden_size, hidden_size))
            self.b = rng.uniform(-0.1, 0.1, hidden_size)
            self.steps: list[Step] = []

        def forward_step(self, x: Array, prev_h: Array) -> Array:
            a: Array = x @ self.W_ih + prev_h @ self.W_hh + self.b
            self.step = Step(x, prev_h, a, np.tanh(a))
            return self.step.next_h

        def forward(self, x: Array, h0: Array) -> Array:
            self.steps = []
            h = h0
            for t in range(x.shape[1]):
                h = self.forward_step(x[:, t], h)
                self.steps.append(self.step)
            return np.stack([step.next_h for step in self.steps], axis=1)

        def backward_step(self, prev_h: Array, dnext_h: Array) -> Array:
            back = through(self, self.step._replace(prev_h=prev_h), dnext_h, wrong)
            self.dprev_h, self.dW_ih, self.dW_hh, self.db = back[1:]
            return back.dx

        def backward(self, dout: Array) -> tuple[Array, ...]:
            backs: list[Back] = []
            self.dprev_h = np.zeros_like(dout[:, 0])
            for t in reversed(range(len(self.steps))):
                self.step = self.steps[t]
                dx = self.backward_step(self.step.prev_h, dout[:, t] + self.dprev_h)
                backs.insert(0, Back(dx, self.dprev_h, self.dW_ih, self.dW_hh, self.db))
            dxs = np.stack([back.dx for back in backs], axis=1)
            dh0 = first_gradient(backs, dout, wrong)
            totals = tuple(reduce(np.add, parts) for parts in zip(*(back[2:] for back in backs), strict=True))
            return (dxs, *totals, dh0) if ORDER in wrong else (dxs, dh0, *totals)

    return RNNLayer


FAMILIES: list[Family] = [
    Family("RNNLayer", "NumPy float64, a record a step, tuples of gradients", IDS, make, CLASHES),
]
