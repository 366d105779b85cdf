"""Mistakes in the backward pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograder.answers import Array
from autograder.suites.bptt.mistakes.network import Gradients, Network, bank

# --- The slope of tanh --------------------------------------------------------------------------------------


@bank.mistake()
class SlopeMissing(Network):
    """Your gradients are those of a network without tanh: the slope of tanh is left out. On its way back
    through a step, the gradient is multiplied with it, element by element."""

    def slope(self, t: int) -> Any:
        return 1.0


@bank.mistake("slope missing")
class SlopeOfTheLastStepMissing(SlopeMissing):
    __doc__ = SlopeMissing.__doc__

    def slope(self, t: int) -> Any:
        return 1.0 if t == len(self.x) else Network.slope(self, t)


@bank.mistake("slope missing")
class SlopeOfTheLastStepAlone(SlopeMissing):
    __doc__ = SlopeMissing.__doc__

    def slope(self, t: int) -> Any:
        return Network.slope(self, t) if t == len(self.x) else 1.0


@bank.mistake()
class SlopeNotSquared(Network):
    """Your slope of tanh is 1 less the state. It should be 1 less the square of the state."""

    def slope(self, t: int) -> Any:
        return 1 - self.a[t]


@bank.mistake()
class SlopeOfASigmoid(Network):
    """Your slope is that of a sigmoid. The states went through tanh, which has another."""

    def slope(self, t: int) -> Any:
        return self.a[t] * (1 - self.a[t])


@bank.mistake("slope of the pre-activation")
class SlopeOfThePreActivation(Network):
    """Your slope of tanh is taken at the wrong place. In terms of the state, which is the tanh already, it is
    1 less its square: look at what you square."""

    def slope(self, t: int) -> Any:
        return 1 - self.s[t] ** 2


@bank.mistake("slope of the pre-activation")
class TanhTwice(SlopeOfThePreActivation):
    __doc__ = SlopeOfThePreActivation.__doc__

    def slope(self, t: int) -> Any:
        return 1 - np.tanh(self.a[t]) ** 2


@bank.mistake()
class SlopeOfTheOldState(Network):
    """Your slope of tanh is taken at the state before the step. It belongs to the state that the step makes:
    look at the index of a."""

    def slope(self, t: int) -> Any:
        return 1 - self.a[t - 1] ** 2


@bank.mistake()
class SlopeOfTheNextState(Network):
    """Your slope of tanh is taken at the state of the step after. It belongs to the state that the step
    itself makes: look at the index of a."""

    def slope(self, t: int) -> Any:
        return 1 - self.a[min(t + 1, len(self.a) - 1)] ** 2


@bank.mistake("sign wrong")
class SlopeUpsideDown(Network):
    """Your slope of tanh has the wrong sign. It is never negative."""

    def slope(self, t: int) -> Any:
        return -super().slope(t)


@bank.mistake()
class SlopeTwice(Network):
    """Your gradient is multiplied with the slope of tanh twice at each step. Once is enough."""

    def slope(self, t: int) -> Any:
        return super().slope(t) ** 2


@bank.mistake()
class SlopePlusTheSquare(Network):
    """Your slope of tanh is 1 plus the square of the state. It should be 1 less the square."""

    def slope(self, t: int) -> Any:
        return 1 + self.a[t] ** 2


# --- From step to step --------------------------------------------------------------------------------------


@bank.mistake("R not transposed")
class RecurrentNotTransposed(Network):
    """On its way from a step to the one before, your gradient is multiplied with R as it is. It has to go
    through R transposed. As R is square, no shape tells you."""

    def earlier(self, d_s: Array) -> Array:
        return d_s @ self.R


@bank.mistake("R left out on the way back")
class RecurrentLeftOut(Network):
    """Your gradient goes from a step to the one before without R. The earlier state acts through R, and so
    does its gradient."""

    def earlier(self, d_s: Array) -> Array:
        return d_s


@bank.mistake()
class OnlyTheLastStep(Network):
    """Your gradients are those of the last step alone. Each step's gradient goes on to the step before, and
    the parameters' gradients are sums over all steps: look at your loop and at what it carries on."""

    def flow(self, d_a: Array) -> Array:
        d_s = super().flow(d_a)
        d_s[:-1] = 0
        return d_s


