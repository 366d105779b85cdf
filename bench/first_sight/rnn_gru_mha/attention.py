"""Multi-head attention in NumPy, float64: one function for a head, and the heads in a list."""

from collections.abc import Callable
from typing import Any

import numpy as np

from bench.family import Family, exclusive, hides

Array = np.ndarray
Mistakes = frozenset[str]

ORDERS = ("heads interleaved", "heads mixed with positions")
REVERSED, ONE_HEAD = "heads in reverse order", "one head for all"
ONE_SOFTMAX = "one softmax for all heads"
VALUES = ("keys for values", "queries for values", "inputs for values")
INPUTS = "inputs for queries and keys"
ALIKE = ("keys for queries", "queries for keys")
TURNED = "queries and keys exchanged"
EXCHANGED = ("queries and values exchanged", "keys and values exchanged")
BATCH = "attention over the batch"
OUTPUTS = ("no output projection", "output projection transposed")
BY_EMBEDDING, AFTER = "scale by the embedding", "scale after the softmax"
SCALES = (
    *("no scale", BY_EMBEDDING, "scale without the root", "scale multiplied"),
    *("scale by the heads", "scale by the positions", AFTER),
)
WRONG_AXIS, OVER_HEADS = "softmax over the wrong axis", "softmax over the heads"
NO_SOFTMAX, NOT_DIVIDED, TWICE = "no softmax", "softmax not divided", "softmax twice"
SOFTMAXES = (WRONG_AXIS, OVER_HEADS, NO_SOFTMAX, NOT_DIVIDED, TWICE)
MASK = "causal mask"
NO_ATTENTION = "no attention"
SHAPES = ("batch and time exchanged", "axes of size one lost")
IDS = (
    *(*ORDERS, REVERSED, ONE_HEAD, ONE_SOFTMAX),
    *(*VALUES, INPUTS, *ALIKE, TURNED, *EXCHANGED),
    *(BATCH, *SHAPES, *OUTPUTS, "input added"),
    *(*SCALES, *SOFTMAXES, NO_ATTENTION, MASK),
)
CLASHES = (
    exclusive(ORDERS, VALUES, (INPUTS, *ALIKE, TURNED), EXCHANGED, OUTPUTS, SCALES)
    | exclusive((WRONG_AXIS, OVER_HEADS, NO_SOFTMAX, NOT_DIVIDED), (NO_SOFTMAX, NOT_DIVIDED, TWICE))
    # what then belongs where is a matter of words
    | hides(EXCHANGED[0], *VALUES, INPUTS, *ALIKE, TURNED)
    | hides(EXCHANGED[1], *VALUES, INPUTS, *ALIKE, TURNED)
    | hides(TURNED, "keys for values", "queries for values")
    # equal heads have no order, and no sum of different scores
    | hides(ONE_HEAD, REVERSED, ONE_SOFTMAX)
    # all heads have the same scores: no matter why, and a softmax over them says nothing
    | hides(INPUTS, ONE_SOFTMAX, OVER_HEADS)
    | hides(ONE_SOFTMAX, OVER_HEADS)
    # queries of all E numbers: the root of E is their own scale
    | hides(BY_EMBEDDING, INPUTS, ONE_SOFTMAX)
    # before and after are the same place
    | hides(NO_SOFTMAX, AFTER)
    # later positions have weights all the same
    | hides(MASK, NO_SOFTMAX, OVER_HEADS, TWICE)
    # no scores at all, and Wq or Wk is the values' alone
    | hides(NO_ATTENTION, ONE_SOFTMAX, INPUTS, *ALIKE, TURNED, *EXCHANGED, BATCH, *SCALES, *SOFTMAXES, MASK)
    # wrong at every size already
    | hides(SHAPES[1], SHAPES[0], "inputs for values", INPUTS, OVER_HEADS, NO_SOFTMAX, NOT_DIVIDED, TWICE)
    | hides(SHAPES[1], NO_ATTENTION)
)


def softmax(s: Array, axis: int, wrong: Mistakes) -> Array:
    """Weights that add up to 1 along this axis."""
    e: Array = np.exp(s - s.max(axis=axis, keepdims=True))
    return e if NOT_DIVIDED in wrong else e / e.sum(axis=axis, keepdims=True)


def weights_of(s: Array, axis: int, wrong: Mistakes) -> Array:
    """The scores after their softmax."""
    if NO_SOFTMAX in wrong:
        return s
    weights = softmax(s, axis, wrong)
    return softmax(weights, axis, wrong) if TWICE in wrong else weights


