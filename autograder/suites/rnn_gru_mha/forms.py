"""Answers of recurrent networks that are right but for one thing that another test asks for.

A test of the bias, say, takes the answer of a network without its activation, or one whose outputs come in
another order: that has cost its own points. All are computed by plain loops in float64.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit

from autograder.answers import Array

if TYPE_CHECKING:
    from autograder.suites.rnn_gru_mha.cases import Recurrent

# what a test may forgive
ACTIVATION, MIXING, ORDER, CARRY = "activation", "mixing", "order", "carry"
EVERYTHING = frozenset((ACTIVATION, MIXING, ORDER, CARRY))
# Of the largest element. Not the suite's measure: the states of a network that is wrong may grow over 1,000
# steps to 1,000, with a rounding of float32 (3e-3) that its small elements do not bear.
FORGIVEN = 1e-4
# likewise: a form that is nearer to the right outputs forgives nothing, or rounded ones would pass
APART = 1e-2
SAME, CLEARLY = 1e-7, 2 * APART  # drawn cases have no form between, or luck would forgive

# the orders in which inputs may be run through, or that no state is handed on
FORWARDS, BACKWARDS, FROM_SECOND, NOT_CARRIED = "forwards", "backwards", "from the second", "not carried"

Step = Callable[[Array, Array], Array]  # an input [B, I] and a state [B, H] to the next state


def is_forgiven(array: Array, case: Recurrent, forgiven: Collection[str]) -> bool:
    """Whether the outputs are of one of the forms that a test forgives."""
    if not np.isfinite(array).all():
        return False
    rows, largest = _forgiven_forms(case, frozenset(forgiven), array.shape)
    off = np.max(
        np.abs(rows - array.reshape(1, -1)), axis=1, initial=0
    )  # initial: an array may have no elements
    return bool(np.any(off <= FORGIVEN * largest))


@lru_cache(maxsize=4096)
def _forgiven_forms(case: Recurrent, forgiven: frozenset[str], shape: tuple[int, ...]) -> tuple[Array, Array]:
    """The forms of that shape, each as a row, and the largest element of each."""
    every = [form for form in forms(case, forgiven) if form.shape == shape]
    apart = [form for form in every if not _are_within(APART, case.outputs, form)]
    rows = np.stack(apart).reshape(len(apart), -1) if apart else np.zeros((0, math.prod(shape)))
    return rows, np.max(np.abs(rows), axis=1, initial=0)


def are_clear(case: Recurrent) -> bool:
    """Whether each form is either the right outputs or well apart from them."""
    every = (form for form in forms(case, EVERYTHING) if form.shape == case.outputs.shape)
    return all(
        _are_within(SAME, case.outputs, form) or not _are_within(CLEARLY, case.outputs, form)
        for form in every
    )


def _are_within(share: float, array: Array, form: Array) -> bool:
    if array.shape != form.shape:
        return False
    return bool(np.max(np.abs(array - form)) <= share * np.max(np.abs(form)))


def forms(case: Recurrent, forgiven: Collection[str]) -> Iterator[Array]:
    """The outputs with another activation, of states that are mixed or ordered otherwise, or both."""
    for number, (name, _) in enumerate(_steps(case)):
        if not name or name in forgiven:
            yield _states(case, number)
            if ORDER in forgiven:
                yield from _orders(case, number)
            if CARRY in forgiven:
                yield _states(case, number, which=NOT_CARRIED)


def last_of_backwards(case: Recurrent) -> Array:
    """The last state, [B, H], if the inputs are run through from the last to the first."""
    return _states(case, 0, which=BACKWARDS)[:, -1]


def _orders(case: Recurrent, number: int) -> Iterator[Array]:
    """Outputs whose states are right, and come otherwise."""
    states, backwards = _states(case, number), _states(case, number, which=BACKWARDS)
    nothing, start = np.zeros_like(states[:, :1]), case.init_state.swapaxes(0, 1)  # [B, 1, H]
    yield states.swapaxes(0, 1)  # time first
    yield states.swapaxes(0, 1).reshape(states.shape)
    yield np.concatenate([start, states[:, :-1]], axis=1)  # a step late
    yield backwards
    yield backwards[:, ::-1]
    yield np.broadcast_to(states[:, -1:], states.shape)  # one array for all
    yield np.concatenate([states[:, :-1], nothing], axis=1)  # the loop ends too early
    yield np.concatenate([nothing, _states(case, number, which=FROM_SECOND)], axis=1)


def _states(case: Recurrent, number: int, which: str = FORWARDS) -> Array:
    """States [B, T, H] of one of the steps, in the order in which they are computed."""
    if which == NOT_CARRIED:
        return _not_carried(case, number)
    return _all_states(case, number)[which]


@lru_cache(maxsize=4096)
def _all_states(case: Recurrent, number: int) -> dict[str, Array]:
    """States of one of the steps for the inputs in several orders, which take one loop together."""
    _, step = _steps(case)[number]
    inputs = _inputs(case)  # [T, B, I]
    from_second = np.concatenate([inputs[1:], inputs[:1]])
    several = np.concatenate([inputs, inputs[::-1], from_second], axis=1)  # [T, 3B, I]
    start = np.asarray(case.init_state[0], dtype=np.float64)  # [B, H]
    state = np.concatenate([start] * 3)
    states = np.empty((len(inputs), *state.shape))  # [T, 3B, H]
    for t, x in enumerate(several):
        state = states[t] = step(x, state)
    forwards, backwards, late = np.split(states.swapaxes(0, 1), 3)
    return {FORWARDS: forwards, BACKWARDS: backwards, FROM_SECOND: late[:, :-1]}


@lru_cache(maxsize=4096)
def _not_carried(case: Recurrent, number: int) -> Array:
    """States [B, T, H] that all come of the initial one."""
    _, step = _steps(case)[number]
    start = np.asarray(case.init_state[0], dtype=np.float64)  # [B, H]
    return step(_inputs(case), np.broadcast_to(start, (case.outputs.shape[1], *start.shape))).swapaxes(0, 1)


def _inputs(case: Recurrent) -> Array:
    """[T, B, I]"""
    return np.moveaxis(np.asarray(case.input_data, dtype=np.float64), 1, 0)


def _steps(case: Recurrent) -> tuple[tuple[str, Step], ...]:
    """What a step may be, the right one first: each with what a test must forgive to take it."""
    return _gru_steps(*case.weights) if isinstance(case.weights[0], tuple) else _rnn_steps(*case.weights)


def _rnn_steps(wt_h: Array, wt_x: Array, bias: Array) -> tuple[tuple[str, Step], ...]:
    def step(combined: Callable[[Array, Array], Array]) -> Step:
        return lambda x, h: combined(x @ wt_x + bias, h @ wt_h)

    return (
        ("", step(lambda a, b: np.tanh(a + b))),
        (ACTIVATION, step(lambda a, b: expit(a + b))),
        (ACTIVATION, step(lambda a, b: np.maximum(a + b, 0))),
        (ACTIVATION, step(lambda a, b: a + b)),
        (ACTIVATION, step(lambda a, b: np.tanh(np.tanh(a + b)))),
        (ACTIVATION, step(lambda a, b: np.tanh(a) + b)),
        (ACTIVATION, step(lambda a, b: np.tanh(a) + np.tanh(b))),
    )


def _gru_steps(*gates: Any) -> tuple[tuple[str, Step], ...]:
    (r, z), (wt_x, bias_x, wt_h, bias_h) = ((_gate(*gate) for gate in gates[:2]), gates[2])

    def step(activation: Callable[[Array], Array], keeps: bool = False) -> Step:
        def next_state(x: Array, h: Array) -> Array:
            n = activation(x @ wt_x + bias_x + r(x, h) * (h @ wt_h + bias_h))
            return (1 - z(x, h)) * n + (h if keeps else z(x, h) * h)

        return next_state

    return (
        ("", step(np.tanh)),
        (ACTIVATION, step(expit)),
        (ACTIVATION, step(lambda a: np.maximum(a, 0))),
        (ACTIVATION, step(lambda a: a)),
        (MIXING, step(np.tanh, keeps=True)),
    )


def _gate(wt_x: Array, bias_x: Array, wt_h: Array, bias_h: Array) -> Step:
    return lambda x, h: np.asarray(expit(x @ wt_x + bias_x + h @ wt_h + bias_h))
