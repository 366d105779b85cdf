"""Mistakes in the constructor, `update`, `get_weights` and `set_weights`."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.answers import Array
from autograder.suites.bptt.mistakes.network import NAMES, Network, bank


@bank.mistake("weights not in the range")
class Normal(Network):
    """Your weights are not uniform in (-0.2, 0.2): look at what you draw them from."""

    def __init__(self, input_size: int, hidden_size: int, output_size: int) -> None:
        super().__init__(input_size, hidden_size, output_size)
        self.W, self.R, self.V = (5 * value**2 for value in (self.W, self.R, self.V))


@bank.mistake()
class Ascent(Network):
    """Your `update` adds the gradients, which goes uphill. It should take them away."""

    def moved(self, parameter: Array, lr: float, gradient: Array) -> Array:
        return np.asarray(parameter + lr * gradient)


@bank.mistake()
class LearningRateLeftOut(Network):
    """Your `update` takes the whole gradient away. It should be multiplied with the learning rate first."""

    def moved(self, parameter: Array, lr: float, gradient: Array) -> Array:
        return super().moved(parameter, 1.0, gradient)


@bank.mistake()
class LearningRateDivided(Network):
    """Your `update` divides the gradient by the learning rate. It should multiply it with the rate."""

    def moved(self, parameter: Array, lr: float, gradient: Array) -> Array:
        return super().moved(parameter, 1 / lr, gradient)


@bank.mistake()
class UpdateTwice(Network):
    """Your `update` takes the step twice. Each parameter moves by the learning rate times its gradient
    once."""

    def moved(self, parameter: Array, lr: float, gradient: Array) -> Array:
        return super().moved(super().moved(parameter, lr, gradient), lr, gradient)


@bank.mistake("gradient in place of the parameter")
class StepAlone(Network):
    """Your `update` puts the step itself in the place of each parameter. The step is to be taken away from
    the parameter as it was."""

    def moved(self, parameter: Array, lr: float, gradient: Array) -> Array:
        return -lr * gradient


@bank.mistake("gradient in place of the parameter")
class StepAloneUpwards(Network):
    __doc__ = StepAlone.__doc__

    def moved(self, parameter: Array, lr: float, gradient: Array) -> Array:
        return lr * gradient


@bank.mistake("updates nothing")
class UpdatesNothing(Network):
    """Your `update` leaves the parameters as they were. A new array in a local name does not change the
    object: set its attributes."""

    def updated(self) -> tuple[str, ...]:
        return ()


def _left(names: tuple[str, ...]) -> type:
    class Left(Network):
        def updated(self) -> tuple[str, ...]:
            return tuple(name for name in super().updated() if name not in names)

    Left.__doc__ = (
        f"Your `update` leaves {' and '.join(names)} as before. All five parameters take a step: W, R, V, "
        "bs and by."
    )
    return Left


for _names in (("bs", "by"), ("bs",), ("by",)):
    bank.mistake("biases not updated")(_left(_names))
for _name in ("W", "R", "V"):
    bank.mistake("a matrix not updated")(_left((_name,)))


@bank.mistake()
class GradientChangedInPlace(Network):
    """Your `update` changes the arrays that `backward` returned. Who called `backward` still has them:
    compute the step in an array of its own."""

    def moved(self, parameter: Array, lr: float, gradient: Array) -> Array:
        gradient *= lr
        return np.asarray(parameter - gradient)


@bank.mistake("gradient changed in place")
class GradientCleared(GradientChangedInPlace):
    __doc__ = GradientChangedInPlace.__doc__

    def moved(self, parameter: Array, lr: float, gradient: Array) -> Array:
        after = Network.moved(self, parameter, lr, gradient)
        gradient *= 0
        return after


@bank.mistake("gradient changed in place")
class GradientTurned(GradientChangedInPlace):
    __doc__ = GradientChangedInPlace.__doc__

    def moved(self, parameter: Array, lr: float, gradient: Array) -> Array:
        gradient *= -lr
        return np.asarray(parameter + gradient)


@bank.mistake()
class WeightsNotCopied(Network):
    """An update of your object changes arrays that `get_weights` handed out or `set_weights` was given. Both
    should copy: the object's own arrays are nobody else's."""

    def moved(self, parameter: Array, lr: float, gradient: Array) -> Array:
        parameter -= lr * gradient
        return parameter

    def get_weights(self) -> dict[str, Array]:
        return {name: getattr(self, name) for name in NAMES}


@bank.mistake("weights not copied")
class WeightsTakenAsTheyAre(WeightsNotCopied):
    __doc__ = WeightsNotCopied.__doc__

    get_weights = Network.get_weights

    def take(self, name: str, value: Array) -> None:
        setattr(self, name, np.asarray(value))


@bank.mistake("weights not copied")
class WeightsShared(WeightsNotCopied):
    __doc__ = WeightsNotCopied.__doc__

    def take(self, name: str, value: Array) -> None:
        setattr(self, name, np.asarray(value))


@bank.mistake()
class WeightsNotSet(Network):
    """Your `set_weights` changes nothing, or `get_weights` does not hand out what it set. It should set the
    object's attributes: a local name is gone when the method ends."""

    def take(self, name: str, value: Array) -> None:
        return


def _not_set(names: tuple[str, ...]) -> type:
    class NotSet(Network):
        def take(self, name: str, value: Array) -> None:
            if name not in names:
                super().take(name, value)

    NotSet.__doc__ = (
        f"Your `set_weights` leaves {' and '.join(names)} as before. It should set all five parameters."
    )
    return NotSet


for _some in (("bs", "by"), ("bs",), ("by",), ("W",), ("R",), ("V",)):
    bank.mistake("some weights not set")(_not_set(_some))


@bank.mistake("weights set before the check")
class SetsSomeFirst(Network):
    """Your `set_weights` sets what is there and then finds that something is missing. It should look first,
    and change nothing where a weight is missing."""

    def set_weights(self, weights: Any) -> None:
        for name in NAMES:
            if name in weights:
                self.take(name, weights[name])
        super().set_weights(weights)


@bank.mistake("weights set before the check")
class SetsUntilOneIsMissing(SetsSomeFirst):
    __doc__ = SetsSomeFirst.__doc__

    def set_weights(self, weights: Any) -> None:
        for name in NAMES:
            if name not in weights:
                raise ValueError(name)
            self.take(name, weights[name])


@bank.mistake()
class UpdateWithoutGradients(Network):
    """Your `update` does not refuse a second step with the same gradients. Without new ones it should raise
    RuntimeError."""

    def update(self, lr: float) -> None:
        kept = self.gradients
        super().update(lr)
        self.gradients = kept
