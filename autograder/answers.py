"""What a hidden test asks of an answer: its type, its shape by the names of its axes, its closeness.

Every failure is a `StudentFault` in words. No number of a hidden input or answer is in it, and a shape is
told in the names of the axes alone, since a student's code could put what it has seen into either.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.errors import StudentFault
from autograder.evidence import Evidence
from autograder.sandbox import values

Array = NDArray[np.float64]

# Seen over 10,000 draws of each function of `rnn_gru_mha`: with the relative error over all elements, right
# float32 answers reach 1.0, as wrong ones do. Over elements of at least SMALL they reach 8.8e-6, the absolute
# error of the others 1.1e-6 (GRU gates at 15: 1.8e-5 and 2.1e-6).
SMALL = 0.05  # where the oracle is below this, an error is absolute
ABSOLUTE = 1e-5
MAX_SIZE = 4_000_000  # numbers of one answer; the largest that a test asks for has 200,000
# told by name; more would let student code choose a word
TYPES = {"set": "a set", "generator": "a generator", "function": "a function", "object": "an object"}


def excess(answer: Array, expected: Array, threshold: float, absolute: float = ABSOLUTE) -> float:
    """How far an answer is from what is allowed: at most 1 passes, NaN does not.

    The course's relative error, `|x - y| / (|x| + |y|)`, is taken over the elements whose expected value is
    at least `SMALL` in magnitude and compared with `threshold`; the rest has the bound `absolute`. On random
    inputs the relative error alone overflows near zero.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # an infinite answer gives NaN, which passes nowhere
        size, difference = np.abs(expected), np.abs(answer - expected)
        allowed = np.where(size >= SMALL, threshold * (np.abs(answer) + size), absolute)
        return float(np.max(difference / allowed, initial=0))  # unlike max(), keeps NaN


def within(error: float, bound: float) -> bool:
    """Whether an error is at most its bound; NaN is not. Thresholds that cost points are asked here.

    `bench.prove` watches how near to their bounds right and wrong answers come.
    """
    if _watched is not None:
        _watched.append(float("inf") if np.isnan(error) else error / bound)
    return bool(error <= bound)


def reaches(value: float, bound: float) -> bool:
    """Whether a positive quantity is at least its bound; NaN is not."""
    return within(bound / value if value > 0 else float("inf"), 1.0)


_watched: list[float] | None = None


@contextmanager
def watched() -> Iterator[list[float]]:
    """The errors that `within` is asked for in the block, in units of their bounds."""
    global _watched
    before, _watched = _watched, []
    try:
        yield _watched
    finally:
        _watched = before


def mostly_large(expected: Array) -> bool:
    """Whether at least half the elements are compared by relative error."""
    return bool(np.mean(np.abs(expected) >= SMALL) >= 0.5)


def as_array(answer: Any, name: str) -> Array:
    """The answer as a float64 array: an array, a tensor, a number or nested lists of them.

    Raises:
        StudentFault: it is none of these, its rows differ in length, or its numbers are not real.
    """
    try:
        array = np.asarray(answer)
    except ValueError:
        raise StudentFault(f"{name} should be one array, its parts have different shapes") from None
    if array.size > MAX_SIZE:  # before it becomes eight times as large
        raise StudentFault(f"{name} has far more numbers than it should")
    if array.dtype == object or array.dtype.kind in "USV":
        raise StudentFault(f"{name} should be an array of numbers, not {describe(answer)}")
    if array.dtype.kind == "c":
        raise StudentFault(f"{name} should be real numbers, these are complex")
    return array.astype(np.float64)


def describe(value: Any) -> str:
    """What a value is, in words that nobody can choose."""
    if value is None:
        return "None"
    if isinstance(value, values.Opaque):
        return TYPES.get(value.what, "an object of another type")
    names = {list: "a list", tuple: "a tuple", dict: "a dict", str: "a text", bytes: "bytes", bool: "a bool"}
    return names.get(type(value), "an array" if isinstance(value, np.ndarray) else "a number")


def pair(answer: Any, function: str, first: str, second: str) -> tuple[Any, Any]:
    """The two parts of an answer.

    Raises:
        StudentFault: the function returned something else than two values.
    """
    if not isinstance(answer, (tuple, list)):
        raise StudentFault(
            f"`{function}` should return two values, ({first}, {second}), not {describe(answer)}"
        )
    if len(answer) != 2:
        many = "more" if len(answer) > 2 else "fewer"
        raise StudentFault(f"`{function}` should return two values, ({first}, {second}), not {many}")
    return answer[0], answer[1]


def with_shape(answer: Any, name: str, **axes: int) -> Array:
    """The answer as an array of exactly these axes, in this order.

    Raises:
        StudentFault: it has another shape; the message names its axes where they can be told.
    """
    array = as_array(answer, name)
    if array.shape == tuple(axes.values()):
        return array
    wanted = f"[{', '.join(axes)}]"
    raise StudentFault(f"{name} should be {wanted}, {_other_shape(array, axes)}", Evidence({name: array}))


def _other_shape(array: Array, axes: Mapping[str, int]) -> str:
    """What is wrong with its shape, in the names of its axes."""
    expected = tuple(axes.values())
    order = _order(array.shape, axes)
    if order:
        return f"yours is [{', '.join(order)}]: the axes are in another order"
    if _without_ones(array.shape) == _without_ones(expected):
        more = "has an axis of size 1 too many" if array.ndim > len(expected) else "lost an axis of size 1"
        return f"yours {more} (or has it in another place)"
    if array.ndim != len(expected):
        few = "more" if array.ndim > len(expected) else "fewer"
        return f"yours has {few} axes than that"
    wrong = [axis for axis, size, mine in zip(axes, expected, array.shape, strict=True) if size != mine]
    return f"yours has another size along {', '.join(wrong)}"


def _order(shape: Sequence[int], axes: Mapping[str, int]) -> tuple[str, ...] | None:
    if len(shape) != len(axes):
        return None
    orders = permutations(axes)
    return next((order for order in orders if tuple(axes[axis] for axis in order) == tuple(shape)), None)


def _without_ones(shape: Sequence[int]) -> tuple[int, ...]:
    return tuple(size for size in shape if size != 1)


def expect_finite(array: Array, name: str) -> None:
    """Raise a `StudentFault` where a number is NaN or infinite."""
    if not np.isfinite(array).all():
        what = "NaN" if np.isnan(array).any() else "infinite"
        raise StudentFault(f"{name} has elements that are {what}", Evidence({name: array}))


def expect_close(
    array: Array,
    expected: Array,
    threshold: float,
    name: str,
    reference: str,
    absolute: float = ABSOLUTE,
) -> None:
    """Raise a `StudentFault` where the answer is too far from the expected one (see `excess`).

    Args:
        reference: what computed the expected answer, for the message.
    """
    expect_finite(array, name)
    if not within(excess(array, expected, threshold, absolute), 1.0):
        raise StudentFault(
            f"{name}: off {reference} by more than a relative error of {threshold:g}",
            Evidence({name: array}, {name: expected}),
        )
