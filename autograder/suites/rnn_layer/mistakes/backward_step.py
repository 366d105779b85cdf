"""Mistakes in `backward_step`, or where `backward` computes a step back itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.answers import Array
from autograder.suites.rnn_layer.mistakes.layer import (
    NAMES,
    PARAMETERS,
    Gradients,
    Layer,
    Step,
    bank,
    only_whole,
)


def noted(name: str, part: type) -> None:
    """Note a mistake of each step back, and the same in `backward` alone."""
    bank.mistake(name)(part)
    if part is not DwHhFromTheNextState:  # in `backward` that is a step off by one
        bank.mistake(name)(only_whole(part))


class SlopeMissing(Layer):
    """Your gradients are those of a layer without tanh: its slope is missing. The gradient that comes in
    goes through the tanh before it reaches anything else."""

    def slope(self, step: Step) -> Array:
        return np.ones_like(step.after)


class SlopeNotSquared(Layer):
    """Your slope of tanh is 1 minus the state, it should be 1 minus its square."""

    def slope(self, step: Step) -> Array:
        return 1 - step.after


class SlopeOfThePreActivation(Layer):
    """Your slope of tanh is 1 minus the square of what goes into the tanh. It should be 1 minus the square
    of what comes out of it, the next state."""

    def slope(self, step: Step) -> Array:
        return 1 - step.a**2


class SlopeOfASigmoid(Layer):
    """Your slope is that of a sigmoid, the activation is tanh. Look at how the slope follows from the next
    state."""

    def slope(self, step: Step) -> Array:
        return step.after * (1 - step.after)


class SlopeOfTheOldState(Layer):
    """Your slope of tanh is taken at the state before the step. It should be taken at the state after it,
    which came out of the tanh."""

    def slope(self, step: Step) -> Array:
        return 1 - step.before**2


class SlopeAtTheState(Layer):
    """Your slope takes the tanh of the next state once more. The next state is a tanh already."""

    def slope(self, step: Step) -> Array:
        return 1 - np.tanh(step.after) ** 2


class SlopeTwice(Layer):
    """Your gradients have the slope of tanh in them twice."""

    def slope(self, step: Step) -> Array:
        return (1 - step.after**2) ** 2


class SlopeSquaredAsAWhole(Layer):
    """Your slope of tanh is the square of 1 minus the state. It should be 1 minus the square of the state."""

    def slope(self, step: Step) -> Array:
        return (1 - step.after) ** 2


class SlopeWithAPlus(Layer):
    """Your slope of tanh is 1 plus the square of the state. It should be 1 minus that."""

    def slope(self, step: Step) -> Array:
        return 1 + step.after**2


class SquareForSlope(Layer):
    """Your slope of tanh is the square of the state. It should be 1 minus that."""

    def slope(self, step: Step) -> Array:
        return step.after**2


class TanhForSlope(Layer):
    """You multiply with the state itself where the slope of tanh is asked for. Look at how the slope follows
    from the state."""

    def slope(self, step: Step) -> Array:
        return step.after


class SignWrong(Layer):
    """Your gradients have the wrong sign. Look at the sign of the slope of tanh."""

    def before_tanh(self, step: Step, upstream: Array) -> Array:
        return -super().before_tanh(step, upstream)


class WeightsNotTransposed(Layer):
    """Your dprev_h is made with W_hh itself, it should be made with the transpose. W_hh is square, so the
    shapes don't tell."""

    def make_dprev_h(self, step: Step, da: Array, upstream: Array) -> Any:
        return da @ self.W_hh


class DwHhFromTheNextState(Layer):
    """Your dW_hh is made with the state after the step. What W_hh is multiplied with is the state before
    it."""

    def make_dW_hh(self, step: Step, da: Array, upstream: Array) -> Any:  # noqa: N802 - the gradient's name
        return step.after.T @ da


class DwHhTransposed(Layer):
    """Your dW_hh is the transpose of what it should be. It is square, so its shape does not tell: look at
    the order of its product."""

    def make_dW_hh(self, step: Step, da: Array, upstream: Array) -> Any:  # noqa: N802
        return super().make_dW_hh(step, da, upstream).T


class DwIhTransposed(Layer):
    """Your dW_ih is the transpose of what it should be: it has the shape of W_ih, [D, H]."""

    def make_dW_ih(self, step: Step, da: Array, upstream: Array) -> Any:  # noqa: N802
        return super().make_dW_ih(step, da, upstream).T


