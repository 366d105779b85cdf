"""Answers to Q5: `init_gru_with_long_term_memory(input_size, hidden_size)`, a GRU that keeps its state."""

import numpy as np
import torch

from bench.bank import Bank
from bench.variants.gates import keeping, nothing

bank = Bank("init_gru_with_long_term_memory", "Q5")


def random_trans(input_size, hidden_size, scale=1.0):
    """Weights drawn anew."""
    rng = np.random.default_rng(7)
    shapes = ((input_size, hidden_size), hidden_size, (hidden_size, hidden_size), hidden_size)
    return tuple(rng.normal(0, scale, shape).astype(np.float32) for shape in shapes)


@bank.right
def bias_of_20(input_size, hidden_size):
    """An update gate at sigmoid(20), which is 1 in float32."""
    return keeping(input_size, hidden_size, 20)


@bank.right
def bias_of_100(input_size, hidden_size):
    """A hundred."""
    return keeping(input_size, hidden_size, 100)


@bank.right
def bias_of_1e8(input_size, hidden_size):
    """A hundred million."""
    return keeping(input_size, hidden_size, 1e8)


@bank.right
def bias_of_1e10(input_size, hidden_size):
    """Ten thousand million."""
    return keeping(input_size, hidden_size, 1e10)


@bank.right
def bias_infinite(input_size, hidden_size):
    """sigmoid(inf) is 1."""
    return keeping(input_size, hidden_size, np.inf)


@bank.right
def bias_as_a_list(input_size, hidden_size):
    """Plain lists for the biases."""
    wt_x, wt_h = np.zeros((input_size, hidden_size)), np.zeros((hidden_size, hidden_size))
    zero = (wt_x, [0] * hidden_size, wt_h, [0] * hidden_size)
    return zero, (wt_x, [20] * hidden_size, wt_h, [0] * hidden_size), zero


@bank.right
def everything_as_lists(input_size, hidden_size):
    """Nested lists, in a list."""
    return [[part.tolist() for part in trans] for trans in bias_of_20(input_size, hidden_size)]


@bank.right
def tensors(input_size, hidden_size):
    """Tensors that require grad."""
    return tuple(
        tuple(torch.tensor(part, requires_grad=True) for part in trans)
        for trans in bias_of_20(input_size, hidden_size)
    )


@bank.right
def doubles(input_size, hidden_size):
    """float64 arrays."""
    return tuple(
        tuple(part.astype(np.float64) for part in trans) for trans in bias_of_20(input_size, hidden_size)
    )


@bank.right
def both_biases(input_size, hidden_size):
    """10 in bias_x and 10 in bias_h."""
    zeros = nothing(input_size, hidden_size)
    wt_x, zero, wt_h, _ = zeros
    return zeros, (wt_x, zero + 10, wt_h, zero + 10), zeros


@bank.right
def hidden_bias(input_size, hidden_size):
    """The bias as bias_h."""
    zeros, (wt_x, bias, wt_h, zero), _ = bias_of_20(input_size, hidden_size)
    return zeros, (wt_x, zero, wt_h, bias), zeros


@bank.right
def random_elsewhere(input_size, hidden_size):
    """Reset gate and new state drawn at random: a closed door needs no order behind it."""
    other = random_trans(input_size, hidden_size)
    return other, bias_of_20(input_size, hidden_size)[1], other


@bank.right
def ones_elsewhere(input_size, hidden_size):
    """Reset gate open, new state of ones."""
    ones = tuple(np.ones_like(part) for part in nothing(input_size, hidden_size))
    return bias_of_20(input_size, hidden_size)[1], bias_of_20(input_size, hidden_size)[1], ones


@bank.right
def weights_drowned(input_size, hidden_size):
    """Weights in the update gate that a bias of 1e8 drowns, for inputs of scale 10 too."""
    wt_x, _, wt_h, zero = random_trans(input_size, hidden_size)
    zeros = nothing(input_size, hidden_size)
    return zeros, (wt_x, np.full_like(zero, 1e8), wt_h, zero), zeros


@bank.right
def from_torch_with_a_large_bias(input_size, hidden_size):
    """All from a new torch.nn.GRU, and 1000 added to the update gate's bias."""
    gates = [list(random_trans(input_size, hidden_size, hidden_size**-0.5)) for _ in "rzn"]
    gates[1][1] = gates[1][1] + 1000
    return tuple(map(tuple, gates))
