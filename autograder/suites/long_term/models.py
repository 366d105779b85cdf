"""What is right of the states that a student's function gets from both models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograder.answers import Array, as_array, expect_close, pair, with_shape
from autograder.course import TermKey
from autograder.errors import StudentFault
from autograder.suites.long_term import cases

# Measured over right answers of many styles (68 keys) and the known mistakes (5 keys): right at most 1.4e-6,
# wrong from 0.15; rounded to three digits from 4.2e-3.
OUTPUTS = 1e-5
MODELS = RNN, GRU = "rnn_outputs", "gru_outputs"


def expect_states(
    function: Callable[..., Any],
    key: TermKey,
    all_sizes: Sequence[tuple[int, ...]],
    name: str,
    *,
    start: bool,
    mend: bool = False,
) -> None:
    """Compare all states [B, T, H] of one of the models, for each of the sizes.

    Args:
        name: of its part of the answer.
        start: whether the initial state is another than zero.
        mend: whether an order of models or axes may be wrong, which costs its points elsewhere.
    """
    for sizes in all_sizes:
        case = cases.models(key, *sizes, start)
        parts: Sequence[Any] = pair(function(case.rnn, case.gru, *case.data), "run_models", *MODELS)
        which = MODELS.index(name)
        found = (_mended(parts, case.outputs) if mend else parts)[which]
        B, T, H = case.outputs[which].shape
        array = with_shape(found, name, B=B, T=T, H=H)
        reference = "torch's, started from `initial_state`,"
        expect_close(array, case.outputs[which], OUTPUTS, name, reference)


def _mended(parts: Sequence[Any], right: Sequence[Array]) -> Sequence[Array]:
    """The parts with the batch first, and in the order in which they are nearer to what they should be."""
    try:
        both = [as_array(part, name) for part, name in zip(parts, MODELS, strict=True)]
    except StudentFault:  # told where that part is asked for
        return parts
    arrays = [_batch_first(array, right[0].shape) for array in both]
    if any(array.shape != right[0].shape for array in arrays):
        return arrays
    straight, crossed = (_distance(some, right) for some in (arrays, arrays[::-1]))
    return arrays[::-1] if crossed < straight else arrays


def _batch_first(array: Array, shape: tuple[int, ...]) -> Array:
    B, T, H = shape
    return array.swapaxes(0, 1) if array.shape == (T, B, H) else array


def _distance(some: Sequence[Array], right: Sequence[Array]) -> float:
    return float(sum(np.mean(np.abs(one - other)) for one, other in zip(some, right, strict=True)))
