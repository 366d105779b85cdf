"""Wrong answers whose mistake is in `backward_step` or `backward`."""

import numpy as np

from bench.variants.rnn_layer.right import AllAtOnce, Plain, bank
from bench.variants.rnn_layer.tests import (
    BACK_AGAIN,
    BACK_LONG,
    BACK_ONES,
    DB,
    DH0,
    DW_HH,
    DW_IH,
    DX,
    SEQUENCES_BACK,
    STEP_BACK_ONES,
    STEP_DB,
    STEP_DPREV_H,
    STEP_DW_HH,
    STEP_DW_IH,
    STEP_DX,
    STEPS_BACK,
)

BACK = (*STEPS_BACK, *SEQUENCES_BACK)


@bank.wrong(*BACK)
class NoSlope(Plain):
    """Forgets tanh's slope."""

    def slope(self, next_h):
        return 1


@bank.wrong(*BACK)
class SlopeNotSquared(Plain):
    """1 - h in place of 1 - h squared."""

    def slope(self, next_h):
        return 1 - next_h


@bank.wrong(*BACK)
class SlopeOfTheState(Plain):
    """tanh's slope at the state in place of the pre-activation: tanh is taken twice."""

    def slope(self, next_h):
        return 1 - np.tanh(next_h) ** 2


@bank.wrong(*BACK)
class SlopeOfThePreActivation(Plain):
    """1 - a squared, a being what goes into the tanh."""

    def slope(self, next_h):
        return 1 - np.arctanh(next_h) ** 2


@bank.wrong(*BACK)
class SlopeOfASigmoid(Plain):
    """h (1 - h)."""

    def slope(self, next_h):
        return next_h * (1 - next_h)


@bank.wrong(*BACK)
class Negative(Plain):
    """The slope's sign."""

    def slope(self, next_h):
        return next_h**2 - 1


class AfterStep(Plain):
    """A right step back, then `broken` spoils some of it."""

    def backward_step(self, prev_h, dnext_h):
        dx = super().backward_step(prev_h, dnext_h)
        return self.broken(dx, prev_h)


@bank.wrong(STEP_DPREV_H, *SEQUENCES_BACK)
class DprevTransposed(AfterStep):
    """Multiplies with W_hh in place of its transpose."""

    def broken(self, dx, prev_h):
        self.dprev_h = self.dprev_h @ np.linalg.inv(self.W_hh.T) @ self.W_hh
        return dx


@bank.wrong(STEP_DPREV_H)
class DprevMissing(AllAtOnce):
    """Does not assign dprev_h; `backward` does without."""

    def backward_step(self, prev_h, dnext_h):
        dx = super().backward_step(prev_h, dnext_h)
        del self.dprev_h
        return dx


@bank.wrong(STEP_DW_HH, DW_HH)
class DwHhOfTheNextState(Plain):
    """The product with next_h in place of prev_h."""

    def backward_step(self, prev_h, dnext_h):
        dx = super().backward_step(prev_h, dnext_h)
        _, next_h = self.cache
        self.dW_hh = next_h.T @ (dnext_h * (1 - next_h**2))
        return dx


@bank.wrong(STEP_DW_HH, DW_HH)
class DwHhTransposed(AfterStep):
    """dW_hh transposed, which its shape does not tell."""

    def broken(self, dx, prev_h):
        self.dW_hh = self.dW_hh.T
        return dx


@bank.wrong(STEP_DW_IH, *SEQUENCES_BACK)
class DwIhTransposed(AfterStep):
    """dW_ih is [H, D]; `backward` cannot add it up."""

    def broken(self, dx, prev_h):
        self.dW_ih = self.dW_ih.T
        return dx


@bank.wrong(STEP_DB, DB)
class DbMean(AfterStep):
    """The bias's gradient is a mean over the batch."""

    def broken(self, dx, prev_h):
        self.db = self.db / len(prev_h)
        return dx


@bank.wrong(STEP_DW_IH, STEP_DW_HH, STEP_DB, DW_IH, DW_HH, DB)
class Means(AfterStep):
    """All parameters' gradients are means over the batch."""

    def broken(self, dx, prev_h):
        for name in ("dW_ih", "dW_hh", "db"):
            setattr(self, name, getattr(self, name) / len(prev_h))
        return dx


@bank.wrong(STEP_DB, DB)
class DbNotSummed(Plain):
    """The bias's gradient is [N, H]."""

    def backward_step(self, prev_h, dnext_h):
        dx = super().backward_step(prev_h, dnext_h)
        self.db = dnext_h * (1 - self.cache[1] ** 2)
        return dx


@bank.wrong(STEP_DB, DB)
class DbSummedOverUnits(AfterStep):
    """One number for the bias."""

    def broken(self, dx, prev_h):
        self.db = self.db.sum()
        return dx


@bank.wrong(STEP_DB)
class DbNotAssigned(AllAtOnce):
    """A step back without db, which `backward` does not need."""

    def backward_step(self, prev_h, dnext_h):
        dx = super().backward_step(prev_h, dnext_h)
        del self.db
        return dx


