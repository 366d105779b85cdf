"""What follows from a student's own code, however wrong: a mistake in one place is to cost its points alone.

States may be those of the student's own `forward_step`, or the right ones in another order. Gradients may fit
the student's own forward pass, or be put together from the student's own `backward_step`, or follow from a
gradient before the tanh that is wrong itself. Each of these asks that what is built on is no sham: that
it reacts to what it is given, and roughly as it should.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from autograder.answers import ABSOLUTE, Array, as_array
from autograder.errors import StudentFault, Trapped
from autograder.scoring import StudentCode, StudentObject
from autograder.suites.differences import TINY, is_same
from autograder.suites.rnn_layer.cases import (
    MOVE,
    PARAMETERS,
    STILL,
    Case,
    chain_rule,
    probe,
    products,
    right_states,
    step_at,
)
from autograder.suites.rnn_layer.passes import (
    OF_A_STEP,
    Forward,
    Pass,
    as_gradient,
    as_states,
    layer_for,
    sequence_back,
    step_back,
)

# Measured by `python -m bench.prove rnn_layer`: right answers on 10,000 inputs and 200 long ones stay under
# 0.03 of both thresholds, mistakes in a formula are over 5,400 times them with each of 100 keys.
# States: right at most 1e-13 (handed out in float32 3.0e-8, computed in float32 2.6e-6), rounded to four
# digits from 1.2e-4 (60 keys).
STATES = 1e-5
# Right at most 8.6e-14 (dx handed out in float32 3.0e-8), rounded to three digits from 9.7e-6, float16 from
# 7.8e-5 (60 keys). Gradients computed in float32 reach 2.4e-5 and are undecided.
GRADIENTS = 1e-6
SMALL_GRADIENTS = 1e-7  # absolute, where the relative error does not count: it goes on from there
ROUNDING = 1e-9  # states that differ by less are the same

AGREEING = 3  # gradients of five that must hang together, for the others to be judged by them
RELATED = 0.3  # cosine, either way round, from which a wrong gradient is one all the same

Unroll = Callable[[Array, Array], Array]  # states [N, T, H] of inputs [N, T, D] from a state [N, H]


def _late(unroll: Unroll, x: Array, h0: Array) -> Array:
    return np.concatenate([h0[:, np.newaxis], unroll(x, h0)[:, :-1]], axis=1)


def _alone(unroll: Unroll, x: Array, h0: Array) -> Array:
    return np.concatenate([unroll(x[:, t : t + 1], h0) for t in range(x.shape[1])], axis=1)


def _first_left_out(unroll: Unroll, x: Array, h0: Array) -> Array:
    return np.concatenate([0 * h0[:, np.newaxis], _some(unroll, x[:, 1:], h0)], axis=1)


def _first_is_initial(unroll: Unroll, x: Array, h0: Array) -> Array:
    return np.concatenate([h0[:, np.newaxis], _some(unroll, x[:, 1:], h0)], axis=1)


def _last_left_out(unroll: Unroll, x: Array, h0: Array) -> Array:
    return np.concatenate([_some(unroll, x[:, :-1], h0), 0 * h0[:, np.newaxis]], axis=1)


def _some(unroll: Unroll, x: Array, h0: Array) -> Array:
    return unroll(x, h0) if x.shape[1] else h0[:, np.newaxis][:, :0]


def _mixed(unroll: Unroll, x: Array, h0: Array) -> Array:
    states = unroll(x, h0)
    return states.transpose(1, 0, 2).reshape(states.shape)


IN_ORDER = "in order"
ARRANGEMENTS: dict[str, Callable[[Unroll, Array, Array], Array]] = {
    IN_ORDER: lambda unroll, x, h0: unroll(x, h0),
    "one step late": _late,
    "each step from the first state": _alone,
    "time reversed": lambda unroll, x, h0: unroll(x[:, ::-1], h0),
    "time reversed, in the inputs' order": lambda unroll, x, h0: unroll(x[:, ::-1], h0)[:, ::-1],
    "last first": lambda unroll, x, h0: unroll(x, h0)[:, ::-1],
    "without the first step": _first_left_out,
    "the initial state for the first": _first_is_initial,
    "without the last step": _last_left_out,
    "time first": lambda unroll, x, h0: unroll(x, h0).transpose(1, 0, 2),
    "time first, reshaped": _mixed,
    "the last everywhere": lambda unroll, x, h0: np.repeat(unroll(x, h0)[:, -1:], x.shape[1], axis=1),
    "the last alone": lambda unroll, x, h0: unroll(x, h0)[:, -1],
}


@dataclass(frozen=True)
class Order:
    """The order in which a student's states are, right or wrong, and what takes them there.

    Args:
        name: of the arrangement.
        by_itself: whether they are compared with what `forward` gives for sequences of one step, each from
            the state that it gave before, and not with what `forward_step` gives.
        proven: whether that was seen for ordinary sizes, and with it that the step is no sham.
    """

    name: str = IN_ORDER
    by_itself: bool = False
    proven: bool = False

    def right(self, case: Case) -> Array:
        """The right states of a sequence in this order."""

        def unroll(x: Array, h0: Array) -> Array:
            return right_states({**case.inputs, "x": x.copy(), "h0": h0})

        return ARRANGEMENTS[self.name](unroll, *case.args)

    @np.errstate(all="ignore")  # states of a wrong forward pass may grow without bound
    def fits(self, submission: StudentCode, case: Case, states: Array) -> bool:
        """Whether the states are those that the student's own steps give, and these no sham."""
        layer = layer_for(submission, case)

        def unroll(x: Array, h0: Array) -> Array:
            own = [h0]
            for t in range(x.shape[1]):
                own.append(self.step(layer, x[:, t], own[-1]))
            return np.stack(own[1:], axis=1)

        try:
            own = ARRANGEMENTS[self.name](unroll, *case.args)
            fits = own.shape == states.shape and is_same(states, own, STATES, ABSOLUTE)
            return fits and (self.proven or is_a_step(submission, case, self.step, reacts=True))
        except Trapped:
            raise
        except StudentFault:
            return False

    def step(self, layer: StudentObject, x: Array, h: Array) -> Array:
        """One of the student's own steps, [N, D] and [N, H] to [N, H]."""
        if self.by_itself:
            return as_states(layer.forward(x[:, np.newaxis], h), (len(h), 1, h.shape[1]))[:, 0]
        return as_states(layer.forward_step(x, h), h.shape)