@bank.mistake()
class OnlyTheFirstStep(Network):
    """Your gradients of W, R and bs are those of the first step alone: each step overwrites what was there.
    They should be sums over all steps."""

    def flow(self, d_a: Array) -> Array:
        d_s = super().flow(d_a)
        d_s[1:] = 0
        return d_s


@bank.mistake("first step left out of the gradients")
class WithoutTheFirstStep(Network):
    """Your gradients leave the first step out. The way back ends with it, not before it: look at the range of
    your loop."""

    def flow(self, d_a: Array) -> Array:
        d_s = super().flow(d_a)
        d_s[0] = 0
        return d_s


@bank.mistake("first step left out of the gradients")
class WithoutTheFirstOfSeveral(WithoutTheFirstStep):
    __doc__ = WithoutTheFirstStep.__doc__

    def flow(self, d_a: Array) -> Array:
        d_s = Network.flow(self, d_a)
        d_s[: len(d_s) - 1][:1] = 0
        return d_s


@bank.mistake()
class GradientNotCarried(Network):
    """Each step of your way back starts from the outputs' gradient again. Only the last step does: every
    earlier one starts from what came back from the step after it."""

    def flow(self, d_a: Array) -> Array:
        return np.stack([d_a * self.slope(t) for t in range(1, len(self.x) + 1)])


@bank.mistake()
class OutputsAtEveryStep(Network):
    """At each step of your way back the outputs' gradient is added again. The outputs are made of the last
    state alone, so it comes in there and nowhere else."""

    def flow(self, d_a: Array) -> Array:
        d_s, here = np.zeros((len(self.x), len(self.R))), d_a
        for t in range(len(self.x), 0, -1):
            d_s[t - 1] = here * self.slope(t)
            here = d_a + self.earlier(d_s[t - 1])
        return d_s


@bank.mistake()
class ForwardInTime(Network):
    """Your way back runs from the first step to the last. The outputs' gradient comes in at the last step and
    goes from there to the first."""

    def flow(self, d_a: Array) -> Array:
        d_s = np.zeros((len(self.x), len(self.R)))
        for t in range(1, len(self.x) + 1):
            d_s[t - 1] = d_a * self.slope(t)
            d_a = self.earlier(d_s[t - 1])
        return d_s


@bank.mistake()
class MeanOverTime(Network):
    """Your gradients of W, R and bs are means over the steps. They should be sums."""

    def flow(self, d_a: Array) -> Array:
        return super().flow(d_a) / len(self.x)


def _changed(name: str, sentence: str, change: Callable[[Array], Array], after: bool = False) -> type:
    """A class in which one gradient is made of a changed d_s, or is changed itself."""
    part = f"d_{name}"

    class Changed(Network):
        pass

    def made(self: Network, d_s: Array) -> Any:
        before = getattr(super(Changed, self), part)
        return change(before(d_s)) if after else before(change(d_s))

    setattr(Changed, part, made)
    Changed.__doc__ = sentence
    return Changed


for _name in ("W", "R", "bs"):
    _sentence = f"Your gradient of {_name} is a mean over the steps. It should be a sum."
    bank.mistake("mean over time")(_changed(_name, _sentence, lambda d_s: d_s / len(d_s)))


@bank.mistake()
class StepOffByOne(Network):
    """Your gradient of R takes the wrong state at each step. R is multiplied with the state before a step, so
    its gradient is made of that state, too: look at the index of a."""

    def d_R(self, d_s: Array) -> Any:  # noqa: N802 - named as the gradient
        return np.array(self.a[1:]).T @ d_s


@bank.mistake("step off by one")
class StepOffTheOtherWay(StepOffByOne):
    __doc__ = StepOffByOne.__doc__

    def d_R(self, d_s: Array) -> Any:  # noqa: N802
        return np.array([self.a[0], *self.a[:-2]]).T @ d_s


