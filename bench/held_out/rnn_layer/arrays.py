"""RNNLayer with input and state side by side, and weights stacked; sums over batch and time by einsum."""

import numpy as np

from bench.family import Family
from bench.held_out.rnn_layer.pairs import CLASHES, IDS


def make(mistakes: frozenset[str]) -> type:
    """The class with these mistakes in it."""

    def has(mistake):
        return mistake in mistakes

    def activation(a):
        if has("no activation"):
            return 1.0 * a
        if has("relu for tanh"):
            return np.where(a > 0, a, 0.0)
        if has("sigmoid for tanh"):
            return 0.5 * (1 + np.tanh(a / 2))
        return np.tanh(a)

    def slope(a, old, new):
        if has("slope missing"):
            return np.ones_like(new)
        if has("slope not squared"):
            return 1 - new
        if has("slope of the pre-activation"):
            return (1 - a) * (1 + a)
        if has("slope of a sigmoid"):
            return new - new * new
        if has("slope of the old state"):
            return 1 - np.square(old)
        return (1 - new) * (1 + new)

    class RNNLayer:
        def __init__(self, input_size, hidden_size):
            rng = np.random.default_rng()
            self.W_ih = rng.uniform(-0.1, 0.1, (input_size, hidden_size))
            self.W_hh = rng.uniform(-0.1, 0.1, (hidden_size, hidden_size))
            self.b = rng.uniform(-0.1, 0.1, hidden_size)

        def pre_activation(self, x, prev_h):
            stacked = np.vstack(
                [self.W_ih, self.W_hh.T if has("recurrent weights transposed") else self.W_hh]
            )
            bias = (0 if has("bias dropped") else 2 if has("bias counted twice") else 1) * self.b
            return np.hstack([x, prev_h]) @ stacked + bias

        def forward_step(self, x, prev_h):
            a = self.pre_activation(x, prev_h)
            h = activation(a)
            self.step = x[:, None], a[:, None], h[:, None]
            return h

        def forward(self, x, h0):
            if has("time reversed"):
                x = x[:, ::-1]
            N, T, _ = x.shape
            states, a = np.zeros((N, T + 1, h0.shape[1])), np.zeros((N, T, h0.shape[1]))
            if not has("zero initial state"):
                states[:, 0] = h0
            for t in range(T):
                a[:, t] = self.pre_activation(x[:, t], states[:, 0 if has("state not carried") else t])
                states[:, t + 1] = activation(a[:, t])
            self.sequence = x, a, states
            h = states[:, :-1] if has("states one step late") else states[:, 1:]
            return np.swapaxes(h, 0, 1) if has("batch and time exchanged") else h

        def parameter_gradients(self, x, old, new, da):
            """For x, the states before and after, and da, all [N, T, .]."""
            dW_ih = np.einsum("ntd,nth->dh", x, da)
            letters = "ntk,nth->hk" if has("dW_hh transposed") else "ntk,nth->kh"
            dW_hh = np.einsum(letters, new if has("dW_hh from the next state") else old, da)
            db = np.einsum("nth->nh" if has("batch sum missing") else "nth->h", da)
            if has("bias gradient zero"):
                db = 0 * db
            if has("mean over the batch"):
                dW_ih, dW_hh, db = dW_ih / len(x), dW_hh / len(x), db / len(x)
            return dW_ih, dW_hh, db

        def to_previous(self, upstream, da):
            back = upstream if has("old upstream") else da
            return np.einsum("nh,hk->nk" if has("W_hh not transposed") else "nh,kh->nk", back, self.W_hh)

        def backward_step(self, prev_h, dnext_h):
            x, a, new = self.step
            old = prev_h[:, None]
            da = dnext_h[:, None] * slope(a, old, new)
            sign = -1 if has("sign wrong") else 1
            gradients = self.parameter_gradients(x, old, new, da)
            self.dW_ih, self.dW_hh, self.db = (sign * gradient for gradient in gradients)
            self.dprev_h = sign * self.to_previous(dnext_h, da[:, 0])
            return sign * da[:, 0] @ self.W_ih.T

        def backward(self, dout):
            x, a, states = self.sequence
            old, new = states[:, :-1], states[:, 1:]
            T = x.shape[1]
            if has("upstream of the last step only"):
                dout = np.concatenate([np.zeros_like(dout[:, 1:]), dout[:, -1:]], axis=1)
            if has("step off by one"):
                old = new
            slopes = slope(a, old, new)
            da, carried = np.zeros_like(a), np.zeros_like(a[:, 0])
            for t in range(T - 1, -1, -1):
                upstream = dout[:, t] if has("carried gradient dropped") else dout[:, t] + carried
                da[:, t] = upstream * slopes[:, t]
                carried = self.to_previous(upstream, da[:, t])
                if has("only the last step"):
                    break
            dx = da @ self.W_ih.T
            dh0 = carried
            if has("dh0 missing its last step"):
                dh0 = upstream
            if has("dh0 zero"):
                dh0 = 0 * carried
            if has("dx in reverse order"):
                dx = dx[:, ::-1]
            chosen = slice(-1, None) if has("not summed over time") else slice(None)
            gradients = self.parameter_gradients(x[:, chosen], old[:, chosen], new[:, chosen], da[:, chosen])
            if has("mean over time"):
                gradients = [gradient / T for gradient in gradients]
            if has("sums left over"):
                gradients = [
                    g + before
                    for g, before in zip(gradients, getattr(self, "before", (0, 0, 0)), strict=True)
                ]
                self.before = gradients
            sign = -1 if has("sign wrong") else 1
            return tuple(sign * gradient for gradient in (dx, dh0, *gradients))

    return RNNLayer


FAMILY = Family("RNNLayer", "whole arrays, stacked weights, einsum", IDS, make, CLASHES)
