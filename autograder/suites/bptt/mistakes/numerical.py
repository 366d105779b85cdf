"""Q2: `get_numerical_gradient(model, x, eps)`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograder.answers import Array
from autograder.mistakes import Bank, Formula
from autograder.suites.bptt.mistakes.network import NAMES

Place = tuple[int, ...]


class Numerical(Formula):
    """Two-sided differences of the sum of the outputs."""

    def __init__(self, model: Any, x: Any, eps: float = 1e-7) -> None:
        self.model, self.x, self.eps = model, x, eps

    def answer(self) -> Any:
        return self.returned({f"d_{name}": self.gradient(name) for name in self.names()})

    def names(self) -> tuple[str, ...]:
        return NAMES

    def gradient(self, name: str) -> Array:
        parameter = self.parameter(name)
        gradient = np.zeros(np.shape(parameter))
        for place in self.places(gradient):
            gradient[place] = self.quotient(parameter, place)
        return gradient

    def parameter(self, name: str) -> Any:
        return getattr(self.model, name)

    def places(self, gradient: Array) -> Iterator[Place]:
        return iter(np.ndindex(gradient.shape))

    def quotient(self, parameter: Any, place: Place) -> Any:
        kept = float(parameter[place])
        difference = self.difference(parameter, place, kept)
        self.put_back(parameter, place, kept)
        return difference / self.divisor()

    def difference(self, parameter: Any, place: Place, kept: float) -> Any:
        step = self.step()
        return self.at(parameter, place, kept + step) - self.at(parameter, place, kept - step)

    def step(self) -> float:
        return self.eps

    def divisor(self) -> float:
        return 2 * self.step()

    def at(self, parameter: Any, place: Place, value: float) -> Any:
        parameter[place] = value
        return self.told(np.asarray(self.model.forward(self.sequence()), dtype=np.float64))

    def sequence(self) -> Any:
        return self.x

    def told(self, y: Array) -> Any:
        return np.sum(y)

    def put_back(self, parameter: Any, place: Place, kept: float) -> None:
        parameter[place] = kept

    def returned(self, gradients: dict[str, Array]) -> Any:
        return gradients


bank = Bank("get_numerical_gradient", Numerical, ("Q2",))


@bank.mistake("one-sided")
class OneSided(Numerical):
    """Your differences are one-sided: from the weights as they are to one side. Two-sided ones, from one side
    to the other, are off by much less."""

    def difference(self, parameter: Any, place: Place, kept: float) -> Any:
        return self.at(parameter, place, kept + self.step()) - self.at(parameter, place, kept)

    def divisor(self) -> float:
        return super().divisor() / 2


@bank.mistake("one-sided")
class OneSidedBelow(OneSided):
    __doc__ = OneSided.__doc__

    def difference(self, parameter: Any, place: Place, kept: float) -> Any:
        return self.at(parameter, place, kept) - self.at(parameter, place, kept - self.step())


@bank.mistake("one-sided and halved")
class OneSidedAndHalved(OneSided):
    """Your differences are one-sided, from the weights as they are to one side, and are divided as if they
    were two-sided. Two-sided ones go from one side to the other."""

    def divisor(self) -> float:
        return 2 * super().divisor()


@bank.mistake("one-sided and halved")
class OneSidedBelowAndHalved(OneSidedBelow):
    __doc__ = OneSidedAndHalved.__doc__

    def divisor(self) -> float:
        return 2 * super().divisor()


@bank.mistake()
class NotHalved(Numerical):
    """Your gradient is twice what it should be. From one side to the other the way is twice as long as eps:
    look at what you divide by."""

    def divisor(self) -> float:
        return super().divisor() / 2


@bank.mistake()
class HalvedTwice(Numerical):
    """Your gradient is half of what it should be. Look at what you divide by: the way from one side to the
    other."""

    def divisor(self) -> float:
        return super().divisor() * 2


@bank.mistake()
class NotDivided(Numerical):
    """Your gradient comes out as next to nothing: the difference is not divided by eps, or it is multiplied
    with it. It has to be divided by the whole way from one side to the other: look at the parentheses."""

    def divisor(self) -> float:
        return 1.0


@bank.mistake("not divided")
class Multiplied(NotDivided):
    __doc__ = NotDivided.__doc__

    def divisor(self) -> float:
        return 1 / Numerical.divisor(self)


def _after(sides: float, sentence: str) -> type:
    """A class that leaves every element so many steps from where it was."""

    class NotRestored(Numerical):
        def put_back(self, parameter: Any, place: Place, kept: float) -> None:
            super().put_back(parameter, place, kept + sides * self.step())

    NotRestored.__doc__ = sentence
    return NotRestored


RESTORED = (
    "Your function leaves the weights other than they were: each element stays moved. Put every element back "
    "where it was before you go on to the next."
)
for _sides in (-1, 1, -2, 2, -3, 3):
    bank.mistake("weights not restored")(_after(_sides, RESTORED))


def _some_not_restored(names: tuple[str, ...], sides: float) -> type:
    """A class that does so for some parameters."""

    class NotRestored(Numerical):
        def put_back(self, parameter: Any, place: Place, kept: float) -> None:
            moved = any(parameter is getattr(self.model, name) for name in names)
            super().put_back(parameter, place, kept + (sides * self.step() if moved else 0.0))

    NotRestored.__doc__ = RESTORED
    return NotRestored


for _names in (("bs", "by"), ("W", "R", "V"), ("W",), ("R",), ("V",), ("bs",), ("by",)):
    for _sides in (-1, 1):
        bank.mistake("weights not restored")(_some_not_restored(_names, _sides))


@bank.mistake()
class MeanOfTheOutputs(Numerical):
    """Your gradient is that of the outputs' mean. The question asks for that of their sum."""

    def told(self, y: Array) -> Any:
        return np.mean(y)


