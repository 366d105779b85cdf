"""Gradients by two-sided differences: what the student's own forward pass says a gradient should be.

A wrong forward pass must not cost the points of a backward pass that fits it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from autograder.answers import Array, excess

ALIKE = 0.4  # cosine from which a wrong model's response counts as one of a model of the kind
TINY = 1e-6  # what is smaller is no answer to inputs of scale 1, but for elements of it
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


@np.errstate(all="ignore")
def is_same(answer: Array, expected: Array, threshold: float, absolute: float) -> bool:
    """Whether a student's numbers are what follows from other numbers of the student's, but for rounding.

    Bounds that suit numbers of scale 1 hold for smaller ones in proportion: or whoever answers 1e-9
    everywhere would be in agreement with everything. What is smaller than `TINY` may be rounding.
    """
    unit = float(np.clip(np.max(np.abs(expected), initial=0), TINY, 1))
    return excess(answer / unit, expected / unit, threshold, absolute) <= 1


def responds_alike(response: Array, expected: Array, cosine: float = ALIKE) -> bool:
    """Whether a student's model responds to a move of an input roughly as the right one does.

    A mistake in a formula leaves most responses in their directions; a sham, whose gradient would be easy,
    does not have them.
    """
    one, other = np.ravel(response), np.ravel(expected)
    with np.errstate(all="ignore"):
        return bool(one @ other >= cosine * np.linalg.norm(one) * np.linalg.norm(other) > 0)


def points_along(one: Array, other: Array, cosine: float = ALIKE) -> bool:
    """Whether one points roughly as the other does, or against it."""
    return responds_alike(one, other, cosine) or responds_alike(-one, other, cosine)
