"""Mistakes in the forward pass, with a backward pass that follows them and with one that does not."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import expit, softmax

from autograder.answers import Array
from autograder.suites.bptt.mistakes.network import Network, bank

# --- Activations --------------------------------------------------------------------------------------------


@bank.mistake()
class NoActivation(Network):
    """Your `forward` computes what a network without tanh computes. Each state should be the tanh of the sum
    of input, state before and bias: look at the line that makes a new state."""

    def bend(self, s: Array) -> Array:
        return s


@bank.mistake("no activation")
class NoActivationEitherWay(NoActivation):
    __doc__ = NoActivation.__doc__

    def slope(self, t: int) -> Any:
        return 1.0


@bank.mistake()
class SigmoidForTanh(Network):
    """Your `forward` bends the states with a sigmoid. The question's activation is tanh, whose values lie
    between -1 and 1."""

    def bend(self, s: Array) -> Array:
        return np.asarray(expit(s))


@bank.mistake("sigmoid for tanh")
class SigmoidEitherWay(SigmoidForTanh):
    __doc__ = SigmoidForTanh.__doc__

    def slope(self, t: int) -> Any:
        return self.a[t] * (1 - self.a[t])


@bank.mistake()
class ReluForTanh(Network):
    """Your `forward` cuts the states off at zero, as a ReLU does. The question's activation is tanh."""

    def bend(self, s: Array) -> Array:
        return np.maximum(s, 0)


@bank.mistake("relu for tanh")
class ReluEitherWay(ReluForTanh):
    __doc__ = ReluForTanh.__doc__

    def slope(self, t: int) -> Any:
        return (self.s[t] > 0) * 1.0


@bank.mistake()
class ActivationBeforeTheSum(Network):
    """Your `forward` takes the tanh of a part of the sum and adds the rest to it. The tanh should be taken of
    the whole sum: input, state before and bias. Look at the brackets."""

    def before_bend(self, x_t: Array, a: Array) -> Array:
        return np.asarray(x_t @ self.W + self.hidden_bias())

    def bend(self, s: Array) -> Array:
        return np.asarray(np.tanh(s) + self.a[-1] @ self.recurrent())


@bank.mistake("activation before the sum")
class ActivationOfTheMatrices(ActivationBeforeTheSum):
    __doc__ = ActivationBeforeTheSum.__doc__

    def before_bend(self, x_t: Array, a: Array) -> Array:
        return np.asarray(x_t @ self.W + a @ self.recurrent())

    def bend(self, s: Array) -> Array:
        return np.asarray(np.tanh(s) + self.hidden_bias())


@bank.mistake("activation before the sum")
class ActivationOfTheInput(ActivationBeforeTheSum):
    __doc__ = ActivationBeforeTheSum.__doc__

    def before_bend(self, x_t: Array, a: Array) -> Array:
        return np.asarray(x_t @ self.W)

    def bend(self, s: Array) -> Array:
        return np.asarray(np.tanh(s) + self.a[-1] @ self.recurrent() + self.hidden_bias())


@bank.mistake()
class ActivationAtTheEnd(Network):
    """Your `forward` takes the tanh once, of the last state. Every state should be the tanh of its sum before
    the next step uses it: look at what the loop carries on."""

    def bend(self, s: Array) -> Array:
        return s

    def last_state(self) -> Array:
        return np.tanh(self.a[-1])


@bank.mistake("activation at the end")
class LastStateBentAtTheEnd(ActivationAtTheEnd):
    __doc__ = ActivationAtTheEnd.__doc__

    def last_state(self) -> Array:
        self.a[-1] = super().last_state()
        return self.a[-1]


@bank.mistake()
class OutputActivation(Network):
    """Your `forward` bends the outputs. y is the last state times V plus the bias and nothing more: the
    outputs have no activation."""

    def readout(self, y: Array) -> Array:
        return np.tanh(y)


@bank.mistake("output activation")
class OutputActivationEitherWay(OutputActivation):
    __doc__ = OutputActivation.__doc__

    def through_readout(self, d_y: Array) -> Array:
        return d_y * (1 - self.y**2)


