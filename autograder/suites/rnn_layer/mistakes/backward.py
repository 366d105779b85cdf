"""Mistakes in `backward`: how the steps back follow each other, and how their gradients are put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograder.answers import Array
from autograder.suites.rnn_layer.mistakes.forward import InitialStateForTheFirstStep
from autograder.suites.rnn_layer.mistakes.layer import NAMES, PARAMETERS, Gradients, Layer, Step, bank


class OnlyTheLastStep(Layer):
    """Your gradients are those of the last step alone: nothing goes back to the steps before it. Look at the
    loop over time."""

    def way_back(self, dout: Array) -> list[Gradients]:
        last = super().way_back(dout)[-1]
        before = {name: 0 * value for name, value in last.items()}
        return [*([before] * (dout.shape[1] - 1)), last]

    def dh0(self, ways: Sequence[Gradients], dout: Array) -> Any:
        return ways[-1]["dprev_h"]


bank.mistake("only the last step")(OnlyTheLastStep)


@bank.mistake("only the last step")
class OnlyTheLastStepAndNoDh0(OnlyTheLastStep):
    """Your gradients are those of the last step alone: nothing goes back to the steps before it. Look at the
    loop over time."""

    def dh0(self, ways: Sequence[Gradients], dout: Array) -> Any:
        return ways[0]["dprev_h"]


@bank.mistake("only the last step")
class OnlyTheLastStepWithoutTime(OnlyTheLastStep):
    """Your gradients are those of the last step alone: nothing goes back to the steps before it. Look at the
    loop over time."""

    def all_dx(self, ways: Sequence[Gradients]) -> Any:
        return ways[-1]["dx"]


@bank.mistake()
class UpstreamOfTheLastStepOnly(Layer):
    """Your way back knows the last step's dout alone. Each state counts by its own dout, too, and not only
    through the states after it."""

    def upstream(self, dout: Array, t: int, carried: Array) -> Array:
        return dout[:, t] if t + 1 == dout.shape[1] else carried


@bank.mistake()
class CarriedGradientDropped(Layer):
    """Each of your steps back is taken alone. A state also counts through the step after it: what that step
    gives for its prev_h belongs to the gradient that comes in."""

    def upstream(self, dout: Array, t: int, carried: Array) -> Array:
        return dout[:, t]


@bank.mistake("carried gradient dropped")
class CarriedGradientDroppedAndNoDh0(CarriedGradientDropped):
    """Each of your steps back is taken alone. A state also counts through the step after it: what that step
    gives for its prev_h belongs to the gradient that comes in."""

    def dh0(self, ways: Sequence[Gradients], dout: Array) -> Any:
        return 0 * super().dh0(ways, dout)


@bank.mistake("carried gradient counted twice")
class CarriedGradientCountedTwice(Layer):
    """What comes back from the step after is in your gradients twice. Look at what is added to a step's
    dout."""

    def upstream(self, dout: Array, t: int, carried: Array) -> Array:
        return super().upstream(dout, t, carried) + carried


@bank.mistake("carried gradient adds up")
class CarriedGradientAddsUp(Layer):
    """What comes back to a state should be what the step after it gives. Yours adds up what all later steps
    gave."""

    def way_back(self, dout: Array) -> list[Gradients]:
        ways: list[Gradients] = []
        carried = self.from_the_end(dout)
        for t in reversed(range(dout.shape[1])):
            ways.insert(0, self.gradients(self.step_taken(t), self.upstream(dout, t, carried)))
            carried = carried + ways[0]["dprev_h"]
        self.summed = carried
        return ways


@bank.mistake("carried gradient adds up")
class CarriedGradientAddsUpToDh0(CarriedGradientAddsUp):
    """What comes back to a state should be what the step after it gives. Yours adds up what all later steps
    gave."""

    def dh0(self, ways: Sequence[Gradients], dout: Array) -> Any:
        return self.summed


@bank.mistake("upstream one step off")
class UpstreamOneStepEarly(Layer):
    """Your steps back take the dout of the step before theirs. dout[:, t] belongs to the state after step
    t."""

    def upstream(self, dout: Array, t: int, carried: Array) -> Array:
        return super().upstream(np.roll(dout, 1, axis=1), t, carried)


@bank.mistake("upstream one step off")
class UpstreamOneStepLate(Layer):
    """Your steps back take the dout of the step after theirs. dout[:, t] belongs to the state after step
    t."""

    def upstream(self, dout: Array, t: int, carried: Array) -> Array:
        later = np.concatenate([dout[:, 1:], 0 * dout[:, :1]], axis=1)
        return super().upstream(later, t, carried)


@bank.mistake("time not reversed")
class ForwardInTime(Layer):
    """Your way back goes through the steps in the order of time. It begins with the last step, whose gradient
    goes to the one before it."""

    def way_back(self, dout: Array) -> list[Gradients]:
        ways: list[Gradients] = []
        carried = self.from_the_end(dout)
        for t in range(dout.shape[1]):
            ways.append(self.gradients(self.step_taken(t), self.upstream(dout, t, carried)))
            carried = ways[-1]["dprev_h"]
        return ways

    def dh0(self, ways: Sequence[Gradients], dout: Array) -> Any:
        return ways[-1]["dprev_h"]


# what each step back takes of the steps forward


@bank.mistake()
class StepOffByOne(Layer):
    """Your dW_hh takes the state after each step. What W_hh is multiplied with is the state before that
    step, h0 for the first."""

    def step_taken(self, t: int) -> Step:
        step = super().step_taken(t)
        return replace(step, before=step.after)


@bank.mistake("step off by one")
class StepTooEarly(Layer):
    """Your dW_hh takes a state one step too early. What W_hh is multiplied with is the state before each
    step: that of the step just before it, h0 for the first."""

    def step_taken(self, t: int) -> Step:
        return replace(super().step_taken(t), before=super().step_taken(max(t - 1, 0)).before)


@bank.mistake("h0 left out")
class NoFirstState(Layer):
    """Your dW_hh leaves out the first step, which starts from h0. Look at the previous state there."""

    def step_taken(self, t: int) -> Step:
        step = super().step_taken(t)
        return step if t else replace(step, before=0 * step.before)


@bank.mistake("last state in place of h0")
class LastStateInPlaceOfH0(Layer):
    """Your dW_hh takes the last state of the sequence where the first step should take h0: an index of t - 1
    is -1 there, and counts from the end."""

    def step_taken(self, t: int) -> Step:
        step = super().step_taken(t)
        return step if t else replace(step, before=self.steps[-1].after)


@bank.mistake("first step left out of the gradients")
class WithoutTheFirstStep(Layer):
    """Your way back ends before the first step: its dx is zero, and the other gradients lack its part. Look
    at where your loop ends."""

    def way_back(self, dout: Array) -> list[Gradients]:
        first, *others = super().way_back(dout)
        nothing = {name: 0 * part for name, part in first.items()}
        return [nothing | ({"dprev_h": others[0]["dprev_h"]} if others else {}), *others]


@bank.mistake("first step left out")
class NeitherWayTakesTheFirst(WithoutTheFirstStep, InitialStateForTheFirstStep):
    """Your layer leaves out the first input, on the way back as well: h[:, 0] is h0, and the steps begin with
    the second input. Look at where the loop over time begins."""


@bank.mistake("inputs one step off")
class InputsOneStepEarly(Layer):
    """Your dW_ih takes the inputs of the step before. Each step back belongs to its own step's inputs."""

    def step_taken(self, t: int) -> Step:
        return replace(super().step_taken(t), x=super().step_taken(t - 1).x)


