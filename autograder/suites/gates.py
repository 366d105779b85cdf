"""A GRU's parameters as students return them: three tuples, checked by name, and what torch makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from autograder.answers import Array, as_array, describe, with_shape
from autograder.errors import StudentFault
from autograder.evidence import Evidence
from autograder.suites.draws import Linear
from autograder.suites.once import once
from autograder.suites.recurrent import run_gru

GATES = ("linear_trans_r", "linear_trans_z", "linear_trans_n")
PARTS = ("wt_x", "bias_x", "wt_h", "bias_h")


def as_gates(answer: Any, function: str, I: int, H: int) -> list[Linear]:  # noqa: E741 - the course's letter
    """The three gates (wt_x [I, H], bias_x [H], wt_h [H, H], bias_h [H]) in the order r, z, n.

    Raises:
        StudentFault: the answer has another form.
    """
    if not isinstance(answer, (tuple, list)) or len(answer) != 3:
        what = "another number of values" if isinstance(answer, (tuple, list)) else describe(answer)
        raise StudentFault(f"`{function}` should return three tuples, for the gates r, z and n, not {what}")
    return [_as_linear(part, name, I, H) for part, name in zip(answer, GATES, strict=True)]


def _as_linear(part: Any, name: str, I: int, H: int) -> Linear:  # noqa: E741
    if not isinstance(part, (tuple, list)) or len(part) != 4:
        raise StudentFault(f"{name} should be a tuple (wt_x, bias_x, wt_h, bias_h)")
    wt_x, bias_x, wt_h, bias_h = part
    return (
        with_shape(wt_x, f"wt_x of {name}", I=I, H=H),
        as_bias(bias_x, f"bias_x of {name}", H),
        as_square(wt_h, f"wt_h of {name}", H),
        as_bias(bias_h, f"bias_h of {name}", H),
    )


def as_bias(value: Any, name: str, H: int) -> Array:
    """A bias [H]; a leading axis of 1 may be there."""
    array = as_array(value, name)
    return with_shape(array[0] if array.shape == (1, H) else array, name, H=H)


def as_square(value: Any, name: str, H: int) -> Array:
    """Recurrent weights [H, H]."""
    array = as_array(value, name)
    if array.shape != (H, H):
        raise StudentFault(f"{name} should be [H, H], yours has another shape")
    return array


def evidence(gates: Sequence[Linear], **wanted: Any) -> Evidence:
    """What a verdict on a GRU's parameters rests on: the twelve arrays, "wt_x of r" the first of them.

    Args:
        wanted: what else a mistake is seen by; see `gate_mistakes`.
    """
    found = {
        f"{part} of {letter}": array
        for letter, gate in zip("rzn", gates, strict=True)
        for part, array in zip(PARTS, gate, strict=True)
    }
    return Evidence(found, {name: np.asarray(value, dtype=np.float64) for name, value in wanted.items()})


@once(128)
def run_loaded(gates: Sequence[Linear], init_state: Any, input_data: Any) -> Array:
    """Outputs [B, T, H] of a float32 torch.nn.GRU with these gates, as the notebook loads them."""
    return run_gru(gates, init_state, input_data, torch.float32)
