"""Q3: `vanishing_rnn_params(input_size, hidden_size, rng)`; what is wrong shows in what the parameters do."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.answers import Array
from autograder.evidence import Evidence
from autograder.mistakes import Bank
from autograder.suites.long_term.judge import EARLY, VANISHED
from autograder.suites.long_term.mistakes.rotation import ScaledRotation
from autograder.suites.long_term.parameters import EARLY_NORMS, LATE_NORMS, has_one_size


class VanishingRNNParams(ScaledRotation):
    """A rotation that shrinks."""

    scale = 0.5


bank = Bank("vanishing_rnn_params", VanishingRNNParams, ("Q3",))


def dies_early(evidence: Evidence) -> Any:
    """Which RNNs' gradients are too small at step 1 already, [RNNs]."""
    norms = evidence.found.get(EARLY_NORMS)
    return np.zeros(1, dtype=bool) if norms is None else np.min(norms, axis=1) <= EARLY


def vanishes(evidence: Evidence) -> Any:
    """Which RNNs' gradients are small enough at step 30, [RNNs]."""
    norms = evidence.found.get(LATE_NORMS)
    return np.ones(1, dtype=bool) if norms is None else np.max(norms, axis=1) < VANISHED


def is_dead_by_its_weights(evidence: Evidence) -> bool:
    """Whether the recurrent weights alone leave nothing, even where tanh is steepest."""
    dead = dies_early(evidence)
    return bool(np.any(dead & (evidence.found["stretch of 2 steps"] <= EARLY))) if dead.any() else False


def is_dead_by_saturation(evidence: Evidence) -> bool:
    """Whether it is the slopes of tanh that leave nothing."""
    dead = dies_early(evidence)
    return bool(np.any(dead & (evidence.found["stretch of 2 steps"] > EARLY))) if dead.any() else False


def vanishes_for_few_units(evidence: Evidence) -> bool:
    """Whether it vanishes for some H, and for the rest does not because all have weights of one size."""
    gone = vanishes(evidence)
    return bool(gone.any() and not gone.all() and has_one_size(evidence))


def vanishes_too_slowly(evidence: Evidence) -> bool:
    """Whether it does not vanish for another reason."""
    return not vanishes(evidence).all() and not vanishes_for_few_units(evidence)


@bank.mistake("dead from the start", seen=is_dead_by_its_weights)
class DeadFromTheStart(VanishingRNNParams):
    """Your gradient is gone at step 1 already: the recurrent weights are zero, or so small that two steps
    leave nothing. It should shrink little by little, by the same moderate factor at every step."""

    scale = 0.0


@bank.mistake("dead from the start", seen=is_dead_by_saturation)
class Saturated(VanishingRNNParams):
    """Your gradient is gone at step 1 already, because tanh is flat where your states are: the bias, the
    inputs or the sum of the recurrent weights take them too far from zero. Keep all three small."""

    def bias(self) -> Array:
        return super().bias() + 20


@bank.mistake("does not vanish", seen=vanishes_too_slowly)
class DoesNotVanish(VanishingRNNParams):
    """Your gradient is still there at step 30: the recurrent weights keep too much of it at each step. The
    factor of a step should be clearly below 1; look at the scale of wt_h."""

    scale = 1.0


@bank.mistake("does not vanish", seen=vanishes_for_few_units)
class DoesNotVanishForManyUnits(VanishingRNNParams):
    """Your gradient vanishes for some H, and is still there at step 30 for others: your recurrent weights
    have the same size whatever H is. Many units add up to more than few: the scale must depend on H."""

    def wt_h(self) -> Array:
        return np.asarray(0.13 * self.rng.standard_normal((self.H, self.H)))
