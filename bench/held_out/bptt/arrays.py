"""RNN with a dict of parameters and whole arrays: inputs first, then one product for each gradient."""

import numpy as np

from bench.family import Family
from bench.held_out.bptt.pairs import CLASHES, IDS

NAMES = ("V", "by", "W", "R", "bs")


def make(mistakes: frozenset[str]) -> type:
    """The class with these mistakes in it."""

    def has(mistake):
        return mistake in mistakes

    class RNN:
        def __init__(self, input_size, hidden_size, output_size):
            rng = np.random.default_rng()
            sizes = {"W": (input_size, hidden_size), "R": (hidden_size,) * 2, "V": (hidden_size, output_size)}
            self.weights = {name: 0.4 * rng.random(size) - 0.2 for name, size in sizes.items()}
            self.weights |= {"bs": np.zeros(hidden_size), "by": np.zeros(output_size)}
            self.gradients, self.old, self.memory = {}, {}, None

        def __getattr__(self, name):
            if name in NAMES:
                return self.__dict__["weights"][name]
            raise AttributeError(name)

        def __setattr__(self, name, value):
            if name in NAMES:
                self.weights[name] = value
            else:
                super().__setattr__(name, value)

        def forward(self, x):
            if has("last step left out"):
                x = x[:-1]
            if has("first step left out"):
                x = x[1:]
            if has("time reversed"):
                x = x[::-1]
            recurrent = self.R.T if has("recurrent weights transposed") else self.R
            s = np.matmul(x, self.W)
            if not has("hidden bias dropped"):
                s = s + self.bs
            a = np.zeros((len(x) + 1, len(recurrent)))
            if has("state kept over calls") and self.memory is not None:
                a[0] = self.memory
            for t in range(len(x)):
                s[t] += a[t] @ recurrent
                if has("no activation"):
                    a[t + 1] = s[t]
                elif has("sigmoid for tanh"):
                    a[t + 1] = (1 + np.tanh(s[t] / 2)) / 2
                else:
                    a[t + 1] = np.tanh(s[t])
            self.x, self.a, self.memory = x, a, a[-1].copy()
            y = np.einsum("h,ho->o", a[-1], self.V)
            if not has("output bias dropped"):
                y += self.by
            return np.tanh(y) if has("output activation") else y

        def backward(self, d_loss):
            upstream = np.ones(len(d_loss)) if has("upstream ignored") else np.asarray(d_loss) + 0.0
            before, a = self.a[:-1], self.a[1:]
            slopes = 1 - a * a
            if has("slope missing"):
                slopes = np.ones(a.shape)
            if has("slope not squared"):
                slopes = 1 - a
            back = self.R if has("R not transposed") else self.R.T
            d_s = np.zeros(a.shape)
            if len(a):
                d_s[-1] = slopes[-1] * (self.V @ upstream)
            if not has("only the last step"):
                for t in range(len(a) - 2, -1, -1):
                    d_s[t] = slopes[t] * (d_s[t + 1] @ back)
            if has("step off by one"):
                before = a
            d_bs = d_s[-1:].sum(0) if has("d_bs of the last step only") else d_s.sum(0)
            gradients = {
                "d_V": self.a[-1][:, None] * upstream,
                "d_by": np.ones(len(upstream)) if has("d_by ones") else upstream,
                "d_W": self.x.T @ d_s,
                "d_R": d_s.T @ before if has("d_R transposed") else before.T @ d_s,
                "d_bs": np.zeros_like(d_bs) if has("bias gradient zero") else d_bs,
            }
            if has("mean over time"):
                for name in ("d_W", "d_R", "d_bs"):
                    gradients[name] = gradients[name] / max(len(a), 1)
            if has("d_bs as a column"):
                gradients["d_bs"] = gradients["d_bs"][:, None]
            if has("sign wrong"):
                gradients = {name: -gradient for name, gradient in gradients.items()}
            if has("sums left over"):
                gradients = {name: g + self.old.get(name, 0) for name, g in gradients.items()}
                self.old = {name: g.copy() for name, g in gradients.items()}
            self.gradients = gradients
            return {**gradients}

        def update(self, lr):
            if not self.gradients:
                raise RuntimeError("update needs the gradients of a backward")
            factor = (1 if has("learning rate left out") else lr) * (2 if has("update twice") else 1)
            for name in NAMES:
                if has("biases not updated") and name in ("bs", "by"):
                    continue
                step = self.gradients[f"d_{name}"] * factor
                self.weights[name] = self.weights[name] + (step if has("ascent") else -step)
            if has("gradient changed in place"):
                for gradient in self.gradients.values():
                    gradient.fill(0)
            self.gradients = {}

        def get_weights(self):
            if has("weights not copied"):
                return self.weights  # the very dict, in which update puts other arrays
            return {name: array.copy() for name, array in self.weights.items()}

        def set_weights(self, weights):
            missing = set(NAMES) - set(weights)
            if missing:
                raise ValueError(f"these weights are missing: {sorted(missing)}")
            self.weights = {name: np.array(weights[name], dtype=np.float64) for name in NAMES}

    return RNN


FAMILY = Family("RNN", "a dict of parameters, whole arrays", IDS, make, CLASHES)
