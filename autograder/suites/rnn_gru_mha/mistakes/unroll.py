"""A recurrent network in parts, and the mistakes that do not depend on what a step computes."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.answers import Array
from autograder.mistakes import Formula


class Unrolled(Formula):
    """States from step to step; a subclass gives `step`."""

    init_state: Any
    input_data: Any

    def step(self, x: Array, h: Array) -> Array:
        """The state [B, H] after an input [B, I] and a state [B, H]."""
        raise NotImplementedError

    def start(self) -> Array:
        """The state before the first step, [B, H]."""
        return np.asarray(self.init_state[0], dtype=np.float64)

    def states(self) -> Array:
        """All states but the first, [B, T, H]."""
        h, states = self.start(), []
        for x in np.moveaxis(np.asarray(self.input_data, dtype=np.float64), 1, 0):  # (B, I)
            h = self.step(x, h)
            states.append(h)
        return np.stack(states, axis=1)

    def answer(self) -> tuple[Array, Array]:
        """The outputs [B, T, H] and the final state [1, B, H]."""
        outputs = self.states()
        return outputs, outputs[np.newaxis, :, -1]
