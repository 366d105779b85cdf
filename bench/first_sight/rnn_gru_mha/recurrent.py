"""RNN of Q2, one sequence after the other: input and state side by side, times the stacked weights."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from bench.family import Family, exclusive, hides

Array = np.ndarray

# the loop and what it returns: the same names in both questions
ZERO, NOT_CARRIED = "zero initial state", "state not carried"
NOT_RESET, REVERSED = "state not reset between sequences", "time reversed"
LATE, ONE_ARRAY = "outputs one step late", "one array for all states"
NO_FIRST, NO_LAST = "first step left out", "last step left out"
TIME_FIRST, RESHAPED = "batch and time exchanged", "outputs reshaped"
FINALS = (
    *("first state as final", "initial state as final"),
    *("state before the last as final", "last sequence as final"),
)
SQUEEZED = "axes of size one lost"
LOOP = (
    *(ZERO, NOT_CARRIED, NOT_RESET, REVERSED, LATE, ONE_ARRAY, NO_FIRST, NO_LAST),
    *(TIME_FIRST, RESHAPED, *FINALS, SQUEEZED),
)
LOOP_CLASHES = (
    exclusive(FINALS, (TIME_FIRST, RESHAPED))
    # a step that starts from init_state knows no other sequence
    | exclusive((NOT_CARRIED, NOT_RESET))
    # all of them are one array, before the step and after it
    | hides(ONE_ARRAY, LATE, FINALS[0], FINALS[2])
    # the first of the outputs is another one then, and so is the last sequence
    | hides(FINALS[0], LATE, NO_FIRST)
    # the final state is the last of the outputs, as it should be
    | hides(LATE, FINALS[2])
    | hides(FINALS[3], TIME_FIRST, RESHAPED)
)

ACTIVATIONS = (
    *("no activation", "sigmoid for tanh", "relu for tanh"),
    *("activation twice", "activation before the sum"),
)
TRANSPOSED, ADDED = "hidden weights transposed", "state added"
NO_HIDDEN, NO_INPUT = "hidden product left out", "input left out"
BIASES = ("bias dropped", "bias counted twice", "sign of the bias wrong")
RNN_IDS = (*LOOP, *ACTIVATIONS, TRANSPOSED, NO_HIDDEN, ADDED, NO_INPUT, *BIASES)
RNN_CLASHES = (
    LOOP_CLASHES
    | exclusive(ACTIVATIONS, BIASES, (TRANSPOSED, NO_HIDDEN, ADDED))
    | exclusive(("activation before the sum", "bias dropped"))
    # no step knows of a state, or each of one of zeros
    | hides(NO_HIDDEN, ZERO, NOT_CARRIED, NOT_RESET)
    | exclusive((ZERO, NOT_CARRIED))
    # steps that do not know of one another: their order is seen in the final state alone
    | exclusive((REVERSED, NO_HIDDEN), (REVERSED, NOT_CARRIED))
    | exclusive((FINALS[0], NO_HIDDEN), (FINALS[0], NOT_CARRIED))
    # backwards, outputs[0] is the last, and the ends of the loop are exchanged
    | hides(REVERSED, NO_FIRST, NO_LAST, FINALS[0])
)


class Weights(NamedTuple):
    """The stacked weights [I + H, H], the bias [H], and the number of inputs."""

    stacked: Array
    bias: Array
    inputs: int


class Walk(NamedTuple):
    """A sequence's states [T, H], the one after its last step, and the one before that."""

    states: Array
    last: Array
    before: Array


def activated(product: Array, bias: Array, wrong: frozenset[str]) -> Array:
    """The new state, from both products."""
    if "activation before the sum" in wrong:
        return np.asarray(np.tanh(product) + bias)
    total = product + bias
    if "no activation" in wrong:
        return np.asarray(total)
    if "sigmoid for tanh" in wrong:
        return np.asarray(1 / (1 + np.exp(-total)))
    if "relu for tanh" in wrong:
        return np.asarray(np.maximum(total, 0))
    new = np.tanh(total)
    return np.asarray(np.tanh(new) if "activation twice" in wrong else new)


def step(x: Array, h: Array, weights: Weights, wrong: frozenset[str]) -> Array:
    """The state [H] after input x [I], from the state h [H]."""
    w, bias, inputs = weights
    if NO_INPUT in wrong:
        x = np.zeros_like(x)
    if NO_HIDDEN in wrong:
        product = x @ w[:inputs]
    elif ADDED in wrong:
        product = x @ w[:inputs] + h
    else:
        product = np.concatenate([x, h]) @ w
    if "bias dropped" in wrong:
        bias = np.zeros_like(bias)
    if "bias counted twice" in wrong:
        bias = bias + bias
    if "sign of the bias wrong" in wrong:
        bias = -bias
    return activated(product, bias, wrong)


def walk(sequence: Array, start: Array, weights: Weights, wrong: frozenset[str]) -> Walk:
    """All states of one sequence [T, I], from its start [H]."""
    T = len(sequence)
    states = [np.zeros_like(start)] * T
    times: Iterable[int] = range(int(NO_FIRST in wrong), T - int(NO_LAST in wrong))
    if REVERSED in wrong:
        times = reversed(range(T))
    h = start.copy()
    before = h
    for t in times:
        new = step(sequence[t], start if NOT_CARRIED in wrong else h, weights, wrong)
        before = h
        if ONE_ARRAY in wrong:
            h[:] = new
        else:
            h = new
        states[t] = before if LATE in wrong else h
    return Walk(np.array(states), h, before)


def final_of(one: Walk, init: Array, wrong: frozenset[str]) -> Array:
    """The final state [H] of one sequence, whose row of init_state is init."""
    if "first state as final" in wrong:
        return np.asarray(one.states[0])
    if "initial state as final" in wrong:
        return init
    return one.before if "state before the last as final" in wrong else one.last


def stacked(walks: list[Walk], wrong: frozenset[str]) -> Array:
    """The outputs [B, T, H]."""
    outputs = np.array([one.states for one in walks])
    if TIME_FIRST in wrong:
        outputs = np.stack([one.states for one in walks], axis=1)
    if RESHAPED in wrong:
        outputs = np.stack([one.states for one in walks], axis=1).reshape(outputs.shape)
    return outputs


def make(wrong: frozenset[str]) -> Any:
    """The function with these mistakes in it."""

    def rnn(wt_h: Any, wt_x: Any, bias: Any, init_state: Any, input_data: Any) -> Any:
        """States of every sequence, one sequence after the other."""
        wt_h, wt_x, bias, inits, data = (
            np.asarray(each, dtype=np.float32) for each in (wt_h, wt_x, bias, init_state[0], input_data)
        )
        w = np.concatenate([wt_x, wt_h.T if TRANSPOSED in wrong else wt_h])
        weights = Weights(w, bias, len(wt_x))
        starts = np.zeros_like(inits) if ZERO in wrong else inits
        walks, finals = [], []
        h = starts[0]
        for b in range(len(data)):
            if NOT_RESET not in wrong:
                h = starts[b]
            one = walk(data[b], h, weights, wrong)
            h = one.last
            walks.append(one)
            finals.append(final_of(one, inits[b], wrong))
        outputs, final = stacked(walks, wrong), np.array(finals)
        if "last sequence as final" in wrong:
            final = outputs[-1]
        if SQUEEZED in wrong:
            return outputs.squeeze(), final.squeeze()
        return outputs, final

    return rnn


FAMILIES: list[Family] = [
    Family("rnn", "NumPy float32, one sequence after the other", RNN_IDS, make, RNN_CLASHES),
]
