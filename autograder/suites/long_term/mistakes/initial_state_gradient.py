"""Q3: `initial_state_gradient(model, input_data, initial_state, step)`."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from autograder.answers import Array
from autograder.mistakes import Bank, Formula


class InitialStateGradient(Formula):
    """torch's autograd in float64: a leaf, a run of the model, a number, and its gradient in the leaf."""

    def __init__(self, model: torch.nn.Module, input_data: Any, initial_state: Any, step: int) -> None:
        self.model = model.double()  # a call's own: arguments are copies
        self.input_data = torch.as_tensor(input_data).double()
        self.initial_state = torch.as_tensor(initial_state).double()
        self.step = step

    def start(self) -> torch.Tensor:
        """The initial state [B, H]."""
        return self.initial_state

    def picked(self, outputs: torch.Tensor) -> torch.Tensor:
        """Of all states [B, T, H] those whose sum is asked for."""
        return outputs[:, self.step]

    def number(self, states: torch.Tensor) -> torch.Tensor:
        """Whose gradient is taken."""
        return states.sum()

    def gradient(self) -> Array:
        """The gradient [B, H]."""
        start = self.start().detach().clone().requires_grad_()
        outputs, _ = self.model(self.input_data, start[None])
        (gradient,) = torch.autograd.grad(self.number(self.picked(outputs)), start)
        return np.asarray(gradient.numpy(), dtype=np.float64)

    def answer(self) -> Array:
        """What is returned."""
        return self.gradient()


bank = Bank("initial_state_gradient", InitialStateGradient, ("Q3",))


@bank.mistake()
class StepTooLate(InitialStateGradient):
    """Your gradient is that of `state[step + 1]`. States are counted from 0, so `state[step]` is
    `outputs[:, step]`."""

    def picked(self, outputs: torch.Tensor) -> torch.Tensor:
        return outputs[:, self.step + 1]


@bank.mistake("step too late")
class StepTooLateAtMost(InitialStateGradient):
    """Your gradient is that of `state[step + 1]`, but for the last step. States are counted from 0, so
    `state[step]` is `outputs[:, step]`."""

    def picked(self, outputs: torch.Tensor) -> torch.Tensor:
        return outputs[:, : self.step + 2][:, -1]


@bank.mistake()
class StepTooEarly(InitialStateGradient):
    """Your gradient is that of `state[step - 1]`. States are counted from 0, so `state[step]` is
    `outputs[:, step]`, and has `step + 1` inputs behind it."""

    def picked(self, outputs: torch.Tensor) -> torch.Tensor:
        return outputs[:, self.step - 1]


@bank.mistake("step too early")
class InputsUpToStep(InitialStateGradient):
    """Your gradient is that of `state[step - 1]`: the model is run over `step` inputs, and `state[step]` has
    `step + 1` inputs behind it."""

    def picked(self, outputs: torch.Tensor) -> torch.Tensor:
        return outputs[:, : self.step][:, -1]


@bank.mistake("step too early")
class StepTooEarlyButTheFirst(InitialStateGradient):
    """Your gradient is that of `state[step - 1]`, but for the first step. States are counted from 0, so
    `state[step]` is `outputs[:, step]`, and has `step + 1` inputs behind it."""

    def picked(self, outputs: torch.Tensor) -> torch.Tensor:
        return outputs[:, max(0, self.step - 1)]


@bank.mistake()
class LastStepInPlaceOfStep(InitialStateGradient):
    """Your gradient is that of the last state, whatever `step` is. It should be that of `state[step]`: look
    at what you pick from the outputs, and whether you use the final state."""

    def picked(self, outputs: torch.Tensor) -> torch.Tensor:
        return outputs[:, -1]


@bank.mistake("first step in place of step")
class FirstStep(InitialStateGradient):
    """Your gradient is that of the first state, whatever `step` is. It should be that of `state[step]`: look
    at what you pick from the outputs."""

    def picked(self, outputs: torch.Tensor) -> torch.Tensor:
        return outputs[:, 0]


