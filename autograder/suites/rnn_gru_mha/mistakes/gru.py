"""Q3: `gru(linear_trans_r, linear_trans_z, linear_trans_n, init_state, input_data)`."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import expit

from autograder.answers import Array
from autograder.mistakes import Bank
from autograder.suites.rnn_gru_mha.mistakes.unroll import Unrolled


class GRU(Unrolled):
    """torch's equations."""

    def __init__(self, r: Any, z: Any, n: Any, init_state: Any, input_data: Any) -> None:
        self.r, self.z, self.n = ([np.asarray(part, dtype=np.float64) for part in gate] for gate in (r, z, n))
        self.init_state, self.input_data = init_state, input_data

    def gate(self, trans: Any, x: Array, h: Array) -> Array:
        wt_x, bias_x, wt_h, bias_h = trans
        return np.asarray(expit(x @ wt_x + bias_x + h @ wt_h + bias_h))

    def reset(self, x: Array, h: Array) -> Array:
        return self.gate(self.r, x, h)

    def update(self, x: Array, h: Array) -> Array:
        return self.gate(self.z, x, h)

    def new_state(self, x: Array, h: Array) -> Array:
        wt_x, bias_x, wt_h, bias_h = self.n
        return np.tanh(x @ wt_x + bias_x + self.reset(x, h) * (h @ wt_h + bias_h))

    def step(self, x: Array, h: Array) -> Array:
        z = self.update(x, h)
        return (1 - z) * self.new_state(x, h) + z * h


bank = Bank("gru", GRU, ("Q3",))


@bank.mistake()
class ResetBeforeTheProduct(GRU):
    """Your answer is that of a GRU whose reset gate multiplies the state before its product with the weights.
    In the question's formula it multiplies what comes out of that product. Look at your line for the new state."""

    def new_state(self, x: Array, h: Array) -> Array:
        wt_x, bias_x, wt_h, bias_h = self.n
        return np.tanh(x @ wt_x + bias_x + (self.reset(x, h) * h) @ wt_h + bias_h)


@bank.mistake()
class UpdateGateInverted(GRU):
    """inverted."""

    def update(self, x: Array, h: Array) -> Array:
        return 1 - super().update(x, h)


@bank.mistake()
class ZeroInitialState(GRU):
    """zero."""

    def start(self) -> Array:
        return np.zeros_like(super().start())
