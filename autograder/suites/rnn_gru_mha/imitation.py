"""How a GRU that imitates an RNN is judged: each of its three tuples beside right ones.

A shut update gate hides all else, so as a whole every mistake would cost everything. Where the student's GRU
is off the RNN, two of its tuples are therefore put right, and the third answers for what is still off.
"""

from __future__ import annotations

import numpy as np

from autograder.answers import Array, excess, expect_finite, within
from autograder.errors import StudentFault
from autograder.evidence import Evidence
from autograder.scoring import StudentCode
from autograder.suites import gates
from autograder.suites.draws import Linear
from autograder.suites.rnn_gru_mha.cases import Recurrent
from autograder.suites.rnn_gru_mha.judge import IMITATION

SATURATED = 20.0
ENOUGH = 15.0  # the smallest bias that counts as right
RATE = 1e-3  # by how much weights may be off and still be the same
PLACES = "rzn"
WITH_YOURS = {
    "r": "a GRU with your reset gate, and update gate and new state as they should be,",
    "z": "a GRU with your update gate, and reset gate and new state as they should be,",
    "n": "a GRU with your new state, and gates as they should be,",
}


def right_gates(case: Recurrent) -> list[Linear]:
    """A reset gate at 1, an update gate at 0, and the RNN as the new state."""
    wt_h, wt_x, bias = case.weights
    no_x, no_h, zero = np.zeros_like(wt_x), np.zeros_like(wt_h), np.zeros_like(bias)
    open_gate, shut_gate = (no_x, zero + SATURATED, no_h, zero), (no_x, zero - SATURATED, no_h, zero)
    return [open_gate, shut_gate, (wt_x, bias, wt_h, zero)]


def expect_imitation(submission: StudentCode, case: Recurrent, place: str) -> None:
    """Raise a `StudentFault` where the student's GRU is off the RNN, and the tuple of that letter is why."""
    wt_h, wt_x, bias = case.weights
    mine = gates.as_gates(submission.init_gru_with_rnn(wt_h, wt_x, bias), "init_gru_with_rnn", *wt_x.shape)
    whole = off(run(mine, case), case)
    if whole <= 1 and within(whole, 1.0):
        return
    if place != "n" and not has_weights_of_the_rnn(mine[2], case):
        reason = "your new state has none of the RNN's weights, so this was not judged"
        raise StudentFault(reason, evidence(mine, case, "n"))
    seen = evidence(mine, case, place)
    outputs = run(beside_right(mine, place, case), case)
    try:
        expect_finite(outputs, f"what {WITH_YOURS[place]} computes")
    except StudentFault as fault:
        raise StudentFault(str(fault), seen) from None
    if not within(off(outputs, case), 1.0):
        raise StudentFault(
            f"{WITH_YOURS[place]} is off the RNN by more than a relative error of {IMITATION:g}", seen
        )


def evidence(mine: list[Linear], case: Recurrent, place: str) -> Evidence:
    """What a verdict on the tuple of that letter rests on."""
    wt_h, wt_x, bias = case.weights
    judged = PLACES.index(place)
    return gates.evidence(mine, enough=ENOUGH, judged=judged, wt_h=wt_h, wt_x=wt_x, bias=bias)


def beside_right(mine: list[Linear], place: str, case: Recurrent) -> list[Linear]:
    """The student's tuple of that letter among right ones."""
    pairs = zip(PLACES, mine, right_gates(case), strict=True)
    return [own if letter == place else right for letter, own, right in pairs]


def run(linear_trans: list[Linear], case: Recurrent) -> Array:
    """Outputs [B, T, H] for the case's inputs."""
    return gates.run_loaded(linear_trans, case.init_state, case.input_data)


def off(outputs: Array, case: Recurrent) -> float:
    """How far outputs are from the RNN's, in units of the threshold."""
    return excess(outputs, case.outputs, IMITATION)


def has_weights_of_the_rnn(new_state: Linear, case: Recurrent) -> bool:
    """Whether a new state has the RNN's input or hidden weights; one without is nobody's imitation."""
    wt_h, wt_x, _ = case.weights
    pairs = ((new_state[0], wt_x), (new_state[2], wt_h))
    return any(np.allclose(mine, its, RATE, RATE) for mine, its in pairs)
