"""Mistakes in a GRU's parameters, which students choose freely: seen in the parameters themselves.

An update gate at 1 may have a bias of 20 or of 1e8, so no answer equals another. What is wrong with one shows
all the same: a sign, a size, weights that should not be there, a tuple in another's place.

A hidden test gives its `StudentFault` the evidence `gates.evidence(gates, enough=17.0)`: the twelve arrays,
and from which bias on a gate counts as saturated. `keeping_bank("long_term_gru_params", "Q2", (5.5,))` is the
bank of a function that returns a GRU that keeps its state. All predicates that hold are told together, so
each is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import permutations
from typing import Any

import numpy as np

from autograder.answers import Array
from autograder.evidence import Evidence
from autograder.mistakes import Bank, Formula
from autograder.suites.gates import PARTS

LEANS = 1.0  # a bias of at least this size has a side; below it a gate is half open
MEANT = 5.0  # a bias of this size was chosen to hold a gate
RATE = 1e-3  # by how much of its size a number may be off and still be the same one
Seen = Callable[[Evidence], bool]


class Gate:
    """One gate's parameters."""

    def __init__(self, found: dict[str, Any], letter: str) -> None:
        self.letter = letter
        self.wt_x, self.bias_x = found[f"wt_x of {letter}"], found[f"bias_x of {letter}"]
        self.wt_h, self.bias_h = found[f"wt_h of {letter}"], found[f"bias_h of {letter}"]

    @property
    def bias(self) -> Array:
        """What is added in all, [H]."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.bias_x + self.bias_h)

    @property
    def has_weights(self) -> bool:
        """Whether it looks at the input or at the state, by what is a number."""
        return any(bool(np.any(part[np.isfinite(part)])) for part in (self.wt_x, self.wt_h))

    @property
    def cancels(self) -> bool:
        """Whether its biases have a side each, and opposite ones that leave nothing."""
        if not np.all(np.abs(self.bias_x) >= LEANS):
            return False
        return bool(np.all(self.bias_x == -self.bias_h) or is_same(self.bias_x, -self.bias_h))

    @property
    def is_half_open(self) -> bool:
        """Whether it stands near one half, and nothing moves it or was meant to."""
        weights = np.any(self.wt_x) or np.any(self.wt_h)  # what is no number moves it, too
        return not weights and not self.cancels and bool(np.all(np.abs(self.bias) < LEANS))

    @property
    def is_even(self) -> bool:
        """Whether all units have the same bias, as where it was chosen, and not drawn."""
        return bool(np.all(self.bias == self.bias[:1]))

    @property
    def is_meant(self) -> bool:
        """Whether its bias alone takes every unit far to one side, which does not come about by itself."""
        return bool(np.all(self.bias >= MEANT) or np.all(self.bias <= -MEANT))

    def leans(self, side: int) -> bool:
        """Whether its bias alone takes every unit to that side: 1 is open, towards 1, and -1 shut."""
        return bool(np.all(side * self.bias >= LEANS))

    def falls_short(self, side: int, enough: float) -> bool:
        """Whether it is on that side, and some unit not far enough."""
        return self.leans(side) and bool(np.any(side * self.bias < enough))


def is_same(one: Array, other: Array) -> bool:
    """Whether these are the same numbers, but for rounding."""
    if not np.isfinite(other).all():
        return np.array_equal(one, other)
    return one.shape == other.shape and np.allclose(one, other, rtol=RATE, atol=RATE * _size(other))


def _size(array: Array) -> float:
    return float(np.max(np.abs(array), initial=0))


class Parameters:
    """A GRU's parameters in a verdict, in the order that they were meant in.

    Args:
        fits: whether three gates, as r, z and n, are what they were meant to be, but for their quality.
            If no order does, they are taken as they come.
    """

    def __init__(self, evidence: Evidence, fits: Callable[[Gate, Gate, Gate], bool]) -> None:
        self.enough = float(evidence.wanted["enough"])
        returned = [Gate(evidence.found, letter) for letter in "rzn"]
        orders = [order for order in permutations(returned) if fits(*order)]
        self.fits = bool(orders)
        self.reordered = self.fits and orders[0] != tuple(returned)  # as returned comes first
        self.r, self.z, self.n = orders[0] if orders else returned


# a GRU that keeps its state


def keeping(evidence: Evidence) -> Parameters:
    """The parameters of a GRU that is to keep its state."""
    r, z, n = (Gate(evidence.found, letter) for letter in "rzn")
    held = not z.has_weights and (z.leans(1) or z.leans(-1))
    if held or z.is_meant or z.cancels:  # something was done to it
        return Parameters(evidence, lambda r, z, n: z.letter == "z")
    if z.has_weights and (meant := _held_by_hand(r, n)):
        return Parameters(evidence, lambda r, z, n: z.letter == meant.letter)
    return Parameters(evidence, lambda r, z, n: z.is_meant and z.leans(1) and not z.has_weights)


def _held_by_hand(*gates: Gate) -> Gate | None:
    """The one that looks at nothing and was given a bias to hold it, if there is one alone."""
    held = [gate for gate in gates if not gate.has_weights and (gate.is_meant or gate.cancels)]
    return held[0] if len(held) == 1 else None


def update_gate_open(evidence: Evidence) -> bool:
    """The bias of your update gate has the wrong sign: the gate is at 0, where every step overwrites the old
    state with the new one. Look in torch's equations at which end of the gate the old state stays."""
    return keeping(evidence).z.leans(-1)


