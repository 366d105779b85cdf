"""RNNLayer step by step: one list of what every step kept, and backward made of backward_step."""

import numpy as np

from bench.family import Family, hides
from bench.held_out.rnn_layer.pairs import CLASHES, IDS


def make(mistakes: frozenset[str]) -> type:
    """The class with these mistakes in it."""
    bad = mistakes

    class RNNLayer:
        def __init__(self, input_size, hidden_size):
            rng = np.random.default_rng()
            self.W_ih = rng.uniform(-0.1, 0.1, (input_size, hidden_size))
            self.W_hh = rng.uniform(-0.1, 0.1, (hidden_size, hidden_size))
            self.b = rng.uniform(-0.1, 0.1, hidden_size)

        def forward_step(self, x, prev_h):
            recurrent = self.W_hh.T if "recurrent weights transposed" in bad else self.W_hh
            a = np.dot(x, self.W_ih) + np.dot(prev_h, recurrent)
            if "bias dropped" not in bad:
                a = a + self.b
            if "bias counted twice" in bad:
                a = a + self.b
            if "no activation" in bad:
                next_h = a
            elif "sigmoid for tanh" in bad:
                next_h = 1 / (1 + np.exp(-a))
            elif "relu for tanh" in bad:
                next_h = np.maximum(a, 0)
            else:
                next_h = np.tanh(a)
            self.kept = {"x": x, "a": a, "next_h": next_h}
            return next_h

        def forward(self, x, h0):
            n_steps = x.shape[1]
            h = np.zeros_like(h0) if "zero initial state" in bad else h0
            out = np.zeros((x.shape[0], n_steps, h0.shape[1]))
            self.history = []
            for t in reversed(range(n_steps)) if "time reversed" in bad else range(n_steps):
                new = self.forward_step(x[:, t, :], h)
                self.history.append((t, h, self.kept))
                out[:, t, :] = h if "states one step late" in bad else new
                if "state not carried" not in bad:
                    h = new
            return out.transpose(1, 0, 2) if "batch and time exchanged" in bad else out

        def backward_step(self, prev_h, dnext_h):
            x, a, next_h = self.kept["x"], self.kept["a"], self.kept["next_h"]
            slope = 1 - next_h**2
            if "slope missing" in bad:
                slope = 1
            if "slope not squared" in bad:
                slope = 1 - next_h
            if "slope of the pre-activation" in bad:
                slope = 1 - a**2
            if "slope of a sigmoid" in bad:
                slope = next_h * (1 - next_h)
            if "slope of the old state" in bad:
                slope = 1 - prev_h**2
            da = -dnext_h * slope if "sign wrong" in bad else dnext_h * slope

            self.dW_ih = np.dot(x.T, da)
            self.dW_hh = np.dot((next_h if "dW_hh from the next state" in bad else prev_h).T, da)
            if "dW_hh transposed" in bad:
                self.dW_hh = self.dW_hh.T
            self.db = np.sum(da, axis=0)
            if "mean over the batch" in bad:
                self.db = np.mean(da, axis=0)
            if "batch sum missing" in bad:
                self.db = da
            if "bias gradient zero" in bad:
                self.db = np.zeros_like(self.b)
            back = dnext_h if "old upstream" in bad else da
            self.dprev_h = np.dot(back, self.W_hh if "W_hh not transposed" in bad else self.W_hh.T)
            return np.dot(da, self.W_ih.T)

        def backward(self, dout):
            n, n_steps, _ = dout.shape
            dx = np.zeros((n, n_steps, self.W_ih.shape[0]))
            dh = np.zeros((n, self.W_hh.shape[0]))
            if "sums left over" not in bad or not hasattr(self, "total"):
                self.total = [0, 0, 0]
            for place, (t, prev_h, kept) in enumerate(reversed(self.history)):
                self.kept = kept
                upstream = dout[:, t, :]
                if "upstream of the last step only" in bad and place > 0:
                    upstream = 0 * upstream
                if "carried gradient dropped" not in bad:
                    upstream = upstream + dh
                if "step off by one" in bad:
                    prev_h = self.kept["next_h"]
                one_dx = self.backward_step(prev_h, upstream)
                dx[:, n_steps - 1 - t if "dx in reverse order" in bad else t, :] = one_dx
                dh = upstream if "dh0 missing its last step" in bad and t == 0 else self.dprev_h
                new = [self.dW_ih, self.dW_hh, self.db]
                if "not summed over time" in bad:
                    self.total = new
                else:
                    self.total = [old + one for old, one in zip(self.total, new, strict=True)]
                if "only the last step" in bad:
                    break
            if "dh0 zero" in bad:
                dh = np.zeros_like(dh)
            dW_ih, dW_hh, db = self.total
            if "mean over time" in bad:
                dW_ih, dW_hh, db = dW_ih / n_steps, dW_hh / n_steps, db / n_steps
            return dx, dh, dW_ih, dW_hh, db

    return RNNLayer


FAMILY = Family(
    "RNNLayer",
    "a list of steps, backward made of backward_step",
    IDS,
    make,
    CLASHES | hides("state not carried", "time reversed"),  # the outputs are in the inputs' order
)
