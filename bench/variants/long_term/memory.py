"""Answers to Q2: `long_term_gru_params(input_size, hidden_size)`, a GRU that keeps differences."""

import numpy as np
import torch

from bench.bank import Bank
from bench.variants.gates import keeping, nothing, random_gate, with_bias

bank = Bank("long_term_gru_params", "Q2")


@bank.right
def bias_of_20(input_size, hidden_size):
    """An update gate at sigmoid(20), which is 1 in float32."""
    return keeping(input_size, hidden_size, 20)


@bank.right
def bias_of_10(input_size, hidden_size):
    """An update gate that loses 0.1 percent in 31 steps."""
    return keeping(input_size, hidden_size, 10)


@bank.right
def bias_of_7(input_size, hidden_size):
    """An update gate that loses 3 percent."""
    return keeping(input_size, hidden_size, 7)


@bank.right
def bias_of_1e10(input_size, hidden_size):
    """Ten thousand million."""
    return keeping(input_size, hidden_size, 1e10)


@bank.right
def bias_infinite(input_size, hidden_size):
    """sigmoid(inf) is 1."""
    return keeping(input_size, hidden_size, np.inf)


@bank.right
def bias_shared(input_size, hidden_size):
    """Half of the bias in each of the two, in lists."""
    zeros = [part.tolist() for part in nothing(input_size, hidden_size)]
    return [zeros, [zeros[0], [10.0] * hidden_size, zeros[2], [10.0] * hidden_size], zeros]


@bank.right
def tensors(input_size, hidden_size):
    """torch tensors, one of them a parameter."""
    wt_x, wt_h = torch.zeros(input_size, hidden_size), torch.zeros(hidden_size, hidden_size)
    zero, bias = torch.zeros(hidden_size), torch.nn.Parameter(torch.full((hidden_size,), 30.0))
    return (wt_x, zero, wt_h, zero), (wt_x, bias, wt_h, zero), (wt_x, zero, wt_h, zero)


@bank.right
def doubles(input_size, hidden_size):
    """NumPy's default, float64."""
    zeros = np.zeros((input_size, hidden_size)), np.zeros(hidden_size), np.zeros((hidden_size, hidden_size))
    gate = (zeros[0], zeros[1], zeros[2], zeros[1])
    return gate, (zeros[0], 50 * np.ones(hidden_size), zeros[2], zeros[1]), gate


@bank.right
def random_elsewhere(input_size, hidden_size):
    """Reset gate and new state as torch initialises them."""
    keep = with_bias(input_size, hidden_size, 20)
    return random_gate(input_size, hidden_size), keep, random_gate(input_size, hidden_size, seed=8)


@bank.right
def from_torch_with_a_large_bias(input_size, hidden_size):
    """All from a new torch.nn.GRU, and 1000 added to the update gate's bias."""
    gates = [list(random_gate(input_size, hidden_size, seed=seed)) for seed in (1, 2, 3)]
    gates[1][1] = gates[1][1] + 1000
    return tuple(map(tuple, gates))


@bank.right
def bias_of_rows(input_size, hidden_size):
    """Biases with a leading axis."""
    wt_x, zero, wt_h, _ = nothing(input_size, hidden_size)
    row = zero[np.newaxis]
    return (wt_x, row, wt_h, row), (wt_x, row + 25, wt_h, row), (wt_x, row, wt_h, row)


@bank.right
def bias_of_6(input_size, hidden_size):
    """An update gate that keeps 0.926 of a state in 31 steps."""
    return keeping(input_size, hidden_size, 6)