def is_a_step(
    submission: StudentCode, case: Case, step: Callable[..., Array], *, reacts: bool = False
) -> bool:
    """Whether a student's step is one of such a layer, however wrong.

    Args:
        reacts: whether it must make something of the state before: without that there is no sequence.
    """
    other = probe(case)
    layer = layer_for(submission, other)
    after = step(layer, *other.args)
    taken = Forward(layer, other, after, step=step)
    if not taken.is_a_layer:
        return False
    return not reacts or bool(np.abs(taken.moved("prev_h", MOVE) - after).max() > STILL)


@np.errstate(all="ignore")
def fits_own_activation(submission: StudentCode, case: Case, after: Array) -> bool:
    """Whether the next state depends on nothing but what goes into the tanh, whatever is done with that."""
    x, before, *parameters = case.of_equal_sum().values()
    try:
        layer = submission.make("RNNLayer", *case.sizes)
        layer.assign(**dict(zip(PARAMETERS, parameters, strict=True)))
        again = as_states(layer.forward_step(x, before), after.shape)
        return is_same(again, after, STATES, ABSOLUTE) and is_a_step(submission, case, Order().step)
    except Trapped:
        raise
    except StudentFault:
        return False


@np.errstate(all="ignore")
def fits_own_forward(done: Pass, name: str, proven: bool) -> bool:
    """Whether the forward pass is wrong and the gradient is right for it.

    That is so if the right formulas give it with the student's states, or if it fits the slope of the
    student's own forward pass along a hidden direction: two calls, where the differences of every element
    would take hundreds. A forward pass that ignores what it is given, and zeros, are worth no points.
    """
    try:
        gradient = as_gradient(done.gradients[name], done.case, name)
        states = as_states(done.states, done.case.states.shape)
        if np.abs(states - done.case.states).max() <= ROUNDING:
            return False
        if not (proven or (gradient.any() and done.is_a_layer)):
            return False
        if is_equal(gradient, chain_rule(done.case, states)[name]):
            return True
        error = np.sum(gradient * done.case.directions[name[1:]]) - done.slope(name[1:])
    except Trapped:
        raise
    except StudentFault:
        return False
    return bool(abs(error) <= GRADIENTS * np.linalg.norm(gradient))


@np.errstate(all="ignore")
def own_steps(done: Pass) -> dict[str, Array]:
    """The gradients put together from the student's own steps back; none if those are a sham.

    Each step is taken on a fresh layer. Steps that are no sham give, for what comes back to them, most
    gradients roughly as the right formulas do, or at least such as hang together.
    """
    if not is_judged(done):
        return {}
    states = as_states(done.states, done.case.states.shape)
    carried = np.zeros_like(states[:, 0])
    steps: list[Pass] = []
    for t in reversed(range(states.shape[1])):
        step = step_back(done.submission, step_at(done.case, states, t, carried))
        if not steps and is_right(step):
            return {}  # what right steps give has been compared
        carried = as_gradient(step.gradients["dprev_h"], step.case, "dprev_h")
        steps.insert(0, step)
    own = {name: parts for name in OF_A_STEP if (parts := _stacked(steps, name)) is not None}
    right = [chain_rule(step.case, as_states(step.states, step.case.states.shape)) for step in steps]
    alike = [_related(parts, np.stack([each[name] for each in right])) for name, parts in own.items()]
    if not (sum(alike) >= AGREEING and doubles(steps[-1])) and not all(map(own_products, steps)):
        return {}
    dx = {"dx": np.moveaxis(own["dx"], 0, 1)} if "dx" in own and own["dx"].ndim == 3 else {}
    return {
        **dx,
        "dh0": carried,
        **{f"d{name}": own[f"d{name}"].sum(axis=0) for name in PARAMETERS if f"d{name}" in own},
    }


