"""The gradient of a function by two-sided differences, to compare a gradient by the chain rule with."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def grad_check(f: Callable[[Array], Array], x: Array, df: Array, h: float = 1e-5) -> Array:
    """The gradient of `sum(f(x) * df)` with respect to x, of x's shape.

    Each element of x is moved by h up and down in turn, so f is called twice an element. x is changed in
    place, f sees the same array every time, and each element gets its exact old value back.

    f: returns an array of df's shape
    x: float64, of any shape
    df: the upstream gradient, how much each element of f(x) counts
    h: the step; the error of the result is about 1e-10 where the numbers are about 1
    """
    gradient = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        value = x[place]
        x[place] = value + h
        above = np.sum(f(x) * df)
        x[place] = value - h
        below = np.sum(f(x) * df)
        x[place] = value
        gradient[place] = (above - below) / (2 * h)
    return gradient
