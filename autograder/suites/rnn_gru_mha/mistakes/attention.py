"""Q6: `mha(Wq, Wk, Wv, Wo, input_data)`, right and in small parts; its mistakes are in the modules beside
this one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograder.answers import Array
from autograder.mistakes import Bank, Formula


class Attention(Formula):
    """torch's multi-head attention; heads are stacked on a first axis, N of them."""

    def __init__(self, Wq: Any, Wk: Any, Wv: Any, Wo: Any, input_data: Any) -> None:
        self.Wq, self.Wk, self.Wv = ([np.asarray(wt, dtype=np.float64) for wt in W] for W in (Wq, Wk, Wv))
        self.Wo = np.asarray(Wo, dtype=np.float64)
        self.input_data = np.asarray(input_data, dtype=np.float64)
        self.N, self.D = len(Wq), Wq[0].shape[1]

    def source(self) -> Array:
        """What the heads read, [B, T, E]."""
        return self.input_data

    def project(self, W: Sequence[Array]) -> Array:
        """All heads' products, [N, B, T, D]."""
        return np.stack([self.source() @ wt for wt in W])

    def q(self) -> Array:
        """Queries, [N, B, T, D]."""
        return self.project(self.Wq)

    def k(self) -> Array:
        """Keys."""
        return self.project(self.Wk)

    def v(self) -> Array:
        """Values."""
        return self.project(self.Wv)

    def divisor(self) -> float:
        """What scores are divided by."""
        return float(np.sqrt(self.D))

    def scores(self) -> Array:
        """[N, B, T, T], a query's in a row."""
        return np.asarray(self.q() @ self.k().swapaxes(-1, -2) / self.divisor())

    def softmax(self, scores: Array) -> Array:
        """Weights [N, B, T, T] of the values."""
        return softmax(scores, -1)

    def heads(self) -> Array:
        """[N, B, T, D]"""
        return self.softmax(self.scores()) @ self.v()

    def join(self, heads: Array) -> Array:
        """The heads side by side, [B, T, E]."""
        return np.concatenate(list(heads), axis=-1)

    def output(self, joined: Array) -> Array:
        """Times Wo."""
        return np.asarray(joined @ self.Wo)

    def answer(self) -> Array:
        """[B, T, E]"""
        return self.output(self.join(self.heads()))


def softmax(scores: Array, *axis: int) -> Array:
    """With the largest score subtracted."""
    weights = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return np.asarray(weights / weights.sum(axis=axis, keepdims=True))


bank = Bank("mha", Attention, ("Q6",))
