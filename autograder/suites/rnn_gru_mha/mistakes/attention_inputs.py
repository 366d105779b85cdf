"""Mistakes in what attention reads and gives: queries, keys and values, axes, and the output."""

from __future__ import annotations

import numpy as np

from autograder.answers import Array
from autograder.suites.rnn_gru_mha.mistakes.attention import Attention, bank

# --- Queries, keys and values -------------------------------------------------------------------------------


def parts_of_the_inputs(attention: Attention) -> Array:
    """Of the inputs themselves each head's part, [N, B, T, E / N]."""
    return np.stack(np.split(attention.source(), attention.N, axis=-1))


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
        return parts_of_the_inputs(self)


@bank.mistake("inputs for queries and keys")
class InputsForQueriesAndKeys(Attention):
    """Your answer is that of an attention whose scores are products of the inputs themselves. Queries and
    keys are the inputs times Wq and Wk."""

    def q(self) -> Array:
        return np.stack([self.source()] * self.N)

    def k(self) -> Array:
        return np.stack([self.source()] * self.N)


@bank.mistake("inputs for queries and keys")
class PartsOfTheInputsForQueriesAndKeys(Attention):
    """Your answer is that of an attention whose scores are products of the inputs themselves: each head
    compares its part of them. Queries and keys are the inputs times Wq and Wk."""

    def q(self) -> Array:
        return parts_of_the_inputs(self)

    def k(self) -> Array:
        return parts_of_the_inputs(self)


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


# --- Over which axis it looks -------------------------------------------------------------------------------


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


# --- The output ---------------------------------------------------------------------------------------------


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


class _Squeezed(Attention):
    """Your answer is right but where a size is 1: that axis is lost. Look for a squeeze."""

    axes: tuple[int, ...] = ()

    def answer(self) -> Array:
        whole = super().answer()
        return whole.squeeze(tuple(axis for axis in self.axes if whole.shape[axis] == 1))


for axes in ((0, 1, 2), (0,), (1,), (2,)):
    part = type("Squeezed", (_Squeezed,), {"axes": axes, "__doc__": _Squeezed.__doc__})
    bank.mistake("axes of size one lost")(part)