@bank.mistake("output activation")
class OutputSigmoid(OutputActivation):
    __doc__ = OutputActivation.__doc__

    def readout(self, y: Array) -> Array:
        return np.asarray(expit(y))


@bank.mistake("output activation")
class OutputSigmoidEitherWay(OutputSigmoid):
    __doc__ = OutputActivation.__doc__

    def through_readout(self, d_y: Array) -> Array:
        return d_y * self.y * (1 - self.y)


@bank.mistake("output activation")
class OutputSoftmax(OutputActivation):
    __doc__ = OutputActivation.__doc__

    def readout(self, y: Array) -> Array:
        return np.asarray(softmax(y))


@bank.mistake("output activation")
class OutputSoftmaxEitherWay(OutputSoftmax):
    __doc__ = OutputActivation.__doc__

    def through_readout(self, d_y: Array) -> Array:
        return self.y * (d_y - d_y @ self.y)


# --- Biases -------------------------------------------------------------------------------------------------


@bank.mistake()
class HiddenBiasDropped(Network):
    """Your `forward` does not add bs, the bias of the states. It belongs into the sum of every step. As it is
    zero in a new object, this shows only once it has changed."""

    def hidden_bias(self) -> Any:
        return 0.0


@bank.mistake()
class OutputBiasDropped(Network):
    """Your `forward` does not add by, the bias of the outputs. As it is zero in a new object, this shows only
    once it has changed."""

    def output_bias(self) -> Any:
        return 0.0


@bank.mistake("bias counted twice")
class HiddenBiasTwice(Network):
    """Your `forward` adds a bias twice. bs belongs into the sum of each step once, by to the outputs once."""

    def hidden_bias(self) -> Any:
        return 2 * self.bs


@bank.mistake("bias counted twice")
class OutputBiasTwice(Network):
    __doc__ = HiddenBiasTwice.__doc__

    def output_bias(self) -> Any:
        return 2 * self.by


@bank.mistake()
class BiasSubtracted(Network):
    """Your `forward` takes bs away where it should add it."""

    def hidden_bias(self) -> Any:
        return -self.bs


@bank.mistake("hidden bias at the first step alone")
class BiasAtTheFirstStep(Network):
    """Your `forward` adds bs at the first step alone. It belongs into the sum of every step."""

    def hidden_bias(self) -> Any:
        return self.bs if len(self.a) == 1 else 0.0


# --- From step to step --------------------------------------------------------------------------------------


@bank.mistake()
class RecurrentWeightsTransposed(Network):
    """Your `forward` multiplies the state with R transposed. The state is a row and comes first: a R. As R is
    square, no shape tells you."""

    def recurrent(self) -> Array:
        return self.R.T


@bank.mistake("recurrent weights transposed")
class TransposedEitherWay(RecurrentWeightsTransposed):
    __doc__ = RecurrentWeightsTransposed.__doc__

    def earlier(self, d_s: Array) -> Array:
        return d_s @ self.R

    def d_R(self, d_s: Array) -> Any:  # noqa: N802 - named as the gradient
        return super().d_R(d_s).T


@bank.mistake("recurrent weights transposed")
class TransposedOnTheWay(RecurrentWeightsTransposed):
    __doc__ = RecurrentWeightsTransposed.__doc__

    def earlier(self, d_s: Array) -> Array:
        return d_s @ self.R


@bank.mistake()
class NoRecurrence(Network):
    """Your `forward` makes each state of its input alone, so that only the last input counts. The state
    before belongs into the sum, times R: look at what your loop carries on."""

    def recurrent(self) -> Array:
        return np.zeros_like(self.R)


@bank.mistake("no recurrence")
class NoRecurrenceEitherWay(NoRecurrence):
    __doc__ = NoRecurrence.__doc__

    def earlier(self, d_s: Array) -> Array:
        return np.zeros_like(d_s)


@bank.mistake("no recurrence")
class StateNotCarried(NoRecurrence):
    __doc__ = NoRecurrence.__doc__

    def d_R(self, d_s: Array) -> Any:  # noqa: N802
        return np.zeros_like(self.R)  # every step starts from the zero state


