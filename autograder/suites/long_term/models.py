"""What is right of the states that a student's function gets from both models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograder.answers import Array, as_array, excess, expect_close, pair, with_shape
from autograder.course import TermKey
from autograder.errors import StudentFault
from autograder.suites.long_term import cases

# Measured by `python -m bench.prove long_term`: each right answer on 10,000 inputs, each mistake with 100
# keys: right at most 1.7e-6, wrong from 0.1; rounded to three digits from 4.2e-3 (5 keys).
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
    which = MODELS.index(name)
    for sizes in all_sizes:
        case = cases.models(key, *sizes, start)
        parts: Sequence[Any] = pair(function(case.rnn, case.gru, *case.data), "run_models", *MODELS)
        right = case.outputs[which]
        found = _mended(parts, which, right) if mend else parts[which]
        B, T, H = right.shape
        array = with_shape(found, name, B=B, T=T, H=H)
        expect_close(array, right, OUTPUTS, name, "torch's, started from `initial_state`,")


def _mended(parts: Sequence[Any], which: int, right: Array) -> Any:
    """The part that is asked for, with the batch first; the other in its place where that is right."""
    try:
        both = [as_array(part, name) for part, name in zip(parts, MODELS, strict=True)]
    except StudentFault:  # told where that part is asked for
        return parts[which]
    B, T, H = right.shape
    own, other = (
        array.swapaxes(0, 1) if array.shape == (T, B, H) else array
        for array in (both[which], both[1 - which])
    )
    return other if not _is(own, right) and _is(other, right) else own


def _is(array: Array, right: Array) -> bool:
    return array.shape == right.shape and excess(array, right, OUTPUTS) <= 1
