"""Mistakes of any question that its numbers show beside the right ones: a sign, a factor, an order."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from autograder.answers import Array
from autograder.evidence import Evidence, agree
from autograder.mistakes import Mistake

DIGITS = range(1, 7)
SINGLE = 1e-7  # to which float32 holds a number
PLAIN = 1e-2  # by which a factor has to differ from 1


def relation(evidence: Evidence) -> Mistake | None:
    """How the student's numbers follow from the right ones, where they do so plainly."""
    pairs = [(array, evidence.wanted.get(name)) for name, array in evidence.found.items()]
    known = [(found, right) for found, right in pairs if right is not None and found.size > 1]
    if not known or len(known) < len(pairs) or not all(np.isfinite(found).all() for found, _ in known):
        return None
    what = " and ".join(evidence.found)
    for name, text, holds in RELATIONS:
        if all(holds(found, right) for found, right in known):
            return Mistake("", name, text.format(what=what))
    return None


def _is(found: Array, other: Array) -> bool:
    return found.shape == other.shape and agree(Evidence({"": found}), Evidence({"": other}))


def _coarse(found: Array, right: Array) -> bool:
    """Whether every number has few binary digits and is near the right one."""
    with np.errstate(over="ignore"):
        half = found.astype(np.float16).astype(np.float64)
    return _near(found, right) and np.array_equal(found, half)


def _rounded(found: Array, right: Array) -> bool:
    single = SINGLE * float(np.max(np.abs(found)))  # a digit as small as that is no sign of rounding
    rounded = (np.round(found, digits) for digits in DIGITS if single <= 0.02 * 10.0**-digits)
    return _near(found, right) and any(np.allclose(found, each, rtol=SINGLE, atol=1e-9) for each in rounded)


def _near(found: Array, right: Array) -> bool:
    return found.shape == right.shape and bool(np.max(np.abs(found - right)) <= 0.1 * np.max(np.abs(right)))


def _factor(found: Array, right: Array) -> bool:
    if found.shape != right.shape:
        return False
    size = float(np.vdot(right, right))
    factor = float(np.vdot(found, right)) / size if size else 0.0
    return abs(factor) > 1e-6 and abs(factor - 1) > PLAIN and _is(found, factor * right)


RELATIONS: list[tuple[str, str, Callable[[Array, Array], bool]]] = [
    (
        "zero",
        "Yours is zero everywhere, as where {what} is made and never filled, or cut to whole numbers.",
        lambda found, _: not found.any(),
    ),
    ("sign", "Yours is right but for its sign.", lambda found, right: _is(found, -right)),
    (
        "factor",
        "Yours is what it should be times one number, the same everywhere: look for a mean in place of a sum "
        "(or the other way round), or for something that is counted twice or halved.",
        _factor,
    ),
    (
        "transposed",
        "Yours is the transpose of what it should be.",
        lambda found, right: found.ndim == 2 and _is(found, right.T),
    ),
    (
        "half precision",
        "Your numbers have the precision of float16: keep float32 or float64 throughout.",
        _coarse,
    ),
    ("rounded", "Your numbers are rounded: return them as they are.", _rounded),
]
