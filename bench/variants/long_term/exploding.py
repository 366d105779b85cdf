"""Answers to Q3: `exploding_rnn_params(input_size, hidden_size, rng) -> (wt_h, wt_x, bias)`."""

import numpy as np
import torch

from bench.bank import Bank
from bench.variants.long_term.vanishing import rotation

bank = Bank("exploding_rnn_params", "Q3")


def with_recurrent(wt_h, input_size, hidden_size, rng):
    """These recurrent weights, input weights of any size and no bias."""
    return wt_h, rng.standard_normal((input_size, hidden_size)), np.zeros(hidden_size)


def normals(scale, input_size, hidden_size, rng):
    """Independent normal weights."""
    wt_h = scale * rng.standard_normal((hidden_size, hidden_size))
    return with_recurrent(wt_h, input_size, hidden_size, rng)


def uniforms(low, high, input_size, hidden_size, rng):
    """Independent uniform weights."""
    wt_h = rng.uniform(low, high, (hidden_size, hidden_size))
    return with_recurrent(wt_h, input_size, hidden_size, rng)


@bank.right
def twice_a_rotation(input_size, hidden_size, rng):
    """A random orthogonal matrix, times two."""
    return with_recurrent(2 * rotation(hidden_size, rng), input_size, hidden_size, rng)


@bank.right
def one_and_a_half_rotations(input_size, hidden_size, rng):
    """Times 1.5."""
    return with_recurrent(1.5 * rotation(hidden_size, rng), input_size, hidden_size, rng)


@bank.right
def scaled_identity(input_size, hidden_size, rng):
    """1.5 times the identity, float32, no input weights."""
    eye, zero = np.eye(hidden_size, dtype=np.float32), np.zeros(hidden_size, dtype=np.float32)
    return np.float32(1.5) * eye, np.zeros((input_size, hidden_size), dtype=np.float32), zero


@bank.right
def normal_over_root_h(input_size, hidden_size, rng):
    """Normal with a standard deviation of 3 / sqrt(H)."""
    return normals(3 / np.sqrt(hidden_size), input_size, hidden_size, rng)


@bank.right
def large_normal(input_size, hidden_size, rng):
    """Normal with a standard deviation of 10, whatever H: beyond what float32 holds for 64 units."""
    return normals(10, input_size, hidden_size, rng)


@bank.right
def standard_normal(input_size, hidden_size, rng):
    """Standard normal, whatever H: 2.8 a step for 8 units."""
    return normals(1, input_size, hidden_size, rng)


@bank.right
def positive_uniform(input_size, hidden_size, rng):
    """Uniform in [0, 1]: all units push the same way, by H / 2 a step."""
    return uniforms(0, 1, input_size, hidden_size, rng)


@bank.right
def wide_uniform(input_size, hidden_size, rng):
    """Uniform within 2."""
    return uniforms(-2, 2, input_size, hidden_size, rng)


@bank.right
def uniform_over_root_h(input_size, hidden_size, rng):
    """Uniform within 6 / sqrt(H)."""
    bound = 6 / np.sqrt(hidden_size)
    return uniforms(-bound, bound, input_size, hidden_size, rng)


@bank.right
def spectral_radius_of_two(input_size, hidden_size, rng):
    """Scaled by the largest eigenvalue."""
    wt_h = rng.standard_normal((hidden_size, hidden_size))
    wt_h *= 2 / np.max(np.abs(np.linalg.eigvals(wt_h)))
    return with_recurrent(wt_h, input_size, hidden_size, rng)


@bank.right
def ones(input_size, hidden_size, rng):
    """All weights one."""
    return np.ones((hidden_size, hidden_size)), np.ones((input_size, hidden_size)), [0.0] * hidden_size


@bank.right
def in_lists(input_size, hidden_size, rng):
    """Nested lists of whole numbers."""
    wt_h = [[2 * (row == column) for column in range(hidden_size)] for row in range(hidden_size)]
    return [wt_h, [[1] * hidden_size for _ in range(input_size)], [0] * hidden_size]


@bank.right
def in_tensors(input_size, hidden_size, rng):
    """torch's own generator and initialiser, a bias with a leading axis."""
    wt_h = torch.nn.Parameter(torch.empty(hidden_size, hidden_size))
    torch.nn.init.orthogonal_(wt_h, gain=1.8)
    return wt_h, torch.randn(input_size, hidden_size), torch.zeros(1, hidden_size)


@bank.right
def one_unit_alone(input_size, hidden_size, rng):
    """One unit grows, and all others shrink."""
    wt_h = np.diag([2.0] + [0.5] * (hidden_size - 1))
    return wt_h, np.zeros((input_size, hidden_size)), np.zeros(hidden_size)


@bank.right
def minus_twice_the_identity(input_size, hidden_size, rng):
    """A gradient whose sign changes from step to step."""
    return -2 * np.eye(hidden_size), rng.standard_normal((input_size, hidden_size)), np.zeros(hidden_size)
