"""`RNNLayer` with input, state and a one side by side, times one stacked matrix; time comes first inside."""

from __future__ import annotations

from typing import Any

import numpy as np


def with_one_matrix(mistakes: frozenset[str]) -> type[Any]:
    """Pure helper functions do the arithmetic, the class only keeps what they return."""

    def stack(W_ih, W_hh, b):
        W_hh = W_hh.T if "recurrent weights transposed" in mistakes else W_hh
        b = 2 * b if "bias counted twice" in mistakes else b
        b = 0 * b if "bias dropped" in mistakes else b
        return np.vstack([W_ih, W_hh, b])  # [D + H + 1, H]

    def side_by_side(x, h):
        return np.hstack([x, h, np.ones((len(x), 1))])  # [N, D + H + 1]

    def step(x, h, weights):
        a = side_by_side(x, h) @ weights
        if "no activation" in mistakes:
            return a, a.copy()
        if "sigmoid for tanh" in mistakes:
            return a, 0.5 * (1 + np.tanh(a / 2))
        if "relu for tanh" in mistakes:
            return a, a * (a > 0)
        return a, np.tanh(a)

    def through_activation(h, a, next_h, dnext_h):
        formulas = {
            "slope missing": lambda: dnext_h,
            "slope not squared": lambda: dnext_h - next_h * dnext_h,
            "slope of the pre-activation": lambda: (1 - a * a) * dnext_h,
            "slope of a sigmoid": lambda: next_h * (1 - next_h) * dnext_h,
            "slope of the old state": lambda: (1 - h * h) * dnext_h,
        }
        chosen = [formula for name, formula in formulas.items() if name in mistakes]
        da = chosen[0]() if chosen else (1 - next_h) * (1 + next_h) * dnext_h
        return -da if "sign wrong" in mistakes else da

    def step_back(x, h, a, next_h, dnext_h, W_ih, W_hh, h_for_weights=None):
        """dx, dprev_h, and the gradients of the three parameters, for one step."""
        (N, D), H = x.shape, h.shape[1]
        da = through_activation(h, a, next_h, dnext_h)
        h_for_weights = h if h_for_weights is None else h_for_weights
        if "dW_hh from the next state" in mistakes:
            h_for_weights = next_h
        d_weights = side_by_side(x, h_for_weights).T @ da  # [D + H + 1, H]
        if "mean over the batch" in mistakes:
            d_weights = d_weights / N
        dW_ih, dW_hh, db = d_weights[:D], d_weights[D : D + H], d_weights[-1]
        if "dW_hh transposed" in mistakes:
            dW_hh = dW_hh.T
        if "batch sum missing" in mistakes:
            db = da
        if "bias gradient zero" in mistakes:
            db = np.zeros(H)
        back = W_hh if "W_hh not transposed" in mistakes else W_hh.T
        dprev_h = (dnext_h if "old upstream" in mistakes else da) @ back
        return da @ W_ih.T, dprev_h, dW_ih, dW_hh, db

    class RNNLayer:
        def __init__(self, input_size, hidden_size):
            bound = 1 / np.sqrt(hidden_size)
            shapes = (input_size, hidden_size), (hidden_size, hidden_size), (hidden_size,)
            self.W_ih, self.W_hh, self.b = (np.random.uniform(-bound, bound, shape) for shape in shapes)
            self.totals = None

        def forward_step(self, x, prev_h):
            a, next_h = step(x, prev_h, stack(self.W_ih, self.W_hh, self.b))
            self.memory = [(x, prev_h, a, next_h)]
            return next_h

        def forward(self, x, h0):
            weights = stack(self.W_ih, self.W_hh, self.b)
            xs = np.swapaxes(x, 0, 1)  # [T, N, D]
            if "time reversed" in mistakes:
                xs = xs[::-1]
            h = start = h0 * (0 if "zero initial state" in mistakes else 1)
            self.memory = []
            for x_t in xs:
                prev_h = start if "state not carried" in mistakes else h
                a, h = step(x_t, prev_h, weights)
                self.memory.append((x_t, prev_h, a, h))
            seen = 1 if "states one step late" in mistakes else 3
            states = np.array([moment[seen] for moment in self.memory])  # [T, N, H]
            if "time reversed" in mistakes:
                states = states[::-1]
            return states if "batch and time exchanged" in mistakes else np.swapaxes(states, 0, 1)

        def backward_step(self, prev_h, dnext_h):
            x, _, a, next_h = self.memory[-1]
            gradients = step_back(x, prev_h, a, next_h, dnext_h, self.W_ih, self.W_hh)
            dx, self.dprev_H, self.dW_ih, self.dW_hh, self.db = gradients
            return dx

        def backward(self, dout):
            douts = list(np.swapaxes(dout, 0, 1))  # T times [N, H]
            if "upstream of the last step only" in mistakes:
                douts[:-1] = [np.zeros_like(each) for each in douts[:-1]]
            totals = self.totals if "sums left over" in mistakes else None
            dh, dxs = np.zeros_like(douts[0]), []
            for moment, dout_t in zip(self.memory[::-1], douts[::-1], strict=True):
                if "only the last step" in mistakes and dxs:
                    dxs.append(np.zeros_like(moment[0]))
                    continue
                dh_after = dout_t if "carried gradient dropped" in mistakes else dout_t + dh
                state = moment[3] if "step off by one" in mistakes else moment[1]
                dx, dh, *parts = step_back(*moment, dh_after, self.W_ih, self.W_hh, h_for_weights=state)
                dxs.append(dx)
                if totals is None or "not summed over time" in mistakes:
                    totals = parts
                else:
                    totals = [total + part for total, part in zip(totals, parts, strict=True)]
            self.totals = totals
            if "dh0 missing its last step" in mistakes:
                dh = dh_after
            if "dh0 zero" in mistakes:
                dh = np.zeros_like(dh)
            if "mean over time" in mistakes:
                totals = [total / len(douts) for total in totals]
            dx = np.swapaxes(dxs if "dx in reverse order" in mistakes else dxs[::-1], 0, 1)
            return dx, dh, *totals

    return RNNLayer
