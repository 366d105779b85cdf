"""Attention in torch, float32: linear maps as projections, all heads in one batch of products."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import linear

from bench.family import Family, exclusive, hides

SIZES = (
    *("no scale", "scale by the embedding", "scale without the root"),
    *("scale multiplied", "scale by the heads", "scale by the positions"),
)
AFTER = "scale after the softmax"
AXES = ("softmax over the wrong axis", "softmax over the heads")
UNEVEN = ("no softmax", "softmax not divided")
TWICE = "softmax twice"
LAST = ("no output projection", "output projection transposed")
MASK = "causal mask"
JOINS = ("heads interleaved", "heads mixed with positions")
REVERSED = "heads in reverse order"
FOR_VALUES = ("keys for values", "queries for values")
INPUT_VALUES = "inputs for values"
FOR_SCORES = ("inputs for queries and keys", "keys for queries", "queries for keys")
EXCHANGES = (
    *("queries and keys exchanged", "queries and values exchanged"),
    "keys and values exchanged",
)
OVER_BATCH = "attention over the batch"
FIRST_HEAD = "one head for all"
ONE_SOFTMAX = "one softmax for all heads"
ALONE = "no attention"
TURNED = "batch and time exchanged"
SQUEEZED = "axes of size one lost"
IDS = (
    *(*SIZES, AFTER, *AXES, *UNEVEN, TWICE, *LAST, MASK, *JOINS, REVERSED),
    *(*FOR_VALUES, INPUT_VALUES, *FOR_SCORES, *EXCHANGES),
    *(OVER_BATCH, TURNED, FIRST_HEAD, ONE_SOFTMAX),
    *("input added", ALONE, SQUEEZED),
)
CLASHES = (
    exclusive(SIZES, (*AXES, *UNEVEN), (*UNEVEN, TWICE), LAST, JOINS)
    | exclusive((*FOR_VALUES, INPUT_VALUES), FOR_SCORES, EXCHANGES)
    # nothing to put after the softmax, or no softmax to put it after
    | hides(AFTER, "no scale", "no softmax")
    # whose keys, and whose queries, are the values then?
    | hides("inputs for queries and keys", *FOR_VALUES, *EXCHANGES)
    | hides("keys for queries", "queries for values", *EXCHANGES)
    | hides("queries for keys", "keys for values", *EXCHANGES)
    | hides("keys for values", *EXCHANGES)
    | hides("queries for values", *EXCHANGES)
    | hides(INPUT_VALUES, *EXCHANGES[1:])
    # without a softmax, or with all heads shut at once, a mask of infinite scores gives no numbers
    | hides(MASK, "no softmax", "softmax over the heads")
    # its positions, those of the mask and those that heads are mixed with, are then sequences
    | hides(OVER_BATCH, MASK, "heads mixed with positions")
    # all heads are alike, in any order
    | hides(FIRST_HEAD, REVERSED)
    # one head has no order, and the embedding is its size
    | hides(ONE_SOFTMAX, *JOINS, REVERSED, "softmax over the heads", "scale by the embedding")
    # there are no scores
    | hides(ALONE, *SIZES, AFTER, *AXES, *UNEVEN, TWICE, MASK, *FOR_SCORES, *EXCHANGES)
    | hides(ALONE, OVER_BATCH, ONE_SOFTMAX)
    # wrong at any size, so that a size of one is nothing special
    | hides(SQUEEZED, "softmax over the heads", *UNEVEN, TWICE, ALONE, TURNED)
    | hides(SQUEEZED, INPUT_VALUES, "inputs for queries and keys")
)


def stacked(weights: Sequence[Any], wrong: frozenset[str]) -> Tensor:
    """The heads' matrices [E, d] as one weight [E, E] for `linear`, which multiplies with its transpose."""
    if FIRST_HEAD in wrong:
        weights = [weights[0]] * len(weights)
    return torch.from_numpy(np.concatenate([np.asarray(weight).T for weight in weights]))


