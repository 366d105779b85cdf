"""Q6: `mha(Wq, Wk, Wv, Wo, input_data)`."""

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


@bank.mistake()
class NoScale(Attention):
    """Your answer is that of an attention whose scores are not scaled. They are divided by the root of the
    size of a head before the softmax."""

    def divisor(self) -> float:
        return 1.0


@bank.mistake()
class ScaleByTheEmbedding(Attention):
    """Your answer is that of an attention whose scores are scaled with the size of the embedding, E. Each
    head has a part of it only, E / N numbers, and their scale is that of a head."""

    def divisor(self) -> float:
        return float(np.sqrt(self.N * self.D))


@bank.mistake("scale by the embedding")
class ScaleByTheEmbeddingWithoutTheRoot(Attention):
    """Your answer is that of an attention whose scores are scaled with the size of the embedding, E, and
    without a root. Each head has a part of it only, and the scale is the root of the size of a head."""

    def divisor(self) -> float:
        return float(self.N * self.D)


@bank.mistake()
class ScaleWithoutTheRoot(Attention):
    """Your answer is that of an attention whose scores are divided by the size of a head itself. The formula
    has its root."""

    def divisor(self) -> float:
        return float(self.D)


@bank.mistake()
class ScaleMultiplied(Attention):
    """Your answer is that of an attention whose scores are multiplied with the root of the size of a head.
    They are divided by it."""

    def divisor(self) -> float:
        return float(1 / np.sqrt(self.D))


@bank.mistake("scale multiplied")
class ScaleMultipliedWithoutTheRoot(Attention):
    """Your answer is that of an attention whose scores are multiplied with the size of a head. They are
    divided by its root."""

    def divisor(self) -> float:
        return float(1 / self.D)


@bank.mistake()
class ScaleByTheHeads(Attention):
    """Your answer is that of an attention whose scores are scaled with the number of heads. It is the size of
    a head, E / N, that the scale is made of."""

    def divisor(self) -> float:
        return float(np.sqrt(self.N))


@bank.mistake("scale by the heads")
class ScaleByTheHeadsWithoutTheRoot(Attention):
    """Your answer is that of an attention whose scores are divided by the number of heads. The scale is made
    of the size of a head, E / N, and is its root."""

    def divisor(self) -> float:
        return float(self.N)


@bank.mistake()
class ScaleByThePositions(Attention):
    """Your answer is that of an attention whose scores are scaled with the number of positions. The scale is
    the root of the size of a head."""

    def divisor(self) -> float:
        return float(np.sqrt(self.input_data.shape[1]))


@bank.mistake()
class ScaleAfterTheSoftmax(Attention):
    """Your answer is that of an attention that is scaled after its softmax. The scores are scaled before it,
    so that the weights add up to 1."""

    def softmax(self, scores: Array) -> Array:
        return super().softmax(scores * self.divisor()) / self.divisor()


@bank.mistake("softmax over the wrong axis")
class SoftmaxOverTheQueries(Attention):
    """Your answer is that of an attention whose softmax runs over the positions that look. It should run over
    those that are looked at: each query's weights add up to 1."""

    def softmax(self, scores: Array) -> Array:
        return softmax(scores, -2)


@bank.mistake("softmax over the wrong axis")
class SoftmaxOverTheBatch(Attention):
    """Your answer is that of an attention whose softmax runs over the sequences of the batch. It should run
    over the positions that are looked at, within each sequence."""

    def softmax(self, scores: Array) -> Array:
        return softmax(scores, 1)


@bank.mistake("softmax over the wrong axis")
class SoftmaxOverAllPairs(Attention):
    """Your answer is that of an attention whose softmax runs over all pairs of positions at once. Each query
    has a softmax of its own, over the positions that are looked at."""

    def softmax(self, scores: Array) -> Array:
        return softmax(scores, -2, -1)


