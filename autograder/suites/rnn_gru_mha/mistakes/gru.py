"""Q3: `gru(linear_trans_r, linear_trans_z, linear_trans_n, init_state, input_data)`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import permutations
from typing import Any

import numpy as np
from scipy.special import expit

from autograder.answers import Array
from autograder.mistakes import Bank
from autograder.suites.rnn_gru_mha.mistakes.unroll import Unrolled, add_shared

Trans = tuple[Array, Array, Array, Array]  # wt_x [I, H], bias_x [H], wt_h [H, H], bias_h [H]


class GRU(Unrolled):
    """torch's equations."""

    def __init__(self, r: Any, z: Any, n: Any, init_state: Any, input_data: Any) -> None:
        self.given: dict[str, Trans] = {
            name: tuple(np.asarray(part, dtype=np.float64) for part in trans)  # type: ignore[misc]
            for name, trans in zip("rzn", (r, z, n), strict=True)
        }
        self.init_state, self.input_data = init_state, input_data

    def trans(self, name: str) -> Trans:
        """The parameters of `r`, `z` or `n`."""
        return self.given[name]

    def squash(self, name: str, a: Array) -> Array:
        """What makes a gate of a sum."""
        return np.asarray(expit(a))

    def gate(self, name: str, x: Array, h: Array) -> Array:
        wt_x, bias_x, wt_h, bias_h = self.trans(name)
        return self.squash(name, x @ wt_x + bias_x + h @ wt_h + bias_h)

    def reset(self, x: Array, h: Array) -> Array:
        return self.gate("r", x, h)

    def update(self, x: Array, h: Array) -> Array:
        return self.gate("z", x, h)

    def activation(self, a: Array) -> Array:
        return np.tanh(a)

    def summed(self, r: Array, x: Array, h: Array, trans: Trans) -> Array:
        """What the new state is the tanh of."""
        wt_x, bias_x, wt_h, bias_h = trans
        return np.asarray(x @ wt_x + bias_x + r * (h @ wt_h + bias_h))

    def new_state(self, x: Array, h: Array) -> Array:
        return self.activation(self.summed(self.reset(x, h), x, h, self.trans("n")))

    def mixed(self, z: Array, n: Array, h: Array) -> Array:
        return (1 - z) * n + z * h

    def step(self, x: Array, h: Array) -> Array:
        return self.mixed(self.update(x, h), self.new_state(x, h), h)


bank = Bank("gru", GRU, ("Q3",))
add_shared(bank, GRU)


# --- The reset gate -----------------------------------------------------------------------------------------


@bank.mistake()
class ResetBeforeTheProduct(GRU):
    """Your answer is that of a GRU whose reset gate multiplies the state before its product with the weights.
    In the question's formula it multiplies what comes out of that product. Look at your line for the new
    state."""

    def summed(self, r: Array, x: Array, h: Array, trans: Trans) -> Array:
        wt_x, bias_x, wt_h, bias_h = trans
        return np.asarray(x @ wt_x + bias_x + (r * h) @ wt_h + bias_h)


@bank.mistake("hidden bias outside of the reset")
class HiddenBiasOutsideOfTheReset(GRU):
    """In your answer the reset gate multiplies the state's product with the weights, but not `bias_h` of the
    new state. It should multiply the sum of both: look at the parentheses."""

    def summed(self, r: Array, x: Array, h: Array, trans: Trans) -> Array:
        wt_x, bias_x, wt_h, bias_h = trans
        return np.asarray(x @ wt_x + bias_x + r * (h @ wt_h) + bias_h)


@bank.mistake("reset on everything")
class ResetOnEverything(GRU):
    """In your answer the reset gate multiplies the input's part of the new state, too. It should multiply the
    state's part alone: look at the parentheses."""

    def summed(self, r: Array, x: Array, h: Array, trans: Trans) -> Array:
        wt_x, bias_x, wt_h, bias_h = trans
        return np.asarray(r * (x @ wt_x + bias_x + h @ wt_h + bias_h))


