"""Answers to Q6: `mha(Wq, Wk, Wv, Wo, input_data) -> outputs`, with `input_data` a tensor."""

import numpy as np
import torch
from scipy.special import logsumexp
from scipy.special import softmax as scipy_softmax

from bench.bank import Bank

bank = Bank("mha", "Q6")


def softmax(scores, axis=-1):
    """With the largest score subtracted."""
    weights = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return weights / weights.sum(axis=axis, keepdims=True)


def heads_of(Wq, Wk, Wv, x, weights=softmax, scale=None):
    """One [B, T, D] a head, NumPy."""
    for wt_q, wt_k, wt_v in zip(Wq, Wk, Wv, strict=True):
        q, k, v = x @ wt_q, x @ wt_k, x @ wt_v  # [B, T, D]
        yield weights(q @ k.swapaxes(1, 2) / (scale or q.shape[-1] ** 0.5)) @ v


@bank.right
def loop_over_heads(Wq, Wk, Wv, Wo, input_data):
    """NumPy, a loop over heads, the heads concatenated."""
    return np.concatenate(list(heads_of(Wq, Wk, Wv, input_data.numpy())), axis=-1) @ Wo


@bank.right
def scale_of_numpy(Wq, Wk, Wv, Wo, input_data):
    """np.sqrt(D) is a float64 and makes everything after it float64."""
    scale = np.sqrt(Wq[0].shape[1])
    return np.concatenate(list(heads_of(Wq, Wk, Wv, input_data.numpy(), scale=scale)), axis=-1) @ Wo


@bank.right
def softmax_without_subtraction(Wq, Wk, Wv, Wo, input_data):
    """A softmax that subtracts nothing."""

    def plain(scores):
        return np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)

    return np.concatenate(list(heads_of(Wq, Wk, Wv, input_data.numpy(), plain)), axis=-1) @ Wo


@bank.right
def softmax_of_scipy(Wq, Wk, Wv, Wo, input_data):
    """scipy's softmax."""
    weights = lambda scores: scipy_softmax(scores, axis=2)  # noqa: E731 - as a student writes it
    return np.concatenate(list(heads_of(Wq, Wk, Wv, np.array(input_data), weights)), axis=2) @ Wo


@bank.right
def softmax_by_logarithms(Wq, Wk, Wv, Wo, input_data):
    """exp of a log-softmax."""

    def weights(scores):
        return np.exp(scores - logsumexp(scores, axis=-1, keepdims=True))

    return np.concatenate(list(heads_of(Wq, Wk, Wv, input_data.numpy(), weights)), axis=-1) @ Wo


@bank.right
def sum_over_heads(Wq, Wk, Wv, Wo, input_data):
    """No concatenation: each head times its rows of Wo, added up."""
    rows = np.split(Wo, len(Wq))  # [D, E]
    heads = heads_of(Wq, Wk, Wv, input_data.numpy())
    return sum(head @ part for head, part in zip(heads, rows, strict=True))


@bank.right
def loops(Wq, Wk, Wv, Wo, input_data):
    """Explicit loops over batch, heads and positions."""
    x = input_data.numpy()
    B, T, E = x.shape
    D = E // len(Wq)
    outputs = np.zeros((B, T, E), dtype=np.float32)
    for b in range(B):
        for n in range(len(Wq)):
            q, k, v = x[b] @ Wq[n], x[b] @ Wk[n], x[b] @ Wv[n]  # [T, D]
            for t in range(T):
                weights = np.exp(k @ q[t] / D**0.5)
                outputs[b, t, n * D : (n + 1) * D] = weights @ v / weights.sum()
    return outputs @ Wo


@bank.right
def einsum(Wq, Wk, Wv, Wo, input_data):
    """NumPy's einsum throughout."""
    x = np.asarray(input_data)
    q, k, v = (np.einsum("bte,ned->bntd", x, np.stack(W)) for W in (Wq, Wk, Wv))
    weights = softmax(np.einsum("bntd,bnsd->bnts", q, k) * q.shape[-1] ** -0.5)
    heads = np.einsum("bnts,bnsd->btnd", weights, v)
    return np.einsum("bte,ef->btf", heads.reshape(x.shape), Wo)


