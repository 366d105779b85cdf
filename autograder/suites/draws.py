"""What hidden inputs are drawn from: the term key and labels, at the scales at which thresholds hold."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.course import TermKey

Float32 = NDArray[np.float32]
Linear = tuple[Any, Any, Any, Any]  # wt_x [I, H], bias_x [H], wt_h [H, H], bias_h [H]


def generator(key: TermKey, assignment: str, *labels: object) -> np.random.Generator:
    """The generator that these labels name, the same for all students of a run."""
    return np.random.default_rng(key.seed(assignment, *map(str, labels)))


def uniform(rng: np.random.Generator, fan: int, *shape: int) -> Float32:
    """Weights as torch initialises a recurrent layer of hidden size `fan`: within 1 / sqrt(fan)."""
    return np.asarray(rng.uniform(-1, 1, shape) / np.sqrt(fan), dtype=np.float32)


def normal(rng: np.random.Generator, *shape: int) -> Float32:
    """States or inputs of scale 1."""
    return rng.standard_normal(shape, dtype=np.float32)


def linear(rng: np.random.Generator, I: int, H: int) -> Linear:  # noqa: E741 - the course's letters
    """The parameters of one gate, as torch initialises them."""
    return uniform(rng, H, I, H), uniform(rng, H, H), uniform(rng, H, H, H), uniform(rng, H, H)
