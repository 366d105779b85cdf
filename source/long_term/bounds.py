"""Visible checks of quantities that need not equal anything, but must lie within bounds.

Prints the same kind of lines as `visible_check`: name, yours, expected, error. Yours is the number of all
that comes nearest to its bound, or lies farthest beyond it; the error is how far beyond, so 0 is right.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from visible_check import LABEL_WIDTH, AnswerError, attempt, case, real_array, say


@dataclass(frozen=True)
class AtLeast:
    """All numbers of the quantity are at least `limit`."""

    name: str
    limit: float
    sign: str = ">="

    def worst(self, values: Any) -> float:
        """The number that comes nearest."""
        return float(np.min(values))

    def error(self, value: float) -> float:
        """How far it is beyond."""
        return max(0.0, self.limit - value)


@dataclass(frozen=True)
class AtMost:
    """All numbers of the quantity are at most `limit`."""

    name: str
    limit: float
    sign: str = "<="

    def worst(self, values: Any) -> float:
        """The number that comes nearest."""
        return float(np.max(values))

    def error(self, value: float) -> float:
        """How far it is beyond."""
        return max(0.0, value - self.limit)


Bound = AtLeast | AtMost


def check_bounds(
    name: str, call: Callable[[], Sequence[Any]], bounds: Sequence[Bound], *, head: bool = False, **sizes: int
) -> bool | None:
    """Calls the student's function `name` through `call`, which returns the numbers for each bound in turn.

    `sizes` says what is special about this case and leads its lines; `head` prints the columns' names above.
    Returns whether all is right, or None where the function gives nothing to look at.
    """
    quantities = attempt(name, call, **sizes)
    if quantities is None:
        return None
    if head:
        print(f"{'name':<{LABEL_WIDTH}} | {'yours':>13} | {'expected':>13} | error")
    passed = [compare(values, bound, **sizes) for values, bound in zip(quantities, bounds, strict=True)]
    return all(passed)


def compare(values: Any, bound: Bound, **sizes: int) -> bool:
    """One line: the number that comes nearest to the bound, or what makes it incomparable."""
    label = case(sizes) + bound.name
    try:
        array = real_array(values)
    except AnswerError as fault:
        say(label, str(fault))
        return False
    if not np.isfinite(array).all():
        say(label, "yours has NaN or infinity on the way")
        return False
    worst = bound.worst(array)
    error = bound.error(worst)
    beyond = "" if error == 0 else " beyond"
    say(label, f"{worst:>13.7g} | {f'{bound.sign} {bound.limit:g}':>13} | {error:.1e}{beyond}")
    return error == 0
