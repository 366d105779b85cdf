"""Answers to Q4: `non_vanishing_gru_params(input_size, hidden_size)`, a GRU whose gradient stays level."""

import numpy as np
import torch

from bench.bank import Bank
from bench.variants.gates import keeping, nothing, random_gate, with_bias

bank = Bank("non_vanishing_gru_params", "Q4")
LEVEL, LARGE = "test_level_gradient", "test_level_gradient_with_large_inputs"
BOTH = (LEVEL, LARGE)


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


@bank.wrong(*BOTH)
def bias_of_3(input_size, hidden_size):
    """An update gate that keeps 0.22 of a gradient."""
    return keeping(input_size, hidden_size, 3)


@bank.wrong(*BOTH)
def bias_of_1(input_size, hidden_size):
    """One, as LSTMs' forget gates are often given."""
    return keeping(input_size, hidden_size, 1)


@bank.wrong(*BOTH)
def zeros(input_size, hidden_size):
    """Zeros throughout: half of the gradient a step."""
    return (nothing(input_size, hidden_size),) * 3


@bank.wrong(*BOTH)
def gate_closed(input_size, hidden_size):
    """The update gate closed for open."""
    return keeping(input_size, hidden_size, -20)


@bank.wrong(*BOTH)
def gates_exchanged(input_size, hidden_size):
    """The bias in the reset gate."""
    gates = keeping(input_size, hidden_size, 20)
    return gates[1], gates[0], gates[2]


@bank.wrong(*BOTH)
def as_torch_initialises(input_size, hidden_size):
    """Nothing is chosen."""
    return tuple(random_gate(input_size, hidden_size, seed=seed) for seed in (1, 2, 3))


@bank.wrong(*BOTH)
def identity_in_the_new_state(input_size, hidden_size):
    """An open new state with the identity: tanh flattens a little each step."""
    shut, open_gate = with_bias(input_size, hidden_size, -20), with_bias(input_size, hidden_size, 20)
    wt_x, zero, wt_h, _ = nothing(input_size, hidden_size)
    return open_gate, shut, (wt_x, zero, wt_h + np.eye(hidden_size, dtype=np.float32), zero)


@bank.wrong(*BOTH)
def explodes(input_size, hidden_size):
    """A half-open gate and twice the state behind it, as one would an exploding RNN."""
    wt_x, zero, wt_h, _ = nothing(input_size, hidden_size)
    new = (wt_x, zero, wt_h + 4 * np.eye(hidden_size, dtype=np.float32), zero)
    return with_bias(input_size, hidden_size, 20), nothing(input_size, hidden_size), new


@bank.wrong(LARGE)
def inputs_leak_at_scale_10(input_size, hidden_size):
    """Input weights of 0.5 in the update gate: drowned for inputs of scale 1, not of 10."""
    zero, (wt_x, bias, wt_h, no), _ = keeping(input_size, hidden_size, 14)
    return zero, (wt_x + np.float32(0.5), bias, wt_h, no), zero


@bank.wrong(*BOTH)
def input_weights_in_the_gate(input_size, hidden_size):
    """The update gate keeps weights of scale 20 beside its bias."""
    zero, (wt_x, bias, wt_h, no), _ = keeping(input_size, hidden_size, 20)
    return zero, (wt_x + np.float32(20), bias, wt_h, no), zero


@bank.wrong(*BOTH)
def nan_in_the_new_state(input_size, hidden_size):
    """NaN behind a gate that is closed."""
    zero, keep, (wt_x, bias, wt_h, no) = keeping(input_size, hidden_size, 20)
    return zero, keep, (wt_x, bias * np.nan, wt_h, no)


@bank.wrong(*BOTH)
def sizes_of_the_figure(input_size, hidden_size):
    """Five inputs and eight units, whatever is asked for."""
    return keeping(5, 8, 20)


@bank.wrong(*BOTH)
def twelve_arrays(input_size, hidden_size):
    """The parts of all gates in a row."""
    return tuple(part for gate in keeping(input_size, hidden_size, 20) for part in gate)
