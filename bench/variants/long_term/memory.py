"""Answers to Q2: `long_term_gru_params(input_size, hidden_size)`, a GRU that keeps differences."""

import numpy as np
import torch

from bench.bank import Bank
from bench.variants.gates import keeping, nothing, random_gate, with_bias

bank = Bank("long_term_gru_params", "Q2")
AT_10, AT_20, AT_30 = (f"test_differences_at_step_{step}" for step in (10, 20, 30))
LARGE = "test_differences_with_large_inputs"
ALL = (AT_10, AT_20, AT_30, LARGE)


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


@bank.wrong(AT_30)
def bias_of_5_and_a_half(input_size, hidden_size):
    """An update gate that keeps 0.881 of a state in 31 steps, 0.918 in 21."""
    return keeping(input_size, hidden_size, 5.5)


@bank.wrong(AT_20, AT_30)
def bias_of_5(input_size, hidden_size):
    """An update gate that keeps 0.929 of a state in 11 steps, 0.869 in 21."""
    return keeping(input_size, hidden_size, 5)


@bank.wrong(*ALL)
def bias_of_3(input_size, hidden_size):
    """An update gate that is far from saturated."""
    return keeping(input_size, hidden_size, 3)


@bank.wrong(*ALL)
def gate_closed(input_size, hidden_size):
    """The update gate closed for open."""
    return keeping(input_size, hidden_size, -20)


@bank.wrong(*ALL)
def gates_exchanged(input_size, hidden_size):
    """The bias in the reset gate."""
    zeros, keep, _ = keeping(input_size, hidden_size, 20)
    return keep, zeros, zeros


@bank.wrong(*ALL)
def bias_in_the_new_state(input_size, hidden_size):
    """The bias in the last tuple."""
    zeros, keep, _ = keeping(input_size, hidden_size, 20)
    return zeros, zeros, keep


@bank.wrong(*ALL)
def zeros(input_size, hidden_size):
    """Zeros throughout: gates at one half."""
    return (nothing(input_size, hidden_size),) * 3


@bank.wrong(*ALL)
def as_torch_initialises(input_size, hidden_size):
    """Nothing is chosen."""
    return tuple(random_gate(input_size, hidden_size, seed=seed) for seed in (1, 2, 3))


@bank.wrong(*ALL)
def identity_in_the_new_state(input_size, hidden_size):
    """An open new state with the identity: tanh eats the state."""
    shut, open_gate = with_bias(input_size, hidden_size, -20), with_bias(input_size, hidden_size, 20)
    wt_x, zero, wt_h, _ = nothing(input_size, hidden_size)
    return open_gate, shut, (wt_x, zero, wt_h + np.eye(hidden_size, dtype=np.float32), zero)


@bank.wrong(LARGE)
def inputs_leak_at_scale_10(input_size, hidden_size):
    """Input weights of 0.5 in the update gate: drowned for inputs of scale 1, not of 10."""
    zero, (wt_x, bias, wt_h, no), _ = keeping(input_size, hidden_size, 14)
    return zero, (wt_x + np.float32(0.5), bias, wt_h, no), zero


@bank.wrong(*ALL)
def weights_of_ones(input_size, hidden_size):
    """Ones for every weight: the gate follows its input."""
    zero, (_, bias, _, no), _ = keeping(input_size, hidden_size, 2)
    wt_x, wt_h = np.ones((input_size, hidden_size)), np.ones((hidden_size, hidden_size))
    return zero, (wt_x, bias, -wt_h, no), zero


@bank.wrong(*ALL)
def nan_by_infinite_weights(input_size, hidden_size):
    """Infinite weights in the gate: infinity times zero."""
    zero, (wt_x, bias, wt_h, no), _ = keeping(input_size, hidden_size, 20)
    return zero, (wt_x, bias, wt_h + np.inf, no), zero


@bank.wrong(*ALL)
def nan_in_the_new_state(input_size, hidden_size):
    """NaN behind a gate that is closed: nothing times NaN."""
    zero, keep, (wt_x, bias, wt_h, no) = keeping(input_size, hidden_size, 20)
    return zero, keep, (wt_x, bias * np.nan, wt_h, no)


@bank.wrong(*ALL)
def input_weights_transposed(input_size, hidden_size):
    """wt_x as [H, I]."""
    return tuple((wt_x.T, bx, wt_h, bh) for wt_x, bx, wt_h, bh in bias_of_20(input_size, hidden_size))


@bank.wrong(*ALL)
def biases_as_numbers(input_size, hidden_size):
    """A number for a bias [H]."""
    return tuple((wt_x, bx[0], wt_h, bh[0]) for wt_x, bx, wt_h, bh in bias_of_20(input_size, hidden_size))


@bank.wrong(*ALL)
def update_gate_alone(input_size, hidden_size):
    """One tuple for three."""
    return keeping(input_size, hidden_size, 20)[1]