@bank.mistake("reset on the input")
class ResetOnTheInput(GRU):
    """In your answer the reset gate multiplies the input's part of the new state. It should multiply the
    state's part."""

    def summed(self, r: Array, x: Array, h: Array, trans: Trans) -> Array:
        wt_x, bias_x, wt_h, bias_h = trans
        return np.asarray(r * (x @ wt_x + bias_x) + h @ wt_h + bias_h)


@bank.mistake()
class NoReset(GRU):
    """Your answer is that of a GRU without its reset gate: the new state sees the whole old one. Look at your
    line for the new state."""

    def summed(self, r: Array, x: Array, h: Array, trans: Trans) -> Array:
        return super().summed(np.ones_like(r), x, h, trans)


@bank.mistake()
class ResetGateInverted(GRU):
    """In your answer one minus the reset gate stands where the reset gate should. Look at your line for
    the new state."""

    def reset(self, x: Array, h: Array) -> Array:
        return 1 - super().reset(x, h)


# --- The update gate ----------------------------------------------------------------------------------------


@bank.mistake()
class UpdateGateInverted(GRU):
    """Your answer has the update gate the wrong way round: it takes of the new state what it should keep
    of the old one. Look at which of the two the gate multiplies in the question's last formula."""

    def update(self, x: Array, h: Array) -> Array:
        return 1 - super().update(x, h)


@bank.mistake()
class NoUpdateGate(GRU):
    """Your answer leaves the update gate out: each state is the new state alone. It should be a mixture
    of the new state and the old one, as the question's last formula says."""

    def mixed(self, z: Array, n: Array, h: Array) -> Array:
        return n


WHOLE = """In your answer the weights of the new state and of the old one do not add up to 1: one of the
    two is added as a whole. Look at the question's last formula, which has a factor before each."""


@bank.mistake("update keeps the whole state")
class KeepsTheOldState(GRU):
    __doc__ = WHOLE

    def mixed(self, z: Array, n: Array, h: Array) -> Array:
        return (1 - z) * n + h


@bank.mistake("update keeps the whole state")
class TakesTheNewState(GRU):
    __doc__ = WHOLE

    def mixed(self, z: Array, n: Array, h: Array) -> Array:
        return n + z * h


@bank.mistake("old state left out")
class OldStateLeftOut(GRU):
    """Your answer takes a part of the new state, and nothing of the old one. The question's last formula adds
    the old state times the update gate."""

    def mixed(self, z: Array, n: Array, h: Array) -> Array:
        return (1 - z) * n


@bank.mistake("old state left out")
class GateForTheOldState(GRU):
    """Your answer adds the update gate where it should add the old state times the update gate. Look at the
    question's last formula."""

    def mixed(self, z: Array, n: Array, h: Array) -> Array:
        return (1 - z) * n + z


@bank.mistake("parentheses missing")
class ParenthesesMissing(GRU):
    """Your answer has 1 less the product of update gate and new state in its last line, where a difference
    should be multiplied. A product binds more strongly than a difference: look at the parentheses."""

    def mixed(self, z: Array, n: Array, h: Array) -> Array:
        return 1 - z * n + z * h


# --- Which parameters a part has ----------------------------------------------------------------------------


def give(name: str, sentence: str, changed: Callable[[str, Callable[[str], Trans]], Trans]) -> None:
    """Note a GRU in which a part has other parameters.

    Args:
        changed: those of a part, out of what gives a part's parameters.
    """

    class Given(GRU):
        __doc__ = sentence

        def trans(self, name: str) -> Trans:
            return changed(name, super().trans)

    bank.mistake(name)(Given)


def exchanged(name: str, sentence: str, order: Mapping[str, str]) -> None:
    """Note a GRU in which a part has the parameters of another."""
    give(name, sentence, lambda part, trans: trans(order.get(part, part)))


def altered(name: str, sentence: str, parts: str, change: Callable[..., Trans]) -> None:
    """Note a GRU in which the parameters of some parts are altered."""
    give(name, sentence, lambda part, trans: change(*trans(part)) if part in parts else trans(part))


