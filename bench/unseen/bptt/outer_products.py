"""`RNN` with lists of states and an outer product a step, summed up in a dict."""

from __future__ import annotations

from typing import Any

import numpy as np

NAMES = ("W", "R", "V", "bs", "by")


def with_outer_products(mistakes: frozenset[str]) -> type[Any]:
    """Attributes, float64, explicit loops over time both ways."""

    def slope(a):
        if "slope missing" in mistakes:
            return np.ones_like(a)
        if "slope not squared" in mistakes:
            return 1 - a
        return 1 - a**2

    class RNN:
        def __init__(self, input_size, hidden_size, output_size):
            rng = np.random.default_rng()
            self.W = rng.uniform(-0.2, 0.2, (input_size, hidden_size))
            self.R = rng.uniform(-0.2, 0.2, (hidden_size, hidden_size))
            self.V = rng.uniform(-0.2, 0.2, (hidden_size, output_size))
            self.bs = np.zeros(hidden_size)
            self.by = np.zeros(output_size)
            self.states = []
            self.sums = None
            self.gradients = None

        def forward(self, x):
            steps = list(x)
            if "last step left out" in mistakes:
                steps = steps[:-1]
            if "first step left out" in mistakes:
                steps = steps[1:]
            if "time reversed" in mistakes:
                steps = steps[::-1]
            a = np.zeros(self.R.shape[0])
            if "state kept over calls" in mistakes and self.states:
                a = self.states[-1]
            self.steps, self.states = steps, [a]
            R = self.R.T if "recurrent weights transposed" in mistakes else self.R
            for x_t in steps:
                s = x_t @ self.W + a @ R
                if "hidden bias dropped" not in mistakes:
                    s = s + self.bs
                if "sigmoid for tanh" in mistakes:
                    a = 1 / (1 + np.exp(-s))
                else:
                    a = s if "no activation" in mistakes else np.tanh(s)
                self.states.append(a)
            y = a @ self.V
            if "output bias dropped" not in mistakes:
                y = y + self.by
            return np.tanh(y) if "output activation" in mistakes else y

        def backward(self, d_loss):
            d_y = np.array(d_loss, dtype=float)
            if "upstream ignored" in mistakes:
                d_y = np.ones_like(d_y)
            if "sign wrong" in mistakes:
                d_y = -d_y
            if self.sums is None or "sums left over" not in mistakes:
                self.sums = {f"d_{name}": np.zeros_like(getattr(self, name)) for name in NAMES}
            sums = self.sums
            T = len(self.steps)
            share = T if "mean over time" in mistakes else 1

            sums["d_V"] += np.outer(self.states[-1], d_y)
            sums["d_by"] += np.ones_like(d_y) if "d_by ones" in mistakes else d_y
            d_a = self.V @ d_y
            for t in reversed(range(T)):
                d_s = d_a * slope(self.states[t + 1])
                before = self.states[t + 1] if "step off by one" in mistakes else self.states[t]
                d_R = np.outer(before, d_s) / share
                sums["d_W"] += np.outer(self.steps[t], d_s) / share
                sums["d_R"] += d_R.T if "d_R transposed" in mistakes else d_R
                if t == T - 1 or "d_bs of the last step only" not in mistakes:
                    sums["d_bs"] += d_s / share
                if "only the last step" in mistakes:
                    break
                d_a = d_s @ self.R if "R not transposed" in mistakes else d_s @ self.R.T

            gradients = {name: value.copy() for name, value in sums.items()}
            if "bias gradient zero" in mistakes:
                gradients["d_bs"][:] = 0
            if "d_bs as a column" in mistakes:
                gradients["d_bs"] = gradients["d_bs"].reshape(-1, 1)
            self.gradients = gradients
            return gradients

        def update(self, lr):
            if self.gradients is None:
                raise RuntimeError("update needs a backward before it")
            for _ in range(2 if "update twice" in mistakes else 1):
                for name in NAMES:
                    if "biases not updated" in mistakes and name in ("bs", "by"):
                        continue
                    self.move(name, lr)
            self.gradients = None

        def move(self, name, lr):
            step = self.gradients[f"d_{name}"]
            if "learning rate left out" in mistakes:
                lr = 1
            if "gradient changed in place" in mistakes:
                step *= lr
            else:
                step = lr * step
            if "ascent" in mistakes:
                step = -step
            if "weights not copied" in mistakes:
                parameter = getattr(self, name)
                parameter -= step
            else:
                setattr(self, name, getattr(self, name) - step)

        def get_weights(self):
            weights = {name: getattr(self, name) for name in NAMES}
            if "weights not copied" in mistakes:
                return weights
            return {name: value.copy() for name, value in weights.items()}

        def set_weights(self, weights):
            missing = [name for name in NAMES if name not in weights]
            if missing:
                raise ValueError("these weights are missing: " + ", ".join(missing))
            for name in NAMES:
                setattr(self, name, np.array(weights[name], dtype=float))

    return RNN