@bank.mistake()
class SumOverAllSteps(InitialStateGradient):
    """Your gradient is that of the sum over all states, of every step. It should be that of `state[step]`
    alone: pick it before you sum."""

    def picked(self, outputs: torch.Tensor) -> torch.Tensor:
        return outputs


@bank.mistake("sum over all steps")
class SumUpToStep(InitialStateGradient):
    """Your gradient is that of the sum over all states up to `state[step]`. It should be that of this one
    alone: look for a slice in place of an index, or for gradients that add up over the steps."""

    def picked(self, outputs: torch.Tensor) -> torch.Tensor:
        return outputs[:, : self.step + 1]


@bank.mistake("sum over all steps")
class SumBeforeStep(InitialStateGradient):
    """Your gradient is that of the sum over all states before `state[step]`. It should be that of this one
    alone: look for a slice in place of an index."""

    def picked(self, outputs: torch.Tensor) -> torch.Tensor:
        return outputs[:, : self.step]


@bank.mistake("sum over all steps")
class SumFromStep(InitialStateGradient):
    """Your gradient is that of the sum over `state[step]` and all states behind it. It should be that of this
    one alone: look for a slice in place of an index."""

    def picked(self, outputs: torch.Tensor) -> torch.Tensor:
        return outputs[:, self.step :]


@bank.mistake("batch and time exchanged")
class SequenceInPlaceOfStep(InitialStateGradient):
    """Your gradient is that of one sequence, and zero in all others: `outputs[step]` is a sequence. The batch
    is the first axis of the outputs, time the second."""

    def picked(self, outputs: torch.Tensor) -> torch.Tensor:
        return outputs[self.step]


@bank.mistake()
class MeanForSum(InitialStateGradient):
    """Your gradient is that of the mean of `state[step]`. Asked for is that of the sum."""

    def number(self, states: torch.Tensor) -> torch.Tensor:
        return super().number(states) / states.numel()


@bank.mistake("mean for sum")
class MeanOverUnits(InitialStateGradient):
    """Your gradient is that of a mean over the units. Asked for is that of the sum over batch and units."""

    def number(self, states: torch.Tensor) -> torch.Tensor:
        return super().number(states) / states.shape[-1]


@bank.mistake()
class MeanOverTheBatch(InitialStateGradient):
    """Your gradient is that of a mean over the batch. Asked for is that of the sum over batch and units,
    which leaves each sequence its own."""

    def number(self, states: torch.Tensor) -> torch.Tensor:
        return super().number(states) / states.shape[0]


@bank.mistake("mean over the batch")
class AveragedGradient(InitialStateGradient):
    """Your gradient is averaged over the batch. Asked for is a gradient for each sequence, [B, H]."""

    def answer(self) -> Array:
        return np.asarray(super().answer().mean(axis=0))


@bank.mistake("mean over the batch")
class AveragedGradientForEach(InitialStateGradient):
    """Your gradient is averaged over the batch, and the same for all sequences. Asked for is one for each
    sequence, [B, H]."""

    def answer(self) -> Array:
        gradient = super().answer()
        return np.broadcast_to(gradient.mean(axis=0), gradient.shape)


@bank.mistake()
class BatchSummed(InitialStateGradient):
    """Your gradient is summed over the batch. Asked for is a gradient for each sequence, [B, H]."""

    def answer(self) -> Array:
        return np.asarray(super().answer().sum(axis=0))


@bank.mistake("batch summed")
class BatchSummedForEach(InitialStateGradient):
    """Your gradient is summed over the batch, and the same for all sequences. Asked for is one for each
    sequence, [B, H]: what one shared initial state would get is no answer."""

    def answer(self) -> Array:
        gradient = super().answer()
        return np.broadcast_to(gradient.sum(axis=0), gradient.shape)


@bank.mistake("batch summed")
class BatchSummedAxisKept(InitialStateGradient):
    """Your gradient is summed over the batch, [1, H]. Asked for is a gradient for each sequence, [B, H]."""

    def answer(self) -> Array:
        return np.asarray(super().answer().sum(axis=0, keepdims=True))


