"""Wrong answers whose mistake is in `forward_step` or `forward`: a way back that fits them costs nothing."""

import numpy as np

from bench.variants.rnn_layer.right import Plain, bank
from bench.variants.rnn_layer.tests import (
    AGAIN,
    BACK_AGAIN,
    BACK_ONES,
    BIAS,
    DW_HH,
    EVERYTHING,
    INITIAL,
    ONES,
    SEQUENCES,
    STEP_BACK_ONES,
    STEP_BIAS,
    STEP_ONES,
    STEPS,
)


class OtherStep(Plain):
    """A step that is a function of what goes into the tanh."""

    def forward_step(self, x, prev_h):
        next_h = self.activate(x @ self.W_ih + prev_h @ self.W_hh + self.b)
        self.cache = x, next_h
        return next_h


@bank.wrong(STEP_BIAS)
class NoBias(Plain):
    """Leaves the bias out of the step."""

    def forward_step(self, x, prev_h):
        next_h = np.tanh(x @ self.W_ih + prev_h @ self.W_hh)
        self.cache = x, next_h
        return next_h


@bank.wrong(STEP_BIAS)
class BiasTwice(Plain):
    """Adds the bias to both products."""

    def forward_step(self, x, prev_h):
        next_h = np.tanh(x @ self.W_ih + self.b + prev_h @ self.W_hh + self.b)
        self.cache = x, next_h
        return next_h


@bank.wrong(STEP_BIAS)
class BiasAfterTanh(Plain):
    """Adds the bias to the tanh."""

    def forward_step(self, x, prev_h):
        next_h = np.tanh(x @ self.W_ih + prev_h @ self.W_hh) + self.b
        self.cache = x, next_h
        return next_h


@bank.wrong(*STEPS)
class NoTanhAtAll(OtherStep):
    """No tanh on either way."""

    def activate(self, a):
        return a

    def slope(self, next_h):
        return 1


@bank.undecided
class NoTanhForward(OtherStep):
    """No tanh forward, its slope on the way back: over many steps its gradients may overflow."""

    def activate(self, a):
        return a


@bank.wrong(*STEPS)
class Sigmoid(OtherStep):
    """A sigmoid, with its own slope on the way back."""

    def activate(self, a):
        return 1 / (1 + np.exp(-a))

    def slope(self, next_h):
        return next_h * (1 - next_h)


@bank.wrong(*STEPS)
class SigmoidForward(OtherStep):
    """A sigmoid forward, tanh's slope on the way back."""

    def activate(self, a):
        return 1 / (1 + np.exp(-a))


@bank.wrong(*STEPS)
class Softsign(OtherStep):
    """a / (1 + |a|), with its own slope."""

    def activate(self, a):
        return a / (1 + np.abs(a))

    def slope(self, next_h):
        return (1 - np.abs(next_h)) ** 2


@bank.undecided
class Relu(OtherStep):
    """A rectifier, with its slope: where all units are off, no gradient is left to be judged."""

    def activate(self, a):
        return np.maximum(a, 0)

    def slope(self, next_h):
        return next_h > 0


@bank.wrong(*STEPS)
class HiddenTransposed(Plain):
    """Multiplies the state with W_hh.T, forward alone."""

    def forward_step(self, x, prev_h):
        next_h = np.tanh(x @ self.W_ih + prev_h @ self.W_hh.T + self.b)
        self.cache = x, next_h
        return next_h


@bank.wrong(*STEPS)
class HiddenTransposedBothWays(HiddenTransposed):
    """Multiplies the state with W_hh.T, and the way back fits."""

    def backward_step(self, prev_h, dnext_h):
        dx = super().backward_step(prev_h, dnext_h)
        self.dprev_h, self.dW_hh = self.dprev_h @ np.linalg.inv(self.W_hh.T) @ self.W_hh, self.dW_hh.T
        return dx


@bank.wrong(*EVERYTHING)
class InputsTransposed(Plain):
    """Multiplies the inputs with W_ih.T, which does not fit."""

    def forward_step(self, x, prev_h):
        return np.tanh(x @ self.W_ih.T + prev_h @ self.W_hh + self.b)


@bank.wrong(*STEPS)
class HalfPrecision(OtherStep):
    """States rounded to float16."""

    def activate(self, a):
        return np.tanh(a).astype(np.float16).astype(np.float64)


@bank.wrong(*STEPS)
class RoundedStep(OtherStep):
    """States rounded to four digits."""

    def activate(self, a):
        return np.tanh(a).round(4)


@bank.wrong(*EVERYTHING)
class InputsOnly(Plain):
    """Forgets the recurrence."""

    def forward_step(self, x, prev_h):
        next_h = np.tanh(x @ self.W_ih + self.b)
        self.cache = x, next_h
        return next_h


@bank.wrong(*EVERYTHING)
class Zeros(Plain):
    """States and gradients of zeros: they fit each other."""

    def forward_step(self, x, prev_h):
        return np.zeros((len(x), len(self.b)))

    def forward(self, x, h0):
        self.x = x
        return np.zeros((*x.shape[:2], len(self.b)))

    def backward_step(self, prev_h, dnext_h):
        self.dW_ih, self.dW_hh, self.db = 0 * self.W_ih, 0 * self.W_hh, 0 * self.b
        self.dprev_h = np.zeros_like(prev_h)
        return np.zeros((len(prev_h), len(self.W_ih)))

    def backward(self, dout):
        return np.zeros_like(self.x), np.zeros_like(dout[:, 0]), 0 * self.W_ih, 0 * self.W_hh, 0 * self.b


