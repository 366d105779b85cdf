"""The class RNN in small methods: one array of states, and a contribution of each step to every gradient."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.family import Family
from bench.held_out.bptt.methods_pairs import CLASHES, IDS

Array = NDArray[np.float64]

NAMES = ("W", "R", "V", "bs", "by")


class Network:
    """A tanh RNN that reads one sequence and answers once."""

    _wrong: frozenset[str] = frozenset()

    def __init__(self, input_size: int, hidden_size: int, output_size: int) -> None:
        self.W = self._draw(input_size, hidden_size)
        self.R = self._draw(hidden_size, hidden_size)
        self.V = self._draw(hidden_size, output_size)
        self.bs = np.zeros((1, hidden_size) if self._has("a bias as a row") else hidden_size)
        self.by = np.zeros(output_size)
        self._a = np.zeros((1, hidden_size))  # [T + 1, H], the zero state first
        self._gradients: dict[str, Array] | None = None
        self._sums: dict[str, Array] = {}

    def _has(self, *names: str) -> bool:
        return not self._wrong.isdisjoint(names)

    def _draw(self, rows: int, columns: int) -> Array:
        if self._has("weights not in the range"):
            return 0.2 * np.random.randn(rows, columns)
        return np.random.uniform(-0.2, 0.2, (rows, columns))

    # the way there

    def forward(self, x: Array) -> Array:
        """From x [T, D] to y [O]."""
        steps, before = len(x), self._a[-1]
        self._x = x
        self._s = np.zeros((steps, len(self.R)))
        self._a = np.zeros((steps + 1, len(self.R)))
        if self._has("state kept over calls"):
            self._a[0] = before
        for t in range(1 if self._has("first step left out") else 0, steps):
            self._a[t + 1] = self._step(t)
        self._y = self._outputs(steps)
        if self._has("axes of size one lost"):
            return np.squeeze(self._y)
        return self._y[np.newaxis] if self._has("outputs as a row") else self._y

    def _step(self, t: int) -> Array:
        """The state that step t makes."""
        read = t
        if self._has("time reversed"):
            read = len(self._x) - 1 - t
        elif self._has("first input at every step"):
            read = 0
        s = self._x[read] @ self.W
        if not self._has("no recurrence"):
            a = self._a[t]
            s = s + (self.R @ a if self._has("recurrent weights transposed") else a @ self.R)
        bias = self._hidden_bias(t)
        if self._has("activation before the sum"):
            self._s[t] = s
            a_new: Array = np.tanh(s) + bias
            return a_new
        self._s[t] = s + bias
        return self._activation(self._s[t])

    def _hidden_bias(self, t: int) -> Array:
        if self._has("hidden bias dropped") or (self._has("hidden bias at the first step alone") and t > 0):
            return np.zeros_like(self.bs)
        if self._has("bias counted twice"):
            return self.bs + self.bs
        return -self.bs if self._has("bias subtracted") else self.bs

    def _activation(self, s: Array) -> Array:
        if self._has("no activation", "activation at the end"):
            return s
        if self._has("sigmoid for tanh"):
            return 1 / (1 + np.exp(-s))
        if self._has("relu for tanh"):
            return np.maximum(s, 0)
        return np.tanh(s)

    def _outputs(self, steps: int) -> Array:
        last = steps - 1 if self._has("last step left out") else steps
        if self._has("activation at the end"):
            self._a[last] = np.tanh(self._a[last])
        state = self._a.sum(axis=0) if self._has("all states in place of the last") else self._a[last]
        y: Array = state @ self.V
        if not self._has("output bias dropped"):
            y = y + self.by
        return np.tanh(y) if self._has("output activation") else y

    # the way back

    def backward(self, d_loss: Array) -> dict[str, Array]:
        """The gradients of a loss, from the one for the outputs [O]."""
        d_y = self._upstream(np.array(d_loss))
        parts = {name: np.zeros((len(self._x), *getattr(self, name).shape)) for name in ("W", "R")}
        parts["bs"] = np.zeros((len(self._x), len(self.R)))
        d_a = self._loss_gradient(d_y)
        for t in self._way_back():
            d_s = d_a * self._slope(t)
            parts["W"][t] = np.outer(self._x[t], d_s)
            parts["R"][t] = np.outer(self._a[t + 1 if self._has("step off by one") else t], d_s)
            parts["bs"][t] = d_s
            d_a = self._step_back(d_s, d_y)
        gradients = {"d_V": np.outer(self._a[-1], d_y), "d_by": self._output_bias(d_y)}
        gradients |= {f"d_{name}": self._over_time(name, part) for name, part in parts.items()}
        gradients = self._arranged(gradients)
        if self._has("sums left over"):
            gradients = {name: self._sums.get(name, 0) + part for name, part in gradients.items()}
            self._sums = gradients
        self._gradients = gradients
        return dict(gradients)

    def _upstream(self, d_loss: Array) -> Array:
        if self._has("upstream ignored"):
            d_loss = np.ones_like(d_loss)
        elif self._has("outputs as upstream"):
            d_loss = self._y.copy()
        return d_loss / len(d_loss) if self._has("mean over the outputs") else d_loss

    def _loss_gradient(self, d_y: Array) -> Array:
        """What reaches the last state."""
        return self.V @ d_y

    def _way_back(self) -> Iterable[int]:
        steps = range(len(self._x))
        if self._has("only the last step"):
            steps = steps[-1:]
        elif self._has("first step left out of the gradients"):
            steps = steps[1:]
        return steps if self._has("forward in time") else reversed(steps)

    def _slope(self, t: int) -> Array:
        """The slope of tanh at step t, which made state t + 1."""
        a = self._a[t + 1]
        if self._has("slope missing"):
            return np.ones_like(a)
        if self._has("slope of the pre-activation"):
            a = self._s[t]
        elif self._has("slope of the old state"):
            a = self._a[t]
        elif self._has("slope of the next state"):
            a = self._a[min(t + 2, len(self._x))]
        slope: Array = 1 - a**2
        if self._has("slope not squared"):
            slope = 1 - a
        elif self._has("slope of a sigmoid"):
            slope = a * (1 - a)
        elif self._has("slope plus the square"):
            slope = 1 + a**2
        if self._has("sign wrong"):
            slope = -slope
        return slope * slope if self._has("slope twice") else slope

    def _step_back(self, d_s: Array, d_y: Array) -> Array:
        """What reaches the state before."""
        if self._has("gradient not carried"):
            return self._loss_gradient(d_y)
        if self._has("R left out on the way back"):
            d_a = d_s
        else:
            d_a = d_s @ self.R if self._has("R not transposed") else self.R @ d_s
        return d_a + self._loss_gradient(d_y) if self._has("outputs at every step") else d_a

    def _over_time(self, name: str, parts: Array) -> Any:
        """One gradient from its contributions, one a step."""
        if name == "bs" and self._has("bias gradient zero"):
            return np.zeros_like(parts[0])
        if self._has("only the first step", f"d_{name} of the first step only"):
            return parts[0].copy()
        if self._has(f"d_{name} of the last step only"):
            return parts[-1].copy()
        return parts.mean(axis=0) if self._has("mean over time") else parts.sum(axis=0)

    def _output_bias(self, d_y: Array) -> Array:
        d_by = d_y.copy()
        if self._has("d_by ones"):
            d_by = np.ones_like(d_y)
        elif self._has("d_by summed"):
            d_by = np.zeros_like(d_y)
            d_by += d_y.sum()
        return d_by * len(self._x) if self._has("output bias over time") else d_by

    def _arranged(self, gradients: dict[str, Array]) -> dict[str, Array]:
        """The gradients in their parameters' shapes."""
        for name in ("d_W", "d_R", "d_V"):
            if self._has(f"{name} transposed"):
                gradients[name] = gradients[name].T
        for name in ("d_bs", "d_by"):
            if self._has(f"{name} as a column"):
                gradients[name] = gradients[name].reshape(-1, 1)
        return gradients

    # the step downhill, and weights in and out

    def update(self, lr: float) -> None:
        """Take every gradient, times the learning rate, from its parameter."""
        if self._gradients is None:
            raise RuntimeError("no new gradients: call backward first")
        for name in NAMES:
            if name in ("bs", "by") and self._has("biases not updated"):
                continue
            if name == "W" and self._has("a matrix not updated"):
                continue
            step = self._scaled(self._gradients[f"d_{name}"], lr)
            for _ in range(2 if self._has("update twice") else 1):
                self._move(name, step)
        if not self._has("update without gradients"):
            self._gradients = None

    def _scaled(self, gradient: Array, lr: float) -> Array:
        if self._has("learning rate left out"):
            return gradient
        factor = 1 / lr if self._has("learning rate divided") else lr
        if self._has("gradient changed in place"):
            gradient *= factor
            return gradient
        return factor * gradient

    def _move(self, name: str, step: Array) -> None:
        parameter = getattr(self, name)
        if self._has("ascent"):
            step = -step
        if self._has("updates nothing"):
            parameter = parameter - step
        elif self._has("gradient in place of the parameter"):
            setattr(self, name, step)
        elif self._has("weights not copied"):
            parameter -= step
        else:
            setattr(self, name, parameter - step)

    def get_weights(self) -> dict[str, Array]:
        """Copies of the parameters."""
        if self._has("weights not copied"):
            return {name: getattr(self, name) for name in NAMES}
        return {name: getattr(self, name).copy() for name in NAMES}

    def set_weights(self, weights: Mapping[str, Array]) -> None:
        """Take over copies of all five parameters, or of none."""
        missing = [name for name in NAMES if name not in weights]
        if missing and not self._has("weights set before the check"):
            raise ValueError(f"these weights are missing: {', '.join(missing)}")
        for name in NAMES:
            if name in ("bs", "by") and self._has("some weights not set"):
                continue
            if name in weights and not self._has("weights not set"):
                value = weights[name]
                setattr(self, name, value if self._has("weights not copied") else value.copy())
        if missing:
            raise ValueError(f"these weights are missing: {', '.join(missing)}")


def make(wrong: frozenset[str]) -> Callable[..., Any]:
    """The class with these mistakes in it."""
    return type("RNN", (Network,), {"_wrong": wrong})


FAMILIES = [Family("RNN", "NumPy float64, small methods, a contribution a step", IDS, make, CLASHES)]
