"""What the hidden tests of this assignment have in common: thresholds and how answers are taken apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from autograder.answers import Array, as_array, describe, expect_close, pair, with_shape
from autograder.errors import StudentFault
from autograder.suites.rnn_gru_mha.cases import Attention, Linear, Recurrent, run_gru

# Measured by `python -m bench.margins` in the suite's measure: 10,000 draws of short sequences and 200 of
# 100 to 1,000 steps (attention 300); H up to 64. A wrong answer counts with its largest error in a test.
# rnn: right at most 3.8e-6 (long 2.3e-6), wrong from 3.8e-4 (rounded to 4 digits; float16 1.9e-3).
# gru: right at most 2.1e-6 (long 2.0e-6), wrong from 9.8e-4 (float16; a gate's bias dropped 7.1e-2).
OUTPUTS = 1e-5
# mha: right at most 3.7e-6 (long 8.8e-6; with a softmax whose logarithms are added one by one 2.4e-5), wrong
# from 1.8e-3 (float16; long 7.6e-4; a wrong scale 6.4e-2).
ATTENTION = 5e-5
# Same draws: gates at 15 at most 1.8e-5 (long 1.1e-5), at 20 and more 2.4e-6; wrong from 7.7e-5 (the reset
# gate alone at 10; long 2.0e-4). At 14 up to 4.7e-5: undecided, as are 13 (1.3e-4), 12 and 11.
IMITATION = 2e-5
# Same draws, at the last step: right at most 3.6e-7 (long 1.8e-6; both with a new state other than 0 behind
# the gate, else 0), wrong from 2.3e-4 (a gate at 10; long 2.2e-4, a gate at 15). At 16 up to 1.6e-4.
KEPT = 1e-5

Function = Callable[..., Any]
GATES = {"reset": "linear_trans_r", "update": "linear_trans_z", "new": "linear_trans_n"}


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


def as_gates(answer: Any, function: str, I: int, H: int) -> list[Linear]:  # noqa: E741 - the course's letter
    """The three gates (wt_x [I, H], bias_x [H], wt_h [H, H], bias_h [H]) in the order r, z, n.

    Raises:
        StudentFault: the answer has another form.
    """
    if not isinstance(answer, (tuple, list)) or len(answer) != 3:
        what = "another number of values" if isinstance(answer, (tuple, list)) else describe(answer)
        raise StudentFault(f"`{function}` should return three tuples, for the gates r, z and n, not {what}")
    return [_as_linear(part, name, I, H) for part, name in zip(answer, GATES.values(), strict=True)]


def _as_linear(part: Any, name: str, I: int, H: int) -> Linear:  # noqa: E741
    if not isinstance(part, (tuple, list)) or len(part) != 4:
        raise StudentFault(f"{name} should be a tuple (wt_x, bias_x, wt_h, bias_h)")
    wt_x, bias_x, wt_h, bias_h = part
    return (
        with_shape(wt_x, f"wt_x of {name}", I=I, H=H),
        _as_bias(bias_x, f"bias_x of {name}", H),
        _as_square(wt_h, f"wt_h of {name}", H),
        _as_bias(bias_h, f"bias_h of {name}", H),
    )


def _as_bias(value: Any, name: str, H: int) -> Array:
    array = as_array(value, name)
    return with_shape(array[0] if array.shape == (1, H) else array, name, H=H)


def _as_square(value: Any, name: str, H: int) -> Array:
    array = as_array(value, name)
    if array.shape != (H, H):
        raise StudentFault(f"{name} should be [H, H], yours has another shape")
    return array


def run_loaded(gates: list[Linear], init_state: Any, input_data: Any) -> Array:
    """Outputs [B, T, H] of a float32 torch.nn.GRU with these gates, as the notebook loads them."""
    return run_gru(gates, init_state, input_data, torch.float32)


def expect_attention(function: Function, case: Attention) -> None:
    """Compare the answer of `mha`."""
    B, T, E = case.outputs.shape
    array = with_shape(function(*case.args), "the outputs", B=B, T=T, E=E)
    expect_close(array, case.outputs, ATTENTION, "the outputs", "torch.nn.MultiheadAttention's")