@bank.mistake("last step's values everywhere")
class LastStepsValues(Layer):
    """Each of your steps back uses what the last forward_step kept. A step back needs the values of its own
    step forward: keep them for each step, or set them before the call."""

    def step_taken(self, t: int) -> Step:
        last = super().step_taken(len(self.steps) - 1)
        return replace(last, before=super().step_taken(t).before)


@bank.mistake("last step's values everywhere")
class LastStepsValuesAndState(Layer):
    """Each of your steps back uses what the last forward_step kept. A step back needs the values of its own
    step forward: keep them for each step, or set them before the call."""

    def step_taken(self, t: int) -> Step:
        return super().step_taken(len(self.steps) - 1)


@bank.mistake("last step's values everywhere")
class LastStepsState(Layer):
    """Each of your steps back takes the slope of tanh at the last state. It belongs to its own step: keep the
    values of each step, or set them before the call."""

    def step_taken(self, t: int) -> Step:
        last = super().step_taken(len(self.steps) - 1)
        return replace(super().step_taken(t), after=last.after, a=last.a)


@bank.mistake("steps in the wrong order")
class FirstStepsValuesFirst(Layer):
    """Your way back takes what the steps forward kept in the order of time. It goes from the last step to the
    first, and so should what it takes from them."""

    def step_taken(self, t: int) -> Step:
        return super().step_taken(len(self.steps) - 1 - t)


# what is added up


