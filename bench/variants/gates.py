"""Parameters of gates, of which the answers about GRUs that keep their state are made."""

import numpy as np


def nothing(input_size, hidden_size):
    """Parameters of zeros."""
    zero = np.zeros(hidden_size, dtype=np.float32)
    wt_x = np.zeros((input_size, hidden_size), dtype=np.float32)
    return wt_x, zero, np.zeros((hidden_size, hidden_size), dtype=np.float32), zero


def with_bias(input_size, hidden_size, bias):
    """Zeros but for the bias of the inputs."""
    wt_x, zero, wt_h, _ = nothing(input_size, hidden_size)
    return wt_x, zero + np.float32(bias), wt_h, zero


def keeping(input_size, hidden_size, bias):
    """Zeros but for the update gate's bias."""
    zeros = nothing(input_size, hidden_size)
    return zeros, with_bias(input_size, hidden_size, bias), zeros


def random_gate(input_size, hidden_size, scale=None, seed=7):
    """Parameters drawn uniformly, within 1 / sqrt(H) as torch does or within the scale."""
    rng = np.random.default_rng(seed)
    scale = hidden_size**-0.5 if scale is None else scale
    shapes = ((input_size, hidden_size), hidden_size, (hidden_size, hidden_size), hidden_size)
    return tuple(rng.uniform(-scale, scale, shape).astype(np.float32) for shape in shapes)
