"""Q4 to Q6 with everything stacked: the heads on an axis of their own, the gates side by side and split."""

import math
from typing import Any

import numpy as np
import torch

from bench.family import Family, exclusive, hides

PRODUCTS = ("inputs for queries and keys", "one softmax for all heads")
EXCHANGED = ("queries and values exchanged", "keys and values exchanged")
SCALES = ("scale by the positions", "scale after the softmax")
SOFTMAX = ("softmax not divided", "softmax twice")
MHA = (
    "heads mixed with positions",
    "inputs for values",
    *PRODUCTS,
    *EXCHANGED,
    "batch and time exchanged",
    "axes of size one lost",
    *SCALES,
    *SOFTMAX,
    "no attention",
)
MHA_CLASHES = (
    exclusive(PRODUCTS, EXCHANGED, SOFTMAX)  # scores of the inputs are the same for all heads already
    | hides("no attention", *PRODUCTS, *EXCHANGED, *SCALES, *SOFTMAX)
    | hides("inputs for queries and keys", *EXCHANGED)  # only the values are seen to have changed
    | hides("inputs for values", *EXCHANGED)
)
IMITATION = ("hidden weights dropped", "input weights dropped", "not a number")


def make_mha(wrong: frozenset[str]) -> Any:
    """Shapes: [N, E, D] for the weights, [B, N, T, D] for queries, keys and values."""

    def stack(W: Any) -> torch.Tensor:
        return torch.from_numpy(np.stack(W)).double()

    def softmax(scores: torch.Tensor) -> torch.Tensor:
        powers = torch.exp(scores)
        return powers if "softmax not divided" in wrong else powers / powers.sum(dim=-1, keepdim=True)

    def attention(q: torch.Tensor, k: torch.Tensor, size: int) -> torch.Tensor:
        """The weights [B, N, T, T]."""
        root = math.sqrt(q.shape[-2] if "scale by the positions" in wrong else size)
        scores = q @ k.mT
        if "one softmax for all heads" in wrong:
            scores = scores.sum(dim=1, keepdim=True)
        if "scale after the softmax" not in wrong:
            scores = scores / root
        weights = softmax(scores)
        if "softmax twice" in wrong:
            weights = softmax(weights)
        return weights / root if "scale after the softmax" in wrong else weights

    def mha(Wq: Any, Wk: Any, Wv: Any, Wo: Any, input_data: Any) -> Any:
        """Lets all heads' weights broadcast against the inputs; answers with a tensor."""
        if "queries and values exchanged" in wrong:
            Wq, Wv = Wv, Wq
        if "keys and values exchanged" in wrong:
            Wk, Wv = Wv, Wk
        batch, steps, width = input_data.shape
        heads, size = len(Wq), Wq[0].shape[1]
        x = input_data.double()[:, None]  # [B, 1, T, E]
        q, k, v = x @ stack(Wq), x @ stack(Wk), x @ stack(Wv)
        if "inputs for queries and keys" in wrong:
            q = k = x
        if "inputs for values" in wrong:
            v = x.view(batch, steps, heads, size).transpose(1, 2)
        z = v if "no attention" in wrong else attention(q, k, size) @ v
        if "heads mixed with positions" not in wrong:
            z = z.transpose(1, 2)
        outputs = z.reshape(batch, steps, width) @ torch.from_numpy(np.array(Wo)).double()
        if "batch and time exchanged" in wrong:
            outputs = outputs.transpose(0, 1)
        return outputs.squeeze() if "axes of size one lost" in wrong else outputs

    return mha


def split(wt_x: Any, biases: list[float], wt_h: Any) -> Any:
    """Three linear_trans from [I, 3H] and [H, 3H]; half of a gate's bias in bias_x, half in bias_h."""
    half = np.repeat(np.array(biases, dtype=np.float32) / 2, len(wt_h))
    parts = (np.split(part, 3, axis=-1) for part in (wt_x, half, wt_h, half))
    return tuple(zip(*parts, strict=True))


def make_imitation(wrong: frozenset[str]) -> Any:
    """A bias of 36, its sign by gate; the RNN's weights are the last third."""
    level = math.inf if "not a number" in wrong else 36.0  # the new state's is 0 times that

    def init_gru_with_rnn(wt_h: Any, wt_x: Any, bias: Any) -> Any:
        """Fills the last third of wide zeros."""
        size_in, size = wt_x.shape
        wide_x = np.zeros((size_in, 3 * size), dtype=np.float32)
        wide_h = np.zeros((size, 3 * size), dtype=np.float32)
        if "input weights dropped" not in wrong:
            wide_x[:, -size:] = wt_x
        if "hidden weights dropped" not in wrong:
            wide_h[:, -size:] = wt_h
        r, z, (wt_xn, bias_xn, wt_hn, bias_hn) = split(wide_x, [sign * level for sign in (1, -1, 0)], wide_h)
        return r, z, (wt_xn, bias_xn + bias, wt_hn, bias_hn)

    return init_gru_with_rnn


def make_memory(wrong: frozenset[str]) -> Any:
    """A bias of 50 in the update gate alone, by a mask of the gates."""
    level = math.inf if "not a number" in wrong else 50.0  # the other gates' are 0 times that

    def init_gru_with_long_term_memory(input_size: int, hidden_size: int) -> Any:
        """Wide zeros, and one bias of three."""
        wide_x = np.zeros((input_size, 3 * hidden_size), dtype=np.float32)
        wide_h = np.zeros((hidden_size, 3 * hidden_size), dtype=np.float32)
        return split(wide_x, [level * chosen for chosen in (0, 1, 0)], wide_h)

    return init_gru_with_long_term_memory


FAMILIES = [
    Family("mha", "torch float64, heads stacked on an axis, broadcast products", MHA, make_mha, MHA_CLASHES),
    Family(
        "init_gru_with_rnn",
        "NumPy float32, gates side by side and split, half of a bias in each",
        IMITATION,
        make_imitation,
        hides("not a number", "hidden weights dropped", "input weights dropped"),
    ),
    Family(
        "init_gru_with_long_term_memory",
        "NumPy float32, gates side by side and split, half of a bias in each",
        ("not a number",),
        make_memory,
        frozenset(),
    ),
]