def totals(name: str, doc: str, names: Sequence[str], add: Any) -> None:
    """Note a mistake in how the gradients of these parameters are added up over time."""

    def total(self: Any, which: str, parts: Sequence[Any]) -> Any:
        right = super(part, self).total  # type: ignore[arg-type]  # a class that is made below
        return add(self, which, parts, right) if which in names else right(which, parts)

    part: type = type("_".join(names), (Layer,), {"total": total, "__doc__": doc})
    bank.mistake(name)(part)


def first(layer: Any, name: str, parts: Sequence[Any], right: Any) -> Any:
    return right(name, parts[:1])


def last(layer: Any, name: str, parts: Sequence[Any], right: Any) -> Any:
    return right(name, parts[-1:])


def mean(layer: Any, name: str, parts: Sequence[Any], right: Any) -> Any:
    return right(name, parts) / len(parts)


def without_first(layer: Any, name: str, parts: Sequence[Any], right: Any) -> Any:
    return right(name, [*parts[1:], 0 * parts[0]])


def with_former(layer: Any, name: str, parts: Sequence[Any], right: Any) -> Any:
    former = layer.__dict__.setdefault("former", {})
    former[name] = former.get(name, 0) + right(name, parts)
    return former[name]


def each_step(layer: Any, name: str, parts: Sequence[Any], right: Any) -> Any:
    return np.stack(parts)


for names in (PARAMETERS, *((each,) for each in PARAMETERS)):
    several = len(names) > 1
    yours = "gradients of the parameters are" if several else f"{names[0]} is"
    for step, add in (("first", first), ("last", last)):
        totals(
            "not summed over time",
            f"Your {yours} the {step} step's alone. All steps share the parameters, so the gradients of all "
            "steps add up.",
            names,
            add,
        )
    totals(
        "mean over time",
        f"Your {yours} the mean over the steps where the sum is asked for.",
        names,
        mean,
    )
    totals(
        "sums left over",
        f"Your {yours} right the first time, and a second call adds to what the first one left. Begin each "
        "call with new sums.",
        names,
        with_former,
    )
    if names != ("dW_hh",):  # that is "h0 left out"
        totals(
            "first step left out of the gradients",
            f"Your {yours} added up over all steps but the first. Look at where the loop over time ends.",
            names,
            without_first,
        )
totals(
    "not summed over time",
    "Your db has a row for each step. All steps share b, so their gradients add up to [H].",
    ("db",),
    each_step,
)


@bank.mistake("sums left over")
class CarriedOverCalls(Layer):
    """A second call of backward begins with the gradient that the first one left for h0. Begin each call with
    zeros after the last step."""

    def from_the_end(self, dout: Array) -> Array:
        former = getattr(self, "carried_over", np.zeros(0))
        return former if former.shape == dout[:, 0].shape else super().from_the_end(dout)

    def dh0(self, ways: Sequence[Gradients], dout: Array) -> Any:
        self.carried_over: Array = super().dh0(ways, dout)
        return self.carried_over


@bank.mistake("first call's steps")
class FirstCallsSteps(Layer):
    """A second way back goes through the steps of the first sequence. Forget what former calls kept, or take
    the last of it."""

    def walk(self, x: Array, h0: Array) -> list[Step]:
        steps = super().walk(x, h0)
        self.kept: list[Step] = [*getattr(self, "kept", []), *steps]
        return steps

    def step_taken(self, t: int) -> Step:
        return self.kept[t]


# dx and dh0


@bank.mistake("dx in reverse order")
class DxInReverseOrder(Layer):
    """Your dx is in reverse order: the last step's gradient comes first, as the way back collected it."""

    def all_dx(self, ways: Sequence[Gradients]) -> Any:
        return super().all_dx(ways[::-1])


@bank.mistake("batch and time exchanged")
class DxTimeFirst(Layer):
    """Your dx is [T, N, D]: the axes of time and batch are exchanged. It has the shape of x, [N, T, D]."""

    def all_dx(self, ways: Sequence[Gradients]) -> Any:
        return super().all_dx(ways).transpose(1, 0, 2)


@bank.mistake("batch and time exchanged")
class DxReshaped(Layer):
    """Your dx is put together with time as the first axis and then reshaped to [N, T, D], which mixes the
    sequences. An axis is moved by a transposition, or the steps are stacked along axis 1."""

    def all_dx(self, ways: Sequence[Gradients]) -> Any:
        dx = super().all_dx(ways)
        return dx.transpose(1, 0, 2).reshape(dx.shape)


