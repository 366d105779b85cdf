"""Answers to Q4: `non_vanishing_gru_params(input_size, hidden_size)`, a GRU whose gradient stays level."""

import numpy as np
import torch

from bench.bank import Bank
from bench.variants.gates import keeping, nothing, random_gate, with_bias

bank = Bank("non_vanishing_gru_params", "Q4")


@bank.right
def bias_of_20(input_size, hidden_size):
    """An update gate at sigmoid(20)."""
    return keeping(input_size, hidden_size, 20)


@bank.right
def bias_of_10(input_size, hidden_size):
    """An update gate that loses 0.1 percent in 31 steps."""
    return keeping(input_size, hidden_size, 10)


@bank.right
def bias_of_5(input_size, hidden_size):
    """An update gate that keeps 0.81 of a gradient."""
    return keeping(input_size, hidden_size, 5)


@bank.right
def bias_of_1e10(input_size, hidden_size):
    """Ten thousand million."""
    return keeping(input_size, hidden_size, 1e10)


@bank.right
def bias_infinite(input_size, hidden_size):
    """sigmoid(inf) is 1."""
    return keeping(input_size, hidden_size, np.inf)


@bank.right
def lists(input_size, hidden_size):
    """Nested lists."""
    return [[part.tolist() for part in gate] for gate in keeping(input_size, hidden_size, 30)]


@bank.right
def tensors(input_size, hidden_size):
    """torch tensors, with the bias of the state."""
    wt_x, wt_h = torch.zeros(input_size, hidden_size), torch.zeros(hidden_size, hidden_size)
    zero = torch.zeros(hidden_size)
    return (wt_x, zero, wt_h, zero), (wt_x, zero, wt_h, zero + 40), (wt_x, zero, wt_h, zero)


@bank.right
def random_elsewhere(input_size, hidden_size):
    """Reset gate and new state as torch initialises them."""
    keep = with_bias(input_size, hidden_size, 20)
    return random_gate(input_size, hidden_size), keep, random_gate(input_size, hidden_size, seed=8)


@bank.right
def a_little_of_the_input(input_size, hidden_size):
    """Keeps nearly all, and lets a new state of the input in."""
    wt_x, zero, wt_h, _ = nothing(input_size, hidden_size)
    return (
        nothing(input_size, hidden_size),
        with_bias(input_size, hidden_size, 6),
        (wt_x + 1, zero, wt_h, zero),
    )


@bank.right
def from_torch_with_a_large_bias(input_size, hidden_size):
    """All as torch initialises it, and 1000 added to the update gate's bias."""
    gates = [list(random_gate(input_size, hidden_size, seed=seed)) for seed in (1, 2, 3)]
    gates[1][1] = gates[1][1] + 1000
    return tuple(map(tuple, gates))


@bank.right
def bias_of_4(input_size, hidden_size):
    """An update gate that keeps 0.57 of a gradient."""
    return keeping(input_size, hidden_size, 4)
