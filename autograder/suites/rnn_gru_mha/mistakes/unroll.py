"""A recurrent network in parts, and the mistakes that do not depend on what a step computes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.answers import Array
from autograder.mistakes import Bank, Formula


class Unrolled(Formula):
    """States from step to step; a subclass gives `step`."""

    init_state: Any
    input_data: Any

    def step(self, x: Array, h: Array) -> Array:
        """The state [B, H] after an input [B, I] and a state [B, H]."""
        raise NotImplementedError

    def start(self) -> Array:
        """The state before the first step, [B, H]."""
        return np.asarray(self.init_state[0], dtype=np.float64)

    def inputs(self) -> list[Array]:
        """Each step's input, [B, I]."""
        return [np.asarray(self.input_data[:, t], dtype=np.float64) for t in range(self.input_data.shape[1])]

    def before(self, h: Array) -> Array:
        """The state that a step starts from, after a step that gave `h`."""
        return h

    def states(self) -> list[Array]:
        """All states but the first, in the order in which they are computed."""
        h, states = self.start(), []
        for x in self.inputs():
            states.append(self.step(x, self.before(h)))
            h = states[-1]
        return states

    def outputs(self, states: list[Array]) -> Array:
        """[B, T, H]"""
        return np.stack(states, axis=1)

    def final(self, states: list[Array]) -> Array:
        """[1, B, H]"""
        return states[-1][np.newaxis]

    def answer(self) -> tuple[Array, Array]:
        """The outputs and the final state."""
        states = self.states()
        return self.outputs(states), self.final(states)


Noted = list[tuple[str, type[Unrolled]]]
SHARED: Noted = []  # mistakes of every recurrent network, which it is mixed into


def shared(name: str) -> Callable[[type[Unrolled]], type[Unrolled]]:
    """Note a mistake of every recurrent network; of several with one name the first has the sentence."""

    def note(part: type[Unrolled]) -> type[Unrolled]:
        SHARED.append((name, part))
        return part

    return note


def add_shared(bank: Bank, right: type[Unrolled]) -> None:
    """Note the shared mistakes in the bank of a network, whose right answer this is."""
    sentences: dict[str, str | None] = {}
    for name, part in SHARED:
        doc = sentences.setdefault(name, part.__doc__)
        bank.mistake(name)(type(part.__name__, (part, right), {**_methods(part), "__doc__": doc}))


def _methods(part: type) -> dict[str, Any]:
    """What the mistake defines, so that it can be seen which parts of the answer it replaces."""
    bases = [base for base in part.__mro__ if issubclass(base, Unrolled) and base is not Unrolled]
    return {name: each for base in reversed(bases) for name, each in vars(base).items() if callable(each)}


# --- Which state a step starts from -------------------------------------------------------------------------


@shared("zero initial state")
class ZeroInitialState(Unrolled):
    """Your answer starts from a state of zeros. The first step should start from `init_state`: look at what
    your state is before the loop."""

    def start(self) -> Array:
        return np.zeros_like(super().start())


@shared("state not carried")
class StateNotCarried(Unrolled):
    """In your answer a step starts from `init_state` again where it should use the state of the step
    before it. Look at what your loop does with the new state."""

    def before(self, h: Array) -> Array:
        return self.start()


@shared("state not reset between sequences")
class NotResetBetweenSequences(Unrolled):
    """In your answer a sequence starts from the last state of the sequence before it in the batch. Each
    starts from its own row of `init_state`: look at where your state is set before the loops."""

    def states(self) -> list[Array]:
        h, runs = self.start()[:1], []
        for b in range(len(self.start())):
            run = []
            for x in self.inputs():
                h = self.step(x[b : b + 1], self.before(h))
                run.append(h)
            runs.append(run)
        return [np.concatenate(rows) for rows in zip(*runs, strict=True)]


# --- The order of steps -------------------------------------------------------------------------------------


@shared("time reversed")
class TimeReversed(Unrolled):
    """Your answer is that of a network that runs from the last input to the first. It should begin with
    `input_data[:, 0]`: look at the order in which your loop takes the inputs."""

    def inputs(self) -> list[Array]:
        return super().inputs()[::-1]


@shared("time reversed")
class TimeReversedAndPutBack(TimeReversed):
    """The outputs in the order of the inputs."""

    def outputs(self, states: list[Array]) -> Array:
        return super().outputs(states[::-1])


@shared("time reversed")
class TimeReversedAndPutBackWithLast(TimeReversedAndPutBack):
    """The last output as the final state."""

    def final(self, states: list[Array]) -> Array:
        return super().final(states[:1])


@shared("outputs one step late")
class OneStepLate(Unrolled):
    """Your outputs come one step late: they begin with the state before the first step. `outputs[:, t]`
    should be the state AFTER step t: look at whether your loop stores the state before or after it
    computes it."""

    def outputs(self, states: list[Array]) -> Array:
        return super().outputs([self.start(), *states[:-1]])