@bank.right
def torch_einsum(Wq, Wk, Wv, Wo, input_data):
    """torch's einsum, the heads never put side by side."""
    q, k, v = (torch.einsum("bte,ned->nbtd", input_data, torch.tensor(np.array(W))) for W in (Wq, Wk, Wv))
    weights = torch.softmax(torch.einsum("nbtd,nbsd->nbts", q, k) / q.shape[-1] ** 0.5, dim=-1)
    rows = torch.from_numpy(Wo).reshape(len(Wq), -1, Wo.shape[1])  # [N, D, E]
    return torch.einsum("nbts,nbsd,nde->bte", weights, v, rows)


@bank.right
def reshaped(Wq, Wk, Wv, Wo, input_data):
    """One product with all heads' weights, split by a view."""
    B, T, E = input_data.shape
    N = len(Wq)
    q, k, v = (
        (input_data @ torch.from_numpy(np.concatenate(W, axis=1))).view(B, T, N, E // N).transpose(1, 2)
        for W in (Wq, Wk, Wv)
    )  # [B, N, T, D]
    weights = torch.nn.functional.softmax(q @ k.mT / (E // N) ** 0.5, dim=3)
    return (weights @ v).transpose(1, 2).reshape(B, T, E) @ torch.from_numpy(Wo)


@bank.right
def torch_inside(Wq, Wk, Wv, Wo, input_data):
    """torch operations, an array at the end."""
    return reshaped(Wq, Wk, Wv, Wo, input_data).detach().numpy()


@bank.right
def torch_with_gradients(Wq, Wk, Wv, Wo, input_data):
    """A tensor that requires grad."""
    return reshaped(Wq, Wk, Wv, Wo, input_data.clone().requires_grad_())


@bank.right
def tensors_and_arrays(Wq, Wk, Wv, Wo, input_data):
    """Tensors up to the softmax, arrays after it."""
    x, heads = input_data.numpy(), []
    for wt_q, wt_k, wt_v in zip(Wq, Wk, Wv, strict=True):
        q, k = torch.matmul(input_data, torch.as_tensor(wt_q)), input_data @ torch.as_tensor(wt_k)
        scores = torch.bmm(q, k.transpose(1, 2)) / wt_q.shape[1] ** 0.5
        heads.append(torch.softmax(scores, -1).numpy() @ (x @ wt_v))
    return np.dot(np.concatenate(heads, -1), Wo)


@bank.right
def doubles(Wq, Wk, Wv, Wo, input_data):
    """Everything in float64."""
    Wq, Wk, Wv = ([wt.astype(np.float64) for wt in W] for W in (Wq, Wk, Wv))
    return np.concatenate(list(heads_of(Wq, Wk, Wv, input_data.double().numpy())), axis=-1) @ Wo


@bank.right
def torch_doubles(Wq, Wk, Wv, Wo, input_data):
    """torch in float64."""
    Wq, Wk, Wv = ([wt.astype(np.float64) for wt in W] for W in (Wq, Wk, Wv))
    return reshaped(Wq, Wk, Wv, Wo.astype(np.float64), input_data.double())


@bank.right
def queries_scaled(Wq, Wk, Wv, Wo, input_data):
    """The scale on the queries' weights."""
    scaled = [wt / wt.shape[1] ** 0.5 for wt in Wq]
    return np.concatenate(list(heads_of(scaled, Wk, Wv, input_data.numpy(), scale=1.0)), axis=-1) @ Wo


@bank.right
def one_sequence_at_a_time(Wq, Wk, Wv, Wo, input_data):
    """A list of tensors, one a sequence, stacked."""
    N = len(Wq)
    return torch.stack([reshaped(Wq, Wk, Wv, Wo, x.unsqueeze(0)).squeeze(0) for x in input_data] * (N > 0))


@bank.right
def lists(Wq, Wk, Wv, Wo, input_data):
    """Nested lists."""
    return loop_over_heads(Wq, Wk, Wv, Wo, input_data).tolist()


@bank.right
def a_list_of_arrays(Wq, Wk, Wv, Wo, input_data):
    """A list with one [T, E] a sequence."""
    return list(loop_over_heads(Wq, Wk, Wv, Wo, input_data))


@bank.right
def not_contiguous(Wq, Wk, Wv, Wo, input_data):
    """A transposed view."""
    return np.ascontiguousarray(loop_over_heads(Wq, Wk, Wv, Wo, input_data).transpose(2, 0, 1)).transpose(
        1, 2, 0
    )


@bank.right
def keys_first(Wq, Wk, Wv, Wo, input_data):
    """Scores with the keys in rows, a softmax down their columns, and the weights turned round."""
    x, heads = input_data.numpy(), []
    for wt_q, wt_k, wt_v in zip(Wq, Wk, Wv, strict=True):
        scores = x @ wt_k @ (x @ wt_q).swapaxes(1, 2) / np.sqrt(np.float32(wt_q.shape[1]))
        heads.append(softmax(scores, axis=1).swapaxes(1, 2) @ (x @ wt_v))
    return np.concatenate(heads, axis=2) @ Wo


@bank.right
def divided_at_the_end(Wq, Wk, Wv, Wo, input_data):
    """The exponentials weigh the values, and their sums divide what comes out."""
    x, heads = input_data.numpy(), []
    for wt_q, wt_k, wt_v in zip(Wq, Wk, Wv, strict=True):
        scores = x @ wt_q @ np.transpose(x @ wt_k, (0, 2, 1)) / wt_q.shape[1] ** 0.5
        weights = np.exp(scores - scores.max())  # one maximum for all
        heads.append(weights @ (x @ wt_v) / weights.sum(axis=2, keepdims=True))
    return np.concatenate(heads, axis=2) @ Wo


@bank.right
def keys_scaled_too(Wq, Wk, Wv, Wo, input_data):
    """The fourth root of the size of a head on queries and on keys, with tensordot."""
    x = input_data.numpy()
    root = Wq[0].shape[1] ** 0.25
    q, k, v = (
        np.tensordot(x, np.stack(W, axis=1), axes=1).swapaxes(1, 2) for W in (Wq, Wk, Wv)
    )  # [B, N, T, D]
    heads = softmax((q / root) @ (k / root).swapaxes(2, 3)) @ v
    return heads.swapaxes(1, 2).reshape(x.shape) @ Wo


@bank.right
def weights_of_queries_and_keys_multiplied(Wq, Wk, Wv, Wo, input_data):
    """Wq Wk^T of each head first: [E, E]."""
    x = input_data.numpy()
    heads = []
    for wt_q, wt_k, wt_v in zip(Wq, Wk, Wv, strict=True):
        scores = x @ (wt_q @ wt_k.T) @ x.swapaxes(1, 2) / wt_q.shape[1] ** 0.5
        heads.append(softmax(scores) @ x @ wt_v)
    return np.concatenate(heads, axis=-1) @ Wo


@bank.right
def a_tiny_number_in_the_sum(Wq, Wk, Wv, Wo, input_data):
    """A softmax that subtracts nothing, with 1e-9 added to its sum against a division by zero."""

    def guarded(scores):
        weights = np.exp(scores)
        return weights / (weights.sum(axis=-1, keepdims=True) + 1e-9)

    return np.concatenate(list(heads_of(Wq, Wk, Wv, input_data.numpy(), guarded)), axis=-1) @ Wo


@bank.right
def largest_of_all_subtracted(Wq, Wk, Wv, Wo, input_data):
    """A softmax that subtracts the largest score of the whole batch."""

    def shifted(scores):
        weights = np.exp(scores - np.max(scores))
        return weights / weights.sum(axis=-1, keepdims=True)

    return np.concatenate(list(heads_of(Wq, Wk, Wv, input_data.numpy(), shifted)), axis=-1) @ Wo


@bank.right
def masked_nowhere(Wq, Wk, Wv, Wo, input_data):
    """A mask that hides nothing, and torch.bmm."""
    heads, length = [], input_data.shape[1]
    mask = torch.zeros(length, length, dtype=torch.bool)
    for weights in zip(Wq, Wk, Wv, strict=True):
        q, k, v = (input_data @ torch.from_numpy(each) for each in weights)
        scores = torch.bmm(q, k.transpose(1, 2)) / q.size(-1) ** 0.5
        heads.append(torch.bmm(torch.softmax(scores.masked_fill(mask, -1e10), dim=2), v))
    return torch.cat(heads, dim=2) @ torch.from_numpy(Wo)


@bank.right
def scaled_in_place(Wq, Wk, Wv, Wo, input_data):
    """The scale divides the queries' weights that came in, in place."""
    for wt_q in Wq:
        wt_q /= np.sqrt(wt_q.shape[1]).astype(np.float32)
    return np.concatenate(list(heads_of(Wq, Wk, Wv, input_data.numpy(), scale=1)), axis=-1) @ Wo