class BatchSumMissing(Layer):
    """Your db has a row for each sequence of the batch. All sequences share b, so their gradients add up to
    one row [H]."""

    def make_db(self, step: Step, da: Array, upstream: Array) -> Any:
        return da


class SummedOverUnits(Layer):
    """Your db adds up the units, it should add up the sequences of the batch: there is a number for each
    unit. Look at the axis of the sum."""

    def make_db(self, step: Step, da: Array, upstream: Array) -> Any:
        return da.sum(axis=1)


class OneNumberForTheBias(Layer):
    """Your db is one number: it adds up sequences and units. It should be [H], the sum over the batch
    alone."""

    def make_db(self, step: Step, da: Array, upstream: Array) -> Any:
        return da.sum()


class BiasGradientZero(Layer):
    """Your db is zero everywhere. It should be the sum over the batch of the gradient before the tanh."""

    def make_db(self, step: Step, da: Array, upstream: Array) -> Any:
        return 0 * super().make_db(step, da, upstream)


for name, part in {
    "slope missing": SlopeMissing,
    "slope not squared": SlopeNotSquared,
    "slope of the pre-activation": SlopeOfThePreActivation,
    "slope of a sigmoid": SlopeOfASigmoid,
    "slope of the old state": SlopeOfTheOldState,
    "slope at the state": SlopeAtTheState,
    "slope twice": SlopeTwice,
    "slope squared as a whole": SlopeSquaredAsAWhole,
    "slope with a plus": SlopeWithAPlus,
    "square for the slope": SquareForSlope,
    "state for the slope": TanhForSlope,
    "sign wrong": SignWrong,
    "W_hh not transposed": WeightsNotTransposed,
    "dW_hh from the next state": DwHhFromTheNextState,
    "dW_hh transposed": DwHhTransposed,
    "dW_ih transposed": DwIhTransposed,
    "batch sum missing": BatchSumMissing,
    "db summed over the units": SummedOverUnits,
    "db one number": OneNumberForTheBias,
    "bias gradient zero": BiasGradientZero,
}.items():
    noted(name, part)


def changed(doc: str, **makers: Any) -> type:
    """A layer that makes these gradients otherwise; a maker is given the right part and what it has."""

    def replaced(name: str, change: Any) -> Any:
        def make(self: Any, step: Step, da: Array, upstream: Array) -> Any:
            right = getattr(super(part, self), f"make_{name}")
            return change(right, step, da, upstream)

        return make

    methods = {f"make_{name}": replaced(name, change) for name, change in makers.items()}
    part: type = type("_".join(makers), (Layer,), {**methods, "__doc__": doc})
    return part


def by_batch(right: Any, step: Step, da: Array, upstream: Array) -> Any:
    """The mean over the batch."""
    return right(step, da, upstream) / len(step.x)


def of_upstream(right: Any, step: Step, da: Array, upstream: Array) -> Any:
    """Made of the gradient after the tanh."""
    return right(step, upstream, upstream)


MEAN = (
    "Your {what} the mean over the batch where the sum is asked for. The loss's own scale is in the gradient "
    "that comes in."
)
for names in (PARAMETERS, ("db",), ("dW_ih",), ("dW_hh",), ("dW_ih", "dW_hh")):
    what = f"{names[0]} is" if len(names) == 1 else "gradients of the parameters are"
    noted("mean over the batch", changed(MEAN.format(what=what), **dict.fromkeys(names, by_batch)))

OLD = (
    "Your {name} is made of the gradient after the tanh, as it came in. It should be made of the gradient "
    "before the tanh, as the others are: look at which one you multiply."
)
for each in NAMES:
    noted("old upstream", changed(OLD.format(name=each), **{each: of_upstream}))


class Squeezed(Layer):
    """Your gradients of a step are right but for their shape where an axis has size 1: that axis is lost.
    Each has the shape of what it belongs to; look for `squeeze` or an index that drops an axis."""

    squeezed: tuple[str, ...] = NAMES

    def given_gradients(self, gradients: Gradients) -> Gradients:
        given = super().given_gradients(gradients)
        return {name: np.squeeze(value) if name in self.squeezed else value for name, value in given.items()}


bank.mistake("axes of size one lost")(Squeezed)
for each in NAMES:
    doc = f"Your {each} is right but for its shape where an axis has size 1: that axis is lost. It has the \
shape of what it belongs to; look for `squeeze` or an index that drops an axis."
    bank.mistake("axes of size one lost")(type(each, (Squeezed,), {"squeezed": (each,), "__doc__": doc}))