@bank.mistake("step off by one")
class InputOffByOne(Network):
    """Your gradient of W takes the wrong input at each step. It is made of the input that the step itself
    read: look at the index of x."""

    def d_W(self, d_s: Array) -> Any:  # noqa: N802
        return np.roll(self.x, 1, axis=0).T @ d_s


@bank.mistake("step off by one")
class StateOffInV(Network):
    """Your gradient of V takes the state before the last one. The outputs are made of the last state, and so
    is V's gradient: look at the index of a."""

    def d_V(self, d_y: Array) -> Any:  # noqa: N802
        return np.outer(self.a[-2], d_y)


LAST_STEP = (
    "Your gradient of {name} is that of the last step alone. {name} is used at every step, so its gradient "
    "is a sum over all of them."
)
FIRST_STEP = (
    "Your gradient of {name} is that of the first step alone: each step overwrites what was there. {name} is "
    "used at every step, so its gradient is a sum over all of them."
)


def _last(d_s: Array) -> Array:
    return np.concatenate([np.zeros_like(d_s[:-1]), d_s[-1:]])


def _first(d_s: Array) -> Array:
    return np.concatenate([d_s[:1], np.zeros_like(d_s[1:])])


for _name in ("W", "R", "bs"):
    bank.mistake(f"d_{_name} of the last step only")(_changed(_name, LAST_STEP.format(name=_name), _last))
    bank.mistake(f"d_{_name} of the first step only")(_changed(_name, FIRST_STEP.format(name=_name), _first))


# --- The upstream gradient ----------------------------------------------------------------------------------


@bank.mistake("d_by ones")
class OnesForTheOutputBias(Network):
    """Your gradient of by is 1 everywhere, whatever the loss. It should be the gradient that `backward` is
    given."""

    def d_by(self, d_y: Array) -> Any:
        return np.ones_like(d_y)


@bank.mistake("d_by summed")
class SumForTheOutputBias(Network):
    """Your gradient of by is summed over the outputs. Each output has a bias of its own, and so a gradient of
    its own."""

    def d_by(self, d_y: Array) -> Any:
        return np.full_like(d_y, d_y.sum())


@bank.mistake("d_by summed")
class NumberForTheOutputBias(SumForTheOutputBias):
    __doc__ = SumForTheOutputBias.__doc__

    def d_by(self, d_y: Array) -> Any:
        return d_y.sum()


@bank.mistake("d_by summed")
class OneNumberForTheOutputBias(SumForTheOutputBias):
    __doc__ = SumForTheOutputBias.__doc__

    def d_by(self, d_y: Array) -> Any:
        return d_y.sum(keepdims=True)


@bank.mistake()
class OutputBiasOverTime(Network):
    """Your gradient of by is counted once for every step. by is added once, after the last step."""

    def d_by(self, d_y: Array) -> Any:
        return d_y * len(self.x)


@bank.mistake()
class UpstreamIgnored(Network):
    """Your gradients are those for ones, whatever `backward` is given. d_loss is the gradient that comes from
    above, and everything starts from it."""

    def upstream(self, d_loss: Array) -> Array:
        return np.ones_like(d_loss)


@bank.mistake("upstream ignored")
class UpstreamIgnoredThroughTime(UpstreamIgnored):
    """Your d_W, d_R and d_bs are those for ones, whatever `backward` is given. d_loss is the gradient that
    comes from above, and what goes back in time starts from it, too."""

    def upstream(self, d_loss: Array) -> Array:
        return d_loss

    def flow(self, d_a: Array) -> Array:
        return Network.flow(self, self.V.sum(axis=1))


@bank.mistake("upstream ignored")
class UpstreamIgnoredInV(UpstreamIgnored):
    """Your d_V is the one for ones, whatever `backward` is given. d_loss is the gradient that comes from
    above, and d_V is made of it, too."""

    def upstream(self, d_loss: Array) -> Array:
        return d_loss

    def d_V(self, d_y: Array) -> Any:  # noqa: N802 - named as the gradient
        return Network.d_V(self, np.ones_like(d_y))


