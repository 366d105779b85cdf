"""Mistakes in attention's weights: the scale of the scores, the softmax over them, and masks."""

from __future__ import annotations

import numpy as np

from autograder.answers import Array
from autograder.suites.rnn_gru_mha.mistakes.attention import Attention, bank, softmax

# --- The scale ----------------------------------------------------------------------------------------------


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


# --- The softmax --------------------------------------------------------------------------------------------


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
class SoftmaxOverABatchOfPairs(Attention):
    """Your answer is that of an attention whose weights are divided by the sum over a whole batch. Each query
    has a softmax of its own: take the sum along the positions that are looked at, and keep its axis."""

    def softmax(self, scores: Array) -> Array:
        return softmax(scores, 1, 2, 3)


@bank.mistake("softmax over the wrong axis")
class SoftmaxOverEverything(Attention):
    """Your answer is that of an attention whose weights are divided by the sum of all. Each query has a
    softmax of its own: take the sum along the positions that are looked at, and keep its axis."""

    def softmax(self, scores: Array) -> Array:
        return softmax(scores, 0, 1, 2, 3)


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


@bank.mistake("softmax not divided")
class ShiftedSoftmaxNotDivided(Attention):
    __doc__ = SoftmaxNotDivided.__doc__

    def softmax(self, scores: Array) -> Array:
        return np.asarray(np.exp(scores - scores.max(axis=-1, keepdims=True)))


@bank.mistake()
class SoftmaxTwice(Attention):
    """Your answer is that of an attention that goes through a softmax twice. Once is enough."""

    def softmax(self, scores: Array) -> Array:
        return super().softmax(super().softmax(scores))


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


# --- Masks --------------------------------------------------------------------------------------------------


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