exchanged(
    "gates exchanged",
    """Your answer has the reset gate and the update gate exchanged. Look at the order in which the tuples
    come, r, z, n, and at which gate is used where.""",
    {"r": "z", "z": "r"},
)

for places in permutations("rzn"):
    if places not in {("r", "z", "n"), ("z", "r", "n")}:
        exchanged(
            "gates in another order",
            """Your answer takes the parameters of the new state for a gate. The tuples come in the order
            r, z, n: look at which of them you use where.""",
            dict(zip("rzn", places, strict=True)),
        )

for copied in ({"r": "z"}, {"z": "r"}):
    exchanged(
        "one gate for both",
        """In your answer one gate does the work of both: it has the parameters of the other, or it stands in
        a later line where the other belongs. The reset gate is made of `linear_trans_r`, the update gate of
        `linear_trans_z`: look for a line that was copied, and at which gate each line uses.""",
        copied,
    )


def borrowed(part: str, other: str, place: int) -> None:
    """Note a GRU in which a part has one of its four parameters from another."""

    def changed(name: str, trans: Callable[[str], Trans]) -> Trans:
        own = list(trans(name))
        if name == part:
            own[place] = trans(other)[place]
        return own[0], own[1], own[2], own[3]

    give(
        "a parameter of another part",
        """In your answer a gate, or the new state, has one of its four parameters from another tuple. Look at
        the names in each of the three sums: it may be a line that was copied.""",
        changed,
    )


for part, other in ("rz", "zr", "nr", "nz"):
    for place in (0, 2):
        borrowed(part, other, place)

for parts in ("rzn", "rz", "n", "r", "z"):
    altered(
        "hidden weights transposed",
        """Your answer multiplies the state with the transpose of some `wt_h`. In the question's formulas
        it is multiplied with `wt_h` itself, from the right: look at these products.""",
        parts,
        lambda wt_x, bias_x, wt_h, bias_h: (wt_x, bias_x, wt_h.T, bias_h),
    )
    altered(
        "hidden product left out",
        """Your answer leaves the state's product with some `wt_h` out. In the question's formulas both
        gates and the new state have one.""",
        parts,
        lambda wt_x, bias_x, wt_h, bias_h: (wt_x, bias_x, 0 * wt_h, bias_h),
    )
    altered(
        "input left out",
        """Your answer leaves the input's product with some `wt_x` out. In the question's formulas both
        gates and the new state have one.""",
        parts,
        lambda wt_x, bias_x, wt_h, bias_h: (0 * wt_x, bias_x, wt_h, bias_h),
    )

for parts in ("rz", "r", "z"):
    for kept in ((1, 0), (0, 1), (0, 0)):
        altered(
            "gate bias dropped",
            """Your answer leaves a bias of a gate out. Each gate has two, `bias_x` and `bias_h`: look at both
            sums.""",
            parts,
            lambda wt_x, bias_x, wt_h, bias_h, kept=kept: (wt_x, kept[0] * bias_x, wt_h, kept[1] * bias_h),
        )

altered(
    "hidden bias dropped",
    """Your answer leaves `bias_h` of the new state out. It is added to the state's product with the
    weights, and the reset gate multiplies both.""",
    "n",
    lambda wt_x, bias_x, wt_h, bias_h: (wt_x, bias_x, wt_h, 0 * bias_h),
)
altered(
    "input bias dropped",
    """Your answer leaves `bias_x` of the new state out. It is added to the input's product with the
    weights.""",
    "n",
    lambda wt_x, bias_x, wt_h, bias_h: (wt_x, 0 * bias_x, wt_h, bias_h),
)


altered(
    "biases of the new state exchanged",
    """Your answer has the two biases of the new state in each other's place. `bias_h` belongs to the state's
    product, which the reset gate multiplies, `bias_x` to the input's.""",
    "n",
    lambda wt_x, bias_x, wt_h, bias_h: (wt_x, bias_h, wt_h, bias_x),
)