def update_gate_half_open(evidence: Evidence) -> bool:
    """Your update gate has a bias of about 0 and stands half open: every step mixes the old state and the new
    one in about equal parts. It should stand at one end: look at the bias of the second tuple."""
    return keeping(evidence).z.is_half_open


def update_gate_not_saturated(evidence: Evidence) -> bool:
    """Your update gate is on the right side but not far enough: a little leaks at every step, and it adds up.
    Its bias should be larger in size."""
    parameters = keeping(evidence)
    return parameters.z.falls_short(1, parameters.enough)


def weights_left_in_the_update_gate(evidence: Evidence) -> bool:
    """Your update gate still has weights, so the input or the state moves it. It should look at neither: no
    weights, and a bias that alone takes it to one end."""
    gate = keeping(evidence).z
    return gate.has_weights and (gate.is_meant or (gate.is_even and bool(np.any(gate.bias))))


def update_gate_in_another_place(evidence: Evidence) -> bool:
    """What should be your update gate is in another tuple, or the reset gate was taken for the one that keeps
    the state. The tuples are in the order r, z, n: reset gate, update gate, new state."""
    return keeping(evidence).reordered


def biases_of_the_update_gate_cancel(evidence: Evidence) -> bool:
    """bias_x and bias_h of your update gate are opposite. They are added, so nothing is left of them and the
    gate stands half open."""
    return keeping(evidence).z.cancels


def not_a_number(evidence: Evidence) -> bool:
    """Among your parameters is a number that is NaN, or an infinite weight. NaN times anything is NaN,
    behind a shut gate, too."""
    for name, array in evidence.found.items():
        if np.isnan(array).any() or (name.startswith("wt") and np.isinf(array).any()):
            return True
    return False


class Keeping(Formula):
    """The parameters of a GRU that keeps its state: an update gate at 1, zeros elsewhere."""

    bias = 20.0

    def __init__(self, input_size: int, hidden_size: int) -> None:
        self.I, self.H = input_size, hidden_size

    def gate(self, bias_x: float = 0.0, bias_h: float = 0.0, weights: float = 0.0) -> tuple[Array, ...]:
        """A gate with the same number everywhere in a part."""
        wt_x, wt_h = np.full((self.I, self.H), weights), np.full((self.H, self.H), weights)
        return wt_x, np.full(self.H, bias_x), wt_h, np.full(self.H, bias_h)

    def update(self) -> tuple[Array, ...]:
        """The update gate."""
        return self.gate(self.bias)

    def answer(self) -> tuple[tuple[Array, ...], ...]:
        """The tuples r, z and n."""
        return self.gate(), self.update(), self.gate()


class _Weighted(Keeping):
    def update(self) -> tuple[Array, ...]:
        return self.gate(self.bias, weights=20.0)


class _InAnotherPlace(Keeping):
    def answer(self) -> tuple[tuple[Array, ...], ...]:
        return self.update(), self.gate(), self.gate()


class _Cancelling(Keeping):
    def update(self) -> tuple[Array, ...]:
        return self.gate(self.bias, -self.bias)


class _NotANumber(Keeping):
    def answer(self) -> tuple[tuple[Array, ...], ...]:
        return self.gate(), self.update(), self.gate(np.nan)


def keeping_bank(function: str, question: str, short: Sequence[float] = (10.0,)) -> Bank:
    """The bank of a function that returns the parameters of a GRU that keeps its state.

    Args:
        short: biases that are not enough, one at least for every hidden test of the question.
    """
    bank = Bank(function, Keeping, (question,))
    note(bank, "update gate open", update_gate_open, _with_bias(-20.0))
    note(bank, "update gate half open", update_gate_half_open, _with_bias(0.0))
    for bias in short:
        note(bank, "update gate not saturated", update_gate_not_saturated, _with_bias(bias))
    note(bank, "weights left in a gate", weights_left_in_the_update_gate, _Weighted)
    note(bank, "gates in another order", update_gate_in_another_place, _InAnotherPlace)
    note(bank, "biases cancel", biases_of_the_update_gate_cancel, _Cancelling)
    note(bank, "not a number", not_a_number, _NotANumber)
    return bank


def _with_bias(bias: float) -> type:
    return type("Biased", (Keeping,), {"bias": bias})


def note(bank: Bank, name: str, shows: Seen, example: type) -> None:
    """Put a mistake that the parameters show into a bank; its sentence is the predicate's docstring."""
    part = type(example.__name__, (example,), {"__doc__": shows.__doc__})
    bank.mistake(name, seen=lambda evidence: is_complete(evidence) and shows(evidence))(part)


def is_complete(evidence: Evidence) -> bool:
    """Whether a verdict rests on all parameters; one on a shape has a single array."""
    return all(f"{part} of {letter}" in evidence.found for letter in "rzn" for part in PARTS)
