"""Q2: `get_analytical_gradient(model, x)`."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.answers import Array
from autograder.evidence import Evidence
from autograder.mistakes import Bank, Formula
from autograder.suites.bptt.mistakes.network import NAMES


class Analytical(Formula):
    """What `backward` gives for the sum of the outputs."""

    def __init__(self, model: Any, x: Any) -> None:
        self.model, self.x = model, x

    def answer(self) -> Any:
        self.y = self.run()
        return self.returned(self.after(self.model.backward(self.upstream())))

    def run(self) -> Array:
        return np.asarray(self.model.forward(self.sequence()))

    def sequence(self) -> Any:
        return self.x

    def upstream(self) -> Array:
        return np.ones(np.size(self.model.by))

    def after(self, gradients: Any) -> Any:
        return gradients

    def returned(self, gradients: Any) -> Any:
        return gradients


bank = Bank("get_analytical_gradient", Analytical, ("Q2",))


@bank.mistake()
class MeanOfTheOutputs(Analytical):
    """Your gradient is that of the outputs' mean. The question asks for that of their sum: look at what you
    give to `backward`."""

    def upstream(self) -> Array:
        return super().upstream() / np.size(self.model.by)


@bank.mistake("upstream of the first output only")
class FirstOutputOnly(Analytical):
    """Your gradient is that of one output alone. The question asks for that of the sum of all of them: look
    at what you give to `backward`."""

    def upstream(self) -> Array:
        return np.asarray(np.eye(np.size(self.model.by))[0])


@bank.mistake("upstream of the first output only")
class LastOutputOnly(FirstOutputOnly):
    __doc__ = FirstOutputOnly.__doc__

    def upstream(self) -> Array:
        return np.asarray(np.eye(np.size(self.model.by))[-1])


@bank.mistake("one upstream element")
class OneUpstreamElement(Analytical):
    """Your function gives a single number to `backward`. It should have an element for every output."""

    def upstream(self) -> Array:
        return np.ones(1)


@bank.mistake("outputs as upstream")
class OutputsForUpstream(Analytical):
    """Your gradient starts from the outputs, as that of half their square does. The question asks for that of
    their sum: look at what you give to `backward`."""

    def upstream(self) -> Array:
        return np.ravel(self.y)


@bank.mistake("outputs as upstream")
class TwiceTheOutputs(OutputsForUpstream):
    """Your gradient starts from twice the outputs, as that of their square does. The question asks for that
    of their sum: look at what you give to `backward`."""

    def upstream(self) -> Array:
        return 2 * np.ravel(self.y)


@bank.mistake("outputs as upstream")
class SumForUpstream(OutputsForUpstream):
    """Your gradient starts from the sum of the outputs. It should start from that sum's gradient: look at
    what you give to `backward`."""

    def upstream(self) -> Array:
        return np.full(np.size(self.y), np.sum(self.y))


@bank.mistake("outputs as upstream")
class LessOne(OutputsForUpstream):
    """Your gradient starts from the outputs less one, as if the ones were a target. The question asks for the
    gradient of the outputs' sum: look at what you give to `backward`."""

    def upstream(self) -> Array:
        return np.ravel(self.y) - 1


@bank.mistake("upstream zero")
class UpstreamOfZeros(Analytical):
    """Your gradient is zero everywhere, as zeros are given to `backward`. Give it the gradient of the
    outputs' sum."""

    def upstream(self) -> Array:
        return np.zeros(np.size(self.model.by))


@bank.mistake()
class SignWrong(Analytical):
    """Your gradient has the wrong sign. Look at what you give to `backward`."""

    def upstream(self) -> Array:
        return -super().upstream()


@bank.mistake()
class ForwardNotRun(Analytical):
    """Your gradient belongs to the sequence that the model read before. `backward` works on what the last
    `forward` left: run that with x first."""

    def run(self) -> Array:
        return np.zeros(np.size(self.model.by))


@bank.mistake()
class TimeReversed(Analytical):
    """Your function gives the sequence to `forward` from its end. It should be given as it is."""

    def sequence(self) -> Any:
        return np.asarray(self.x)[::-1]


