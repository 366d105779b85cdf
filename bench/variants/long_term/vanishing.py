"""Answers to Q3: `vanishing_rnn_params(input_size, hidden_size, rng) -> (wt_h, wt_x, bias)`."""

import numpy as np
import torch

from bench.bank import Bank

bank = Bank("vanishing_rnn_params", "Q3")


def with_recurrent(wt_h, input_size, hidden_size, rng):
    """These recurrent weights, small input weights and no bias."""
    return wt_h, rng.uniform(-0.1, 0.1, (input_size, hidden_size)), np.zeros(hidden_size)


def rotation(hidden_size, rng):
    """A random orthogonal matrix."""
    return np.linalg.qr(rng.standard_normal((hidden_size, hidden_size)))[0]


@bank.right
def half_a_rotation(input_size, hidden_size, rng):
    """A random orthogonal matrix, times one half."""
    wt_x = rng.uniform(-1, 1, (input_size, hidden_size)) / input_size
    return 0.5 * rotation(hidden_size, rng), wt_x, np.zeros(hidden_size)


@bank.right
def half_the_identity(input_size, hidden_size, rng):
    """Half the identity and no input weights at all, float32."""
    eye, zero = np.eye(hidden_size, dtype=np.float32), np.zeros(hidden_size, dtype=np.float32)
    return 0.5 * eye, np.zeros((input_size, hidden_size), dtype=np.float32), zero


@bank.right
def a_tenth_of_the_identity(input_size, hidden_size, rng):
    """A tenth a step: 0.03 at step 1."""
    return with_recurrent(0.1 * np.eye(hidden_size), input_size, hidden_size, rng)


@bank.right
def half_of_what_torch_draws(input_size, hidden_size, rng):
    """Uniform within 0.5 / sqrt(H)."""
    bound = 0.5 / np.sqrt(hidden_size)
    wt_h = rng.uniform(-bound, bound, (hidden_size, hidden_size))
    return with_recurrent(wt_h, input_size, hidden_size, rng)


@bank.right
def normal_over_root_h(input_size, hidden_size, rng):
    """Normal with a standard deviation of 0.3 / sqrt(H)."""
    wt_h = rng.normal(0, 0.3 / np.sqrt(hidden_size), (hidden_size, hidden_size))
    return with_recurrent(wt_h, input_size, hidden_size, rng)


@bank.right
def spectral_radius_of_a_half(input_size, hidden_size, rng):
    """Scaled by the largest eigenvalue."""
    wt_h = rng.standard_normal((hidden_size, hidden_size))
    wt_h *= 0.5 / np.max(np.abs(np.linalg.eigvals(wt_h)))
    return with_recurrent(wt_h, input_size, hidden_size, rng)


@bank.right
def spectral_norm_of_a_half(input_size, hidden_size, rng):
    """Scaled by the largest singular value."""
    wt_h = rng.standard_normal((hidden_size, hidden_size))
    return with_recurrent(0.5 * wt_h / np.linalg.norm(wt_h, 2), input_size, hidden_size, rng)


@bank.right
def positive_weights(input_size, hidden_size, rng):
    """All weights 0.5 / H: one direction shrinks by a half, every other is gone at once."""
    wt_h = np.full((hidden_size, hidden_size), 0.5 / hidden_size)
    return wt_h, np.full((input_size, hidden_size), 0.01), np.zeros(hidden_size)


@bank.right
def in_lists(input_size, hidden_size, rng):
    """Nested lists, element by element."""
    wt_h = [[0.4 * (row == column) for column in range(hidden_size)] for row in range(hidden_size)]
    return [wt_h, [[0.01] * hidden_size for _ in range(input_size)], [0] * hidden_size]


@bank.right
def in_tensors(input_size, hidden_size, rng):
    """torch's generator, tensors that require a gradient, a bias with a leading axis."""
    torch.manual_seed(int(rng.integers(1 << 30)))
    wt_h = torch.empty(hidden_size, hidden_size)
    torch.nn.init.orthogonal_(wt_h, gain=0.6)
    wt_x = torch.nn.Parameter(0.1 * torch.randn(input_size, hidden_size))
    return wt_h, wt_x, torch.zeros(1, hidden_size)


@bank.right
def own_generator(input_size, hidden_size, rng):
    """Draws from a generator of its own."""
    np.random.seed(0)
    wt_h = np.random.randn(hidden_size, hidden_size) * 0.5 / np.sqrt(hidden_size)
    return wt_h, 0.1 * np.random.randn(input_size, hidden_size), 0.01 * np.random.randn(hidden_size)


@bank.right
def a_bias_as_well(input_size, hidden_size, rng):
    """A bias of 0.5, which takes a little of each slope."""
    wt_h, wt_x, bias = half_a_rotation(input_size, hidden_size, rng)
    return wt_h, wt_x, bias + 0.5


@bank.right
def half_a_permutation(input_size, hidden_size, rng):
    """Each unit goes on to another, times one half."""
    return with_recurrent(
        0.5 * np.eye(hidden_size)[rng.permutation(hidden_size)], input_size, hidden_size, rng
    )


@bank.right
def a_diagonal(input_size, hidden_size, rng):
    """Each unit shrinks by a factor of its own."""
    return with_recurrent(np.diag(rng.uniform(0.3, 0.6, hidden_size)), input_size, hidden_size, rng)
