"""RNNLayer one sequence after the other: an object for each step of each sequence, and in-place sums."""

import numpy as np

from bench.family import Family, hides
from bench.held_out.rnn_layer.pairs import CLASHES, IDS


class Buffers:
    """The sums of the parameters' gradients; db has a row for each sequence."""

    def __init__(self, layer, sequences):
        self.W_ih, self.W_hh = np.zeros(layer.W_ih.shape), np.zeros(layer.W_hh.shape)
        self.b = np.zeros((sequences, layer.W_hh.shape[0]))


def make_cell(mistakes: frozenset[str]) -> type:
    """One step of one sequence: vectors only."""

    class Cell:
        def __init__(self, layer, x, old):
            self.layer, self.x, self.old = layer, x, old
            recurrent = layer.W_hh if "recurrent weights transposed" in mistakes else layer.W_hh.T
            self.a = layer.W_ih.T @ x + recurrent @ old
            if "bias dropped" not in mistakes:
                self.a += layer.b
            if "bias counted twice" in mistakes:
                self.a += layer.b
            self.new = self.activation()

        def activation(self):
            if "no activation" in mistakes:
                return self.a.copy()
            if "sigmoid for tanh" in mistakes:
                return np.reciprocal(1 + np.exp(-self.a))
            if "relu for tanh" in mistakes:
                return self.a.clip(min=0)
            return np.tanh(self.a)

        def slope(self, old):
            if "slope missing" in mistakes:
                return np.ones(self.new.size)
            if "slope not squared" in mistakes:
                return np.ones(self.new.size) - self.new
            if "slope of the pre-activation" in mistakes:
                return 1 - np.power(self.a, 2)
            if "slope of a sigmoid" in mistakes:
                sigmoid = 1 / (1 + np.exp(-self.a))
                return sigmoid * (1 - sigmoid)
            if "slope of the old state" in mistakes:
                return 1 - old**2
            return 1 - self.new**2

        def back(self, upstream, old, sums, row):
            """Adds to the sums; returns the gradients of the input and of the old state."""
            layer = self.layer
            da = upstream * self.slope(old)
            if "sign wrong" in mistakes:
                da = -da
            before = self.new if "dW_hh from the next state" in mistakes else old
            if sums is not None:
                sums.W_ih += np.outer(self.x, da)
                sums.W_hh += np.outer(da, before) if "dW_hh transposed" in mistakes else np.outer(before, da)
                if "bias gradient zero" not in mistakes:
                    sums.b[row] += da
            recurrent = layer.W_hh.T if "W_hh not transposed" in mistakes else layer.W_hh
            return layer.W_ih @ da, recurrent @ (upstream if "old upstream" in mistakes else da)

    return Cell


def make(mistakes: frozenset[str]) -> type:
    """The class with these mistakes in it."""
    cell = make_cell(mistakes)

    def totals(sums, times=1):
        """dW_ih, dW_hh and db; times: how often the sums are to be divided by the steps."""
        n = len(sums.b)
        db = sums.b.copy() if "batch sum missing" in mistakes else sums.b.sum(0)
        share = times * (n if "mean over the batch" in mistakes else 1)
        return sums.W_ih / share, sums.W_hh / share, db / share

    class RNNLayer:
        def __init__(self, input_size, hidden_size):
            rng = np.random.default_rng()
            self.W_ih = rng.uniform(-0.1, 0.1, (input_size, hidden_size))
            self.W_hh = rng.uniform(-0.1, 0.1, (hidden_size, hidden_size))
            self.b = rng.uniform(-0.1, 0.1, hidden_size)
            self.left = None

        def forward_step(self, x, prev_h):
            self.cells = [cell(self, x_n, h_n) for x_n, h_n in zip(x, prev_h, strict=True)]
            return np.array([each.new for each in self.cells])

        def forward(self, x, h0):
            self.chains, rows = [], []
            for sequence, start in zip(x, h0, strict=True):
                h = np.zeros(start.size) if "zero initial state" in mistakes else start
                chain, row = [], []
                for x_t in sequence[::-1] if "time reversed" in mistakes else sequence:
                    chain.append(cell(self, x_t, h))
                    row.append(chain[-1].old if "states one step late" in mistakes else chain[-1].new)
                    if "state not carried" not in mistakes:
                        h = chain[-1].new
                self.chains.append(chain)
                rows.append(row[::-1] if "time reversed" in mistakes else row)
            h = np.array(rows)
            return np.moveaxis(h, 1, 0) if "batch and time exchanged" in mistakes else h

        def backward_step(self, prev_h, dnext_h):
            sums = Buffers(self, len(prev_h))
            both = [one.back(dnext_h[n], prev_h[n], sums, n) for n, one in enumerate(self.cells)]
            self.dW_ih, self.dW_hh, self.db = totals(sums)
            self.dprev_h = np.array([d_old for _, d_old in both])
            return np.array([d_input for d_input, _ in both])

        def backward(self, dout):
            N, T, H = dout.shape
            sums = Buffers(self, N)
            dx, dh0 = np.zeros((N, T, self.W_ih.shape[0])), np.zeros((N, H))
            for n, chain in enumerate(self.chains):
                dh = np.zeros(H)
                for t in range(T)[::-1]:
                    if "only the last step" in mistakes and t < T - 1:
                        continue
                    own = dout[n, t]
                    if "upstream of the last step only" in mistakes and t < T - 1:
                        own = np.zeros(H)
                    upstream = own if "carried gradient dropped" in mistakes else own + dh
                    old = chain[t].new if "step off by one" in mistakes else chain[t].old
                    alone = "not summed over time" in mistakes and t > 0
                    d_input, dh = chain[t].back(upstream, old, None if alone else sums, n)
                    dx[n, T - 1 - t if "dx in reverse order" in mistakes else t] = d_input
                dh0[n] = upstream if "dh0 missing its last step" in mistakes else dh
            if "dh0 zero" in mistakes:
                dh0.fill(0)
            weights = totals(sums, T if "mean over time" in mistakes else 1)
            if "sums left over" in mistakes:
                self.left = weights if self.left is None else tuple(map(np.add, self.left, weights))
                weights = self.left
            return dx, dh0, *weights

    return RNNLayer


FAMILY = Family(
    "RNNLayer",
    "an object a step and sequence, vectors and outer products, sums in place",
    IDS,
    make,
    CLASHES | hides("state not carried", "time reversed"),  # the outputs are in the inputs' order
)