@bank.mistake()
class FirstOutputOnly(Numerical):
    """Your gradient is that of one output alone. The question asks for that of the sum of all of them."""

    def told(self, y: Array) -> Any:
        return np.ravel(y)[0]


@bank.mistake("first output only")
class LastOutputOnly(FirstOutputOnly):
    __doc__ = FirstOutputOnly.__doc__

    def told(self, y: Array) -> Any:
        return np.ravel(y)[-1]


def _squared(told: Callable[[Array], Any]) -> type:
    class Squared(Numerical):
        """Your gradient is that of a square of the outputs. The question asks for that of their sum: nothing
        is squared."""

        def told(self, y: Array) -> Any:
            return told(y)

    return Squared


for _told in (
    lambda y: np.sum(y**2),
    lambda y: np.sum(y**2) / 2,
    lambda y: np.mean(y**2),
    lambda y: np.sum(y) ** 2,
    lambda y: np.linalg.norm(y),
):
    bank.mistake("gradient of the square")(_squared(_told))


def _fixed(step: float, divided_by_eps: bool) -> type:
    class EpsIgnored(Numerical):
        """Your differences take a step of their own, whatever eps says. eps is how far an element is to be
        moved to each side."""

        def step(self) -> float:
            return step

        def divisor(self) -> float:
            return 2 * self.eps if divided_by_eps else super().divisor()

    return EpsIgnored


# not 5e-3, and not 1e-4 divided by eps: whether these are off by more than a threshold is a matter of luck
for _step in (1e-2, 1e-3, 5e-4, 1e-1):
    bank.mistake("eps ignored")(_fixed(_step, False))
for _step in (1e-2, 1e-3, 1e-5, 1e-6):
    bank.mistake("eps ignored")(_fixed(_step, True))


@bank.mistake()
class SignWrong(Numerical):
    """Your gradient has the wrong sign. It is the outputs with the element moved up less those with it moved
    down."""

    def difference(self, parameter: Any, place: Place, kept: float) -> Any:
        return -super().difference(parameter, place, kept)


@bank.mistake()
class SizeOfTheDifference(Numerical):
    """Your gradient has no negative numbers: it is the size of each difference. Keep the sign."""

    def difference(self, parameter: Any, place: Place, kept: float) -> Any:
        return np.abs(super().difference(parameter, place, kept))


@bank.mistake()
class MovesCopies(Numerical):
    """Your gradient is zero everywhere, as your function moves copies of the weights, which the model does
    not see. Move the model's own arrays, or set moved ones."""

    def parameter(self, name: str) -> Any:
        return np.array(super().parameter(name))


@bank.mistake()
class WholeParameterMoved(Numerical):
    """Your function moves all elements of a parameter at once. Each element has a derivative of its own: move
    one, keep the others."""

    def gradient(self, name: str) -> Array:
        parameter = self.parameter(name)
        kept = np.array(parameter)
        parameter[...] = kept + self.step()
        above = self.told(np.asarray(self.model.forward(self.x)))
        parameter[...] = kept - self.step()
        below = self.told(np.asarray(self.model.forward(self.x)))
        parameter[...] = kept
        return np.full(kept.shape, (above - below) / self.divisor())


@bank.mistake("last element left out")
class LastElementLeftOut(Numerical):
    """The last element of each of your gradients is zero: your loop ends before it."""

    def places(self, gradient: Array) -> Iterator[Place]:
        return iter(list(super().places(gradient))[:-1])


@bank.mistake()
class TimeReversed(Numerical):
    """Your function gives the sequence to `forward` from its end. It should be given as it is."""

    def sequence(self) -> Any:
        return np.asarray(self.x)[::-1]


def _zero(names: tuple[str, ...]) -> type:
    class LeftAtZero(Numerical):
        def gradient(self, name: str) -> Array:
            gradient = super().gradient(name)
            return np.zeros_like(gradient) if name in names else gradient

    LeftAtZero.__doc__ = (
        f"Your gradient of {' and '.join(names)} is zero everywhere: it is made, and never filled."
    )
    return LeftAtZero


for _names in (("bs", "by"), ("bs",), ("by",)):
    bank.mistake("bias gradient zero")(_zero(_names))


@bank.mistake("axes of size one lost")
class Squeezed(Numerical):
    """Where a size is 1, your gradients lose that axis. Each should have exactly its parameter's shape."""

    def returned(self, gradients: dict[str, Array]) -> Any:
        return {name: np.squeeze(gradient) for name, gradient in gradients.items()}


@bank.mistake("gradients in a row")
class Flattened(Numerical):
    """Your gradients have one axis each. Each should have exactly its parameter's shape."""

    def returned(self, gradients: dict[str, Array]) -> Any:
        return {name: gradient.ravel() for name, gradient in gradients.items()}


@bank.mistake("gradients transposed")
class Transposed(Numerical):
    """Your gradients are transposes of what they should be. Each should have exactly its parameter's
    shape."""

    def returned(self, gradients: dict[str, Array]) -> Any:
        return {name: gradient.T for name, gradient in gradients.items()}
