"""Q2: `rnn(wt_h, wt_x, bias, init_state, input_data)`."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import expit

from autograder.answers import Array
from autograder.mistakes import Bank
from autograder.suites.rnn_gru_mha.mistakes.unroll import Unrolled, add_shared


class RNN(Unrolled):
    """torch's equation."""

    def __init__(self, wt_h: Any, wt_x: Any, bias: Any, init_state: Any, input_data: Any) -> None:
        self.wt_h, self.wt_x, self.bias = (np.asarray(part, dtype=np.float64) for part in (wt_h, wt_x, bias))
        self.init_state, self.input_data = init_state, input_data

    def activation(self, a: Array) -> Array:
        return np.tanh(a)

    def hidden_weights(self) -> Array:
        return self.wt_h

    def added_bias(self) -> Array:
        return self.bias

    def from_input(self, x: Array) -> Array:
        return np.asarray(x @ self.wt_x)

    def from_state(self, h: Array) -> Array:
        return np.asarray(h @ self.hidden_weights())

    def activated(self, a: Array, b: Array, bias: Array) -> Array:
        """The next state: of the products with the input and with the state, and the bias."""
        return self.activation(a + b + bias)

    def step(self, x: Array, h: Array) -> Array:
        return self.activated(self.from_input(x), self.from_state(h), self.added_bias())


bank = Bank("rnn", RNN, ("Q2",))
add_shared(bank, RNN)


@bank.mistake()
class NoActivation(RNN):
    """Your answer is that of an RNN without tanh. Each state should be the tanh of the whole sum: look at
    your line for the new state."""

    def activation(self, a: Array) -> Array:
        return a


@bank.mistake("sigmoid for tanh")
class SigmoidForTanh(RNN):
    """Your answer is that of an RNN with a sigmoid in place of tanh. Look at your line for the new state."""

    def activation(self, a: Array) -> Array:
        return np.asarray(expit(a))


@bank.mistake("relu for tanh")
class ReluForTanh(RNN):
    """Your answer is that of an RNN with ReLU in place of tanh. Look at your line for the new state."""

    def activation(self, a: Array) -> Array:
        return np.maximum(a, 0)


@bank.mistake("activation twice")
class ActivationTwice(RNN):
    """Your answer takes the tanh twice. Each state should be the tanh of the sum, once: look at where the
    state is stored, too."""

    def activation(self, a: Array) -> Array:
        return np.tanh(super().activation(a))


EARLY = """Your answer takes the tanh before everything is added up. Each state should be the tanh of the
    whole sum of both products and the bias: look at the parentheses in your line for the new state."""


@bank.mistake("activation before the sum")
class BeforeTheState(RNN):
    __doc__ = EARLY

    def activated(self, a: Array, b: Array, bias: Array) -> Array:
        return self.activation(a + bias) + b


@bank.mistake("activation before the sum")
class BeforeTheStateAndTheBias(RNN):
    __doc__ = EARLY

    def activated(self, a: Array, b: Array, bias: Array) -> Array:
        return self.activation(a) + b + bias


@bank.mistake("activation before the sum")
class BeforeTheBias(RNN):
    __doc__ = EARLY

    def activated(self, a: Array, b: Array, bias: Array) -> Array:
        return self.activation(a + b) + bias


@bank.mistake("activation before the sum")
class BothAlone(RNN):
    __doc__ = EARLY

    def activated(self, a: Array, b: Array, bias: Array) -> Array:
        return self.activation(a + bias) + self.activation(b)


@bank.mistake("activation before the sum")
class BothAloneBeforeTheBias(RNN):
    __doc__ = EARLY

    def activated(self, a: Array, b: Array, bias: Array) -> Array:
        return self.activation(a) + self.activation(b) + bias


@bank.mistake()
class HiddenWeightsTransposed(RNN):
    """Your answer multiplies the state with the transpose of `wt_h`. In the question's formula it is
    multiplied with `wt_h` itself, from the right: look at that product."""

    def hidden_weights(self) -> Array:
        return super().hidden_weights().T


@bank.mistake("hidden product left out")
class HiddenProductLeftOut(RNN):
    """Your answer is that of a network in which no step knows of the one before: the state's product with
    `wt_h` is left out, or each step starts from a state of zeros. Look at your line for the new state, and at
    whether the state is set anew inside of the loop."""

    def from_state(self, h: Array) -> Array:
        return np.zeros_like(super().from_state(h))


@bank.mistake("state added")
class StateAdded(RNN):
    """Your answer adds the state itself where its product with `wt_h` should be added. Look at your line
    for the new state."""

    def from_state(self, h: Array) -> Array:
        return h


@bank.mistake("input left out")
class InputLeftOut(RNN):
    """Your answer leaves the input's product with `wt_x` out. Look at your line for the new state."""

    def from_input(self, x: Array) -> Array:
        return np.zeros_like(super().from_input(x))


@bank.mistake("bias dropped")
class BiasDropped(RNN):
    """Your answer leaves the bias out. It belongs to the sum of which each state is the tanh."""

    def added_bias(self) -> Array:
        return np.zeros_like(super().added_bias())


@bank.mistake("bias counted twice")
class BiasCountedTwice(RNN):
    """Your answer adds the bias twice. It is the sum of torch's two biases already, and belongs to each state
    once: look at whether both of your products have it."""

    def added_bias(self) -> Array:
        return 2 * super().added_bias()


@bank.mistake("sign of the bias wrong")
class SignOfTheBias(RNN):
    """Your answer subtracts the bias. It should be added."""

    def added_bias(self) -> Array:
        return -super().added_bias()
