"""Q6, `mha`, in three styles."""

import math
from typing import Any

import numpy as np
import torch

from bench.family import Family, exclusive, hides
from bench.held_out.rnn_gru_mha.choose import choose

SCALES = (
    "no scale",
    "scale by the embedding",
    "scale without the root",
    "scale multiplied",
    "scale by the heads",
)
SOFTMAX = ("softmax over the wrong axis", "softmax over the heads", "no softmax")
SWAPS = ("keys for queries", "queries for keys", "queries and keys exchanged")
VALUES = ("keys for values", "queries for values")
WO = ("no output projection", "output projection transposed")
IDS = (
    *SCALES,
    *SOFTMAX,
    *WO,
    "causal mask",
    "heads interleaved",
    "heads in reverse order",
    *VALUES,
    *SWAPS,
    "attention over the batch",
    "one head for all",
    "input added",
)
CLASHES = (
    exclusive(SCALES, SOFTMAX, SWAPS, VALUES, WO)
    | hides("one head for all", "heads in reverse order", "softmax over the heads")
    | hides("softmax over the heads", "causal mask")
)


def scale_of(wrong: frozenset[str], size: int, heads: int) -> float:
    """What the scores are multiplied by; size is a head's."""
    ways = {
        "no scale": 1.0,
        "scale by the embedding": 1 / math.sqrt(size * heads),
        "scale without the root": 1 / size,
        "scale multiplied": math.sqrt(size),
        "scale by the heads": heads**-0.5,
    }
    return choose(wrong, ways, 1 / math.sqrt(size))


def make_loops(wrong: frozenset[str]) -> Any:
    """NumPy float64, one sequence and one head at a time."""

    def normalised(scores):
        """[N, T, T]; weights that sum to 1."""
        if "no softmax" in wrong:
            return scores
        axis = choose(wrong, {"softmax over the wrong axis": 1, "softmax over the heads": 0}, 2)
        powers = np.exp(scores - scores.max(axis=axis, keepdims=True))
        return powers / powers.sum(axis=axis, keepdims=True)

    def mha(Wq, Wk, Wv, Wo, input_data):
        """Writes each head's columns of a buffer, then projects."""
        data = input_data.detach().numpy().astype(np.float64)
        xs = data.swapaxes(0, 1) if "attention over the batch" in wrong else data
        heads, size = len(Wq), Wq[0].shape[1]
        outputs = np.empty_like(xs)
        for b in range(len(xs)):
            x = xs[b]
            q, k, v = [], [], []
            for i in range(heads):
                if "one head for all" in wrong:
                    i = 0
                queries, keys = x @ Wq[i], x @ Wk[i]
                v.append(choose(wrong, {"keys for values": keys, "queries for values": queries}, x @ Wv[i]))
                if "keys for queries" in wrong:
                    queries = keys
                if "queries for keys" in wrong:
                    keys = queries
                if "queries and keys exchanged" in wrong:
                    queries, keys = keys, queries
                q.append(queries)
                k.append(keys)
            scores = np.array([q[i] @ k[i].T for i in range(heads)]) * scale_of(wrong, size, heads)
            if "causal mask" in wrong:
                scores[:, np.triu(np.ones(scores.shape[1:], dtype=bool), 1)] = -np.inf
            weights = normalised(scores)
            row = np.empty_like(x)
            for i in range(heads):
                place = heads - 1 - i if "heads in reverse order" in wrong else i
                columns = slice(place * size, (place + 1) * size)
                if "heads interleaved" in wrong:
                    columns = slice(place, None, heads)
                row[:, columns] = weights[i] @ v[i]
            if "no output projection" in wrong:
                outputs[b] = row
            elif "output projection transposed" in wrong:
                outputs[b] = (Wo @ row.T).T
            else:
                outputs[b] = row @ Wo
        if "attention over the batch" in wrong:
            outputs = outputs.swapaxes(0, 1)
        return outputs + data if "input added" in wrong else outputs

    return mha


