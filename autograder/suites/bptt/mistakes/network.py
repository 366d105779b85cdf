"""Q1: the class `RNN`, right and in small parts; its mistakes are in the modules beside this one."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.answers import Array
from autograder.mistakes import Bank

NAMES = ("W", "R", "V", "bs", "by")
Gradients = dict[str, Any]


class Network:
    """One sequence in, one answer out; a = [a[0], ..., a[T]] are its states, s those before the tanh."""

    def __init__(self, input_size: int, hidden_size: int, output_size: int) -> None:
        self.W = np.random.uniform(-0.2, 0.2, (input_size, hidden_size))
        self.R = np.random.uniform(-0.2, 0.2, (hidden_size, hidden_size))
        self.V = np.random.uniform(-0.2, 0.2, (hidden_size, output_size))
        self.bs = np.zeros(hidden_size)
        self.by = np.zeros(output_size)
        self.gradients: Gradients | None = None

    # --- Forward --------------------------------------------------------------------------------------------

    def forward(self, x: Any) -> Any:
        self.x = self.sequence(np.asarray(x, dtype=np.float64))  # [T, D]
        self.a, self.s = [self.start()], [np.zeros_like(self.bs)]
        for x_t in self.x:
            self.s.append(self.before_bend(x_t, self.a[-1]))
            self.a.append(self.bend(self.s[-1]))
        self.y = self.readout(self.last_state() @ self.V + self.output_bias())
        return self.returned(self.y)

    def sequence(self, x: Array) -> Array:
        return x

    def start(self) -> Array:
        return np.zeros(len(self.R))

    def before_bend(self, x_t: Array, a: Array) -> Array:
        return np.asarray(x_t @ self.W + a @ self.recurrent() + self.hidden_bias())

    def recurrent(self) -> Array:
        return self.R

    def hidden_bias(self) -> Any:
        return self.bs

    def output_bias(self) -> Any:
        return self.by

    def bend(self, s: Array) -> Array:
        return np.tanh(s)

    def last_state(self) -> Array:
        return self.a[-1]

    def readout(self, y: Array) -> Array:
        return y

    def returned(self, y: Array) -> Any:
        return y

    # --- Backward -------------------------------------------------------------------------------------------

    def backward(self, d_loss: Any) -> Gradients:
        self.gradients = self.handed_out(self.gradients_of(np.asarray(d_loss, dtype=np.float64)))
        return dict(self.gradients)

    def gradients_of(self, d_loss: Array) -> Gradients:
        d_y = self.through_readout(self.upstream(d_loss))  # [O]
        d_s = self.flow(self.V @ d_y)  # [T, H]
        parts = {"d_V": self.d_V(d_y), "d_by": self.d_by(d_y)}
        return parts | {"d_W": self.d_W(d_s), "d_R": self.d_R(d_s), "d_bs": self.d_bs(d_s)}

    def upstream(self, d_loss: Array) -> Array:
        return d_loss

    def through_readout(self, d_y: Array) -> Array:
        return d_y

    def flow(self, d_a: Array) -> Array:
        d_s = np.zeros((len(self.x), len(self.R)))
        for t in range(len(self.x), 0, -1):
            d_s[t - 1] = d_a * self.slope(t)
            d_a = self.earlier(d_s[t - 1])
        return d_s

    def slope(self, t: int) -> Any:
        return 1 - self.a[t] ** 2

    def earlier(self, d_s: Array) -> Array:
        return d_s @ self.R.T

    def d_V(self, d_y: Array) -> Any:  # noqa: N802 - named as the gradient
        return np.outer(self.last_state(), d_y)

    def d_by(self, d_y: Array) -> Any:
        return d_y.copy()

    def d_W(self, d_s: Array) -> Any:  # noqa: N802
        return self.x.T @ d_s

    def d_R(self, d_s: Array) -> Any:  # noqa: N802
        return np.reshape(self.a[:-1], (-1, len(self.R))).T @ d_s

    def d_bs(self, d_s: Array) -> Any:
        return d_s.sum(axis=0)

    def handed_out(self, gradients: Gradients) -> Gradients:
        return gradients

    # --- Update and weights ---------------------------------------------------------------------------------

    def update(self, lr: float) -> None:
        if self.gradients is None:
            raise RuntimeError("call backward before every update")
        for name in self.updated():
            setattr(self, name, self.moved(getattr(self, name), lr, self.gradients[f"d_{name}"]))
        self.gradients = None

    def updated(self) -> tuple[str, ...]:
        return NAMES

    def moved(self, parameter: Array, lr: float, gradient: Array) -> Array:
        return np.asarray(parameter - lr * gradient)

    def get_weights(self) -> dict[str, Array]:
        return {name: getattr(self, name).copy() for name in NAMES}

    def set_weights(self, weights: Any) -> None:
        missing = [name for name in NAMES if name not in weights]
        if missing:
            raise ValueError(f"missing weights: {', '.join(missing)}")
        for name in NAMES:
            self.take(name, weights[name])

    def take(self, name: str, value: Array) -> None:
        setattr(self, name, np.array(value))


bank = Bank("RNN", Network, ("Q1",))  # no mistake of the class costs anything in Q2
