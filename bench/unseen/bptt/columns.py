"""`RNN` in column vectors, with every matrix turned, as a textbook writes it."""

from __future__ import annotations

from typing import Any

import numpy as np

NAMES = "W R V bs by".split()


def with_columns(mistakes: frozenset[str]) -> type[Any]:
    """States and their gradients are [H, 1], outputs [O, 1]; a list of dicts keeps the steps."""

    def column(values):
        return np.reshape(np.asarray(values, dtype=float), (-1, 1))

    def step(model, x, a):
        R = model.R if "recurrent weights transposed" in mistakes else model.R.T
        s = model.W.T @ x + R @ a
        if "hidden bias dropped" not in mistakes:
            s = s + column(model.bs)
        if "no activation" in mistakes:
            return s
        return (np.tanh(s / 2) + 1) / 2 if "sigmoid for tanh" in mistakes else np.tanh(s)

    def through_tanh(a, d_a):
        if "slope missing" in mistakes:
            return d_a
        return (1 - a if "slope not squared" in mistakes else (1 + a) * (1 - a)) * d_a

    class RNN:
        def __init__(self, input_size, hidden_size, output_size):
            self.W = np.random.uniform(-0.2, 0.2, size=(input_size, hidden_size))
            self.R = np.random.uniform(-0.2, 0.2, size=(hidden_size, hidden_size))
            self.V = np.random.uniform(-0.2, 0.2, size=(hidden_size, output_size))
            self.bs, self.by = np.zeros(hidden_size), np.zeros(output_size)
            self.start = np.zeros((hidden_size, 1))
            self.totals = [0, 0, 0, 0, 0]
            self.waiting = None

        def forward(self, x):
            order = list(range(len(x)))
            if "time reversed" in mistakes:
                order.reverse()
            if "first step left out" in mistakes:
                order = order[1:]
            if "last step left out" in mistakes:
                order = order[:-1]
            self.steps, a = [], self.start
            for t in order:
                taken = {"x": column(x[t]), "before": a}
                a = taken["after"] = step(self, taken["x"], a)
                self.steps.append(taken)
            if "state kept over calls" in mistakes:
                self.start = a
            self.a = a
            y = self.V.T @ a
            if "output bias dropped" not in mistakes:
                y = y + column(self.by)
            if "output activation" in mistakes:
                y = np.tanh(y)
            return y.flatten()

        def backward(self, d_loss):
            d_y = column(d_loss)
            if "upstream ignored" in mistakes:
                d_y = column([1.0] * len(self.by))
            totals = self.totals if "sums left over" in mistakes else [0, 0, 0, 0, 0]
            V, by, W, R, bs = totals
            V = V + self.a @ d_y.T
            by = by + (np.ones(len(self.by)) if "d_by ones" in mistakes else d_y[:, 0])
            W, R, bs = W + np.zeros_like(self.W), R + np.zeros_like(self.R), bs + np.zeros((len(self.bs), 1))

            weight = 1 / max(len(self.steps), 1) if "mean over time" in mistakes else 1
            d_a = self.V @ d_y
            for count, taken in enumerate(reversed(self.steps)):
                d_s = through_tanh(taken["after"], d_a)
                W = W + weight * taken["x"] @ d_s.T
                R = R + weight * self.recurrent(taken, d_s)
                if count == 0 or "d_bs of the last step only" not in mistakes:
                    bs = bs + weight * d_s
                d_a = (self.R.T if "R not transposed" in mistakes else self.R) @ d_s
                if "only the last step" in mistakes:
                    d_a = 0 * d_a
            self.totals = [V, by, W, R, bs]

            if "bias gradient zero" in mistakes:
                bs = bs * 0
            bs = bs if "d_bs as a column" in mistakes else bs[:, 0]
            sign = -1 if "sign wrong" in mistakes else 1
            answer = {"d_V": V, "d_by": by, "d_W": W, "d_R": R, "d_bs": bs}
            self.waiting = {name: sign * value for name, value in answer.items()}
            return self.waiting

        def recurrent(self, taken, d_s):
            before = taken["after" if "step off by one" in mistakes else "before"]
            return d_s @ before.T if "d_R transposed" in mistakes else before @ d_s.T

        def update(self, lr):
            gradients, self.waiting = self.waiting, None
            if gradients is None:
                raise RuntimeError("backward has to come first")
            factor = 1 if "learning rate left out" in mistakes else lr
            factor = -factor if "ascent" in mistakes else factor
            factor = 2 * factor if "update twice" in mistakes else factor
            changed = NAMES[:3] if "biases not updated" in mistakes else NAMES
            for name in changed:
                gradient = gradients[f"d_{name}"]
                if "gradient changed in place" in mistakes:
                    np.multiply(gradient, factor, out=gradient)
                else:
                    gradient = gradient * factor
                if "weights not copied" in mistakes:
                    value = getattr(self, name)
                    value[...] = value - gradient
                else:
                    setattr(self, name, getattr(self, name) - gradient)

        def get_weights(self):
            copied = np.asarray if "weights not copied" in mistakes else np.array
            return {name: copied(getattr(self, name)) for name in NAMES}

        def set_weights(self, weights):
            missing = [name for name in NAMES if weights.get(name) is None]
            if missing:
                raise ValueError(f"{' and '.join(missing)} missing")
            copied = np.asarray if "weights not copied" in mistakes else np.array
            for name in NAMES:
                setattr(self, name, copied(weights[name]))

    return RNN
