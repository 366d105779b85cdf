"""Mistakes in `forward`: which state a step starts from, and which states are returned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograder.answers import Array
from autograder.suites.rnn_layer.mistakes.layer import Layer, Step, bank


@bank.mistake()
class ZeroInitialState(Layer):
    """Your sequence starts from a state of zero, whatever h0 is. The first step starts from h0."""

    def start(self, h0: Array) -> Array:
        return 0 * h0


@bank.mistake()
class StateNotCarried(Layer):
    """Each of your steps starts from h0. It should start from the state that the step before it gave."""

    def goes_on_from(self, steps: Sequence[Step], h0: Array) -> Array:
        return h0


@bank.mistake("state not carried")
class StateNotCarriedButZero(Layer):
    """Your steps after the first start from a state of zero. Each should start from the state that the step
    before it gave."""

    def goes_on_from(self, steps: Sequence[Step], h0: Array) -> Array:
        return 0 * h0 if steps else h0


class Backwards(Layer):
    """Runs from the last input to the first."""

    def inputs(self, x: Array) -> Sequence[Array]:
        return super().inputs(x)[::-1]


@bank.mistake("time reversed")
class TimeReversed(Backwards):
    """Your layer runs from the last input to the first. It should run in the order of time."""


@bank.mistake("time reversed")
class TimeReversedInTheInputsOrder(Backwards):
    """Your layer runs from the last input to the first. It should run in the order of time."""

    def states(self, h0: Array) -> Array:
        return super().states(h0)[:, ::-1]


@bank.mistake("states in reverse order")
class StatesInReverseOrder(Layer):
    """Your states are right, and in reverse order: the last comes first. h[:, t] is the state after
    step t."""

    def states(self, h0: Array) -> Array:
        return super().states(h0)[:, ::-1]


@bank.mistake()
class StatesOneStepLate(Layer):
    """Your h[:, t] is the state before step t: the first is h0 and the last one is missing. It should be the
    state after that step."""

    def states(self, h0: Array) -> Array:
        return np.concatenate([self.start(h0)[:, np.newaxis], super().states(h0)[:, :-1]], axis=1)


class FirstStepLeftOut(Layer):
    """Your layer leaves out the first input: its steps begin with the second. Look at where the loop over
    time begins."""

    def walk(self, x: Array, h0: Array) -> list[Step]:
        return [self.nothing(x, h0), *super().walk(x[:, 1:], h0)]

    def nothing(self, x: Array, h0: Array) -> Step:
        """What stands in the first step's place."""
        return Step(x[:, 0], h0, h0, 0 * h0)


bank.mistake("first step left out")(FirstStepLeftOut)


@bank.mistake("first step left out")
class InitialStateForTheFirstStep(FirstStepLeftOut):
    """Your layer leaves out the first input: h[:, 0] is h0, and the steps begin with the second input. Look
    at where the loop over time begins."""

    def nothing(self, x: Array, h0: Array) -> Step:
        return Step(x[:, 0], h0, h0, h0)


@bank.mistake("last step left out")
class LastStepLeftOut(Layer):
    """Your layer leaves out the last input, and the last state stays zero. Look at where the loop over time
    ends."""

    def states(self, h0: Array) -> Array:
        return np.concatenate([super().states(h0)[:, :-1], 0 * h0[:, np.newaxis]], axis=1)


@bank.mistake("batch and time exchanged")
class TimeFirst(Layer):
    """Your states are right, but the axes of time and batch are exchanged: they should be [N, T, H]. Look at
    how the states of the steps are put together."""

    def given_states(self, h: Array) -> Any:
        return super().given_states(h).transpose(1, 0, 2)


@bank.mistake("batch and time exchanged")
class Reshaped(Layer):
    """Your states are put together with time as the first axis and then reshaped to [N, T, H], which mixes
    the sequences. An axis is moved by a transposition, or the states are stacked along axis 1."""

    def given_states(self, h: Array) -> Any:
        return super().given_states(h).transpose(1, 0, 2).reshape(h.shape)


@bank.mistake("last state alone")
class LastStateAlone(Layer):
    """Your answer is the state after the last step alone. The states after all steps are asked for."""

    def given_states(self, h: Array) -> Any:
        return super().given_states(h)[:, -1]


@bank.mistake("one array for all states")
class OneArray(Layer):
    """All your states are the last one: each step writes into the same array. Give every step's state an
    array or a place of its own."""

    def states(self, h0: Array) -> Array:
        h = super().states(h0)
        return np.repeat(h[:, -1:], h.shape[1], axis=1)


@bank.mistake("one array for all states")
class OneArrayKept(OneArray):
    """All your states are the last one: each step writes into the same array. Give every step's state an
    array or a place of its own."""

    def walk(self, x: Array, h0: Array) -> list[Step]:
        steps = super().walk(x, h0)
        return [replace(step, before=steps[-1].after, after=steps[-1].after) for step in steps]


@bank.mistake("states left over")
class StatesLeftOver(Layer):
    """A second call of forward still has the states of the first in its answer. Begin each call with an
    empty list or a new array."""

    def states(self, h0: Array) -> Array:
        h = super().states(h0)
        self.all_states = [*getattr(self, "all_states", []), *np.moveaxis(h, 1, 0)]
        return np.stack(self.all_states, axis=1) if len({s.shape for s in self.all_states}) == 1 else h


@bank.mistake("states left over")
class FirstCallsStates(Layer):
    """A second call of forward still has the states of the first in its answer. Begin each call with an
    empty list or a new array."""

    def states(self, h0: Array) -> Array:
        h = super().states(h0)
        self.all_states = [*getattr(self, "all_states", []), h0, *np.moveaxis(h, 1, 0)]
        return np.stack(self.all_states[1:], axis=1)


@bank.mistake("state kept over calls")
class GoesOnWhereItStopped(Layer):
    """A second call of forward starts from the last state of the first. Each call starts from its own h0."""

    def start(self, h0: Array) -> Array:
        last = getattr(self, "last", h0)
        return super().start(last if last.shape == h0.shape else h0)

    def states(self, h0: Array) -> Array:
        h = super().states(h0)
        self.last = h[:, -1]
        return h


@bank.mistake("axes of size one lost")
class StatesSqueezed(Layer):
    """Your states are right but for their shape where an axis has size 1: that axis is lost. h is [N, T, H]
    whatever the sizes; look for `squeeze` or an index that drops an axis."""

    def given_states(self, h: Array) -> Any:
        return super().given_states(h).squeeze()