@bank.wrong(STEP_DX)
class DxNotReturned(AllAtOnce):
    """dx is assigned, not returned."""

    def backward_step(self, prev_h, dnext_h):
        self.dx = super().backward_step(prev_h, dnext_h)


@bank.wrong(STEP_DX, DX)
class DxTwice(AfterStep):
    """dx is twice what it should be."""

    def broken(self, dx, prev_h):
        return 2 * dx


@bank.lost_axis(STEP_BACK_ONES, BACK_ONES)
class StepGradientsSqueezed(AfterStep):
    """`squeeze()` on all gradients of a step."""

    def broken(self, dx, prev_h):
        for name in ("dW_ih", "dW_hh", "db", "dprev_h"):
            setattr(self, name, getattr(self, name).squeeze())
        return dx.squeeze()


@bank.wrong(*BACK)
class GradientsInHalfPrecision(AfterStep):
    """float16 gradients."""

    def broken(self, dx, prev_h):
        for name in ("dW_ih", "dW_hh", "db", "dprev_h"):
            setattr(self, name, getattr(self, name).astype(np.float16))
        return dx.astype(np.float16)


@bank.wrong(*STEPS_BACK, *SEQUENCES_BACK)
class ZeroGradients(AfterStep):
    """Zeros for all, next to a right forward pass."""

    def broken(self, dx, prev_h):
        for name in ("dW_ih", "dW_hh", "db", "dprev_h"):
            setattr(self, name, 0 * getattr(self, name))
        return 0 * dx


class OtherWay(Plain):
    """A way back through a sequence with parts that can be replaced."""

    def upstream(self, dout, dh, t):
        return dout[:, t] + dh

    def total(self, total, part):
        return total + part

    def before(self, states, t):
        return states[t]

    def kept(self, x, states, t):
        return x[:, t], states[t + 1]

    def finish(self, dxs, dh, sums):
        return np.stack(dxs[::-1], axis=1), dh, *sums

    def backward(self, dout):
        x, states = self.sequence
        dxs, dh, sums = [], np.zeros_like(states[0]), [0, 0, 0]
        for t in reversed(range(x.shape[1])):
            self.cache = self.kept(x, states, t)
            dxs.append(self.backward_step(self.before(states, t), self.upstream(dout, dh, t)))
            dh, parts = self.dprev_h, (self.dW_ih, self.dW_hh, self.db)
            sums = [self.total(*pair) for pair in zip(sums, parts, strict=True)]
        return self.finish(dxs, dh, sums)


@bank.wrong(DW_IH, DW_HH, DB)
class OneStepsGradients(OtherWay):
    """The gradients of one step alone in place of the sum."""

    def total(self, total, part):
        return part


@bank.wrong(*SEQUENCES_BACK)
class NothingFromLaterSteps(OtherWay):
    """Every step by its own dout alone."""

    def upstream(self, dout, dh, t):
        return dout[:, t]


@bank.wrong(*SEQUENCES_BACK)
class DoutAtTheLastStep(OtherWay):
    """Only the last step's dout counts."""

    def upstream(self, dout, dh, t):
        return dout[:, t] if t + 1 == dout.shape[1] else dh


@bank.wrong(*SEQUENCES_BACK)
class DoutOneStepOff(OtherWay):
    """The dout of the step before."""

    def upstream(self, dout, dh, t):
        return dout[:, t - 1] + dh


@bank.wrong(DW_HH)
class PrevHOneStepOff(OtherWay):
    """The state after the step where that before it is asked for."""

    def before(self, states, t):
        return states[t + 1]


@bank.wrong(*SEQUENCES_BACK)
class LastStepsCache(OtherWay):
    """Every step back goes through what the last forward_step kept."""

    def kept(self, x, states, t):
        return x[:, -1], states[-1]


@bank.wrong(DW_IH)
class InputsOneStepOff(OtherWay):
    """The inputs of the step before."""

    def kept(self, x, states, t):
        return x[:, t - 1], states[t + 1]


@bank.wrong(DX)
class DxInTheWrongOrder(OtherWay):
    """dx as it was collected, last step first."""

    def finish(self, dxs, dh, sums):
        return np.stack(dxs, axis=1), dh, *sums


@bank.wrong(DX)
class DxTimeFirst(OtherWay):
    """dx is [T, N, D]."""

    def finish(self, dxs, dh, sums):
        return np.stack(dxs[::-1]), dh, *sums


@bank.wrong(DX)
class DxOfTheFirstStep(OtherWay):
    """dx of one step [N, D]."""

    def finish(self, dxs, dh, sums):
        return dxs[-1], dh, *sums


@bank.wrong(DH0)
class Dh0Missing(OtherWay):
    """None for dh0."""

    def finish(self, dxs, dh, sums):
        return np.stack(dxs[::-1], axis=1), None, *sums


