"""Q3: `exploding_rnn_params(input_size, hidden_size, rng)`; what is wrong shows in what the parameters do."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.answers import Array
from autograder.evidence import Evidence
from autograder.mistakes import Bank
from autograder.suites.long_term.judge import EXPLODED
from autograder.suites.long_term.mistakes.rotation import ScaledRotation
from autograder.suites.long_term.parameters import ZERO_NORMS, has_one_size


class ExplodingRNNParams(ScaledRotation):
    """A rotation that stretches."""

    scale = 2.0


bank = Bank("exploding_rnn_params", ExplodingRNNParams, ("Q3",))


def stays_small(evidence: Evidence) -> Any:
    """Which RNNs' gradients are too small at step 30, [RNNs]."""
    norms = evidence.found.get(ZERO_NORMS)
    return np.zeros(1, dtype=bool) if norms is None else norms <= EXPLODED


def stays_small_without_a_bias(evidence: Evidence) -> Any:
    """Which would be so with a bias of zero, too: tanh then bends nothing, and the weights decide alone."""
    return stays_small(evidence) & (evidence.found.get("stretch of 31 steps", np.zeros(1)) <= EXPLODED)


def has_a_bias(evidence: Evidence) -> bool:
    """Whether some RNN's gradient does not explode, and its bias is not zero."""
    small = stays_small(evidence)
    return bool(np.any(small & (evidence.found["largest bias"] > 0))) if small.any() else False


def explodes_for_many_units(evidence: Evidence) -> bool:
    """Whether its weights have one size, which does for some of the RNNs."""
    small = stays_small_without_a_bias(evidence)
    return bool(small.any() and not small.all() and has_one_size(evidence))


def does_not_explode(evidence: Evidence) -> bool:
    """Whether its weights are too small for another reason."""
    return bool(stays_small_without_a_bias(evidence).any()) and not explodes_for_many_units(evidence)


@bank.mistake("does not explode", seen=does_not_explode)
class DoesNotExplode(ExplodingRNNParams):
    """Your gradient does not grow enough in 31 steps: the recurrent weights stretch it too little at each of
    them. The factor of a step should be clearly above 1; look at wt_h, and how large it is."""

    scale = 1.0


@bank.mistake("bias not zero", seen=has_a_bias)
class BiasNotZero(ExplodingRNNParams):
    """Your bias is not zero. Inputs and the initial state are, so the bias alone takes the states away from
    zero; large weights make them large, and tanh is flat there: the gradient dies."""

    def bias(self) -> Array:
        return super().bias() + 1


@bank.mistake("scale does not depend on H", seen=explodes_for_many_units)
class ScaleDoesNotDependOnH(ExplodingRNNParams):
    """Your recurrent weights have the same size whatever H is: for some H or some draws the gradient
    explodes, for others it does not. Few units add up to less than many: the scale must depend on H."""

    def wt_h(self) -> Array:
        return np.asarray(0.2 * self.rng.standard_normal((self.H, self.H)))
