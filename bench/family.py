"""What a style of writing an answer is, and which of its mistakes cannot be seen together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import Any


@dataclass(frozen=True)
class Family:
    """One student's style of writing one function or class, with the mistakes that it can carry.

    Args:
        function: the name of the student's function or class.
        style: a few words: "NumPy float64, explicit loops".
        ids: the mistakes that `make` knows, by their names in the banks.
        make: gives the answer with these mistakes in it; none of them for a right answer.
        clashes: pairs that cannot be seen together (they override each other or one hides the other), as
            frozensets of two ids.
    """

    function: str
    style: str
    ids: tuple[str, ...]
    make: Callable[[frozenset[str]], Callable[..., Any]]
    clashes: frozenset[frozenset[str]]


def exclusive(*groups: tuple[str, ...]) -> frozenset[frozenset[str]]:
    """Of each group at most one can be seen at a time."""
    return frozenset(frozenset(pair) for group in groups for pair in combinations(group, 2))


def hides(one: str, *others: str) -> frozenset[frozenset[str]]:
    """Beside `one`, none of the others can be seen, or told from it."""
    return frozenset(frozenset((one, other)) for other in others)
