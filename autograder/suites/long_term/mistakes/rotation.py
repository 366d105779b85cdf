"""Parameters of an RNN: a rotation that is scaled, which shrinks or stretches a gradient at each step."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.answers import Array
from autograder.mistakes import Formula


class ScaledRotation(Formula):
    """A random rotation times `scale`, and input weights that saturate nothing."""

    scale: float

    def __init__(self, input_size: int, hidden_size: int, rng: Any) -> None:
        self.I, self.H, self.rng = input_size, hidden_size, rng

    def wt_h(self) -> Array:
        """The recurrent weights [H, H]."""
        rotation = np.linalg.qr(self.rng.standard_normal((self.H, self.H)))[0]
        return np.asarray(self.scale * rotation)

    def wt_x(self) -> Array:
        """The input weights [I, H]."""
        return np.asarray(self.rng.uniform(-1, 1, (self.I, self.H)) / self.I)

    def bias(self) -> Array:
        """The bias [H]."""
        return np.zeros(self.H)

    def answer(self) -> tuple[Array, Array, Array]:
        """What is returned."""
        return self.wt_h(), self.wt_x(), self.bias()