@bank.mistake("softmax over the wrong axis")
class SumsOfOtherQueries(Attention):
    """Your answer is that of an attention whose weights are divided by the sums of other queries. Each
    query's weights should add up to 1: keep the axis of the sum, so that it divides its own row."""

    def softmax(self, scores: Array) -> Array:
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        return np.asarray(weights / weights.sum(axis=-1)[..., np.newaxis, :])


@bank.mistake()
class SoftmaxOverTheHeads(Attention):
    """Your answer is that of an attention whose softmax runs over the heads. Each head has a softmax of its
    own, over the positions that are looked at."""

    def softmax(self, scores: Array) -> Array:
        return softmax(scores, 0)


@bank.mistake()
class NoSoftmax(Attention):
    """Your answer is that of an attention without its softmax: the scores themselves weigh the values."""

    def softmax(self, scores: Array) -> Array:
        return scores


@bank.mistake("softmax not divided")
class SoftmaxNotDivided(Attention):
    """Your answer is that of an attention whose softmax is the exponential alone. Each query's weights should
    add up to 1: divide by their sum."""

    def softmax(self, scores: Array) -> Array:
        return np.exp(scores)


@bank.mistake()
class SoftmaxTwice(Attention):
    """Your answer is that of an attention that goes through a softmax twice. Once is enough."""

    def softmax(self, scores: Array) -> Array:
        return super().softmax(super().softmax(scores))


@bank.mistake()
class NoOutputProjection(Attention):
    """Your answer is the heads side by side. They still have to be multiplied with Wo."""

    def output(self, joined: Array) -> Array:
        return joined


@bank.mistake()
class OutputProjectionTransposed(Attention):
    """Your answer is the heads times the transpose of Wo. Wo is given as it is to be used, for rows on its
    left."""

    def output(self, joined: Array) -> Array:
        return np.asarray(joined @ self.Wo.T)


@bank.mistake("causal mask")
class CausalMask(Attention):
    """Your answer is that of an attention in which no position looks at later ones. The question has no mask:
    every position looks at all."""

    def softmax(self, scores: Array) -> Array:
        return super().softmax(np.where(np.tri(scores.shape[-1], dtype=bool), scores, -np.inf))


@bank.mistake("causal mask")
class MaskOfThePast(Attention):
    """Your answer is that of an attention in which no position looks at earlier ones. The question has no
    mask: every position looks at all."""

    def softmax(self, scores: Array) -> Array:
        return super().softmax(np.where(np.tri(scores.shape[-1], dtype=bool).T, scores, -np.inf))


@bank.mistake("causal mask")
class MaskAfterTheSoftmax(Attention):
    """Your answer is that of an attention that takes away the weights of later positions. The question has no
    mask: every position looks at all."""

    def softmax(self, scores: Array) -> Array:
        return np.tril(super().softmax(scores))


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


@bank.mistake()
class KeysForValues(Attention):
    """Your answer is that of an attention that takes the keys where it should take the values. Look at what
    your weights are multiplied with."""

    def v(self) -> Array:
        return self.project(self.Wk)


@bank.mistake()
class QueriesForValues(Attention):
    """Your answer is that of an attention that takes the queries where it should take the values. Look at
    what your weights are multiplied with."""

    def v(self) -> Array:
        return self.project(self.Wq)


@bank.mistake()
class InputsForValues(Attention):
    """Your answer is that of an attention that takes its part of the inputs themselves where it should take
    the values. The values are the inputs times Wv."""

    def v(self) -> Array:
        return np.stack(np.split(self.source(), self.N, axis=-1))


@bank.mistake("inputs for queries and keys")
class InputsForQueriesAndKeys(Attention):
    """Your answer is that of an attention whose scores are products of the inputs themselves. Queries and
    keys are the inputs times Wq and Wk."""

    def q(self) -> Array:
        return np.stack([self.source()] * self.N)

    def k(self) -> Array:
        return np.stack([self.source()] * self.N)


