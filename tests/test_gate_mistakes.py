"""What is wrong with a GRU's parameters, seen in the parameters: freely chosen ones, in any style."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.suites.gate_mistakes import keeping_bank
from autograder.suites.gates import evidence

INPUT, HIDDEN = 3, 5
BANK = keeping_bank("long_term_gru_params", "Q2")
RNG = np.random.default_rng(4)


def gate(bias, *, opposite=0.0, weights=0.0):
    """One that looks at nothing, or has the same weight everywhere."""
    return (
        np.full((INPUT, HIDDEN), weights),
        np.full(HIDDEN, bias),
        np.full((HIDDEN, HIDDEN), weights),
        np.full(HIDDEN, opposite),
    )


def drawn(bias=1.0):
    """One as torch draws it, with biases of that size."""
    shapes = (INPUT, HIDDEN), HIDDEN, (HIDDEN, HIDDEN), HIDDEN
    wt_x, bias_x, wt_h, bias_h = (RNG.uniform(-0.5, 0.5, shape) for shape in shapes)
    return wt_x, bias * bias_x, wt_h, bias * bias_h


def named(r, z, n):
    """The mistakes that the parameters show."""
    seen = evidence([r, z, n], enough=17.0)
    return {mistake.name for mistake in BANK.mistakes if mistake.seen(seen)}


@pytest.mark.parametrize("others", [lambda: gate(0.0), drawn, lambda: drawn(bias=0.0)])
@pytest.mark.parametrize(
    ("update", "name"),
    [
        (gate(20.0), None),
        (gate(-20.0), "update gate open"),
        (gate(0.0), "update gate half open"),
        (gate(8.0), "update gate not saturated"),
        (gate(20.0, opposite=-20.0), "biases cancel"),
        (gate(20.0, weights=3.0), "weights left in a gate"),
    ],
)
def test_one_mistake(update, name, others):
    """Whatever the other two tuples are like."""
    assert named(others(), update, others()) == ({name} if name else set())


@pytest.mark.parametrize("place", [0, 2])
@pytest.mark.parametrize(
    ("update", "name"),
    [
        (gate(20.0), None),
        (gate(-20.0), "update gate open"),
        (gate(8.0), "update gate not saturated"),
        (gate(20.0, opposite=-20.0), "biases cancel"),
    ],
)
@pytest.mark.parametrize("bias", [0.0, 1.0])
def test_another_order_beside_another_mistake(place, update, name, bias):
    """The tuple that somebody has held by its bias is the update gate, where the second one was drawn."""
    gates = [drawn(bias), drawn(bias), drawn(bias)]
    gates[place] = update
    assert named(*gates) == {"gates in another order"} | ({name} if name else set())


def test_an_order_is_not_guessed():
    """Two tuples that are held might both be meant: nothing is said of either."""
    assert named(gate(-20.0), drawn(), gate(-20.0)) == set()
    assert named(gate(0.0), drawn(), drawn()) == set()