@bank.mistake()
class GradientOfTheSquare(InitialStateGradient):
    """Your gradient is that of the states' squares, so that each state counts as much as it is large. Asked
    for is that of the sum of the states."""

    def number(self, states: torch.Tensor) -> torch.Tensor:
        return (states**2).sum()


@bank.mistake("gradient of the square")
class GradientOfHalfTheSquare(InitialStateGradient):
    __doc__ = GradientOfTheSquare.__doc__

    def number(self, states: torch.Tensor) -> torch.Tensor:
        return (states**2).sum() / 2


@bank.mistake("gradient of the square")
class GradientOfTheMeanSquare(InitialStateGradient):
    __doc__ = GradientOfTheSquare.__doc__

    def number(self, states: torch.Tensor) -> torch.Tensor:
        return (states**2).mean()


@bank.mistake("gradient of the norm")
class GradientOfTheNorm(InitialStateGradient):
    """Your gradient is that of the states' norms. Asked for is that of the sum of the states; norms are taken
    of the gradient, and not by this function."""

    def number(self, states: torch.Tensor) -> torch.Tensor:
        norms: torch.Tensor = torch.linalg.vector_norm(states, dim=-1)
        return norms.sum()


@bank.mistake("gradient of the norm")
class GradientOfOneNorm(InitialStateGradient):
    """Your gradient is that of a norm over all states of the batch. Asked for is that of the sum of the
    states; norms are taken of the gradient, and not by this function."""

    def number(self, states: torch.Tensor) -> torch.Tensor:
        norm: torch.Tensor = torch.linalg.vector_norm(states)
        return norm


@bank.mistake("one unit in place of the sum")
class FirstUnit(InitialStateGradient):
    """Your gradient is that of the first unit of `state[step]`. Asked for is that of the sum over all."""

    def number(self, states: torch.Tensor) -> torch.Tensor:
        return states[..., 0].sum()


@bank.mistake("one unit in place of the sum")
class LastUnit(InitialStateGradient):
    """Your gradient is that of the last unit of `state[step]`. Asked for is that of the sum over all."""

    def number(self, states: torch.Tensor) -> torch.Tensor:
        return states[..., -1].sum()


@bank.mistake("one sequence in place of the sum")
class FirstSequence(InitialStateGradient):
    """Your gradient is that of the first sequence's state, and zero in all others. Asked for is that of the
    sum over the batch, too."""

    def number(self, states: torch.Tensor) -> torch.Tensor:
        return states[0].sum()


@bank.mistake("sign wrong")
class SignWrong(InitialStateGradient):
    """Your gradient has the wrong sign: it is that of minus the sum."""

    def number(self, states: torch.Tensor) -> torch.Tensor:
        return -super().number(states)


@bank.mistake()
class ZeroInitialState(InitialStateGradient):
    """Your gradient is taken at an initial state of zero. It should be taken at `initial_state`: look at what
    your leaf holds when the model starts from it."""

    def start(self) -> torch.Tensor:
        return torch.zeros_like(super().start())


@bank.mistake("one initial state for all")
class OneInitialState(InitialStateGradient):
    """Your gradient is taken with all sequences at the first one's initial state. Each has its own."""

    def start(self) -> torch.Tensor:
        start = super().start()
        return start[:1].expand_as(start)


@bank.mistake("random initial state")
class OnesForInitialState(InitialStateGradient):
    """Your gradient is taken at an initial state of ones. It should be taken at `initial_state`: look at what
    your leaf holds when the model starts from it."""

    def start(self) -> torch.Tensor:
        return torch.ones_like(super().start())


@bank.mistake("sums left over")
class CalledTwice(InitialStateGradient):
    """Your gradient is twice what it should be: `backward` adds to what `.grad` holds, and is called twice on
    the way. Call it once, or begin with a leaf of its own."""

    def gradient(self) -> Array:
        return 2 * super().gradient()


class _LeftOver(InitialStateGradient):
    """Keeps gradients from call to call, by shape."""

    kept: dict[tuple[int, ...], Array]

    def __init_subclass__(cls) -> None:
        cls.kept = {}  # each test begins anew

    def gradient(self) -> Array:
        gradient = super().gradient()
        self.kept[gradient.shape] = gradient + self.kept.get(gradient.shape, 0)
        return self.kept[gradient.shape]