@bank.mistake()
class LastStepLeftOut(Analytical):
    """Your function gives `forward` a part of the sequence alone. It should be given as it is."""

    def sequence(self) -> Any:
        return self.x[:-1] if len(self.x) > 1 else self.x


@bank.mistake("sums left over")
class CountedTwice(Analytical):
    """Your gradient has been added up twice. Each element of it should count once."""

    def after(self, gradients: Any) -> Any:
        return {name: 2 * np.asarray(value) for name, value in gradients.items()}


@bank.mistake("sums left over")
class SumsLeftOver(Analytical):
    """Your function adds to the gradients of the call before. Each call should start anew."""

    def after(self, gradients: Any) -> Any:
        kept = getattr(self.model, "_added_up", {})
        total = {name: np.asarray(value) + kept.get(name, 0.0) for name, value in gradients.items()}
        self.model._added_up = total
        return total


@bank.mistake("axes of size one lost")
class Squeezed(Analytical):
    """Where a size is 1, your gradients lose that axis. Each should have exactly its parameter's shape."""

    def returned(self, gradients: Any) -> Any:
        return {name: np.squeeze(value) for name, value in gradients.items()}


# --- What is seen in the numbers ----------------------------------------------------------------------------

STEP = 1e-6  # of differences
LEAST, MOST = 1e-12, 1e-5  # how far differences are off what back-propagation gives, relative
WRONG = 1e-3  # how far a wrong `backward` is off at least


def _far(one: Array, other: Array) -> float:
    return float(np.max(np.abs(one - other)) / max(1e-300, float(np.max(np.abs(other)))))


def is_numerical(evidence: Evidence) -> bool:
    """Whether a gradient is right to some digits and no further."""
    names = [name for name in evidence.found if f"own {name}" in evidence.wanted]
    if len(names) < len(NAMES):
        return False
    found, right = evidence.found, evidence.wanted
    if any(np.shape(found[name]) != np.shape(right[name]) for name in names):
        return False
    own = max(_far(right[f"own {name}"], right[name]) for name in names)
    apart = max(_far(found[name], right[name]) for name in names)
    coarse = all(np.array_equal(found[name].astype(np.float32), found[name]) for name in names)
    return (own <= LEAST or own > WRONG) and not coarse and LEAST < apart <= MOST


def is_updated(evidence: Evidence) -> bool:
    """Whether the weights have moved along the gradient."""
    names = [name for name in evidence.found if f"d_{name}" in evidence.wanted and name in evidence.wanted]
    if len(names) < len(NAMES):
        return False
    moved = np.concatenate([np.ravel(evidence.found[name] - evidence.wanted[name]) for name in names])
    along = np.concatenate([np.ravel(evidence.wanted[f"d_{name}"]) for name in names])
    if moved.shape != along.shape:
        return False
    rate = float(moved @ along) / max(1e-300, float(along @ along))
    return rate != 0 and bool(np.max(np.abs(moved - rate * along)) <= 1e-6 * np.max(np.abs(moved)))


@bank.mistake("a numerical gradient", seen=is_numerical)
class ByDifferences(Analytical):
    """Your gradient is right to some digits and no further, as differences are. This function should call
    `backward`, whose gradients have all digits."""

    def after(self, gradients: Any) -> Any:
        return {f"d_{name}": self.differences(name) for name in NAMES}

    def differences(self, name: str) -> Array:
        """Two-sided, of the outputs' sum."""
        at = np.array(getattr(self.model, name), dtype=np.float64)
        answer = np.empty_like(at)
        for place in np.ndindex(at.shape):
            sums = []
            for step in (STEP, -STEP):
                moved = at.copy()
                moved[place] += step
                setattr(self.model, name, moved)
                sums.append(float(np.sum(self.model.forward(self.x))))
            answer[place] = (sums[0] - sums[1]) / (2 * STEP)
        setattr(self.model, name, at)
        return answer


@bank.mistake("weights changed", seen=is_updated)
class Updated(Analytical):
    """Your function takes a step of gradient descent: afterwards the weights are other ones. It should leave
    them as they were, without an update."""

    def after(self, gradients: Any) -> Any:
        kept = {name: np.array(value) for name, value in gradients.items()}
        self.model.update(0.1)
        return kept