@shared("outputs one step late")
class OneStepLateWithLast(OneStepLate):
    """The last output as the final state."""

    def final(self, states: list[Array]) -> Array:
        return super().final([self.start(), *states[:-1]])


@shared("first step left out")
class FirstStepLeftOut(Unrolled):
    """Your loop leaves the first step out: `outputs[:, 0]` stays zero, and the second step starts from
    `init_state`. The loop should take every input, from `input_data[:, 0]` on."""

    def states(self) -> list[Array]:
        return [np.zeros_like(self.start()), *super().states()]

    def inputs(self) -> list[Array]:
        return super().inputs()[1:]


@shared("last step left out")
class LastStepLeftOut(Unrolled):
    """Your loop ends a step too early: the last of your outputs stays zero. It should take every input, up to
    the last one."""

    def inputs(self) -> list[Array]:
        return super().inputs()[:-1]

    def outputs(self, states: list[Array]) -> Array:
        return super().outputs([*states, np.zeros_like(self.start())])

    def final(self, states: list[Array]) -> Array:
        return super().final(states or [self.start()])


# --- The outputs --------------------------------------------------------------------------------------------


@shared("one array for all states")
class OneArrayForAllStates(Unrolled):
    """All of your outputs are the last state. Your loop changes one array in place, and every output is that
    array: make a new array in each step, or store a copy."""

    def outputs(self, states: list[Array]) -> Array:
        return super().outputs([states[-1]] * len(states))


@shared("batch and time exchanged")
class BatchAndTimeExchanged(Unrolled):
    """Your outputs are [T, B, H]: time comes first. They should be [B, T, H]: look at the axis along
    which you put the states together."""

    def outputs(self, states: list[Array]) -> Array:
        return super().outputs(states).swapaxes(0, 1)


@shared("batch and time exchanged")
class BatchAndTimeExchangedWithLast(BatchAndTimeExchanged):
    """The final state taken along the wrong axis, too."""

    def final(self, states: list[Array]) -> Array:
        return np.stack([state[-1] for state in states])


@shared("outputs reshaped")
class OutputsReshaped(Unrolled):
    """Your outputs have the right numbers in wrong places: [T, B, H] was brought to [B, T, H] by a
    reshape, which mixes the sequences. Exchange the axes, or put the states together along axis 1."""

    def outputs(self, states: list[Array]) -> Array:
        outputs = super().outputs(states)
        return outputs.swapaxes(0, 1).reshape(outputs.shape)


# --- The final state ----------------------------------------------------------------------------------------


@shared("first state as final")
class FirstStateAsFinal(Unrolled):
    """Your final state is the state after the first step. It should be the one after the last step."""

    def final(self, states: list[Array]) -> Array:
        return super().final(states[:1])


@shared("initial state as final")
class InitialStateAsFinal(Unrolled):
    """Your final state is the initial state. It should be the state after the last step: look at which
    variable you return."""

    def final(self, states: list[Array]) -> Array:
        return super().final([self.start()])


@shared("state before the last as final")
class StateBeforeTheLastAsFinal(Unrolled):
    """Your final state is the state before the last step. It should be the one after it."""

    def final(self, states: list[Array]) -> Array:
        return super().final(states[:-1] or [self.start()])


@shared("last sequence as final")
class LastSequenceAsFinal(Unrolled):
    """Your final state holds all states of the last sequence. It should hold the last state of all sequences,
    [1, B, H] or [B, H]: look at the axis that you take the last element of."""

    def final(self, states: list[Array]) -> Array:
        return np.stack([state[-1] for state in states])


@shared("last sequence as final")
class LastSequenceAsFinalWithAnAxis(LastSequenceAsFinal):
    """With a leading axis of one."""

    def final(self, states: list[Array]) -> Array:
        return super().final(states)[np.newaxis]


# --- Sizes of one -------------------------------------------------------------------------------------------


@shared("axes of size one lost")
class OutputsSqueezed(Unrolled):
    """Your answer is right until a size is one: there an axis gets lost. Look for `squeeze()` without an
    axis, or for an index that drops one: `squeeze(0)` and `[0]` drop the first axis alone."""

    def outputs(self, states: list[Array]) -> Array:
        return super().outputs(states).squeeze()


@shared("axes of size one lost")
class FinalSqueezed(Unrolled):
    """The final state."""

    def final(self, states: list[Array]) -> Array:
        return super().final(states).squeeze()


@shared("axes of size one lost")
class StateSqueezed(Unrolled):
    """The initial state."""

    def start(self) -> Array:
        return super().start().squeeze()


@shared("axes of size one lost")
class InputsSqueezed(Unrolled):
    """Each step's input."""

    def inputs(self) -> list[Array]:
        return [x.squeeze() for x in super().inputs()]


@shared("axes of size one lost")
class EverythingSqueezed(OutputsSqueezed, FinalSqueezed):
    """Both parts of the answer."""


@shared("axes of size one lost")
class StateAndInputsSqueezed(StateSqueezed, InputsSqueezed):
    """All that a step is given."""
