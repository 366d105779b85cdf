"""Styles of writing `mha`. B sequences, T positions, E numbers an embedding, N heads of d = E // N."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from bench.family import Family, exclusive, hides

SCALES = (
    "no scale",
    "scale by the embedding",
    "scale without the root",
    "scale multiplied",
    "scale by the heads",
)
SOFTMAXES = ("softmax over the wrong axis", "softmax over the heads", "no softmax")
SCORES = ("keys for queries", "queries for keys", "queries and keys exchanged")
IDS = (
    *SCALES,
    *SOFTMAXES,
    "no output projection",
    "output projection transposed",
    "causal mask",
    "heads interleaved",
    "heads in reverse order",
    "keys for values",
    "queries for values",
    *SCORES,
    "attention over the batch",
    "one head for all",
    "input added",
)


def sequence_by_sequence(mistakes: frozenset[str]) -> Callable[..., Any]:
    """Variants: heads interleaved in the answer, a mask of minus infinity."""

    def softmax(scores, axis):
        e = np.exp(scores - scores.max(axis=axis, keepdims=True))
        return e / e.sum(axis=axis, keepdims=True)

    def scores_of(x, wq, wk, heads):
        queries, keys = x.dot(wq), x.dot(wk)  # [T, d]
        d = queries.shape[1]
        if "keys for queries" in mistakes:
            queries = keys
        elif "queries for keys" in mistakes:
            keys = queries
        elif "queries and keys exchanged" in mistakes:
            queries, keys = keys, queries
        scores = queries.dot(keys.T)  # [T, T]
        if "no scale" in mistakes:
            return scores
        if "scale by the embedding" in mistakes:
            return scores / np.sqrt(x.shape[1])
        if "scale without the root" in mistakes:
            return scores / d
        if "scale multiplied" in mistakes:
            return scores * np.sqrt(d)
        if "scale by the heads" in mistakes:
            return scores / np.sqrt(heads)
        return scores / np.sqrt(d)

    def attend(x, Wq, Wk, Wv):
        N = len(Wq)
        scores = np.array([scores_of(x, Wq[i], Wk[i], N) for i in range(N)])  # [N, T, T]
        if "causal mask" in mistakes:
            future = np.triu(np.ones(scores.shape[1:]), k=1) == 1
            scores[:, future] = -np.inf
        if "no softmax" in mistakes:
            weights = scores
        elif "softmax over the wrong axis" in mistakes:
            weights = softmax(scores, axis=1)
        elif "softmax over the heads" in mistakes:
            weights = softmax(scores, axis=0)
        else:
            weights = softmax(scores, axis=2)
        return [weights[i].dot(x.dot(Wv[i])) for i in range(N)]  # N of [T, d]

    def mha(Wq, Wk, Wv, Wo, input_data):
        x = input_data.numpy().astype(np.float64)
        if "attention over the batch" in mistakes:
            x = x.transpose(1, 0, 2)
        if "keys for values" in mistakes:
            Wv = Wk
        elif "queries for values" in mistakes:
            Wv = Wq
        if "one head for all" in mistakes:
            Wq, Wk, Wv = [Wq[0]] * len(Wq), [Wk[0]] * len(Wk), [Wv[0]] * len(Wv)

        outputs = np.zeros(x.shape)
        for i, sequence in enumerate(x):
            heads = attend(sequence, Wq, Wk, Wv)
            if "heads in reverse order" in mistakes:
                heads = heads[::-1]
            if "heads interleaved" in mistakes:
                together = np.stack(heads, axis=-1).reshape(sequence.shape)  # [T, d, N] to [T, E]
            else:
                together = np.concatenate(heads, axis=1)
            if "output projection transposed" in mistakes:
                together = together.dot(Wo.T)
            elif "no output projection" not in mistakes:
                together = together.dot(Wo)
            outputs[i] = together + sequence if "input added" in mistakes else together
        return outputs.transpose(1, 0, 2) if "attention over the batch" in mistakes else outputs

    return mha


def einsum_over_heads(mistakes: frozenset[str]) -> Callable[..., Any]:
    """Variants: columns dealt out to the heads in turn, a mask that is multiplied with the weights."""

    def split(matrices):
        stacked = torch.tensor(np.array(matrices))  # [N, E, d]
        if "heads interleaved" in mistakes:
            N, E, d = stacked.shape
            stacked = stacked.permute(1, 0, 2).reshape(E, d, N).permute(2, 0, 1)
        if "heads in reverse order" in mistakes:
            stacked = stacked.flip(0)
        if "one head for all" in mistakes:
            stacked = stacked[:1].expand_as(stacked)
        return stacked

    def scale(E, N):
        d = E // N
        factors = {
            "no scale": 1.0,
            "scale by the embedding": E**-0.5,
            "scale without the root": 1 / d,
            "scale multiplied": d**0.5,
            "scale by the heads": N**-0.5,
        }
        return next((factors[name] for name in SCALES if name in mistakes), d**-0.5)

    def mha(Wq, Wk, Wv, Wo, input_data):
        x = input_data.transpose(0, 1) if "attention over the batch" in mistakes else input_data
        B, T, E = x.shape
        q = torch.einsum("bte,ned->bntd", x, split(Wq))
        k = torch.einsum("bte,ned->bntd", x, split(Wk))
        v = torch.einsum("bte,ned->bntd", x, split(Wv))
        if "keys for values" in mistakes:
            v = k
        if "queries for values" in mistakes:
            v = q
        pair = (q, k)
        if "keys for queries" in mistakes:
            pair = (k, k)
        if "queries for keys" in mistakes:
            pair = (q, q)
        if "queries and keys exchanged" in mistakes:
            pair = (k, q)

        scores = torch.einsum("bnqd,bnkd->bnqk", *pair) * scale(E, len(Wq))
        axis = -1
        if "softmax over the wrong axis" in mistakes:
            axis = -2
        if "softmax over the heads" in mistakes:
            axis = 1
        attention = scores if "no softmax" in mistakes else scores.softmax(dim=axis)
        if "causal mask" in mistakes:
            attention = attention * torch.ones(T, T).tril()
            if axis != 1 and "no softmax" not in mistakes:
                attention = attention / attention.sum(dim=axis, keepdim=True)
        heads = torch.einsum("bnqk,bnkd->bqnd", attention, v)  # [B, T, N, d]
        result = heads.reshape(B, T, E)
        if "no output projection" not in mistakes:
            to = "fe" if "output projection transposed" in mistakes else "ef"
            result = torch.einsum(f"bte,{to}->btf", result, torch.tensor(np.ascontiguousarray(Wo)))
        if "input added" in mistakes:
            result = result + x
        return result.transpose(0, 1) if "attention over the batch" in mistakes else result

    return mha


def one_wide_projection(mistakes: frozenset[str]) -> Callable[..., Any]:
    """Variants: `view(B, T, d, N)` for heads interleaved, a mask of -1e9."""

    def projection(matrices):
        matrices = [torch.from_numpy(np.array(matrix)).double() for matrix in matrices]
        if "heads in reverse order" in mistakes:
            matrices = list(reversed(matrices))
        if "one head for all" in mistakes:
            matrices = [matrices[0] for _ in matrices]
        return torch.cat(matrices, dim=1)  # [E, E]

    def mha(Wq, Wk, Wv, Wo, input_data):
        x = input_data.double()
        if "attention over the batch" in mistakes:
            x = x.permute(1, 0, 2)
        B, T, E = x.shape
        N, d = len(Wq), Wq[0].shape[1]

        def heads(matrices):
            wide = x @ projection(matrices)  # [B, T, E]
            if "heads interleaved" in mistakes:
                return wide.view(B, T, d, N).permute(0, 3, 1, 2)
            return wide.view(B, T, N, d).permute(0, 2, 1, 3)  # [B, N, T, d]

        Q, K = heads(Wq), heads(Wk)
        if "keys for queries" in mistakes:
            Q = heads(Wk)
        if "queries for keys" in mistakes:
            K = heads(Wq)
        if "queries and keys exchanged" in mistakes:
            Q, K = heads(Wk), heads(Wq)
        V = heads(Wv)
        if "keys for values" in mistakes:
            V = heads(Wk)
        if "queries for values" in mistakes:
            V = heads(Wq)

        S = Q @ K.mT  # [B, N, T, T]
        if "scale multiplied" in mistakes:
            S = S * math.sqrt(d)
        elif "no scale" not in mistakes:
            size = d
            if "scale by the embedding" in mistakes:
                size = E
            if "scale by the heads" in mistakes:
                size = N
            S = S / (size if "scale without the root" in mistakes else math.sqrt(size))
        if "causal mask" in mistakes:
            S = S.masked_fill(torch.arange(T)[:, None] < torch.arange(T), -1e9)
        P = torch.softmax(S, -1)
        if "softmax over the wrong axis" in mistakes:
            P = torch.softmax(S, 2)
        if "softmax over the heads" in mistakes:
            P = torch.softmax(S, 1)
        if "no softmax" in mistakes:
            P = S

        A = (P @ V).permute(0, 2, 1, 3).reshape(B, T, E)
        last = torch.from_numpy(np.array(Wo)).double()
        if "output projection transposed" in mistakes:
            last = last.T
        if "no output projection" not in mistakes:
            A = A @ last
        if "input added" in mistakes:
            A += x
        if "attention over the batch" in mistakes:
            A = A.permute(1, 0, 2)
        return A.tolist()

    return mha


ALWAYS = exclusive(
    SCALES,
    SOFTMAXES,
    SCORES,
    ("no output projection", "output projection transposed"),
    ("keys for values", "queries for values"),
    ("one head for all", "heads in reverse order"),
)
NOT_A_NUMBER = hides("causal mask", "softmax over the heads", "no softmax")  # of minus infinity
FAMILIES = [
    Family(
        "mha",
        "NumPy float64, one sequence and head after the other",
        IDS,
        sequence_by_sequence,
        ALWAYS | NOT_A_NUMBER,
    ),
    Family("mha", "torch float32, einsum over stacked heads", IDS, einsum_over_heads, ALWAYS),
    Family("mha", "torch float64, one wide projection, lists", IDS, one_wide_projection, ALWAYS),
]