def divisor_of(sizes: tuple[int, int, int], wrong: Mistakes) -> float:
    """What the scores are divided by; sizes: T, E, N."""
    T, E, N = sizes
    size = E // N
    if "no scale" in wrong:
        return 1.0
    if "scale without the root" in wrong:
        return size
    if "scale multiplied" in wrong:
        return float(1 / np.sqrt(size))
    if BY_EMBEDDING in wrong:
        size = E
    if "scale by the heads" in wrong:
        size = N
    if "scale by the positions" in wrong:
        size = T
    return float(np.sqrt(size))


def products(q: Array, k: Array, wrong: Mistakes) -> Array:
    """Queries times keys, without their scale."""
    left, right = q, k
    if "keys for queries" in wrong:
        left = k
    if "queries for keys" in wrong:
        right = q
    if TURNED in wrong:
        left, right = k, q
    s: Array = left @ right.transpose(0, 2, 1)
    return s


def joined(heads: list[Array], shape: tuple[int, ...], wrong: Mistakes) -> Array:
    """The heads side by side."""
    if REVERSED in wrong:
        heads = heads[::-1]
    if "heads interleaved" in wrong:
        return np.stack(heads, axis=-1).reshape(shape)
    if "heads mixed with positions" in wrong:
        return np.array(heads).reshape(shape)
    return np.concatenate(heads, axis=-1).reshape(shape)


def answer_of(heads: Array, Wo: Array, x: Array, wrong: Mistakes) -> Array:
    """The joined heads times Wo."""
    if "output projection transposed" in wrong:
        Wo = Wo.T
    answer = heads if "no output projection" in wrong else heads @ Wo
    if "input added" in wrong:
        answer = answer + x
    if "batch and time exchanged" in wrong:
        answer = answer.transpose(1, 0, 2)
    return np.squeeze(answer) if "axes of size one lost" in wrong else answer


def values_of(x: Array, n: int, weights: tuple[list[Array], ...], wrong: Mistakes) -> Array:
    """What head n puts together, [B, T, E / N]."""
    Wq, Wk, Wv = weights
    v: Array = x @ Wv[n]
    if "keys for values" in wrong:
        v = x @ Wk[n]
    if "queries for values" in wrong:
        v = x @ Wq[n]
    if "inputs for values" in wrong:
        size = Wv[n].shape[1]
        v = x[:, :, n * size : (n + 1) * size]
    return v


def make(wrong: Mistakes) -> Callable[..., Array]:
    """The function with these mistakes in it."""

    def mha(Wq: list[Array], Wk: list[Array], Wv: list[Array], Wo: Array, input_data: Any) -> Array:
        inputs = np.asarray(input_data, dtype=np.float64)
        B, T, E = inputs.shape
        N = len(Wq)
        divisor = divisor_of((T, E, N), wrong)
        if EXCHANGED[0] in wrong:
            Wq, Wv = Wv, Wq
        if EXCHANGED[1] in wrong:
            Wk, Wv = Wv, Wk

        def scores(x: Array, n: int) -> Array:
            q, k = x @ Wq[n], x @ Wk[n]
            if ONE_SOFTMAX in wrong:
                q, k = x @ np.concatenate(Wq, axis=1), x @ np.concatenate(Wk, axis=1)
            if INPUTS in wrong:
                q = k = x
            s = products(q, k, wrong)
            if AFTER not in wrong:
                s = s / divisor
            return np.where(np.tri(s.shape[1]) == 1, s, -1e9) if MASK in wrong else s

        def head(x: Array, n: int) -> Array:
            if ONE_HEAD in wrong:
                n = 0
            v = values_of(x, n, (Wq, Wk, Wv), wrong)
            if NO_ATTENTION in wrong:
                return v
            if OVER_HEADS in wrong:
                every = [scores(x, 0 if ONE_HEAD in wrong else m) for m in range(N)]
                weights = weights_of(np.stack(every), 0, wrong)[n]
            else:
                weights = weights_of(scores(x, n), 1 if WRONG_AXIS in wrong else 2, wrong)
            answer: Array = weights @ v
            return answer / divisor if AFTER in wrong else answer

        x = inputs.reshape(1, B * T, E) if BATCH in wrong else inputs
        heads = joined([head(x, n) for n in range(N)], (B, T, E), wrong)
        return answer_of(heads, Wo, inputs, wrong)

    return mha


FAMILIES: list[Family] = [Family("mha", "NumPy float64, a function for a head", IDS, make, CLASHES)]