@bank.wrong(*EVERYTHING)
class Constant(Plain):
    """States of one half whatever comes in, and the right formulas with them."""

    def forward_step(self, x, prev_h):
        self.cache = x, np.full_like(prev_h, 0.5)
        return self.cache[1]


@bank.wrong(*SEQUENCES)
class StateNotCarried(Plain):
    """Every step starts from the initial state."""

    def forward(self, x, h0):
        states = [h0] + [self.forward_step(x[:, t], h0) for t in range(x.shape[1])]
        self.sequence = x, states
        return np.stack(states[1:], axis=1)


@bank.wrong(INITIAL)
class InitialStateIgnored(Plain):
    """Starts from zeros."""

    def forward(self, x, h0):
        return super().forward(x, np.zeros_like(h0))


@bank.wrong(BIAS)
class NoBiasInTheSequence(Plain):
    """A step of its own in `forward`, without the bias."""

    def forward(self, x, h0):
        states = [h0]
        for t in range(x.shape[1]):
            states.append(np.tanh(x[:, t] @ self.W_ih + states[-1] @ self.W_hh))
        self.sequence = x, states
        return np.stack(states[1:], axis=1)


@bank.wrong(*SEQUENCES)
class OneStepLate(Plain):
    """The states begin with the initial one, the last is missing."""

    def forward(self, x, h0):
        h = super().forward(x, h0)
        return np.concatenate([h0[:, np.newaxis], h[:, :-1]], axis=1)


@bank.wrong(*SEQUENCES)
class LastStateAlone(Plain):
    """Returns the last state."""

    def forward(self, x, h0):
        return super().forward(x, h0)[:, -1]


@bank.wrong(*SEQUENCES)
class StatesTimeFirst(Plain):
    """The states are [T, N, H]."""

    def forward(self, x, h0):
        return super().forward(x, h0).transpose(1, 0, 2)


@bank.wrong(*SEQUENCES)
class AxesReshaped(Plain):
    """[T, N, H] brought to [N, T, H] by a reshape, which mixes the sequences."""

    def forward(self, x, h0):
        h = super().forward(x, h0)
        return h.transpose(1, 0, 2).reshape(h.shape)


@bank.wrong(*SEQUENCES)
class TimeReversed(Plain):
    """Runs from the last input to the first."""

    def forward(self, x, h0):
        return super().forward(x[:, ::-1], h0)


@bank.wrong(*SEQUENCES, DW_HH)
class OneBuffer(Plain):
    """Every state is written into the array of the initial one."""

    def forward(self, x, h0):
        states = [h0]
        for t in range(x.shape[1]):
            h0[:] = self.forward_step(x[:, t], h0)
            states.append(h0)
        self.sequence = x, states
        return np.stack(states[1:], axis=1)


@bank.wrong(AGAIN, BACK_AGAIN)
class StatesPileUp(Plain):
    """States of former calls stay in the list."""

    def __init__(self, input_size, hidden_size):
        super().__init__(input_size, hidden_size)
        self.states = []

    def forward(self, x, h0):
        self.states.append(h0)
        for t in range(x.shape[1]):
            self.states.append(self.forward_step(x[:, t], self.states[-1]))
        self.sequence = x, self.states
        return np.stack(self.states[1:], axis=1)


@bank.wrong(AGAIN, BACK_AGAIN)
class GoesOnWhereItStopped(Plain):
    """The second sequence starts from the last state of the first."""

    def forward(self, x, h0):
        last = getattr(self, "last", h0)
        h = super().forward(x, last if last.shape == h0.shape else h0)
        self.last = h[:, -1]
        return h


@bank.lost_axis(STEP_ONES, STEP_BACK_ONES)
class StepSqueezed(Plain):
    """`squeeze()` on the step's answer; `forward` has a step of its own."""

    def forward_step(self, x, prev_h):
        next_h = super().forward_step(x, prev_h).squeeze()
        self.cache = x, next_h
        return next_h

    def forward(self, x, h0):
        states = [h0]
        for t in range(x.shape[1]):
            states.append(np.tanh(x[:, t] @ self.W_ih + states[-1] @ self.W_hh + self.b))
        self.sequence = x, states
        return np.stack(states[1:], axis=1)


@bank.lost_axis(ONES)
class StatesSqueezed(Plain):
    """`squeeze()` on all states."""

    def forward(self, x, h0):
        return super().forward(x, h0).squeeze()


@bank.lost_axis(ONES, BACK_ONES)
class SequenceOfOneSqueezed(Plain):
    """The inputs squeezed before the steps."""

    def forward(self, x, h0):
        x = x.squeeze()
        return super().forward(x, h0)


@bank.wrong(*EVERYTHING)
class Untouched(Plain):
    """Nothing is written yet."""

    def forward_step(self, x, prev_h):
        raise NotImplementedError

    forward = backward_step = backward = forward_step
