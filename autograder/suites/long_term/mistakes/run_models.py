"""Q1: `run_models(rnn, gru, input_data, initial_state)`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from autograder.answers import Array
from autograder.mistakes import Bank, Formula

KINDS = ("rnn", "gru")


class RunModels(Formula):
    """Both models over the inputs, from the initial state; in float64."""

    def __init__(
        self, rnn: torch.nn.Module, gru: torch.nn.Module, input_data: Any, initial_state: Any
    ) -> None:
        self.models = {"rnn": rnn.double(), "gru": gru.double()}  # a call's own: arguments are copies
        self.input_data = torch.as_tensor(input_data).double()
        self.initial_state = torch.as_tensor(initial_state).double()

    def start(self, kind: str) -> Array:
        """The state [B, H] that a model starts from."""
        return self.initial_state.numpy()

    def model(self, kind: str) -> torch.nn.Module:
        """torch's."""
        return self.models[kind]

    def run(self, kind: str) -> tuple[Array, Array]:
        """A model's states [B, T, H] and its final state [1, B, H]."""
        start = torch.from_numpy(np.ascontiguousarray(self.start(kind)))
        with torch.no_grad():
            outputs, final_state = self.model(kind)(self.input_data, start[None])
        return outputs.numpy(), final_state.numpy()

    def outputs(self, kind: str) -> Array:
        """What is returned of a model."""
        return self.run(kind)[0]

    def answer(self) -> tuple[Array, Array]:
        """Both models' states."""
        return self.outputs("rnn"), self.outputs("gru")


bank = Bank("run_models", RunModels, ("Q1",))
Change = Callable[[RunModels, str, Array], Array]


def with_one_or_both(name: str, method: str) -> Callable[[Change], list[type]]:
    """Note a change of what a method answers, which may be made for one of the models or for both."""

    def note(change: Change) -> list[type]:
        parts = [_changed(method, change, kinds) for kinds in (("rnn",), ("gru",), KINDS)]
        return [bank.mistake(name)(part) for part in parts]

    return note


def _changed(method: str, change: Change, kinds: tuple[str, ...]) -> type:
    class Changed(RunModels):
        __doc__ = change.__doc__

    def changed(self: RunModels, kind: str) -> Array:
        right = getattr(super(Changed, self), method)(kind)
        return change(self, kind, right) if kind in kinds else right

    setattr(Changed, method, changed)
    return Changed


@with_one_or_both("zero initial state", "start")
def from_zero(self: RunModels, kind: str, start: Array) -> Array:
    """Your states are those of a model that starts from zero: `initial_state` does not reach it. Look at what
    you hand to the model beside the inputs."""
    return np.zeros_like(start)


@with_one_or_both("one initial state for all", "start")
def from_the_first(self: RunModels, kind: str, start: Array) -> Array:
    """All your sequences start from the initial state of the first one. Each has its own: look at how the
    axis for layers comes into `initial_state`."""
    return np.broadcast_to(start[:1], start.shape)


@with_one_or_both("state added", "outputs")
def added(self: RunModels, kind: str, outputs: Array) -> Array:
    """`initial_state` is added to the states that your model returns. It is where the model starts: hand it
    over with the inputs, and add nothing to what comes back."""
    return np.asarray(outputs + self.initial_state[:, None].numpy())


for one_added, one_from_zero in zip(added, from_zero, strict=True):
    bank.mistake("state added")(
        type("AddedAtTheEnd", (one_added, one_from_zero), {"__doc__": one_added.__doc__})
    )


@with_one_or_both("state added", "outputs")
def added_first(self: RunModels, kind: str, outputs: Array) -> Array:
    """`initial_state` is added to the first state that your model returns. It is where the model starts: hand
    it over with the inputs, and add nothing to what comes back."""
    start = np.zeros_like(outputs)
    start[:, 0] = self.initial_state.numpy()
    return np.asarray(outputs + start)


@with_one_or_both("state not carried", "outputs")
def not_carried(self: RunModels, kind: str, outputs: Array) -> Array:
    """Each of your states is one step away from `initial_state`: no step knows of those before it. A model
    that is given one input at a time has to be given the state of the step before, too."""
    B, T, _ = outputs.shape
    inputs = self.input_data.reshape(B * T, 1, -1)
    start = torch.from_numpy(np.repeat(self.start(kind), T, axis=0))
    with torch.no_grad():
        alone, _ = self.model(kind)(inputs, start[None])
    return np.asarray(alone.numpy().reshape(outputs.shape))


@with_one_or_both("batch and time exchanged", "outputs")
def transposed(self: RunModels, kind: str, outputs: Array) -> Array:
    """Your states are [T, B, H]: batch and time are in each other's place. With `batch_first=True` the models
    take and return [B, T, H] as it is."""
    return outputs.swapaxes(0, 1)