@bank.mistake("upstream ignored")
class UpstreamInTheOutputBiasAlone(UpstreamIgnored):
    """Your gradients but d_by are those for ones, whatever `backward` is given. d_loss is the gradient that
    comes from above, and everything starts from it."""

    def d_by(self, d_y: Array) -> Any:
        return self.given

    def upstream(self, d_loss: Array) -> Array:
        self.given = d_loss.copy()
        return np.ones_like(d_loss)


@bank.mistake("outputs as upstream")
class OutputsForUpstream(Network):
    """Your gradients start from the outputs. They should start from d_loss, which `backward` is given."""

    def upstream(self, d_loss: Array) -> Array:
        return np.array(self.y)


@bank.mistake("outputs as upstream")
class DifferenceForUpstream(OutputsForUpstream):
    """Your gradients start from the outputs less d_loss, as if that were a target. d_loss is the gradient
    itself: start from it as it is."""

    def upstream(self, d_loss: Array) -> Array:
        return self.y - d_loss


@bank.mistake("mean over the outputs")
class MeanOfUpstream(Network):
    """Your gradients are divided by the number of outputs. d_loss is to be taken as it is."""

    def upstream(self, d_loss: Array) -> Array:
        return d_loss / len(d_loss)


@bank.mistake()
class SignWrong(Network):
    """Your gradients have the wrong sign. `backward` gives the gradient itself, and `update` takes it
    away."""

    def upstream(self, d_loss: Array) -> Array:
        return -d_loss


def _handed_out(names: Sequence[str], sentence: str, change: Callable[[Array], Array]) -> type:
    """A class in which some gradients are changed in the end."""

    class Changed(Network):
        def handed_out(self, gradients: Gradients) -> Gradients:
            parts = super().handed_out(gradients)
            return parts | {f"d_{name}": change(parts[f"d_{name}"]) for name in names}

    Changed.__doc__ = sentence
    return Changed


for _names in (["W"], ["R"], ["V"], ["bs"], ["by"], ["bs", "by"], ["W", "R", "bs"]):
    _all = " and ".join(f"d_{name}" for name in _names)
    _sentence = f"Your {_all} should have the other sign. `backward` gives the gradient itself."
    bank.mistake("sign wrong")(_handed_out(_names, _sentence, np.negative))


# --- One parameter ------------------------------------------------------------------------------------------


@bank.mistake("d_R transposed")
class RecurrentGradientTransposed(Network):
    """Your gradient of R is the transpose of what it should be. Its rows belong to the state before a step,
    its columns to the step's own: look at the order of the product."""

    def d_R(self, d_s: Array) -> Any:  # noqa: N802 - named as the gradient
        return super().d_R(d_s).T


ZERO = (
    "Your gradient of {names} is zero everywhere. A bias takes part in the outputs as the matrices do, and "
    "has a gradient, too."
)
for _names in (["bs"], ["by"], ["bs", "by"]):
    _sentence = ZERO.format(names=" and ".join(_names))
    bank.mistake("bias gradient zero")(_handed_out(_names, _sentence, np.zeros_like))


# --- From call to call --------------------------------------------------------------------------------------


def _left_over(names: Sequence[str]) -> type:
    class SumsLeftOver(Network):
        """Your `backward` adds to the gradients of the call before. Each call starts from zero: make new
        arrays inside of `backward`."""

        total: Gradients | None = None

        def handed_out(self, gradients: Gradients) -> Gradients:
            fresh, before = super().handed_out(gradients), self.total or {}
            self.total = fresh | {
                f"d_{name}": fresh[f"d_{name}"] + before.get(f"d_{name}", 0.0) for name in names
            }
            return self.total

    return SumsLeftOver


for _names in (["W", "R", "V", "bs", "by"], ["W", "R", "bs"], ["W", "R"], ["bs"], ["W"], ["R"], ["V"]):
    bank.mistake("sums left over")(_left_over(_names))