@bank.mistake()
class KeysForQueries(Attention):
    """Your answer is that of an attention that compares keys with keys. It should compare queries with keys:
    one of the two comes from Wq."""

    def q(self) -> Array:
        return self.project(self.Wk)


@bank.mistake()
class QueriesForKeys(Attention):
    """Your answer is that of an attention that compares queries with queries. It should compare queries with
    keys: one of the two comes from Wk."""

    def k(self) -> Array:
        return self.project(self.Wq)


@bank.mistake()
class QueriesAndKeysExchanged(Attention):
    """Your answer is that of an attention in which queries and keys have changed places. The rows of the
    scores belong to the queries, the columns to the keys."""

    def scores(self) -> Array:
        return np.asarray(super().scores().swapaxes(-1, -2))


@bank.mistake()
class QueriesAndValuesExchanged(Attention):
    """Your answer is that of an attention in which queries and values have changed places: Wq is used where
    Wv belongs, and the other way round."""

    def q(self) -> Array:
        return self.project(self.Wv)

    def v(self) -> Array:
        return self.project(self.Wq)


@bank.mistake()
class KeysAndValuesExchanged(Attention):
    """Your answer is that of an attention in which keys and values have changed places: Wk is used where Wv
    belongs, and the other way round."""

    def k(self) -> Array:
        return self.project(self.Wv)

    def v(self) -> Array:
        return self.project(self.Wk)


@bank.mistake("attention over the batch")
class AttentionOverTheBatch(Attention):
    """Your answer is that of an attention in which sequences look at one another, position by position. It
    should be positions that look, within each sequence: look at the axes of your products."""

    def source(self) -> Array:
        return np.asarray(super().source().swapaxes(0, 1))

    def answer(self) -> Array:
        return np.asarray(super().answer().swapaxes(0, 1))


@bank.mistake("attention over the batch")
class AttentionOverAll(Attention):
    """Your answer is that of an attention in which positions look at those of other sequences, too. Each
    sequence is on its own: keep the axis of the batch."""

    def source(self) -> Array:
        B, T, E = super().source().shape
        return super().source().reshape(1, B * T, E)

    def answer(self) -> Array:
        return super().answer().reshape(self.input_data.shape)


@bank.mistake("batch and time exchanged")
class BatchAndTimeExchanged(Attention):
    """Your answer has the positions on its first axis and the sequences on its second. It should be [B, T,
    E]."""

    def answer(self) -> Array:
        return np.asarray(super().answer().swapaxes(0, 1))


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


@bank.mistake()
class InputAdded(Attention):
    """Your answer has the inputs added to it. The question asks for the attention alone, without a connection
    around it."""

    def answer(self) -> Array:
        return super().answer() + self.input_data


@bank.mistake("input added")
class InputAddedBefore(Attention):
    """Your answer has the inputs added to the heads, before the product with Wo. The question asks for the
    attention alone, without a connection around it."""

    def join(self, heads: Array) -> Array:
        return super().join(heads) + self.source()


@bank.mistake("no attention")
class NoAttention(Attention):
    """Your answer is the values of each position alone: no position looks at another. The values have to be
    weighted with the softmax of the scores."""

    def heads(self) -> Array:
        return self.v()


@bank.mistake("no attention")
class PlainMean(Attention):
    """In your answer every position looks at all others alike: the softmax says nothing. Look at the scores
    that go into it."""

    def softmax(self, scores: Array) -> Array:
        return np.full(scores.shape, 1 / scores.shape[-1])


class _Squeezed(Attention):
    """Your answer is right but where a size is 1: that axis is lost. Look for a squeeze."""

    axes: tuple[int, ...] = ()

    def answer(self) -> Array:
        whole = super().answer()
        return whole.squeeze(tuple(axis for axis in self.axes if whole.shape[axis] == 1))


for axes in ((0, 1, 2), (0,), (1,), (2,)):
    part = type("Squeezed", (_Squeezed,), {"axes": axes, "__doc__": _Squeezed.__doc__})
    bank.mistake("axes of size one lost")(part)
