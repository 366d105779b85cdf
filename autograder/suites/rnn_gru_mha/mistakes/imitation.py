"""Q4: `init_gru_with_rnn(wt_h, wt_x, bias)`, whose parameters students choose: seen in the parameters."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.answers import Array
from autograder.evidence import Evidence
from autograder.mistakes import Bank, Formula
from autograder.suites.gate_mistakes import Gate, Parameters, is_same, not_a_number, note


class Imitation(Formula):
    """A reset gate at 1, an update gate at 0, and the RNN as the new state."""

    reset_bias, update_bias = 20.0, -20.0

    def __init__(self, wt_h: Any, wt_x: Any, bias: Any) -> None:
        self.wt_h, self.wt_x, self.bias = (np.asarray(part, np.float64) for part in (wt_h, wt_x, bias))

    def gate(self, bias: float, opposite: float = 0.0) -> tuple[Array, ...]:
        """A gate without weights."""
        zero = 0 * self.bias
        return 0 * self.wt_x, zero + bias, 0 * self.wt_h, zero + opposite

    def reset(self) -> tuple[Array, ...]:
        return self.gate(self.reset_bias)

    def update(self) -> tuple[Array, ...]:
        return self.gate(self.update_bias)

    def new_state(self) -> tuple[Array, ...]:
        return self.wt_x, self.bias, self.wt_h, 0 * self.bias

    def answer(self) -> tuple[tuple[Array, ...], ...]:
        """The tuples r, z and n."""
        return self.reset(), self.update(), self.new_state()


bank = Bank("init_gru_with_rnn", Imitation, ("Q4",))


class Imitating(Parameters):
    """A verdict's parameters beside the RNN's.

    Attributes:
        judged: which of the three tuples the verdict is on; none if their order is wrong, and which of the
            other two is which does not show.
    """

    def __init__(self, evidence: Evidence) -> None:
        self.wt_h, self.wt_x, self.bias = (evidence.wanted[name] for name in ("wt_h", "wt_x", "bias"))
        super().__init__(evidence, self._fits)
        self.judged = "rzn"[int(evidence.wanted["judged"])]
        elsewhere = [gate for gate in (self.r, self.z) if self._is_rnn(gate)]
        if not self.fits and elsewhere and not self._is_rnn(self.n):
            self.reordered, self.judged = True, ""
        self.gate = {"r": self.r, "z": self.z}.get(self.judged)

    def _fits(self, r: Gate, z: Gate, n: Gate) -> bool:
        return r.leans(1) and z.leans(-1) and self._is_rnn(n)

    def _is_rnn(self, gate: Gate) -> bool:
        pairs = ((gate.wt_x, self.wt_x), (gate.wt_h, self.wt_h))
        return any(own.any() and is_same(found, own) for found, own in pairs)


def update_gate_closed(evidence: Evidence) -> bool:
    """The bias of your update gate has the wrong sign: the gate is at 1, where the old state stays as it is
    and no new one comes in. Look in torch's equations at which end of the gate the new state is all there
    is."""
    found = Imitating(evidence)
    return found.judged == "z" and found.z.leans(1)


def update_gate_half_open(evidence: Evidence) -> bool:
    """Your update gate has a bias of about 0 and stands half open: every step mixes the old state and the new
    one. An RNN's state is replaced at every step: look at the bias of the second tuple."""
    found = Imitating(evidence)
    return found.judged == "z" and found.z.is_half_open


def update_gate_not_saturated(evidence: Evidence) -> bool:
    """Your update gate is on the right side but not far enough: a little of the old state stays at every
    step. Its bias should be larger in size."""
    found = Imitating(evidence)
    return found.judged == "z" and found.z.falls_short(-1, found.enough)


def reset_gate_closed(evidence: Evidence) -> bool:
    """The bias of your reset gate has the wrong sign: the gate is at 0, and nothing of the old state reaches
    the new one. An RNN's new state is made of all of the old one."""
    found = Imitating(evidence)
    return found.judged == "r" and found.r.leans(-1)


def reset_gate_half_open(evidence: Evidence) -> bool:
    """Your reset gate has a bias of about 0 and stands half open: about half of what the old state has to say
    reaches the new one. In an RNN all of it does: look at the bias of the first tuple."""
    found = Imitating(evidence)
    return found.judged == "r" and found.r.is_half_open


def reset_gate_not_saturated(evidence: Evidence) -> bool:
    """Your reset gate is on the right side but not far enough: a little of the old state is lost on its way
    into the new one. Its bias should be larger in size."""
    found = Imitating(evidence)
    return found.judged == "r" and found.r.falls_short(1, found.enough)


def weights_left_in_a_gate(evidence: Evidence) -> bool:
    """This gate still has weights, so the input or the state moves it. It should look at neither: no weights,
    and a bias that alone takes it to one end."""
    found = Imitating(evidence)
    return found.gate is not None and found.gate.has_weights


def biases_cancel(evidence: Evidence) -> bool:
    """bias_x and bias_h of this gate are opposite. They are added, so nothing is left of them and the gate
    stands half open."""
    found = Imitating(evidence)
    return found.gate is not None and found.gate.cancels


