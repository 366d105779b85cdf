"""What is kept for equal arguments."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.suites.once import once

SOME = np.array([[1.0, 2.0], [3.0, 4.0]])
OTHERS = {
    "number": np.array([[1.0, 2.0], [3.0, 5.0]]),
    "shape": SOME.reshape(4),
    "dtype": SOME.astype(np.float32),
    "order": SOME.T,
}


@pytest.fixture
def counted() -> Any:
    """A function of anything, which notes its calls."""

    @once(8)
    def function(*args: Any, **named: Any) -> int:
        calls.append((args, named))
        return len(calls)

    calls: list[Any] = []
    return function


def test_equal_arrays_are_one(counted: Any) -> None:
    """A copy, in whatever layout, in lists or dicts as well, is not computed again."""
    assert counted({"W": SOME}, [SOME, 1]) == counted({"W": np.asfortranarray(SOME)}, [SOME.copy(), 1]) == 1


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_other_arrays_are_others(counted: Any, other: np.ndarray) -> None:
    """One number, shape, type or order that differs is enough."""
    assert counted(SOME) != counted(other)


def test_names_of_arguments_count(counted: Any) -> None:
    """Those that are given by name, and the names in a dict."""
    answers = [counted(SOME), counted(x=SOME), counted(y=SOME), counted({"x": SOME}), counted({"y": SOME})]
    assert answers == [1, 2, 3, 4, 5]


def test_nan_is_itself(counted: Any) -> None:
    """Though it is not equal to itself."""
    assert counted(np.array([np.nan])) == counted(np.array([np.nan]))


def test_no_more_is_kept_than_was_asked_for(counted: Any) -> None:
    """Of nine, the first is forgotten."""
    for number in range(9):
        counted(number)
    assert counted(8) == 9
    assert counted(0) == 10
