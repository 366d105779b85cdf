"""RNN with padded states seen through views, and a generator that goes back over the steps."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from bench.family import Family, exclusive

NAMES = ("W", "R", "V", "bs", "by")

SLOPES = (
    "slope of a sigmoid",
    "slope of the pre-activation",
    "slope of the old state",
    "slope of the next state",
    "slope twice",
    "slope plus the square",
)
CARRIES = ("R left out on the way back", "gradient not carried", "outputs at every step", "forward in time")
SUMS = (
    "only the first step",
    "first step left out of the gradients",
    "d_W of the last step only",
    "d_W of the first step only",
    "d_R of the last step only",
    "d_R of the first step only",
    "d_bs of the first step only",
)
OUTPUTS = ("d_by summed", "output bias over time", "outputs as upstream", "mean over the outputs")
REST = ("weights not in the range", "learning rate divided", "gradient in place of the parameter")
IDS = (*SLOPES, *CARRIES, *SUMS, *OUTPUTS, *REST)


def parameter(name: str) -> property:
    """An attribute that is kept in the dict of parameters."""

    def put(model: Any, value: np.ndarray) -> None:
        model.parameters[name] = value

    return property(lambda model: model.parameters[name], put)


def slopes_of(s: np.ndarray, padded: np.ndarray, mistakes: frozenset[str]) -> np.ndarray:
    """The slopes [T, H] at all steps; padded [T + 2, H] holds a state of zeros at either end."""
    before, a, after = padded[:-2], padded[1:-1], padded[2:]
    if "slope of the old state" in mistakes:
        a = before
    if "slope of the next state" in mistakes:
        a = after
    if "slope of the pre-activation" in mistakes:
        a = s
    slopes: np.ndarray = a * (1 - a) if "slope of a sigmoid" in mistakes else 1 - np.square(a)
    if "slope plus the square" in mistakes:
        slopes = 1 + np.square(a)
    return np.square(slopes) if "slope twice" in mistakes else slopes


def way_back(
    start: np.ndarray, slopes: np.ndarray, R: np.ndarray, mistakes: frozenset[str]
) -> Iterator[tuple[int, np.ndarray]]:
    """The steps from the last to the first, each with its gradient of s."""
    d_a = start
    first = 1 if "first step left out of the gradients" in mistakes else 0
    steps = range(len(slopes)) if "forward in time" in mistakes else reversed(range(first, len(slopes)))
    for t in steps:
        d_s = d_a * slopes[t]
        yield t, d_s
        d_a = d_s if "R left out on the way back" in mistakes else np.inner(R, d_s)
        if "gradient not carried" in mistakes:
            d_a = start
        if "outputs at every step" in mistakes:
            d_a = d_a + start


def summed(name: str, mistakes: frozenset[str]) -> slice:
    """The steps that the gradient is summed over."""
    if "only the first step" in mistakes or f"{name} of the first step only" in mistakes:
        return slice(0, 1)
    return slice(-1, None) if f"{name} of the last step only" in mistakes else slice(None)


def make(mistakes: frozenset[str]) -> type:
    """The class with these mistakes in it."""

    class RNN:
        W, R, V, bs, by = map(parameter, NAMES)

        def __init__(self, input_size: int, hidden_size: int, output_size: int) -> None:
            rng = np.random.default_rng()

            def draw(*shape: int) -> np.ndarray:
                if "weights not in the range" in mistakes:
                    return rng.normal(scale=0.2, size=shape)
                return rng.uniform(low=-0.2, high=0.2, size=shape)

            self.parameters: dict[str, np.ndarray] = {
                "W": draw(input_size, hidden_size),
                "R": draw(hidden_size, hidden_size),
                "V": draw(hidden_size, output_size),
                "bs": np.zeros(hidden_size),
                "by": np.zeros(output_size),
            }
            self.gradients: dict[str, np.ndarray] | None = None

        def forward(self, x: np.ndarray) -> np.ndarray:
            self.x = np.asarray(x)
            self.s = self.x @ self.W + self.bs
            self.padded = np.zeros((len(x) + 2, self.s.shape[1]))
            for s, old, new in zip(self.s, self.padded[:-2], self.padded[1:-1], strict=True):
                s += old @ self.R
                np.tanh(s, out=new)
            self.y: np.ndarray = self.padded[-2] @ self.V + self.by
            return np.copy(self.y)

        def backward(self, d_loss: np.ndarray) -> dict[str, np.ndarray]:
            d_y = self.y if "outputs as upstream" in mistakes else np.array(d_loss)
            if "mean over the outputs" in mistakes:
                d_y = d_y / len(d_y)
            d_s = np.zeros_like(self.s)
            slopes = slopes_of(self.s, self.padded, mistakes)
            for t, row in way_back(np.inner(self.V, d_y), slopes, self.R, mistakes):
                d_s[t] = row
            w, r, b = (summed(name, mistakes) for name in ("d_W", "d_R", "d_bs"))
            d_by = d_y.copy()
            if "d_by summed" in mistakes:
                d_by = np.sum(d_y, axis=0)
            if "output bias over time" in mistakes:
                d_by = d_by * len(d_s)
            self.gradients = {
                "d_W": np.einsum("td,th->dh", self.x[w], d_s[w]),
                "d_R": np.einsum("tg,th->gh", self.padded[:-2][r], d_s[r]),
                "d_V": np.multiply.outer(self.padded[-2], d_y),
                "d_bs": np.einsum("th->h", d_s[b]),
                "d_by": d_by,
            }
            return dict(self.gradients)

        def update(self, lr: float) -> None:
            if self.gradients is None:
                raise RuntimeError("no gradients to step along: call backward")
            for name, old in self.parameters.items():
                gradient = self.gradients["d_" + name]
                step = gradient / lr if "learning rate divided" in mistakes else lr * gradient
                self.parameters[name] = (
                    -step if "gradient in place of the parameter" in mistakes else old - step
                )
            self.gradients = None

        def get_weights(self) -> dict[str, np.ndarray]:
            return {name: np.copy(self.parameters[name]) for name in NAMES}

        def set_weights(self, weights: dict[str, np.ndarray]) -> None:
            missing = ", ".join(name for name in NAMES if name not in weights)
            if missing:
                raise ValueError(f"not among the weights: {missing}")
            self.parameters = {name: np.array(weights[name], dtype=float) for name in NAMES}

    return RNN


FAMILIES: list[Family] = [
    Family("RNN", "padded states in views, a generator back in time", IDS, make, exclusive(IDS)),
]
