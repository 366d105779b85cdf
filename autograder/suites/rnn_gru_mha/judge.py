"""What the hidden tests of this assignment have in common: thresholds and how answers are taken apart."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from autograder.answers import Array, as_array, excess, expect_close, pair, with_shape, within
from autograder.errors import StudentFault
from autograder.suites.differences import responds_alike
from autograder.suites.rnn_gru_mha.cases import Attention, Recurrent
from autograder.suites.rnn_gru_mha.forms import FORGIVEN, ORDER, forms, is_forgiven, last_of_backwards

# Measured by `python -m bench.prove rnn_gru_mha`: each right answer on 10,000 inputs, 200 of them long, each
# known mistake with 100 keys. A wrong answer counts where it loses.
# rnn: right at most 3.1e-6 (long 2.3e-6), wrong from 7.3e-2; gru: right at most 1.6e-6 (long 1.8e-6), wrong
# from 1.2e-2 (a bias that is left out). Rounded to four digits: from 1.1e-4 and 2.8e-4 (60 keys).
OUTPUTS = 1e-5
# mha: right at most 3.5e-6 (long 8.3e-6; with a softmax whose logarithms are added one by one 3.1e-5), wrong
# from 1.3e-2; float16 from 1.7e-3 (250 keys).
ATTENTION = 5e-5
NOTHING = 1e-6  # far below the absolute error that is allowed
# Gates at 15 at most 1.6e-5; wrong from 5.0e-5 (the reset gate alone at 10). At 14 up to 2.4e-5 (360 keys):
# undecided, as are 13, 12 and 11.
IMITATION = 2e-5
# At the last step: right at most 4.0e-7 (long 1.8e-6; both with a new state other than 0 behind the gate),
# wrong from 1.5e-4 (a gate at 10; long 1.8e-4, a gate at 15). A gate at 16 loses the long test.
KEPT = 1e-5

Function = Callable[..., Any]


def expect_outputs(
    function: Function, name: str, case: Recurrent, reference: str, forgiven: Collection[str] = ()
) -> None:
    """Compare the outputs alone; the final state has a test of its own.

    Args:
        forgiven: what other tests ask for (see `forms`).
    """
    array = outputs_of(function(*case.args), name)
    try:
        expect_right_outputs(array, case, reference)
    except StudentFault:
        if not is_forgiven(array, case, forgiven):
            raise


def outputs_of(answer: Any, name: str) -> Array:
    """The outputs of an answer, with a final state beside them or without."""
    outputs = pair(answer, name, "outputs", "final_state")[0] if isinstance(answer, (tuple, list)) else answer
    return as_array(outputs, "outputs")


def expect_right_outputs(array: Array, case: Recurrent, reference: str) -> None:
    """Compare outputs."""
    B, T, H = case.outputs.shape
    expect_close(with_shape(array, "outputs", B=B, T=T, H=H), case.outputs, OUTPUTS, "outputs", reference)


def expect_final_state(
    function: Function, name: str, case: Recurrent, reference: str, *, own: bool = False
) -> None:
    """Compare the final state, with or without its leading axis.

    Args:
        own: whether it may be the last of the answer's outputs where these are wrong.
    """
    answer = function(*case.args)
    _, final_state = pair(answer, name, "outputs", "final_state")
    array = as_array(final_state, "final_state")
    B, H = case.final_state.shape
    if array.ndim == 2:
        array = with_shape(array, "final_state", B=B, H=H)
    else:
        array = with_shape(array, "final_state", **{"1": 1, "B": B, "H": H})[0]
    try:
        expect_close(array, case.final_state, OUTPUTS, "final_state", f"the last state of {reference}")
    except StudentFault:
        if not own or not any(
            np.allclose(array, last, FORGIVEN, FORGIVEN) for last in own_lasts(answer, case)
        ):
            raise


def own_lasts(answer: Any, case: Recurrent) -> list[Array]:
    """What the last state may be where the outputs are wrong, [B, H]; none where they are right."""
    outputs = as_array(answer[0], "outputs")
    B, T, H = case.outputs.shape
    if outputs.shape == (T, B, H) != (B, T, H):
        outputs = outputs.swapaxes(0, 1)
    if outputs.shape != (B, T, H) or excess(outputs, case.outputs, OUTPUTS) <= 1:
        return []
    return [outputs[:, -1], last_of_backwards(case)]


def gives_states(function: Function, name: str, case: Recurrent) -> bool:
    """Whether the outputs tell the sequences of a batch apart roughly as states do, in whatever order.

    Those of a network that is wrong may grow, and are cut off where states end.
    """
    B, T, H = case.outputs.shape
    outputs = outputs_of(function(*case.args), name)
    if outputs.shape == (T, B, H) != (B, T, H):
        outputs = outputs.swapaxes(0, 1)
    if outputs.shape != (B, T, H):
        return False
    cut = np.clip(outputs, -1, 1)
    return any(responds_alike(_apart(cut), _apart(states)) for states in forms(case, {ORDER}))


def _apart(states: Array) -> Array:
    return np.asarray(states - states.mean(axis=0))


def is_multiple(array: Array, outputs: Array) -> bool:
    """Whether all outputs are the right ones times one positive number."""
    with np.errstate(all="ignore"):
        factor = float(np.vdot(array, outputs) / np.vdot(outputs, outputs))
        return factor > NOTHING and within(excess(array / factor, outputs, ATTENTION), 1)


def expect_attention(function: Function, case: Attention) -> None:
    """Compare the answer of `mha`."""
    B, T, E = case.outputs.shape
    array = with_shape(function(*case.args), "the outputs", B=B, T=T, E=E)
    # where equal values cancel, what is left is rounding, by which two answers of one mistake would differ
    array = np.where(np.abs(array) < NOTHING, 0, array)
    compared = slice(-1, None) if case.last else slice(None)
    if case.any_size and is_multiple(array, case.outputs):
        return
    expect_close(
        array[:, compared],
        case.outputs[:, compared],
        ATTENTION,
        "the outputs",
        "torch.nn.MultiheadAttention's",
    )
