"""What an RNN with a student's parameters does to a gradient, against torch's autograd."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.errors import StudentFault
from autograder.suites.long_term.cases import gradient
from autograder.suites.long_term.parameters import Action
from autograder.suites.recurrent import rnn_module

B, T, I, H = 5, 31, 3, 7  # noqa: E741 - the course's letters
Parameters = tuple[Any, Any, Any]  # wt_h [H, H], wt_x [I, H], bias [H]


def drawn(scale: float) -> Parameters:
    """Recurrent weights of that scale, which are not their own transpose."""
    rng = np.random.default_rng(3)
    return scale * rng.standard_normal((H, H)), rng.standard_normal((I, H)), rng.standard_normal(H)


@pytest.mark.parametrize("scale", [0.1, 0.4, 2.0])
def test_norms_are_those_of_autograd(scale: float) -> None:
    """At an early step and at the last, where the gradient vanishes, stays, or grows."""
    wt_h, wt_x, bias = drawn(scale)
    inputs = np.random.default_rng(4).uniform(0, 1, (B, T, I))
    found = Action((wt_h, wt_x, bias), "vanishing_rnn_params", I, H).norms(inputs, 1, 30)
    model = rnn_module(wt_h, wt_x, bias)
    for norms, step in zip(found, (1, 30), strict=True):
        right = np.linalg.norm(gradient(model, inputs, np.zeros((B, H)), step), axis=1)
        np.testing.assert_allclose(norms, right, rtol=1e-9)


def test_what_grows_beyond_all_numbers_is_told() -> None:
    """And not warned of."""
    wt_h, wt_x, bias = 1e20 * np.ones((H, H)), np.zeros((I, H)), np.zeros(H)
    with pytest.raises(StudentFault, match="step 30"):
        Action((wt_h, wt_x, bias), "exploding_rnn_params", I, H).norms(np.zeros((1, T, I)), 30)