@bank.mistake("dx of the first step")
class DxOfTheFirstStep(Layer):
    """Your dx is the first step's alone. Each step has inputs of its own: dx is [N, T, D]."""

    def all_dx(self, ways: Sequence[Gradients]) -> Any:
        return ways[0]["dx"]


@bank.mistake("dx summed over time")
class DxSummed(Layer):
    """Your dx is added up over time. Each step has inputs of its own: dx is [N, T, D]."""

    def all_dx(self, ways: Sequence[Gradients]) -> Any:
        return super().all_dx(ways).sum(axis=1)


@bank.mistake("dh0 missing its last step")
class Dh0MissingItsLastStep(Layer):
    """Your dh0 is what comes back to the state after the first step. It has to go back through that step,
    too."""

    def dh0(self, ways: Sequence[Gradients], dout: Array) -> Any:
        return ways[1]["dprev_h"] if len(ways) > 1 else self.from_the_end(dout)


@bank.mistake("dh0 missing its last step")
class Dh0OfTheFirstState(Layer):
    """Your dh0 is the gradient of the state after the first step. It has to go back through that step,
    too."""

    def dh0(self, ways: Sequence[Gradients], dout: Array) -> Any:
        return self.upstream(dout, 0, ways[1]["dprev_h"] if len(ways) > 1 else self.from_the_end(dout))


@bank.mistake("dh0 before the weights")
class Dh0BeforeTheWeights(Layer):
    """Your dh0 is the gradient before the first step's tanh. It still has to go through W_hh."""

    def dh0(self, ways: Sequence[Gradients], dout: Array) -> Any:
        carried = ways[1]["dprev_h"] if len(ways) > 1 else self.from_the_end(dout)
        return self.before_tanh(self.step_taken(0), self.upstream(dout, 0, carried))


@bank.mistake("dh0 zero")
class Dh0Zero(Layer):
    """Your dh0 is zero everywhere. It is what the first step gives back for the state before it."""

    def dh0(self, ways: Sequence[Gradients], dout: Array) -> Any:
        return 0 * super().dh0(ways, dout)


@bank.mistake("dh0 of the last step")
class Dh0OfTheLastStep(Layer):
    """Your dh0 is the gradient of the state before the last step. The way back goes on to the state before
    the first one."""

    def dh0(self, ways: Sequence[Gradients], dout: Array) -> Any:
        return ways[-1]["dprev_h"]


@bank.mistake("dh0 of the last step")
class Dh0OfTheLastStepAlone(Layer):
    """Your dh0 is the gradient of the state before the last step. The way back goes on to the state before
    the first one."""

    def dh0(self, ways: Sequence[Gradients], dout: Array) -> Any:
        T = dout.shape[1]
        return self.gradients(self.step_taken(T - 1), dout[:, T - 1])["dprev_h"]


@bank.mistake("dh0 summed over time")
class Dh0Summed(Layer):
    """Your dh0 adds up what all steps give back. Only the first step starts from h0."""

    def dh0(self, ways: Sequence[Gradients], dout: Array) -> Any:
        return sum(way["dprev_h"] for way in ways)


@bank.mistake("dh0 with the first upstream")
class Dh0WithDout(Layer):
    """Your dh0 has the first step's dout added to it. That belongs to the state after the first step, and
    has gone through it already."""

    def dh0(self, ways: Sequence[Gradients], dout: Array) -> Any:
        return super().dh0(ways, dout) + dout[:, 0]


@bank.mistake("gradients in another order")
class Dh0AtTheEnd(Layer):
    """Your gradients are in another order. The question asks for (dx, dh0, dW_ih, dW_hh, db)."""

    def given_back(self, gradients: Gradients) -> Any:
        dx, dh0, *sums = super().given_back(gradients)
        return dx, *sums, dh0


class SqueezedBack(Layer):
    """Your gradients are right but for their shape where an axis has size 1: that axis is lost. Each has the
    shape of what it belongs to; look for `squeeze` or an index that drops an axis."""

    squeezed: Sequence[int] = range(len(NAMES))

    def given_back(self, gradients: Gradients) -> Any:
        given = super().given_back(gradients)
        return tuple(np.squeeze(part) if n in self.squeezed else part for n, part in enumerate(given))


bank.mistake("axes of size one lost")(SqueezedBack)
for n, each in enumerate(("dx", "dh0", *PARAMETERS)):
    doc = f"Your {each} is right but for its shape where an axis has size 1: that axis is lost. It has the \
shape of what it belongs to; look for `squeeze` or an index that drops an axis."
    bank.mistake("axes of size one lost")(type(each, (SqueezedBack,), {"squeezed": (n,), "__doc__": doc}))
