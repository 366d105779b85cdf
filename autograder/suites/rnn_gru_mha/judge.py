"""What the hidden tests of this assignment have in common: thresholds and how answers are taken apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograder.answers import as_array, expect_close, pair, with_shape
from autograder.suites.rnn_gru_mha.cases import Attention, Recurrent

# Measured by `python -m bench.margins rnn_gru_mha`: 500 keys, 50 for the tests of long sequences, each with
# weights, states and inputs of its own at every size of the tests. A wrong answer counts where it loses.
# rnn: right at most 3.1e-6 (long 2.2e-6), wrong from 2.9e-5 (rounded to 4 digits).
# gru: right at most 2.3e-6 (long 1.5e-6), wrong from 1.3e-4 (float16).
OUTPUTS = 1e-5
# mha: right at most 3.2e-6 (long 6.0e-6; with a softmax whose logarithms are added one by one 2.4e-5), wrong
# from 5.0e-4 (float16).
ATTENTION = 5e-5
# Gates at 15 at most 1.4e-5 (long 1.1e-5), at 20 and more 2.4e-6; wrong from 7.8e-5 (the reset gate alone at
# 10). At 14 up to 4.7e-5: undecided, as are 13, 12 and 11.
IMITATION = 2e-5
# At the last step: right at most 3.1e-7 (long 1.7e-6; both with a new state other than 0 behind the gate),
# wrong from 1.9e-4 (a gate at 10; long 1.8e-4, a gate at 15). A gate at 16 loses the long test.
KEPT = 1e-5

Function = Callable[..., Any]


def expect_outputs(function: Function, name: str, case: Recurrent, reference: str) -> None:
    """Compare the outputs alone; the final state has a test of its own."""
    answer = function(*case.args)
    outputs = pair(answer, name, "outputs", "final_state")[0] if isinstance(answer, (tuple, list)) else answer
    B, T, H = case.outputs.shape
    array = with_shape(outputs, "outputs", B=B, T=T, H=H)
    expect_close(array, case.outputs, OUTPUTS, "outputs", reference)


def expect_final_state(function: Function, name: str, case: Recurrent, reference: str) -> None:
    """Compare the final state, with or without its leading axis."""
    _, final_state = pair(function(*case.args), name, "outputs", "final_state")
    array = as_array(final_state, "final_state")
    B, H = case.final_state.shape
    if array.ndim == 2:
        array = with_shape(array, "final_state", B=B, H=H)
    else:
        array = with_shape(array, "final_state", **{"1": 1, "B": B, "H": H})[0]
    expect_close(array, case.final_state, OUTPUTS, "final_state", f"the last state of {reference}")


def expect_attention(function: Function, case: Attention) -> None:
    """Compare the answer of `mha`."""
    B, T, E = case.outputs.shape
    array = with_shape(function(*case.args), "the outputs", B=B, T=T, E=E)
    expect_close(array, case.outputs, ATTENTION, "the outputs", "torch.nn.MultiheadAttention's")
