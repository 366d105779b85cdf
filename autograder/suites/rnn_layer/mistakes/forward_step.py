"""Mistakes in `forward_step`, or where `forward` computes a step itself."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import expit

from autograder.answers import Array
from autograder.suites.rnn_layer.mistakes.layer import Layer, bank, only_whole


class NoActivation(Layer):
    """Your next state is the plain sum, without tanh. Look at what is done with the sum of a step."""

    def activation(self, a: Array) -> Array:
        return a


class SigmoidForTanh(Layer):
    """Your next state is the sigmoid of the sum, it should be the tanh. Look at the step's activation."""

    def activation(self, a: Array) -> Array:
        return np.asarray(expit(a))


class ReluForTanh(Layer):
    """Your next state is the sum with its negative values set to zero, it should be the tanh of the sum.
    Look at the step's activation."""

    def activation(self, a: Array) -> Array:
        return np.maximum(a, 0)


class HardTanh(Layer):
    """Your next state is the sum cut off at -1 and 1, it should be the tanh of the sum. Look at the step's
    activation."""

    def activation(self, a: Array) -> Array:
        return np.clip(a, -1, 1)


class TanhTwice(Layer):
    """Your next state is the tanh of the tanh of the sum. It should be taken once."""

    def activation(self, a: Array) -> Array:
        return np.tanh(np.tanh(a))


class InputLeftOut(Layer):
    """Your next state does not depend on the input x. Look at what a step adds up."""

    def from_input(self, x: Array) -> Array:
        return 0 * super().from_input(x)


class InputWeightsReshaped(Layer):
    """Your step reshapes W_ih, which mixes its rows. It has the shape that the product needs, [D, H]."""

    def from_input(self, x: Array) -> Array:
        return x @ self.W_ih.reshape(self.W_ih.shape[::-1]).T


class BiasDropped(Layer):
    """Your next state is that of a layer without a bias. Look at what a step adds up."""

    def bias(self) -> Array:
        return 0 * self.b


class BiasCountedTwice(Layer):
    """Your next state has the bias in it twice. Look at what a step adds up: b comes in once, it belongs to
    the sum and not to each of its products."""

    def bias(self) -> Array:
        return 2 * self.b


class BiasSubtracted(Layer):
    """Your next state has the bias in it with the wrong sign. Look at what a step adds up."""

    def bias(self) -> Array:
        return -self.b


class BiasAfterTheActivation(Layer):
    """Your step adds the bias after the tanh, it belongs to the sum that goes into the tanh."""

    def before_activation(self, x: Array, h: Array) -> Array:
        return self.from_input(x) + self.from_state(h)

    def next_state(self, x: Array, h: Array, a: Array) -> Array:
        return super().next_state(x, h, a) + self.bias()


class ActivationBeforeTheSum(Layer):
    """Your step takes the tanh of what comes from the input alone, and adds what comes from the state after
    that. The tanh is of the whole sum."""

    def before_activation(self, x: Array, h: Array) -> Array:
        return self.from_input(x) + self.bias()

    def next_state(self, x: Array, h: Array, a: Array) -> Array:
        return super().next_state(x, h, a) + self.from_state(h)


class ActivationOfTheInput(Layer):
    """Your step takes the tanh of what comes from the input alone, and adds what comes from the state and the
    bias after that. The tanh is of the whole sum."""

    def before_activation(self, x: Array, h: Array) -> Array:
        return self.from_input(x)

    def next_state(self, x: Array, h: Array, a: Array) -> Array:
        return super().next_state(x, h, a) + self.from_state(h) + self.bias()


class RecurrentWeightsTransposed(Layer):
    """Your step multiplies the state with the transpose of W_hh. Both are square, so the shapes don't tell:
    look at the product of prev_h."""

    def recurrent_weights(self) -> Array:
        return super().recurrent_weights().T


class StateLeftOut(Layer):
    """Your next state does not depend on the state before it. Look at what a step adds up."""

    def from_state(self, h: Array) -> Array:
        return 0 * super().from_state(h)


class StateWithoutWeights(Layer):
    """Your step adds the state before it as it is. It should be multiplied with W_hh first."""

    def from_state(self, h: Array) -> Array:
        return h


class StateKept(Layer):
    """Your step adds its result to the state before it. The next state is the tanh alone."""

    def next_state(self, x: Array, h: Array, a: Array) -> Array:
        return h + super().next_state(x, h, a)


for name, part in {
    "no activation": NoActivation,
    "sigmoid for tanh": SigmoidForTanh,
    "relu for tanh": ReluForTanh,
    "hard tanh for tanh": HardTanh,
    "tanh twice": TanhTwice,
    "input left out": InputLeftOut,
    "input weights reshaped": InputWeightsReshaped,
    "bias dropped": BiasDropped,
    "bias counted twice": BiasCountedTwice,
    "bias subtracted": BiasSubtracted,
    "bias after the activation": BiasAfterTheActivation,
    "activation before the sum": ActivationBeforeTheSum,
    "recurrent weights transposed": RecurrentWeightsTransposed,
    "state left out": StateLeftOut,
    "state without its weights": StateWithoutWeights,
    "old state added": StateKept,
}.items():
    bank.mistake(name)(part)
    bank.mistake(name)(only_whole(part))
bank.mistake("activation before the sum")(ActivationOfTheInput)
bank.mistake("activation before the sum")(only_whole(ActivationOfTheInput))


@bank.mistake("axes of size one lost")
class StepSqueezed(Layer):
    """Your next_h is right but for its shape where an axis has size 1: that axis is lost. A batch of one
    sequence is still [1, H]; look for `squeeze` or an index that drops an axis."""

    def given_state(self, next_h: Array) -> Any:
        return super().given_state(next_h).squeeze()
