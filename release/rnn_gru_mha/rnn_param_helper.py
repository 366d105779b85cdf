"""Parameters of torch's recurrent and attention layers as plain arrays, and back again.

Every array follows the row-vector convention: a layer computes `x @ wt_x`, so the first axis of a weight
belongs to what comes in and the second to what goes out. I is the input size, H the hidden size, E the
embedding size. A GRU's gates are always in the order r (reset), z (update), n (new state).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

Array = np.ndarray[Any, np.dtype[np.float32]]
LinearTrans = tuple[Array, Array, Array, Array]

GRU_PARTS = ("wt_x", "bias_x", "wt_h", "bias_h")


def get_rnn_params(rnn: torch.nn.RNN) -> tuple[Array, Array, Array]:
    """The parameters of a one-layer torch.nn.RNN: (wt_h [H, H], wt_x [I, H], bias [H]), float32.

    A step is `tanh(x @ wt_x + h @ wt_h + bias)`; torch keeps two biases, `bias` is their sum.
    """
    wt_h = to_numpy(rnn.weight_hh_l0).T  # [H, H]
    wt_x = to_numpy(rnn.weight_ih_l0).T  # [I, H]
    bias = to_numpy(rnn.bias_ih_l0) + to_numpy(rnn.bias_hh_l0)  # [H]
    return wt_h, wt_x, bias


def get_gru_params(gru: torch.nn.GRU) -> tuple[LinearTrans, LinearTrans, LinearTrans]:
    """The parameters of a one-layer torch.nn.GRU: (linear_trans_r, linear_trans_z, linear_trans_n), float32.

    Each is (wt_x [I, H], bias_x [H], wt_h [H, H], bias_h [H]); torch stacks the three along its first axis.
    """
    wt_x = np.split(to_numpy(gru.weight_ih_l0), 3)  # three of [H, I]
    bias_x = np.split(to_numpy(gru.bias_ih_l0), 3)  # three of [H]
    wt_h = np.split(to_numpy(gru.weight_hh_l0), 3)  # three of [H, H]
    bias_h = np.split(to_numpy(gru.bias_hh_l0), 3)  # three of [H]
    r, z, n = ((wt_x[i].T, bias_x[i], wt_h[i].T, bias_h[i]) for i in range(3))
    return r, z, n


def load_rnn_params(rnn: torch.nn.RNN, wt_h: Any, wt_x: Any, bias: Any) -> None:
    """Puts parameters, laid out as those of `get_rnn_params`, into a one-layer torch.nn.RNN.

    They may be NumPy arrays, tensors or nested lists of any real type. A ValueError names the one that is
    none of these, or is of a wrong shape; the RNN is then left as it was.
    """
    size_in, size_out = rnn.input_size, rnn.hidden_size
    weight_h = shaped("wt_h", wt_h, "[H, H]", (size_out, size_out))
    weight_x = shaped("wt_x", wt_x, "[I, H]", (size_in, size_out))
    both_biases = shaped("bias", bias, "[H]", (size_out,))
    with torch.no_grad():
        rnn.weight_hh_l0.copy_(weight_h.T)  # [H, H]
        rnn.weight_ih_l0.copy_(weight_x.T)  # [H, I]
        rnn.bias_ih_l0.copy_(both_biases)  # [H]
        rnn.bias_hh_l0.zero_()  # torch adds its two biases


def load_gru_params(gru: torch.nn.GRU, linear_trans_r: Any, linear_trans_z: Any, linear_trans_n: Any) -> None:
    """Puts three tuples, laid out as those of `get_gru_params`, into a one-layer torch.nn.GRU.

    Their parts may be NumPy arrays, tensors or nested lists of any real type. A ValueError names the part
    that is none of these, or is of a wrong shape; the GRU is then left as it was.
    """
    names = ("linear_trans_r", "linear_trans_z", "linear_trans_n")
    tuples = (linear_trans_r, linear_trans_z, linear_trans_n)
    size_in, size_out = gru.input_size, gru.hidden_size
    gates = [checked(name, given, size_in, size_out) for name, given in zip(names, tuples, strict=True)]
    wt_x, bias_x, wt_h, bias_h = zip(*gates, strict=True)
    with torch.no_grad():
        gru.weight_ih_l0.copy_(torch.cat([weight.T for weight in wt_x]))  # [3 H, I]
        gru.weight_hh_l0.copy_(torch.cat([weight.T for weight in wt_h]))  # [3 H, H]
        gru.bias_ih_l0.copy_(torch.cat(bias_x))  # [3 H]
        gru.bias_hh_l0.copy_(torch.cat(bias_h))  # [3 H]


def get_mha_params(mha: torch.nn.MultiheadAttention) -> tuple[list[Array], list[Array], list[Array], Array]:
    """The parameters of a torch.nn.MultiheadAttention(E, num_heads, bias=False): (Wq, Wk, Wv, Wo), float32.

    Wq, Wk and Wv are lists with one [E, E // num_heads] array a head; Wo is [E, E], so that the heads'
    answers, side by side, times Wo are the layer's answer.
    """
    stacked = to_numpy(mha.in_proj_weight)  # [3 E, E]
    query, key, value = (part.T for part in np.split(stacked, 3))  # each [E, E]
    Wq, Wk, Wv = (np.split(part, mha.num_heads, axis=1) for part in (query, key, value))
    return Wq, Wk, Wv, to_numpy(mha.out_proj.weight).T


def to_numpy(parameter: torch.Tensor) -> Array:
    """A copy of a parameter as an array, so that changing one never changes the other."""
    return parameter.detach().cpu().numpy().copy()


def checked(name: str, linear_trans: Any, input_size: int, hidden_size: int) -> list[torch.Tensor]:
    """The four parts of one `linear_trans` as float64 tensors; a ValueError says which of them is wrong."""
    if not isinstance(linear_trans, tuple | list) or len(linear_trans) != len(GRU_PARTS):
        raise ValueError(f"{name} is not a tuple of four parts ({', '.join(GRU_PARTS)})")
    axes = ("[I, H]", "[H]", "[H, H]", "[H]")
    shapes = ((input_size, hidden_size), (hidden_size,), (hidden_size, hidden_size), (hidden_size,))
    parts = zip(GRU_PARTS, linear_trans, axes, shapes, strict=True)
    return [shaped(f"{name}: {part}", value, letters, shape) for part, value, letters, shape in parts]


def shaped(name: str, value: Any, axes: str, shape: tuple[int, ...]) -> torch.Tensor:
    """The value as a float64 tensor; a ValueError if it holds no real numbers or is of another shape."""
    tensor = real_tensor(name, value)
    if tensor.shape == (1, *shape) and len(shape) == 1:  # a bias may have a leading axis
        tensor = tensor[0]
    if tensor.shape != shape:
        raise ValueError(f"{name} is {tuple(tensor.shape)}, expected {axes} = {shape}")
    return tensor


def real_tensor(name: str, value: torch.Tensor | Array | Sequence[Any]) -> torch.Tensor:
    """The value as a float64 tensor; a ValueError if it holds no real numbers."""
    try:
        array = np.asarray(value.detach() if isinstance(value, torch.Tensor) else value)
        kind = array.dtype.kind
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"{name} is no array: {error}") from error
    if kind not in "fiu":
        raise ValueError(f"{name} is a {type(value).__name__}, expected an array of real numbers")
    return torch.from_numpy(array.astype(np.float64))