@bank.wrong(DH0)
class Dh0OfTheLastStep(Plain):
    """The gradient with respect to the state before the last step."""

    def backward(self, dout):
        dx, _, *sums = super().backward(dout)
        x, states = self.sequence
        self.cache = x[:, -1], states[-1]
        self.backward_step(states[-2], dout[:, -1])
        return dx, self.dprev_h, *sums


@bank.wrong(DH0)
class Dh0WithDout(Plain):
    """Adds the first step's dout to dh0."""

    def backward(self, dout):
        dx, dh0, *sums = super().backward(dout)
        return dx, dh0 + dout[:, 0], *sums


@bank.wrong(DH0, DW_IH, DW_HH, DB)
class OtherOrder(OtherWay):
    """dh0 at the end."""

    def finish(self, dxs, dh, sums):
        return np.stack(dxs[::-1], axis=1), *sums, dh


@bank.wrong(*SEQUENCES_BACK)
class FourValues(OtherWay):
    """No db."""

    def finish(self, dxs, dh, sums):
        return np.stack(dxs[::-1], axis=1), dh, *sums[:2]


@bank.wrong(DB)
class DbForEachStep(OtherWay):
    """db is [T, H]."""

    def finish(self, dxs, dh, sums):
        return np.stack(dxs[::-1], axis=1), dh, *sums[:2], np.stack([sums[2]] * len(dxs))


@bank.wrong(BACK_AGAIN)
class LeftOverSums(Plain):
    """The sums begin at zero in the constructor alone."""

    def __init__(self, input_size, hidden_size):
        super().__init__(input_size, hidden_size)
        self.sums = [np.zeros_like(self.W_ih), np.zeros_like(self.W_hh), np.zeros_like(self.b)]

    def backward(self, dout):
        dx, dh0, *sums = super().backward(dout)
        self.sums = [total + part for total, part in zip(self.sums, sums, strict=True)]
        return dx, dh0, *self.sums


@bank.wrong(BACK_AGAIN)
class LeftOverDh(OtherWay):
    """What comes back from later steps begins with what the last sequence left."""

    left = None

    def upstream(self, dout, dh, t):
        last = t + 1 == dout.shape[1]
        return dout[:, t] + (self.left if last and np.shape(self.left) == dh.shape else dh)

    def finish(self, dxs, dh, sums):
        self.left = dh
        return super().finish(dxs, dh, sums)


@bank.wrong(BACK_AGAIN)
class StepsOfTheFirstSequence(Plain):
    """What the steps keep piles up, and the way back starts from the front."""

    def __init__(self, input_size, hidden_size):
        super().__init__(input_size, hidden_size)
        self.kept = []

    def forward(self, x, h0):
        h = super().forward(x, h0)
        self.kept.append(self.sequence)
        return h

    def backward(self, dout):
        self.sequence = self.kept[0]
        return super().backward(dout)


@bank.wrong(BACK_AGAIN)
class LengthOfTheFirstSequence(Plain):
    """The number of steps is kept from the first call."""

    steps = None

    def backward(self, dout):
        self.steps = self.steps or dout.shape[1]
        dout[:, self.steps :] = 0
        if dout.shape[1] < self.steps:
            raise IndexError
        return super().backward(dout)


@bank.wrong(BACK_LONG)
class Truncated(OtherWay):
    """Gradients come back over ten steps at most."""

    def upstream(self, dout, dh, t):
        return dout[:, t] + (dh if (dout.shape[1] - t) % 10 else 0)


@bank.lost_axis(BACK_ONES)
class GradientsSqueezed(Plain):
    """`squeeze()` on the way out."""

    def backward(self, dout):
        return tuple(part.squeeze() for part in super().backward(dout))


@bank.wrong(*SEQUENCES_BACK)
class GradientsRounded(Plain):
    """Gradients rounded to three digits."""

    def backward(self, dout):
        return tuple(part.round(3) for part in super().backward(dout))


@bank.undecided
class OneSidedDifferences(Plain):
    """One-sided differences with a step of 1e-5 in place of the chain rule: errors from 2.2e-6."""

    def differences(self, method, at, *inputs):
        before = method(*inputs)
        gradients = []
        for array in (*inputs, self.W_ih, self.W_hh, self.b):
            gradient = np.zeros_like(array)
            for place in np.ndindex(array.shape):
                value = array[place]
                array[place] = value + 1e-5
                gradient[place] = np.sum((method(*inputs) - before) * at) / 1e-5
                array[place] = value
            gradients.append(gradient)
        return gradients

    def forward_step(self, x, prev_h):
        self.x = x
        return super().forward_step(x, prev_h)

    def backward_step(self, prev_h, dnext_h):
        parts = self.differences(self.forward_step, dnext_h, self.x, prev_h)
        dx, self.dprev_h, self.dW_ih, self.dW_hh, self.db = parts
        return dx

    def backward(self, dout):
        if dout.shape[1] > 20:
            return super().backward(dout)  # it would take minutes
        x, states = self.sequence
        return self.differences(super().forward, dout, x, states[0])
