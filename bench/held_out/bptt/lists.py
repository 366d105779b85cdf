"""RNN with lists of inputs and states, outer products added up step by step."""

import numpy as np

from bench.family import Family
from bench.held_out.bptt.pairs import CLASHES, IDS


def make(mistakes: frozenset[str]) -> type:
    """The class with these mistakes in it."""
    bad = mistakes

    class RNN:
        def __init__(self, input_size, hidden_size, output_size):
            self.W = np.random.uniform(-0.2, 0.2, size=(input_size, hidden_size))
            self.R = np.random.uniform(-0.2, 0.2, size=(hidden_size, hidden_size))
            self.V = np.random.uniform(-0.2, 0.2, size=(hidden_size, output_size))
            self.bs = np.zeros(hidden_size)
            self.by = np.zeros(output_size)
            self.grads = None
            self.sums = None
            self.states = None

        def forward(self, x):
            first = 1 if "first step left out" in bad else 0
            last = len(x) - 1 if "last step left out" in bad else len(x)
            steps = list(range(first, last))
            if "time reversed" in bad:
                steps.reverse()
            a = np.zeros(self.R.shape[0])
            if "state kept over calls" in bad and self.states is not None:
                a = self.states[-1]
            self.inputs, self.states = [], [a]
            for t in steps:
                s = x[t] @ self.W + a @ (self.R.T if "recurrent weights transposed" in bad else self.R)
                if "hidden bias dropped" not in bad:
                    s = s + self.bs
                a = np.tanh(s)
                if "no activation" in bad:
                    a = s
                if "sigmoid for tanh" in bad:
                    a = 1 / (1 + np.exp(-s))
                self.inputs.append(x[t])
                self.states.append(a)
            y = a @ self.V
            if "output bias dropped" not in bad:
                y = y + self.by
            return np.tanh(y) if "output activation" in bad else y

        def backward(self, d_loss):
            d_loss = np.array(d_loss, dtype=float)
            if "upstream ignored" in bad:
                d_loss = np.ones_like(d_loss)
            if "sign wrong" in bad:
                d_loss = -d_loss
            d_W, d_R, d_bs = np.zeros(self.W.shape), np.zeros(self.R.shape), np.zeros(self.bs.shape)
            d_a = self.V @ d_loss
            n = len(self.inputs)
            for t in range(n, 0, -1):
                a, before = self.states[t], self.states[t - 1]
                if "slope missing" in bad:
                    d_s = d_a
                elif "slope not squared" in bad:
                    d_s = d_a * (1 - a)
                else:
                    d_s = d_a * (1 - a**2)
                if "step off by one" in bad:
                    before = a
                d_W += np.outer(self.inputs[t - 1], d_s)
                d_R += np.outer(d_s, before) if "d_R transposed" in bad else np.outer(before, d_s)
                if t == n or "d_bs of the last step only" not in bad:
                    d_bs += d_s
                d_a = d_s @ self.R if "R not transposed" in bad else d_s @ self.R.T
                if "only the last step" in bad:
                    break
            if "mean over time" in bad:
                d_W, d_R, d_bs = d_W / max(n, 1), d_R / max(n, 1), d_bs / max(n, 1)
            d_by = np.ones_like(d_loss) if "d_by ones" in bad else d_loss
            if "bias gradient zero" in bad:
                d_bs, d_by = 0 * d_bs, 0 * d_by
            if "d_bs as a column" in bad:
                d_bs = d_bs.reshape(-1, 1)
            new = {
                "d_V": np.outer(self.states[-1], d_loss),
                "d_by": d_by,
                "d_W": d_W,
                "d_R": d_R,
                "d_bs": d_bs,
            }
            if "sums left over" in bad and self.sums is not None:
                new = {key: new[key] + self.sums[key] for key in new}
            self.sums = {key: value.copy() for key, value in new.items()}
            self.grads = new
            return new

        def update(self, lr):
            if self.grads is None:
                raise RuntimeError("no gradients: call backward first")
            names = ["W", "R", "V"] if "biases not updated" in bad else ["W", "R", "V", "bs", "by"]
            rate = 1.0 if "learning rate left out" in bad else lr
            if "ascent" in bad:
                rate = -rate
            for name in names:
                step = rate * self.grads["d_" + name]
                for _ in range(2 if "update twice" in bad else 1):
                    if "weights not copied" in bad and step.ndim == 2 and not name.startswith("b"):
                        getattr(self, name)[...] -= step
                    else:
                        setattr(self, name, getattr(self, name) - step)
            if "gradient changed in place" in bad:
                for gradient in self.grads.values():
                    gradient *= lr
            self.grads = None

        def get_weights(self):
            weights = {"W": self.W, "R": self.R, "V": self.V, "bs": self.bs, "by": self.by}
            if "weights not copied" in bad:
                return weights
            return {name: np.copy(value) for name, value in weights.items()}

        def set_weights(self, weights):
            missing = [name for name in ("W", "R", "V", "bs", "by") if name not in weights]
            if missing:
                raise ValueError("missing: " + ", ".join(missing))
            self.W, self.R, self.V = (np.array(weights[name], dtype=float) for name in ("W", "R", "V"))
            self.bs, self.by = np.array(weights["bs"], dtype=float), np.array(weights["by"], dtype=float)

    return RNN


FAMILY = Family("RNN", "lists of states, outer products step by step", IDS, make, CLASHES)