@bank.mistake("sums left over")
class SumsLeftOver(_LeftOver):
    """Your gradients add up from call to call: `backward` adds to what `.grad` holds already. Begin each call
    with a leaf of its own, or with its gradient at zero."""


@bank.mistake("gradient zero")
class GradientZero(InitialStateGradient):
    """Your gradient is zero everywhere: nothing leads from the initial state to the states, as after
    `detach`, `no_grad` or a way through NumPy, or an array is made and never filled."""

    def gradient(self) -> Array:
        return np.zeros(self.initial_state.shape)


@bank.mistake("gradient in the inputs")
class GradientInTheInputs(InitialStateGradient):
    """Your gradient is that in the inputs, [B, T, I]. Asked for is the one in the initial state, [B, H]."""

    def gradient(self) -> Array:
        inputs = self.input_data.clone().requires_grad_()
        outputs, _ = self.model(inputs, self.start()[None].contiguous())
        (gradient,) = torch.autograd.grad(self.number(self.picked(outputs)), inputs)
        return np.asarray(gradient.numpy(), dtype=np.float64)


@bank.mistake("norms of the gradient")
class Norms(InitialStateGradient):
    """You return the gradient's norms, one a sequence. Asked for is the gradient itself, [B, H]."""

    def answer(self) -> Array:
        return np.asarray(np.linalg.norm(super().answer(), axis=-1))


@bank.mistake("gradient divided by its norm")
class Normalised(InitialStateGradient):
    """Each sequence's gradient is divided by its norm. Asked for is the gradient as it is."""

    def answer(self) -> Array:
        gradient = super().answer()
        return np.asarray(gradient / np.linalg.norm(gradient, axis=-1, keepdims=True))


@bank.mistake("gradient transposed")
class Transposed(InitialStateGradient):
    """Your gradient is [H, B]: batch and units are in each other's place. Asked for is [B, H]."""

    def answer(self) -> Array:
        return super().answer().T


@bank.mistake("axes of size one lost")
class Squeezed(InitialStateGradient):
    """Your gradient is right but where an axis has size 1, which is lost on the way. A bare `squeeze` takes
    away every such axis: name the one that you mean."""

    def answer(self) -> Array:
        return super().answer().squeeze()


class _ByHand(InitialStateGradient):
    """The chain rule of an RNN, whatever the model is."""

    def weights(self) -> Array:
        """By which the gradient is multiplied, row by row, [H, H]."""
        weight = self.model.weight_hh_l0
        assert isinstance(weight, torch.Tensor)
        return np.asarray(weight.detach().numpy())[-self.initial_state.shape[1] :]

    def slope(self, state: Array) -> Array:
        """Of tanh, where it gave this state."""
        return 1 - state**2

    def gradient(self) -> Array:
        with torch.no_grad():
            states = self.model(self.input_data, self.start()[None].contiguous())[0].numpy()
        gradient = np.ones(self.initial_state.shape)
        for t in range(self.step, -1, -1):
            gradient = (gradient * self.slope(states[:, t])) @ self.weights()
        return gradient


def _is_rnn(model: torch.nn.Module) -> bool:
    return isinstance(model, torch.nn.RNN)


@bank.mistake("recurrent weights transposed")
class WeightsTransposed(_ByHand):
    """Your chain rule has the recurrent weights the wrong way round: the way back goes through their
    transpose. torch keeps them transposed already."""

    def weights(self) -> Array:
        return super().weights().T

    def gradient(self) -> Array:
        return super().gradient() if _is_rnn(self.model) else InitialStateGradient.gradient(self)


@bank.mistake("slope missing")
class SlopeMissing(_ByHand):
    """Your chain rule leaves out the slopes of tanh, D in the formula: the gradient goes through the
    recurrent weights alone."""

    def slope(self, state: Array) -> Array:
        return np.ones_like(state)

    def gradient(self) -> Array:
        return super().gradient() if _is_rnn(self.model) else InitialStateGradient.gradient(self)