@bank.mistake()
class StateKeptOverCalls(Network):
    """Your `forward` starts from the state that the call before ended with. Every call starts from the zero
    state: set it inside of `forward`."""

    kept: Any = 0.0

    def start(self) -> Array:
        return np.asarray(np.zeros(len(self.R)) + self.kept)

    def returned(self, y: Array) -> Any:
        self.kept = self.a[-1]
        return super().returned(y)


@bank.mistake()
class LastStepLeftOut(Network):
    """Your `forward` answers from the state before the last input. All T inputs belong in: look at where the
    loop ends, and at which state the outputs are made of."""

    def sequence(self, x: Array) -> Array:
        return x[:-1]


@bank.mistake("last step left out")
class LastOfSeveralLeftOut(LastStepLeftOut):
    __doc__ = LastStepLeftOut.__doc__

    def sequence(self, x: Array) -> Array:
        return x[:-1] if len(x) > 1 else x


@bank.mistake("last step left out")
class StateBeforeTheLast(LastStepLeftOut):
    __doc__ = LastStepLeftOut.__doc__

    def sequence(self, x: Array) -> Array:
        return x

    def last_state(self) -> Array:
        return self.a[-2]


@bank.mistake("last step left out")
class StateBeforeTheLastForward(StateBeforeTheLast):
    __doc__ = LastStepLeftOut.__doc__

    def d_V(self, d_y: Array) -> Any:  # noqa: N802 - named as the gradient
        return np.outer(self.a[-1], d_y)


@bank.mistake()
class FirstStepLeftOut(Network):
    """Your `forward` begins with the second input. All T inputs belong in: look at where the loop starts."""

    def sequence(self, x: Array) -> Array:
        return x[1:]


@bank.mistake("first step left out")
class FirstOfSeveralLeftOut(FirstStepLeftOut):
    __doc__ = FirstStepLeftOut.__doc__

    def sequence(self, x: Array) -> Array:
        return x[1:] if len(x) > 1 else x


@bank.mistake()
class TimeReversed(Network):
    """Your `forward` runs from the last input to the first. It should start with the first."""

    def sequence(self, x: Array) -> Array:
        return x[::-1]


@bank.mistake("time reversed")
class TimeReversedForward(TimeReversed):
    __doc__ = TimeReversed.__doc__

    def d_W(self, d_s: Array) -> Any:  # noqa: N802 - named as the gradient
        return self.x[::-1].T @ d_s


@bank.mistake()
class FirstInputAtEveryStep(Network):
    """Your `forward` reads the same input at every step. Step t should read x[t]."""

    def sequence(self, x: Array) -> Array:
        return np.repeat(x[:1], len(x), axis=0)


@bank.mistake("first input at every step")
class LastInputAtEveryStep(FirstInputAtEveryStep):
    __doc__ = FirstInputAtEveryStep.__doc__

    def sequence(self, x: Array) -> Array:
        return np.repeat(x[-1:], len(x), axis=0)


@bank.mistake("all states in place of the last")
class SumOfStates(Network):
    """Your `forward` answers from all states together. The outputs should be made of the last one alone."""

    def last_state(self) -> Array:
        return np.asarray(np.sum(self.a[1:], axis=0))


@bank.mistake("all states in place of the last")
class MeanOfStates(SumOfStates):
    __doc__ = SumOfStates.__doc__

    def last_state(self) -> Array:
        return np.asarray(np.mean(self.a[1:], axis=0))


# --- What is kept, and what is returned ---------------------------------------------------------------------


@bank.mistake("one array for all states")
class OneArrayForAllStates(Network):
    """Your `backward` finds the last state in place of all others. `forward` changes one array in place, and
    keeps that array for every step: make a new one in each step, or keep a copy."""

    def forward(self, x: Any) -> Any:
        answer = super().forward(x)
        self.a = self.a[-1:] * len(self.a)
        return answer


@bank.mistake("outputs of every step")
class OutputsOfEveryStep(Network):
    """Your `forward` returns the outputs of every step, [T, O]. Asked for are those of the last state alone,
    [O]."""

    def returned(self, y: Array) -> Any:
        return np.stack([self.readout(a @ self.V + self.output_bias()) for a in self.a[1:]])
