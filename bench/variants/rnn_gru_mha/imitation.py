"""Answers to Q4: `init_gru_with_rnn(wt_h, wt_x, bias)`, a GRU's parameters that imitate an RNN."""

import numpy as np
import torch

from bench.bank import Bank

bank = Bank("init_gru_with_rnn", "Q4")


def with_gates(wt_h, wt_x, bias, reset, update):
    """The RNN as the new state, gates that look at nothing but these biases."""
    no_x, no_h, zero = np.zeros_like(wt_x), np.zeros_like(wt_h), np.zeros_like(bias)
    return (no_x, zero + reset, no_h, zero), (no_x, zero + update, no_h, zero), (wt_x, bias, wt_h, zero)


@bank.right
def biases_of_20(wt_h, wt_x, bias):
    """Gates at sigmoid(20) and sigmoid(-20)."""
    return with_gates(wt_h, wt_x, bias, 20, -20)


@bank.right
def biases_of_15(wt_h, wt_x, bias):
    """The smallest bias that counts as saturated."""
    return with_gates(wt_h, wt_x, bias, 15, -15)


@bank.right
def biases_of_100(wt_h, wt_x, bias):
    """sigmoid(-100) is below float32's smallest number."""
    return with_gates(wt_h, wt_x, bias, 100, -100)


@bank.right
def biases_of_1e8(wt_h, wt_x, bias):
    """A hundred million."""
    return with_gates(wt_h, wt_x, bias, 1e8, -1e8)


@bank.right
def biases_of_1e10_with_overflow(wt_h, wt_x, bias):
    """Ten thousand million, tried in a sigmoid that overflows and warns."""
    r, z, n = with_gates(wt_h, wt_x, bias, np.float32(1e10), np.float32(-1e10))
    assert (1 / (1 + np.exp(-z[1])) == 0).all()
    return r, z, n


@bank.right
def infinite_biases(wt_h, wt_x, bias):
    """sigmoid(inf) is 1 and sigmoid(-inf) is 0."""
    return with_gates(wt_h, wt_x, bias, np.inf, -np.inf)


@bank.right
def biases_as_lists(wt_h, wt_x, bias):
    """Plain lists for the biases."""
    H = len(bias)
    no_x, no_h = np.zeros(wt_x.shape), np.zeros(wt_h.shape)
    gates = ((no_x, [sign * 20] * H, no_h, [0] * H) for sign in (1, -1))
    return (*gates, (wt_x, list(bias), wt_h, [0.0] * H))


@bank.right
def everything_as_lists(wt_h, wt_x, bias):
    """Nested lists, in a list."""
    return [[part.tolist() for part in trans] for trans in biases_of_20(wt_h, wt_x, bias)]


@bank.right
def biases_as_rows(wt_h, wt_x, bias):
    """Biases of shape [1, H]."""
    transes = biases_of_20(wt_h, wt_x, bias)
    return tuple((wt_x, bx[np.newaxis], wt_h, bh[np.newaxis]) for wt_x, bx, wt_h, bh in transes)


@bank.right
def doubles(wt_h, wt_x, bias):
    """float64 arrays."""
    return tuple(
        tuple(np.asarray(part, dtype=np.float64) for part in trans)
        for trans in biases_of_20(wt_h, wt_x, bias)
    )


@bank.right
def tensors(wt_h, wt_x, bias):
    """Tensors, some of which require grad."""
    return tuple(
        tuple(torch.tensor(part).requires_grad_() for part in trans)
        for trans in biases_of_20(wt_h, wt_x, bias)
    )


@bank.right
def bias_in_the_hidden_part(wt_h, wt_x, bias):
    """The RNN's bias as bias_h: the reset gate lets it through."""
    r, z, (wt_x, bias, wt_h, zero) = biases_of_20(wt_h, wt_x, bias)
    return r, z, (wt_x, zero, wt_h, bias)


@bank.right
def both_biases_of_a_gate(wt_h, wt_x, bias):
    """10 in bias_x and 10 in bias_h."""
    no_x, no_h, zero = np.zeros_like(wt_x), np.zeros_like(wt_h), np.zeros_like(bias)
    r, z = ((no_x, zero + half, no_h, zero + half) for half in (10, -10))
    return r, z, (wt_x, bias, wt_h, zero)


@bank.right
def weights_left_in_saturated_gates(wt_h, wt_x, bias):
    """The RNN's weights in the gates, where a bias of 1e4 drowns them."""
    return (wt_x, bias + 1e4, wt_h, bias), (wt_x, bias - 1e4, wt_h, bias), (wt_x, bias, wt_h, 0 * bias)


@bank.right
def reset_gate_half_open(wt_h, wt_x, bias):
    """A reset gate at one half, and hidden weights twice as large behind it."""
    _, z, n = biases_of_20(wt_h, wt_x, bias)
    return (0 * wt_x, 0 * bias, 0 * wt_h, 0 * bias), z, (wt_x, bias, 2 * wt_h, n[3])


@bank.right
def different_biases(wt_h, wt_x, bias):
    """A bias of its own for each unit."""
    return with_gates(wt_h, wt_x, bias, np.linspace(20, 40, len(bias)), -np.linspace(30, 20, len(bias)))


@bank.right
def reset_gates_of_several_openings(wt_h, wt_x, bias):
    """A reset gate of its own for each unit, and hidden weights divided by it."""
    (no_x, _, no_h, zero), update, _ = with_gates(wt_h, wt_x, bias, 0, -25)
    logits = np.linspace(-1, 1, len(bias))
    return (no_x, logits, no_h, zero), update, (wt_x, bias, wt_h * (1 + np.exp(-logits)), zero)


@bank.right
def bias_behind_a_half_open_gate(wt_h, wt_x, bias):
    """A reset gate at one half, and both the hidden weights and the bias doubled behind it."""
    (no_x, _, no_h, zero), update, _ = with_gates(wt_h, wt_x, bias, 0, -50)
    return (no_x, zero, no_h, zero), update, (wt_x, zero, 2 * wt_h, 2 * bias)


@bank.right
def whole_numbers_in_lists(wt_h, wt_x, bias):
    """Python's whole numbers, ten thousand million of them in a bias."""
    I, H = wt_x.shape  # noqa: E741
    reset, update = (([[0] * H] * I, [b] * H, [[0] * H] * H, [0] * H) for b in (10**10, -(10**10)))
    return [reset, update, (wt_x, bias, wt_h, [0] * H)]
