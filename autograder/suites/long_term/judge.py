"""What the hidden tests of this assignment have in common: thresholds, and what is asked of parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from autograder.errors import StudentFault
from autograder.suites.draws import Linear
from autograder.suites.gates import evidence

# Of the norm of the initial states' difference: an update gate at 6 keeps 0.926, at 5.5 0.881 (step 30).
KEPT = 0.9
# Norms at step 1, for 500 draws a size: right answers keep 2.7e-2 (a tenth of the identity), wrong ones at
# most 8e-4 (a hundredth). At step 30 right ones have at most 7e-7 (0.6 times a rotation), wrong ones from
# 0.1 (0.9 times). Undecided are those whose draws matter: as torch initialises, 1.2 of 100 for 8 units.
EARLY = VANISHED = 1e-3
# For 2,000 draws a size: right from 5.2e5 (standard normal weights, 8 units), wrong at most 1.6e2 (1.1 times
# a rotation). Undecided: uniform within 1, of which 1.2 in 100 are too small for 8 units.
EXPLODED = 1e3
ENOUGH_TO_KEEP = 6.0  # the update gate's bias
REST = 0.5  # of the norm at step 10, from which it is judged whether large inputs take more: 3 keeps 0.586
# Times sqrt(H): an update gate at 4 keeps 0.57 of a gradient, at 3 0.22; of states within 1 none grows to 2.
LEVEL = (0.5, 2.0)
ENOUGH_FOR_A_LEVEL = 4.0
REST_OF_A_LEVEL = 0.1  # from which it is judged whether large inputs take more: 3 keeps 0.22, 2 keeps 0.02


@contextmanager
def seen_in(gates: Sequence[Linear], enough: float) -> Iterator[None]:
    """What is wrong in the block is seen in the GRU's parameters; see `gate_mistakes`."""
    try:
        yield
    except StudentFault as fault:
        raise StudentFault(str(fault), evidence(gates, enough=enough)) from None


def is_right(ask: Callable[..., None], *args: Any, **kwargs: Any) -> bool:
    """Whether nothing is wrong there."""
    try:
        ask(*args, **kwargs)
    except StudentFault:
        return False
    return True