def projected(x: Tensor, Wq: Tensor, Wk: Tensor, Wv: Tensor, wrong: frozenset[str]) -> list[Tensor]:
    """Queries, keys and values of all heads, each [B, T, E]."""
    if "queries and keys exchanged" in wrong:
        Wq, Wk = Wk, Wq
    if "queries and values exchanged" in wrong:
        Wq, Wv = Wv, Wq
    if "keys and values exchanged" in wrong:
        Wk, Wv = Wv, Wk
    q = linear(x, Wk if "keys for queries" in wrong else Wq)
    k = linear(x, Wq if "queries for keys" in wrong else Wk)
    if "inputs for queries and keys" in wrong:
        q = k = x
    v = x if INPUT_VALUES in wrong else linear(x, Wv)
    if "keys for values" in wrong:
        v = k
    if "queries for values" in wrong:
        v = q
    return [q, k, v]


def scale_of(T: int, E: int, N: int, wrong: frozenset[str]) -> float:
    """What the scores are multiplied with."""
    size = E // N
    if "scale by the embedding" in wrong:
        size = E
    if "scale by the heads" in wrong:
        size = N
    if "scale by the positions" in wrong:
        size = T
    power = -1.0 if "scale without the root" in wrong else -0.5
    if "scale multiplied" in wrong:
        power = 0.5
    return 1.0 if "no scale" in wrong else float(size**power)


def normalised(scores: Tensor, N: int, wrong: frozenset[str]) -> Tensor:
    """The softmax of the scores [B * N, T, T]."""
    if "no softmax" in wrong:
        return scores
    if "softmax not divided" in wrong:
        return torch.exp(scores)
    if "softmax over the heads" in wrong:
        return torch.softmax(scores.view(-1, N, *scores.shape[1:]), dim=1).view(scores.shape)
    return torch.softmax(scores, dim=1 if "softmax over the wrong axis" in wrong else 2)


def looked(q: Tensor, k: Tensor, v: Tensor, scale: float, N: int, wrong: frozenset[str]) -> Tensor:
    """What each position of each head gets, [B * N, T, d]."""
    if ALONE in wrong:
        return v
    T = q.shape[1]
    start = torch.zeros(T, T)
    if MASK in wrong:
        start = torch.full((T, T), -torch.inf).triu(1)
    scores = torch.baddbmm(start, q, k.permute(0, 2, 1), alpha=1.0 if AFTER in wrong else scale)
    weights = normalised(scores, N, wrong)
    if TWICE in wrong:
        weights = normalised(weights, N, wrong)
    if AFTER in wrong:
        weights = weights * scale
    return torch.bmm(weights, v)


def joined(heads: Tensor, wrong: frozenset[str]) -> Tensor:
    """The heads [B, N, T, d] side by side, [B, T, E]."""
    B, N, T, d = heads.shape
    if REVERSED in wrong:
        heads = heads.flip(1)
    if "heads mixed with positions" in wrong:
        return heads.reshape(B, T, N * d)
    if "heads interleaved" in wrong:
        return heads.permute(0, 2, 3, 1).reshape(B, T, N * d)
    return heads.permute(0, 2, 1, 3).reshape(B, T, N * d)


def make(wrong: frozenset[str]) -> Callable[..., Any]:
    """The function with these mistakes in it."""

    def mha(Wq: list[Any], Wk: list[Any], Wv: list[Any], Wo: Any, input_data: Tensor) -> Tensor:
        scale = scale_of(input_data.shape[1], input_data.shape[2], len(Wq), wrong)
        x = input_data.permute(1, 0, 2) if OVER_BATCH in wrong else input_data
        B, T, E = x.shape
        N = 1 if ONE_SOFTMAX in wrong else len(Wq)
        d = E // N
        rows = projected(x, stacked(Wq, wrong), stacked(Wk, wrong), stacked(Wv, wrong), wrong)
        q, k, v = (row.reshape(B, T, N, d).permute(0, 2, 1, 3).reshape(B * N, T, d) for row in rows)
        outputs = joined(looked(q, k, v, scale, N, wrong).view(B, N, T, d), wrong)
        last = torch.from_numpy(np.asarray(Wo))
        if "no output projection" not in wrong:
            outputs = linear(outputs, last if "output projection transposed" in wrong else last.T)
        if "input added" in wrong:
            outputs = outputs + x
        if OVER_BATCH in wrong:
            outputs = outputs.permute(1, 0, 2)
        if TURNED in wrong:
            outputs = outputs.permute(1, 0, 2)
        return outputs.squeeze() if SQUEEZED in wrong else outputs

    return mha


FAMILIES: list[Family] = [Family("mha", "torch float32, linear and bmm", IDS, make, CLASHES)]
