"""Gradients by two-sided differences: what the student's own forward pass says a gradient should be.

A wrong forward pass must not cost the points of a backward pass that fits it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from autograder.answers import Array

ALIKE = 0.4  # cosine from which a wrong model's response counts as one of a model of the kind
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


def responds_alike(response: Array, expected: Array) -> bool:
    """Whether a student's model responds to a move of an input roughly as the right one does.

    A mistake in a formula leaves most responses in their directions; a sham, whose gradient would be easy,
    does not have them.
    """
    one, other = np.ravel(response), np.ravel(expected)
    with np.errstate(all="ignore"):
        return bool(one @ other >= ALIKE * np.linalg.norm(one) * np.linalg.norm(other) > 0)