def doubles(step: Pass) -> bool:
    """Whether most gradients of a step are twice as large with twice the gradient that comes in."""
    case = replace(step.case, upstream=2 * step.case.upstream)
    own, twice = of_right_shape(step), of_right_shape(step_back(step.submission, case))
    return sum(name in twice and is_equal(twice[name], 2 * part) for name, part in own.items()) >= AGREEING


def is_right(step: Pass) -> bool:
    """Whether all gradients of a step follow from its own next state by the right formulas."""
    right, own = chain_rule(step.case, as_states(step.states, step.case.states.shape)), of_right_shape(step)
    return own.keys() == right.keys() and all(is_equal(own[name], right[name]) for name in right)


def is_judged(done: Pass) -> bool:
    """Whether gradients that are wrong may be worth points: not beside states that ignore what is given."""
    states = as_states(done.states, done.case.states.shape)
    return bool(np.abs(states - done.case.states).max() <= ROUNDING) or done.is_a_layer


def _stacked(steps: list[Pass], name: str) -> Array | None:
    """A gradient of all steps [T, ...], where each has it and in one shape."""
    parts = [step.gradients[name] for step in steps]
    if any(isinstance(part, StudentFault) for part in parts):
        return None
    arrays = [as_array(part, name) for part in parts]
    return np.stack(arrays) if len({array.shape for array in arrays}) == 1 else None


@np.errstate(all="ignore")
def own_products(done: Pass) -> dict[str, Array]:
    """The gradients that hang together: all follow from one gradient before the tanh, which may be wrong.

    None, where there are fewer than three, or where that has nothing to do with the gradient that comes in.
    """
    if not is_judged(done):
        return {}
    states, gradients = as_states(done.states, done.case.states.shape), of_right_shape(done)
    for source in (each for each in BEFORE_TANH if each in gradients):  # in this order, whatever the hashes
        da = _before_tanh(done.case, source, gradients[source])
        values = products(done.case, states, da)
        fitting = {name: values[name] for name in gradients if is_equal(gradients[name], values[name])}
        if len(fitting) >= AGREEING and np.abs(da).max() > TINY and follows_upstream(done, source, da):
            return fitting
    return {}


BEFORE_TANH = {"dx": "W_ih", "dprev_h": "W_hh"}  # gradients that give it, with the weights between them


def _before_tanh(case: Case, source: str, gradient: Array) -> Array:
    """The gradient before the tanh [N, T, H], by one that was made of it."""
    T = case.upstream.shape[1] if case.upstream.ndim == 3 else 1
    da = gradient @ np.linalg.pinv(case.inputs[BEFORE_TANH[source]]).T
    return np.asarray(da.reshape(-1, T, case.sizes[1]))


def of_right_shape(done: Pass) -> dict[str, Array]:
    """The gradients that are there and have the right shape."""
    gradients = {}
    for name, gradient in done.gradients.items():
        try:
            gradients[name] = as_gradient(gradient, done.case, name)
        except Trapped:
            raise
        except StudentFault:
            continue
    return gradients


def follows_upstream(done: Pass, source: str, da: Array) -> bool:
    """Whether at some step each number before the tanh is multiplied as the one that comes in is."""
    case = done.case
    N, H = len(case.upstream), case.sizes[1]
    factors = np.linspace(1, 2, N * H).reshape(N, 1, H)
    other = replace(case, upstream=case.upstream * (factors[:, 0] if case.upstream.ndim == 2 else factors))
    again = (step_back if case.upstream.ndim == 2 else sequence_back)(done.submission, other)
    moved = _before_tanh(case, source, as_gradient(again.gradients[source], case, source))
    steps = range(da.shape[1])
    return any(da[:, t].any() and is_equal(moved[:, t], (factors * da)[:, t]) for t in steps)


def is_equal(one: Array, other: Array) -> bool:
    """Whether two gradients are the same but for rounding."""
    return one.shape == other.shape and is_same(one, other, GRADIENTS, SMALL_GRADIENTS)


def _related(one: Array, other: Array) -> bool:
    """Whether two arrays have something of one direction, or of opposite ones."""
    if one.shape != other.shape or not np.abs(one).max() > TINY:
        return False
    size = float(np.linalg.norm(one) * np.linalg.norm(other))
    return size > 0 and abs(float(np.vdot(one, other))) >= RELATED * size
