"""`RNNLayer` with a list of caches, one a step; `backward` calls `backward_step`, which adds up."""

from __future__ import annotations

from typing import Any

import numpy as np


def with_caches(mistakes: frozenset[str]) -> type[Any]:
    """Parameters as attributes, float64; every step keeps a tuple, and the way back pops them."""

    def activation(a):
        if "no activation" in mistakes:
            return a
        if "sigmoid for tanh" in mistakes:
            return 1 / (1 + np.exp(-a))
        if "relu for tanh" in mistakes:
            return np.maximum(a, 0)
        return np.tanh(a)

    def slope(prev_h, a, next_h):
        if "slope missing" in mistakes:
            return np.ones_like(next_h)
        if "slope not squared" in mistakes:
            return 1 - next_h
        if "slope of the pre-activation" in mistakes:
            return 1 - a**2
        if "slope of a sigmoid" in mistakes:
            return next_h * (1 - next_h)
        if "slope of the old state" in mistakes:
            return 1 - prev_h**2
        return 1 - next_h**2

    class RNNLayer:
        def __init__(self, input_size, hidden_size):
            rng = np.random.default_rng()
            self.W_ih = rng.uniform(-0.1, 0.1, (input_size, hidden_size))
            self.W_hh = rng.uniform(-0.1, 0.1, (hidden_size, hidden_size))
            self.b = rng.uniform(-0.1, 0.1, hidden_size)
            self.clear()

        def clear(self):
            self.dW_ih = self.dW_hh = self.db = 0

        def forward_step(self, x, prev_h):
            W_hh = self.W_hh.T if "recurrent weights transposed" in mistakes else self.W_hh
            from_input = np.dot(x, self.W_ih)
            from_state = np.dot(prev_h, W_hh)
            if "bias dropped" not in mistakes:
                from_input = from_input + self.b
            if "bias counted twice" in mistakes:
                from_state = from_state + self.b
            a = from_input + from_state
            next_h = activation(a)
            self.cache = (x, a, next_h)
            return next_h

        def forward(self, x, h0):
            T = x.shape[1]
            h = np.zeros_like(h0) if "zero initial state" in mistakes else h0
            first = h
            self.caches = []
            self.previous = []
            outputs = []
            order = range(T - 1, -1, -1) if "time reversed" in mistakes else range(T)
            for t in order:
                if "state not carried" in mistakes:
                    h = first
                if "states one step late" in mistakes:
                    outputs.append(h)
                self.previous.append(h)
                h = self.forward_step(x[:, t, :], h)
                if "states one step late" not in mistakes:
                    outputs.append(h)
                self.caches.append(self.cache)
            return np.stack(outputs, axis=0 if "batch and time exchanged" in mistakes else 1)

        def backward_step(self, prev_h, dnext_h):
            x, a, next_h = self.cache
            da = dnext_h * slope(prev_h, a, next_h)
            if "sign wrong" in mistakes:
                da = -da

            dW_hh = np.dot((next_h if "dW_hh from the next state" in mistakes else prev_h).T, da)
            if "dW_hh transposed" in mistakes:
                dW_hh = dW_hh.T
            if "batch sum missing" in mistakes:
                db = da
            elif "mean over the batch" in mistakes:
                db = np.mean(da, axis=0)
            else:
                db = np.sum(da, axis=0)
            if "bias gradient zero" in mistakes:
                db = np.zeros(self.b.shape)
            self.dW_ih = self.dW_ih + np.dot(x.T, da)
            self.dW_hh = self.dW_hh + dW_hh
            self.db = self.db + db

            back = self.W_hh if "W_hh not transposed" in mistakes else self.W_hh.T
            self.dprev_h = np.dot(dnext_h if "old upstream" in mistakes else da, back)
            return np.dot(da, self.W_ih.T)

        def backward(self, dout):
            N, T, H = dout.shape
            if "sums left over" not in mistakes:
                self.clear()
            dx = np.zeros((N, T, self.W_ih.shape[0]))
            carried = np.zeros((N, H))
            for t in reversed(range(T)):
                upstream = dout[:, t, :]
                if "upstream of the last step only" in mistakes and t < T - 1:
                    upstream = np.zeros((N, H))
                if "carried gradient dropped" not in mistakes:
                    upstream = upstream + carried
                self.cache = self.caches[t]
                prev_h = self.cache[2] if "step off by one" in mistakes else self.previous[t]
                if "not summed over time" in mistakes:
                    self.clear()
                place = T - 1 - t if "dx in reverse order" in mistakes else t
                before = carried
                dx[:, place, :] = self.backward_step(prev_h, upstream)
                carried = self.dprev_h
                if "only the last step" in mistakes:
                    break
            dh0 = before if "dh0 missing its last step" in mistakes else carried
            if "dh0 zero" in mistakes:
                dh0 = np.zeros((N, H))
            steps = T if "mean over time" in mistakes else 1
            return dx, dh0, self.dW_ih / steps, self.dW_hh / steps, self.db / steps

    return RNNLayer
