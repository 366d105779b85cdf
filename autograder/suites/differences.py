"""Gradients by two-sided differences: what the student's own forward pass says a gradient should be.

A wrong forward pass must not cost the points of a backward pass that fits it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from autograder.answers import Array

STEP = 1e-5  # in float64 the error of a two-sided difference is then about 1e-10


def numerical_gradient(function: Callable[[Array], Array], at: Array, upstream: Array) -> Array:
    """The gradient of `sum(function(x) * upstream)` at `x = at`, of `at`'s shape.

    Args:
        function: is given copies of `at` with one element moved; two calls an element.
    """
    gradient = np.zeros_like(at)
    for place in np.ndindex(at.shape):
        sums = []
        for step in (STEP, -STEP):
            moved = at.copy()
            moved[place] += step
            sums.append(float(np.sum(function(moved) * upstream)))
        gradient[place] = (sums[0] - sums[1]) / (2 * STEP)
    return gradient