def make_einsum(wrong: frozenset[str]) -> Any:
    """torch float32, einsum over whole arrays."""

    def mha(Wq, Wk, Wv, Wo, input_data):
        """Letters: b batch, n head, t and s positions, d a head's numbers."""
        if "one head for all" in wrong:
            Wq, Wk, Wv = ([W[0] for _ in W] for W in (Wq, Wk, Wv))
        q, k, v = (torch.einsum("bte,ned->bntd", input_data, torch.tensor(np.stack(W))) for W in (Wq, Wk, Wv))
        if "keys for values" in wrong:
            v = k
        if "queries for values" in wrong:
            v = q
        left, right = choose(
            wrong,
            {"keys for queries": (k, k), "queries for keys": (q, q), "queries and keys exchanged": (k, q)},
            (q, k),
        )
        along_batch = "attention over the batch" in wrong
        scores = torch.einsum("bntd,cntd->tnbc" if along_batch else "bntd,bnsd->bnts", left, right)
        scores = scores * scale_of(wrong, q.shape[-1], len(Wq))
        if "causal mask" in wrong:
            later = torch.ones(scores.shape[-2:]).triu(diagonal=1).bool()
            scores = scores.masked_fill(later, 0.0 if "no softmax" in wrong else -1e9)
        if "no softmax" in wrong:
            weights = scores
        elif "softmax over the wrong axis" in wrong:
            weights = torch.softmax(scores, dim=-2)
        elif "softmax over the heads" in wrong:
            weights = scores.softmax(1)
        else:
            weights = scores.softmax(-1)
        heads = torch.einsum("tnbc,cntd->bntd" if along_batch else "bnts,bnsd->bntd", weights, v)
        if "heads in reverse order" in wrong:
            heads = heads.flip(1)
        if "heads interleaved" in wrong:
            joined = torch.stack(heads.unbind(1), dim=-1).flatten(2)
        else:
            joined = torch.cat(heads.unbind(1), dim=-1)
        Wo = torch.tensor(np.array(Wo))
        if "no output projection" not in wrong:
            joined = torch.einsum("btf,ef->bte" if WO[1] in wrong else "btf,fe->bte", joined, Wo)
        if "input added" in wrong:
            joined += input_data
        return joined.numpy()

    return mha


def make_stacked(wrong: frozenset[str]) -> Any:
    """NumPy float32, heads side by side in one [E, E] matrix, cut afterwards."""

    def side_by_side(W):
        if "one head for all" in wrong:
            return np.tile(W[0], len(W))
        return np.concatenate(W[::-1] if "heads in reverse order" in wrong else W, axis=1)

    def cut(a, heads):
        """[B, T, E] to [B, N, T, E // N]."""
        if "heads interleaved" in wrong:
            return np.stack([a[..., i::heads] for i in range(heads)], axis=1)
        return np.stack(np.split(a, heads, axis=-1), axis=1)

    def mha(Wq, Wk, Wv, Wo, input_data):
        """One product a role, then reshaped."""
        heads = len(Wq)
        x = np.asarray(input_data)
        if "attention over the batch" in wrong:
            x = np.transpose(x, (1, 0, 2))
        roles = {"q": Wq, "k": Wk, "v": Wv}
        if "keys for values" in wrong:
            roles["v"] = Wk
        if "queries for values" in wrong:
            roles["v"] = Wq
        if "keys for queries" in wrong:
            roles["q"] = Wk
        if "queries for keys" in wrong:
            roles["k"] = Wq
        if "queries and keys exchanged" in wrong:
            roles |= {"q": Wk, "k": Wq}
        q, k, v = (cut(x @ side_by_side(W), heads) for W in roles.values())
        weights = np.float32(scale_of(wrong, q.shape[-1], heads)) * (q @ np.moveaxis(k, -1, -2))
        if "no softmax" not in wrong:
            axis = choose(wrong, {"softmax over the wrong axis": -2, "softmax over the heads": 1}, -1)
            weights = np.exp(weights - weights.max(axis=axis, keepdims=True))
            if "causal mask" in wrong:
                weights = np.tril(weights)
            weights /= weights.sum(axis=axis, keepdims=True)
        elif "causal mask" in wrong:
            weights = np.tril(weights)
        batch, _, steps, _ = q.shape
        answer = (weights @ v).transpose(0, 2, 1, 3).reshape(batch, steps, -1)
        if "no output projection" not in wrong:
            answer = answer.dot(Wo.T if "output projection transposed" in wrong else Wo)
        if "input added" in wrong:
            answer += x
        return np.transpose(answer, (1, 0, 2)) if "attention over the batch" in wrong else answer

    return mha


FAMILIES = [
    Family(
        "mha",
        "NumPy float64, loops over sequences and heads, a buffer of columns",
        IDS,
        make_loops,
        CLASHES | hides("causal mask", "no softmax"),
    ),
    Family("mha", "torch float32, einsum over whole arrays", IDS, make_einsum, CLASHES),
    Family("mha", "NumPy float32, concatenated weights cut by slices", IDS, make_stacked, CLASHES),
]