for parts in ("rzn", "rz", "n"):
    altered(
        "one bias twice",
        """Your answer uses `bias_x` where `bias_h` belongs as well. Each sum has both, once.""",
        parts,
        lambda wt_x, bias_x, wt_h, bias_h: (wt_x, bias_x, wt_h, bias_x),
    )


# --- Activations --------------------------------------------------------------------------------------------


def squashed(name: str, sentence: str, gates: str, by: Callable[[Array], Array]) -> None:
    """Note a GRU whose gates use another function than the sigmoid."""

    class Squashed(GRU):
        __doc__ = sentence

        def squash(self, name: str, a: Array) -> Array:
            return by(a) if name in gates else super().squash(name, a)

    bank.mistake(name)(Squashed)


for gates in ("rz", "r", "z"):
    squashed(
        "tanh for sigmoid",
        """Your answer has tanh in a gate in place of the sigmoid. Both gates are sigmoids, from 0 to 1; tanh
        belongs to the new state alone.""",
        gates,
        np.tanh,
    )
    squashed(
        "no sigmoid",
        """Your answer has a gate without its sigmoid. Both gates are sigmoids of their sums, from 0 to 1.""",
        gates,
        lambda a: a,
    )


for wrong in (lambda a: (1 + np.tanh(a)) / 2, lambda a: 1 + np.tanh(a / 2) / 2):
    squashed(
        "wrong sigmoid",
        """Your gates use a function that looks like the sigmoid and is another. Try it alone: it should be
        0.5 at 0 and 0.7311 at 1, and lie between 0 and 1.""",
        "rz",
        wrong,
    )


def hard_sigmoid(slope: float) -> Callable[[Array], Array]:
    """A line with this slope, cut off at 0 and 1."""
    return lambda a: np.clip(slope * a + 0.5, 0, 1)


for slope in (1 / 4, 1 / 5, 1 / 6):
    squashed(
        "hard sigmoid",
        """Your gates use a sigmoid made of straight lines. The sigmoid of the question is 1 / (1 +
        exp(-x)).""",
        "rz",
        hard_sigmoid(slope),
    )

squashed(
    "sign in the sigmoid",
    """Your sigmoid has a wrong sign in its exponent, so that both gates are inverted. It is 1 / (1 +
    exp(-x)).""",
    "rz",
    lambda a: np.asarray(expit(-a)),
)


@bank.mistake("sigmoid for tanh")
class SigmoidForTanh(GRU):
    """Your answer has a sigmoid in the new state in place of tanh. Look at your line for the new state."""

    def activation(self, a: Array) -> Array:
        return np.asarray(expit(a))


@bank.mistake("relu for tanh")
class ReluForTanh(GRU):
    """Your answer has ReLU in the new state in place of tanh. Look at your line for the new state."""

    def activation(self, a: Array) -> Array:
        return np.maximum(a, 0)


@bank.mistake()
class NoActivation(GRU):
    """Your answer has a new state without tanh. Look at your line for the new state."""

    def activation(self, a: Array) -> Array:
        return a


# --- Where the state of the step before is used -------------------------------------------------------------

CARRIED = """In your answer a part of the formula uses `init_state` where it should use the state of the step
    before. Look at which variable each of your lines uses."""


@bank.mistake("state not carried")
class NotCarriedToTheGates(GRU):
    __doc__ = CARRIED

    def gate(self, name: str, x: Array, h: Array) -> Array:
        return super().gate(name, x, self.start())


@bank.mistake("state not carried")
class NotCarriedToTheNewState(GRU):
    __doc__ = CARRIED

    def summed(self, r: Array, x: Array, h: Array, trans: Trans) -> Array:
        return super().summed(r, x, self.start(), trans)


@bank.mistake("state not carried")
class NotCarriedToTheMixture(GRU):
    __doc__ = CARRIED

    def mixed(self, z: Array, n: Array, h: Array) -> Array:
        return super().mixed(z, n, self.start())