def gates_in_another_order(evidence: Evidence) -> bool:
    """Your three tuples are in another order. It is r, z, n: reset gate, update gate, new state."""
    return Imitating(evidence).reordered


def bias_counted_twice(evidence: Evidence) -> bool:
    """Your new state has the RNN's bias twice. bias_x and bias_h are added, and together they should make the
    RNN's one bias."""
    found = Imitating(evidence)
    return found.judged == "n" and bool(found.bias.any()) and is_same(found.n.bias, 2 * found.bias)


def bias_dropped(evidence: Evidence) -> bool:
    """Your new state has no bias. The RNN has one, and it belongs into the third tuple."""
    found = Imitating(evidence)
    return found.judged == "n" and bool(found.bias.any()) and not found.n.bias.any()


def hidden_weights_transposed(evidence: Evidence) -> bool:
    """The hidden weights of your new state are the transpose of the RNN's. Both are [H, H] for the same
    product, state @ wt_h, so they are the same array."""
    found = Imitating(evidence)
    return (
        found.judged == "n" and is_same(found.n.wt_h, found.wt_h.T) and not is_same(found.n.wt_h, found.wt_h)
    )


def hidden_weights_dropped(evidence: Evidence) -> bool:
    """Your new state has no hidden weights, so it does not know the old state. The RNN's belong into the
    third tuple."""
    found = Imitating(evidence)
    return found.judged == "n" and bool(found.wt_h.any()) and not found.n.wt_h.any()


def input_weights_dropped(evidence: Evidence) -> bool:
    """Your new state has no input weights, so it does not know the input. The RNN's belong into the third
    tuple."""
    found = Imitating(evidence)
    return found.judged == "n" and bool(found.wt_x.any()) and not found.n.wt_x.any()


def _biased(gate: str, bias: float) -> type:
    return type("Biased", (Imitation,), {f"{gate}_bias": bias})


class _WeightsInGates(Imitation):
    def gate(self, bias: float, opposite: float = 0.0) -> tuple[Array, ...]:
        return self.wt_x, 0 * self.bias, self.wt_h, 0 * self.bias


class _Cancelling(Imitation):
    def update(self) -> tuple[Array, ...]:
        return self.gate(self.update_bias, -self.update_bias)


class _UpdateFirst(Imitation):
    def answer(self) -> tuple[tuple[Array, ...], ...]:
        r, z, n = super().answer()
        return z, r, n


class _NewStateFirst(Imitation):
    def answer(self) -> tuple[tuple[Array, ...], ...]:
        r, z, n = super().answer()
        return n, r, z


class _BiasTwice(Imitation):
    def new_state(self) -> tuple[Array, ...]:
        return *super().new_state()[:3], self.bias


class _NoBias(Imitation):
    def new_state(self) -> tuple[Array, ...]:
        wt_x, bias_x, wt_h, bias_h = super().new_state()
        return wt_x, 0 * bias_x, wt_h, 0 * bias_h


class _Transposed(Imitation):
    def new_state(self) -> tuple[Array, ...]:
        wt_x, bias_x, wt_h, bias_h = super().new_state()
        return wt_x, bias_x, wt_h.T, bias_h


class _NoHiddenWeights(Imitation):
    def new_state(self) -> tuple[Array, ...]:
        wt_x, bias_x, wt_h, bias_h = super().new_state()
        return wt_x, bias_x, 0 * wt_h, bias_h


class _NoInputWeights(Imitation):
    def new_state(self) -> tuple[Array, ...]:
        wt_x, bias_x, wt_h, bias_h = super().new_state()
        return 0 * wt_x, bias_x, wt_h, bias_h


class _NotANumber(Imitation):
    def new_state(self) -> tuple[Array, ...]:
        wt_x, bias_x, wt_h, bias_h = super().new_state()
        return wt_x * np.nan, bias_x, wt_h, bias_h


note(bank, "update gate closed", update_gate_closed, _biased("update", 20.0))
note(bank, "update gate half open", update_gate_half_open, _biased("update", 0.0))
note(bank, "update gate not saturated", update_gate_not_saturated, _biased("update", -10.0))
note(bank, "reset gate closed", reset_gate_closed, _biased("reset", -20.0))
note(bank, "reset gate half open", reset_gate_half_open, _biased("reset", 0.0))
note(bank, "reset gate not saturated", reset_gate_not_saturated, _biased("reset", 10.0))
note(bank, "weights left in a gate", weights_left_in_a_gate, _WeightsInGates)
note(bank, "biases cancel", biases_cancel, _Cancelling)
note(bank, "gates in another order", gates_in_another_order, _UpdateFirst)
note(bank, "gates in another order", gates_in_another_order, _NewStateFirst)
note(bank, "bias counted twice", bias_counted_twice, _BiasTwice)
note(bank, "bias dropped", bias_dropped, _NoBias)
note(bank, "hidden weights transposed", hidden_weights_transposed, _Transposed)
note(bank, "hidden weights dropped", hidden_weights_dropped, _NoHiddenWeights)
note(bank, "input weights dropped", input_weights_dropped, _NoInputWeights)
note(bank, "not a number", not_a_number, _NotANumber)