@with_one_or_both("batch and time exchanged", "outputs")
def reshaped(self: RunModels, kind: str, outputs: Array) -> Array:
    """Your states are reshaped to [T, B, H], which mixes sequences and steps. With `batch_first=True` the
    models take and return [B, T, H] as it is."""
    B, T, H = outputs.shape
    return outputs.reshape(T, B, H)


@with_one_or_both("states one step late", "outputs")
def late(self: RunModels, kind: str, outputs: Array) -> Array:
    """Your states are those before each step: the first is the initial state, and the last one is missing.
    `state[0]` should have the first input behind it already."""
    return np.concatenate([self.start(kind)[:, None], outputs[:, :-1]], axis=1)


@with_one_or_both("initial state among the states", "outputs")
def preceded(self: RunModels, kind: str, outputs: Array) -> Array:
    """Your states have the initial state in front, so there is one too many. The first state asked for has
    the first input behind it: return what the model gives as its outputs."""
    return np.concatenate([self.start(kind)[:, None], outputs], axis=1)


@with_one_or_both("final state for all states", "outputs")
def final(self: RunModels, kind: str, outputs: Array) -> Array:
    """You return a final state where all states are asked for. A model returns two things, its outputs and
    its final state: look at which of them you keep."""
    return self.run(kind)[1]


@with_one_or_both("final state for all states", "outputs")
def final_alone(self: RunModels, kind: str, outputs: Array) -> Array:
    """You return a final state, [B, H], where all states are asked for, [B, T, H]. A model returns two
    things, its outputs and its final state: look at which of them you keep."""
    return np.asarray(self.run(kind)[1][0])


@with_one_or_both("final state for all states", "outputs")
def final_of_each(self: RunModels, kind: str, outputs: Array) -> Array:
    """You return a final state for each sequence, [B, 1, H], where all states are asked for, [B, T, H]. A
    model returns two things, its outputs and its final state: look at which of them you keep."""
    return self.run(kind)[1].swapaxes(0, 1)


@bank.mistake("models exchanged")
class Exchanged(RunModels):
    """Your two parts are in each other's place: the RNN's states come first, then the GRU's. Look at your
    last line, and at which model you call for which name."""

    def answer(self) -> tuple[Array, Array]:
        rnn_outputs, gru_outputs = super().answer()
        return gru_outputs, rnn_outputs


@bank.mistake("one model twice")
class OnlyTheRNN(RunModels):
    """Both your parts come from the RNN. The second is to be the GRU's: look at which model each of your
    lines calls, and at which outputs you return."""

    def model(self, kind: str) -> torch.nn.Module:
        return super().model("rnn")


@bank.mistake("one model twice")
class OnlyTheGRU(RunModels):
    """Both your parts come from the GRU. The first is to be the RNN's: look at which model each of your
    lines calls, and at which outputs you return."""

    def model(self, kind: str) -> torch.nn.Module:
        return super().model("gru")


@bank.mistake("state carried from model to model")
class CarriedOver(RunModels):
    """Your GRU starts from where the RNN ended. Both should start from `initial_state`: look for a name that
    the first call overwrites."""

    def start(self, kind: str) -> Array:
        return super().start(kind) if kind == "rnn" else self.run("rnn")[1][0]


@bank.mistake("state carried from model to model")
class CarriedBack(RunModels):
    """Your RNN starts from where the GRU ended. Both should start from `initial_state`: look for a name that
    the first call overwrites."""

    def start(self, kind: str) -> Array:
        return super().start(kind) if kind == "gru" else self.run("gru")[1][0]


@bank.mistake("outputs and final state of one model")
class OnePair(RunModels):
    """You return what one model returns: its outputs and its final state. Asked for are the outputs of the
    RNN and those of the GRU."""

    def answer(self) -> tuple[Array, Array]:
        return self.run("rnn")


@bank.mistake("outputs and final state of one model")
class OnePairWithoutAxis(OnePair):
    """You return what one model returns: its outputs, and its final state as [B, H]. Asked for are the
    outputs of the RNN and those of the GRU."""

    def answer(self) -> tuple[Array, Array]:
        outputs, final_state = super().answer()
        return outputs, final_state[0]


@bank.mistake("axes of size one lost")
class Squeezed(RunModels):
    """Your states are right but where an axis has size 1, which is lost on the way. A bare `squeeze` takes
    away every such axis: name the one that you mean."""

    def outputs(self, kind: str) -> Array:
        return super().outputs(kind).squeeze()


@bank.mistake("axes of size one lost")
class SqueezedOneByOne(RunModels):
    """Each sequence's states are right but where an axis has size 1, which is lost on the way. A bare
    `squeeze` takes away every such axis: name the one that you mean."""

    def outputs(self, kind: str) -> Array:
        return np.stack([states.squeeze() for states in super().outputs(kind)])
