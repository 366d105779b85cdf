"""Mistakes that mix up attention's heads, or take one for all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autograder.answers import Array
from autograder.suites.rnn_gru_mha.mistakes.attention import Attention, bank

# --- Split and joined ---------------------------------------------------------------------------------------


@bank.mistake("heads interleaved")
class HeadsJoinedByStriding(Attention):
    """Your answer has the numbers of the heads in turn, one of each. The heads stand side by side: first all
    of the first head's, then the second's."""

    def join(self, heads: Array) -> Array:
        return np.moveaxis(heads, 0, -1).reshape(*heads.shape[1:3], -1)


class _Strided(Attention):
    """Heads that take every N-th column of all heads' weights side by side."""

    def project(self, W: Sequence[Array]) -> Array:
        side_by_side = self.join_weights(W)
        return super().project([side_by_side[:, n :: self.N] for n in range(self.N)])

    def join_weights(self, W: Sequence[Array]) -> Array:
        """[E, E]"""
        return np.concatenate(W, axis=1)


@bank.mistake("heads interleaved")
class HeadsSplitByStriding(_Strided):
    """Your heads take every N-th number of the product with all heads' weights. The heads stand side by side
    in it: the first one's numbers come first, then the second's."""


@bank.mistake("heads interleaved")
class HeadsSplitAndJoinedByStriding(_Strided, HeadsJoinedByStriding):
    """Your heads take every N-th number of the product with all heads' weights. The heads stand side by side
    in it: the first one's numbers come first, then the second's."""


@bank.mistake("heads interleaved")
class HeadsStackedByNumber(Attention):
    """Your answer mixes the heads up: their weights are put together number by number, and taken apart head
    by head. Keep the numbers of a head side by side all the way."""

    def project(self, W: Sequence[Array]) -> Array:
        mixed = np.stack(W, axis=-1).reshape(len(W[0]), -1)  # (E, E)
        return super().project(np.split(mixed, self.N, axis=1))


@bank.mistake("heads mixed with positions")
class HeadsJoinedWithPositions(Attention):
    """Your answer mixes heads with positions: the array with an axis for the heads is reshaped as it is. The
    axis of the heads has to be moved beside that of their numbers before the two become one."""

    def join(self, heads: Array) -> Array:
        return np.moveaxis(heads, 0, 1).reshape(*heads.shape[1:3], -1)


@bank.mistake("heads mixed with positions")
class HeadsJoinedWithSequences(Attention):
    """Your answer mixes heads with positions and sequences: the array with an axis for the heads is reshaped
    as it is. The axis of the heads has to be moved beside that of their numbers before the two become one."""

    def join(self, heads: Array) -> Array:
        return heads.reshape(*heads.shape[1:3], -1)


@bank.mistake("heads mixed with positions")
class HeadsSplitWithPositions(Attention):
    """Your heads mix positions: the product with all heads' weights is reshaped with the heads before the
    positions. The last axis has to be split first, and then the axis of the heads moved."""

    def project(self, W: Sequence[Array]) -> Array:
        B, T, _ = self.source().shape
        product = self.source() @ np.concatenate(W, axis=1)  # (B, T, E)
        return np.moveaxis(product.reshape(B, self.N, T, self.D), 1, 0)


@bank.mistake("heads mixed with positions")
class HeadsSplitAndJoinedWithPositions(HeadsSplitWithPositions, HeadsJoinedWithPositions):
    """Your heads mix positions: the product with all heads' weights is reshaped with the heads before the
    positions. The last axis has to be split first, and then the axis of the heads moved."""


@bank.mistake("heads in reverse order")
class HeadsInReverseOrder(Attention):
    """Your answer has the heads in reverse order, the last one first."""

    def join(self, heads: Array) -> Array:
        return super().join(heads[::-1])


# --- One head for all ---------------------------------------------------------------------------------------


@bank.mistake("one head for all")
class FirstHeadForAll(Attention):
    """All heads of your answer use the first head's weights. Each has its own, and its own place in the
    lists."""

    def project(self, W: Sequence[Array]) -> Array:
        return super().project([W[0]] * self.N)


@bank.mistake("one head for all")
class LastHeadForAll(Attention):
    """All heads of your answer use the last head's weights. Each has its own, and its own place in the
    lists."""

    def project(self, W: Sequence[Array]) -> Array:
        return super().project([W[-1]] * self.N)


class _ScoresOfOne(Attention):
    place = 0

    def scores(self) -> Array:
        scores = super().scores()
        return np.stack([scores[self.place]] * self.N)


@bank.mistake("one head for all")
class FirstScoresForAll(_ScoresOfOne):
    """All heads of your answer use the first head's scores. Each has queries and keys of its own."""


@bank.mistake("one head for all")
class LastScoresForAll(_ScoresOfOne):
    """All heads of your answer use the last head's scores. Each has queries and keys of its own."""

    place = -1


@bank.mistake("one head for all")
class FirstQueriesForAll(Attention):
    """All heads of your answer use the first head's queries. Each has queries of its own."""

    def q(self) -> Array:
        return np.stack([super().q()[0]] * self.N)


@bank.mistake("one head for all")
class FirstKeysForAll(Attention):
    """All heads of your answer use the first head's keys. Each has keys of its own."""

    def k(self) -> Array:
        return np.stack([super().k()[0]] * self.N)


@bank.mistake("one head for all")
class FirstValuesForAll(Attention):
    """All heads of your answer use the first head's values. Each has values of its own."""

    def v(self) -> Array:
        return np.stack([super().v()[0]] * self.N)


@bank.mistake("one softmax for all heads")
class WholeEmbedding(Attention):
    """Your answer is that of an attention with one head as large as the embedding: the scores of all heads
    are added up. Each head has scores and a softmax of its own."""

    def scores(self) -> Array:
        scores = super().scores()
        return np.broadcast_to(scores.sum(axis=0) / np.sqrt(self.N), scores.shape)


@bank.mistake("one softmax for all heads")
class ScoresAddedUp(Attention):
    """Your answer has the scores of all heads added up before the softmax, so that all heads look at the same
    positions. Each head has scores and a softmax of its own."""

    def scores(self) -> Array:
        scores = super().scores()
        return np.broadcast_to(scores.sum(axis=0), scores.shape)
