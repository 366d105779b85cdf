"""`RNN` with its parameters in a dict behind properties, and one einsum a gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import expit


def with_whole_arrays(mistakes: frozenset[str]) -> type[Any]:
    """One array [T + 1, H] of all states; the recursion back fills another, the rest is einsum."""

    def parameter(name):
        return property(lambda self: self.params[name], lambda self, value: self.params.update({name: value}))

    def squash(s):
        if "no activation" in mistakes:
            return s
        return expit(s) if "sigmoid for tanh" in mistakes else np.tanh(s)

    def slopes(a):
        if "slope missing" in mistakes:
            result = np.ones_like(a)
        elif "slope not squared" in mistakes:
            result = 1.0 - a
        else:
            result = 1.0 - np.square(a)
        return -result if "sign wrong" in mistakes else result

    class RNN:
        W, R, V, bs, by = map(parameter, ("W", "R", "V", "bs", "by"))

        def __init__(self, input_size, hidden_size, output_size):
            D, H, O = input_size, hidden_size, output_size  # noqa: E741 - the course's letter
            shapes = {"W": (D, H), "R": (H, H), "V": (H, O)}
            self.params = {name: np.random.rand(*shape) * 0.4 - 0.2 for name, shape in shapes.items()}
            self.params |= {"bs": np.zeros(H), "by": np.zeros(O)}
            self.last_state = np.zeros(H)
            self.grads, self.sums, self.fresh = {}, {}, False

        def forward(self, x):
            x = np.asarray(x, dtype=np.float64)
            if "time reversed" in mistakes:
                x = np.flip(x, axis=0)
            first = 1 if "first step left out" in mistakes else 0
            x = x[first:]
            T, H = len(x), self.bs.size
            a = np.zeros((T + 1, H))
            if "state kept over calls" in mistakes:
                a[0] = self.last_state
            drive = np.einsum("td,dh->th", x, self.W)
            if "hidden bias dropped" not in mistakes:
                drive += self.bs
            axes = "k,hk->h" if "recurrent weights transposed" in mistakes else "k,kh->h"
            for t in range(T):
                a[t + 1] = squash(drive[t] + np.einsum(axes, a[t], self.R))
            self.x, self.a, self.last_state = x, a, a[-1]
            read = a[-2] if "last step left out" in mistakes and T > 0 else a[-1]
            y = np.einsum("h,ho->o", read, self.V)
            if "output bias dropped" not in mistakes:
                y = y + self.by
            return np.tanh(y) if "output activation" in mistakes else y

        def backward(self, d_loss):
            d_loss = np.asarray(d_loss, dtype=np.float64)
            g = np.ones(self.by.size) if "upstream ignored" in mistakes else d_loss
            T = len(self.x)
            slope = slopes(self.a[1:])
            d_s = np.zeros_like(slope)
            d_a = np.einsum("ho,o->h", self.V, g)
            for t in range(T)[::-1]:
                d_s[t] = d_a * slope[t]
                if "only the last step" in mistakes:
                    break
                d_a = np.einsum("k,kh->h" if "R not transposed" in mistakes else "k,hk->h", d_s[t], self.R)

            before = self.a[1:] if "step off by one" in mistakes else self.a[:-1]
            d_bs = d_s[-1:] if "d_bs of the last step only" in mistakes else d_s
            over_time = {
                "d_W": np.einsum("td,th->dh", self.x, d_s),
                "d_R": np.einsum("tk,th->hk" if "d_R transposed" in mistakes else "tk,th->kh", before, d_s),
                "d_bs": np.einsum("th->h", d_bs),
            }
            if "mean over time" in mistakes:
                over_time = {name: value / max(T, 1) for name, value in over_time.items()}
            if "sums left over" in mistakes:
                over_time = {name: value + self.sums.get(name, 0) for name, value in over_time.items()}
            self.sums = dict(over_time)
            d_by = np.ones_like(g) if "d_by ones" in mistakes else g.copy()
            if "bias gradient zero" in mistakes:
                over_time["d_bs"] = np.zeros(self.bs.size)
                d_by = np.zeros_like(g)
            if "d_bs as a column" in mistakes and g.size == 1:
                over_time["d_bs"] = over_time["d_bs"][:, None]
            self.grads = {"d_V": np.einsum("h,o->ho", self.a[-1], g), "d_by": d_by} | over_time
            self.fresh = True
            return dict(self.grads)

        def update(self, lr):
            if not self.fresh:
                raise RuntimeError("no gradients: run backward first")
            rate = 1.0 if "learning rate left out" in mistakes else lr
            rate = -rate if "ascent" in mistakes else rate
            names = [name for name in self.params if name[0] != "b" or "biases not updated" not in mistakes]
            for name in names * (2 if "update twice" in mistakes else 1):
                self.params[name] = self.params[name] - rate * self.grads[f"d_{name}"]
            if "gradient changed in place" in mistakes:
                for gradient in self.grads.values():
                    gradient.fill(0)
            self.fresh = False

        def get_weights(self):
            if "weights not copied" in mistakes:
                return self.params
            return {name: np.copy(value) for name, value in self.params.items()}

        def set_weights(self, weights):
            absent = sorted(set(self.params) - set(weights))
            if absent:
                raise ValueError(f"no weights for {absent}")
            self.params = {name: np.copy(weights[name]) for name in self.params}

    return RNN
