"""What was computed once is kept for equal arguments, arrays among them.

More than one test asks for the same of one answer, and most answers of a class are equal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np

P = ParamSpec("P")
T = TypeVar("T")


class Call:
    """Arguments for a cache: equal where all their numbers are."""

    def __init__(self, args: tuple[Any, ...], named: Mapping[str, Any]) -> None:
        self.args, self.named = args, named
        self._told = told((args, named))
        self._hash = hash(self._told)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Call) and self._told == other._told


def told(value: Any) -> Any:
    """The value in hashable form; arrays by their bytes: NaN is itself."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, (list, tuple)):
        return tuple(told(each) for each in value)
    if isinstance(value, Mapping):
        return tuple((name, told(each)) for name, each in value.items())
    return value


def once(maxsize: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Keep that many results of a function of arrays; whoever is given one must not write into it."""

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @lru_cache(maxsize=maxsize)
        def kept(call: Call) -> T:
            return function(*call.args, **call.named)

        @wraps(function)
        def found(*args: P.args, **named: P.kwargs) -> T:
            return kept(Call(args, named))

        return found

    return decorate
