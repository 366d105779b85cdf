"""`RNNLayer` with einsum over whole sequences; `backward` does without `backward_step`."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import expit


def with_whole_arrays(mistakes: frozenset[str]) -> type[Any]:
    """Parameters in a dict with properties; arrays [N, T + 1, H] of all states, one einsum a gradient."""

    def parameter(name):
        return property(lambda self: self.params[name], lambda self, value: self.params.update({name: value}))

    def squash(a):
        if "sigmoid for tanh" in mistakes:
            return expit(a)
        if "relu for tanh" in mistakes:
            return np.where(a > 0, a, 0.0)
        return a if "no activation" in mistakes else np.tanh(a)

    def d_squash(before, a, after):
        if "slope missing" in mistakes:
            return 1.0
        if "slope of a sigmoid" in mistakes:
            return after - np.square(after)
        if "slope not squared" in mistakes:
            return 1.0 - after
        if "slope of the pre-activation" in mistakes:
            after = a
        if "slope of the old state" in mistakes:
            after = before
        return 1.0 - np.square(after)

    class RNNLayer:
        W_ih, W_hh, b = parameter("W_ih"), parameter("W_hh"), parameter("b")

        def __init__(self, input_size, hidden_size):
            draw = np.random.default_rng().normal
            self.params = {
                "W_ih": draw(0, 0.1, (input_size, hidden_size)),
                "W_hh": draw(0, 0.1, (hidden_size, hidden_size)),
                "b": np.zeros(hidden_size),
            }
            self.sums = {}

        def pre_activation(self, projected, h):
            turned = "recurrent weights transposed" in mistakes
            return projected + np.einsum("nk,hk->nh" if turned else "nk,kh->nh", h, self.W_hh)

        def projected(self, x):
            times = ("bias dropped" not in mistakes) + ("bias counted twice" in mistakes)
            return np.einsum("...d,dh->...h", x, self.W_ih) + times * self.b

        def forward_step(self, x, prev_h):
            a = self.pre_activation(self.projected(x), prev_h)
            self.step = {"x": x, "a": a, "h": squash(a)}
            return self.step["h"]

        def forward(self, x, h0):
            (N, T, _), H = x.shape, h0.shape[-1]
            projected = self.projected(x)  # [N, T, H]
            a, h = np.empty((N, T, H)), np.empty((N, T + 1, H))
            h[:, 0] = 0 if "zero initial state" in mistakes else h0
            state = h[:, 0]
            for t in range(T)[:: -1 if "time reversed" in mistakes else 1]:
                a[:, t] = self.pre_activation(
                    projected[:, t], h[:, 0] if "state not carried" in mistakes else state
                )
                state = h[:, t + 1] = squash(a[:, t])
            self.sequence = {"x": x, "a": a, "h": h}
            states = h[:, :-1] if "states one step late" in mistakes else h[:, 1:]
            axes = "nth->tnh" if "batch and time exchanged" in mistakes else "nth->nth"
            return np.einsum(axes, states).copy()

        def back_through_weights(self, gradient):
            turned = "W_hh not transposed" not in mistakes
            return np.einsum("nh,kh->nk" if turned else "nk,kh->nh", gradient, self.W_hh)

        def signed(self, gradients):
            return [-each if "sign wrong" in mistakes else each for each in gradients]

        def of_parameters(self, x, before, after, da):
            """All three, for x [N, T, D], and before, after and da [N, T, H]."""
            dW_ih = np.einsum("ntd,nth->dh", x, da)
            old = after if "dW_hh from the next state" in mistakes else before
            axes = "ntk,nth->hk" if "dW_hh transposed" in mistakes else "ntk,nth->kh"
            dW_hh = np.einsum(axes, old, da)
            db = np.einsum("nth->nh" if "batch sum missing" in mistakes else "nth->h", da)
            if "bias gradient zero" in mistakes:
                db = np.zeros(self.b.shape)
            share = len(x) if "mean over the batch" in mistakes else 1
            return dW_ih / share, dW_hh / share, db / share

        def backward_step(self, prev_h, dnext_h):
            x, a, h = self.step.values()
            da = dnext_h * d_squash(prev_h, a, h)
            parameters = self.of_parameters(x[:, None], prev_h[:, None], h[:, None], da[:, None])
            dprev_h = self.back_through_weights(dnext_h if "old upstream" in mistakes else da)
            dx = np.einsum("nh,dh->nd", da, self.W_ih)
            dx, self.dprev_h, self.dW_ih, self.dW_hh, self.db = self.signed([dx, dprev_h, *parameters])
            return dx

        def backward(self, dout):
            x, a, h = self.sequence.values()
            T = x.shape[1]
            slopes = d_squash(h[:, :-1], a, h[:, 1:]) * np.ones_like(a)
            total, da = np.zeros_like(a), np.zeros_like(a)
            own = np.array(dout, dtype=float)
            if "upstream of the last step only" in mistakes:
                own[:, :-1] = 0
            for t in range(T - 1, -1, -1):
                total[:, t] = own[:, t]
                if t + 1 < T and "carried gradient dropped" not in mistakes:
                    through = total if "old upstream" in mistakes else da
                    total[:, t] += self.back_through_weights(through[:, t + 1])
                da[:, t] = total[:, t] * slopes[:, t]
                if "only the last step" in mistakes:
                    break

            dh0 = self.back_through_weights((total if "old upstream" in mistakes else da)[:, 0])
            if "dh0 missing its last step" in mistakes:
                dh0 = total[:, 0]
            if "dh0 zero" in mistakes:
                dh0 = np.zeros_like(dh0)
            dx = np.einsum("nth,dh->ntd", da, self.W_ih)
            if "dx in reverse order" in mistakes:
                dx = dx[:, ::-1]

            before = h[:, 1:] if "step off by one" in mistakes else h[:, :-1]
            kept = slice(T - 1, T) if "not summed over time" in mistakes else slice(0, T)
            parameters = self.of_parameters(x[:, kept], before[:, kept], h[:, 1:][:, kept], da[:, kept])
            if "mean over time" in mistakes:
                parameters = [each / T for each in parameters]
            if "sums left over" in mistakes:
                parameters = [
                    self.added(name, each) for name, each in zip(self.params, parameters, strict=True)
                ]
            return tuple(self.signed([dx, dh0, *parameters]))

        def added(self, name, gradient):
            self.sums[name] = self.sums.get(name, 0) + gradient
            return self.sums[name]

    return RNNLayer
