"""Random layers and inputs with their states and gradients from torch's autograd in float64.

Weights are drawn as torch initialises them, inputs, states and upstream gradients have scale 1. A case is
drawn anew until at least half of the elements of its states, and of each gradient that is asked for, are
compared by relative error, and until wrong layers are seen to be layers by it, too. Every case derives from
the term key and its own sizes alone, so all students of a run get the same ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch

from autograder.answers import Array, mostly_large
from autograder.course import TermKey
from autograder.suites.differences import responds_alike
from autograder.suites.draws import generator
from autograder.suites.once import once
from autograder.suites.recurrent import rnn_module, run_rnn

NAME = "rnn_layer"
# where there are several states, one is so large that its tanh is far from the line that it begins with
BENT, SEVERAL = 0.85, 8
STABLE = 0.95  # largest eigenvalue of hidden weights: without a tanh, states fade all the same
MOST_STEPS = 10  # of a sequence by which a layer is told from a sham
STILL = 1e-8  # states that move by less do not react
MOVE = 0.1  # of an input, to see what it does
PARAMETERS = ("W_ih", "W_hh", "b")
STEP_INPUTS = ("x", "prev_h", *PARAMETERS)
BEFORE = ("prev_h", "b")  # what goes into a step's sum beside its input

# all different, so that a transposed answer fails by its shape; H is less than D, so that a gradient before
# the tanh can be told from dx, and inputs can be changed without a change of what goes into the tanh
STEPS = ((3, 5, 4), (8, 6, 2), (5, 9, 3))  # N, D, H
STEPS_OF_ONE = ((1, 5, 4), (4, 1, 3), (3, 5, 1), (1, 1, 1))
SIZES = ((3, 6, 5, 4), (5, 4, 7, 2), (2, 7, 9, 3))  # N, T, D, H
ONES = ((1, 5, 3, 4), (4, 1, 3, 2), (3, 5, 1, 2), (2, 4, 3, 1), (1, 1, 1, 1))
OTHER_BATCH = (2, 4, 5, 4)  # for a layer that has seen the first of SIZES
LONG = (2, 100, 5, 3)
PROBE = (16, 7, 5)  # N, D, H


@dataclass(frozen=True)
class Case:
    """What one forward and backward pass take, and what torch says they give.

    Args:
        inputs: x [N, T, D], h0 [N, H], W_ih [D, H], W_hh [H, H], b [H]; of a single step x [N, D] and
            prev_h [N, H].
        upstream: the gradient with respect to the states, of their shape.
        states: [N, T, H]; of a single step [N, H].
        gradients: with respect to each input, named after it: "dx".
        directions: for each input one of length 1, as hidden as the numbers are: along it a gradient is
            compared with differences of the student's own forward pass.
        key: what all of it derives from.
    """

    inputs: dict[str, Array]
    upstream: Array
    states: Array
    gradients: dict[str, Array]
    directions: dict[str, Array]
    key: TermKey

    @property
    def args(self) -> tuple[Array, Array]:
        """What the forward pass is called with."""
        x, before, *_ = self.inputs.values()
        return x, before

    def moved(self, name: str, by: float) -> dict[str, Array]:
        """The inputs with one of them moved along its direction."""
        return {**self.inputs, name: self.inputs[name] + by * self.directions[name]}

    @property
    def sizes(self) -> tuple[int, int]:
        """D and H."""
        D, H = self.inputs["W_ih"].shape
        return D, H

    def of_equal_sum(self) -> dict[str, Array]:
        """Of a step whose H is at most D: other inputs for which the same goes into the tanh.

        A state or a bias of zero stays so.
        """
        x, before, W_ih, W_hh, b = self.inputs.values()
        moved = {name: self.moved(name, 1)[name] for name in self.inputs}
        before_too, b_too = (moved[name] if self.inputs[name].any() else self.inputs[name] for name in BEFORE)
        sums = x @ W_ih + (before - before_too) @ W_hh + b - b_too  # (N, H), what is left for x
        others = moved["x"] + (sums - moved["x"] @ W_ih) @ np.linalg.pinv(W_ih)
        return {**self.inputs, "x": others, "prev_h": before_too, "b": b_too}


@lru_cache(maxsize=256)
def step(key: TermKey, N: int, D: int, H: int, *, bias: bool = True, state: bool = True) -> Case:
    """A case for `forward_step` and `backward_step`: a sequence of one step without its axis T.

    Args:
        bias: whether the bias is other than zero.
        state: whether the state before the step is; if not, only the next state is of use.
    """
    return first_step(sequence(key, N, 1, D, H, bias=bias, initial=state))


def first_step(case: Case) -> Case:
    """A sequence's first step; its gradients are a step's where the sequence has no other."""

    def of_one_step(arrays: dict[str, Array], prefix: str = "") -> dict[str, Array]:
        x, *others = arrays.values()
        return dict(zip((prefix + name for name in STEP_INPUTS), (x[:, 0], *others), strict=True))

    return Case(
        of_one_step(case.inputs),
        case.upstream[:, 0],
        case.states[:, 0],
        of_one_step(case.gradients, "d"),
        of_one_step(case.directions),
        case.key,
    )


@lru_cache(maxsize=256)
def sequence(
    key: TermKey, N: int, T: int, D: int, H: int, *, bias: bool = True, initial: bool = True
) -> Case:
    """A case for `forward` and `backward`.

    Args:
        bias: whether the bias is other than zero.
        initial: whether the initial state is; if not, only the states are of use.
    """
    rng = generator(key, NAME, N, T, D, H, bias, initial)
    while True:
        inputs = {
            "x": rng.standard_normal((N, T, D)),
            "h0": rng.standard_normal((N, H)) * initial,
            "W_ih": rng.uniform(-1, 1, (D, H)) / np.sqrt(H),
            "W_hh": rng.uniform(-1, 1, (H, H)) / np.sqrt(H),
            "b": rng.uniform(-1, 1, H) / np.sqrt(H) * bias,
        }
        if np.max(np.abs(np.linalg.eigvals(inputs["W_hh"]))) > STABLE:
            continue
        upstream = rng.standard_normal((N, T, H))
        directions = {name: _direction(rng, array.shape) for name, array in inputs.items()}
        case = Case(inputs, upstream, *differentiated(inputs, upstream), directions, key)
        compared = (case.states, *case.gradients.values()) if initial else (case.states,)  # dW_hh may be zero
        bends = np.abs(case.states).max() >= BENT or case.states.size < SEVERAL
        usual = bias and initial and case.states.size >= SEVERAL
        shows = _shows_layers if T <= MOST_STEPS else _overflows_nowhere
        if bends and all(map(mostly_large, compared)) and (not usual or shows(case)):
            return case


def is_a_layer(case: Case, own: Array, moved: Callable[[str], Array]) -> bool:
    """Whether states, however wrong, are those of such a layer.

    The inputs with their weights make a difference, of all others two at most make none, as where the
    state before is left out with its weights; and three at least make roughly the one that they should.

    Args:
        moved: what the states are with that input moved.
    """
    still, as_should = set(), 0
    for name in case.inputs:
        change, expected = moved(name) - own, right_states(case.moved(name, MOVE)) - case.states
        if not np.abs(change).max() > STILL and np.abs(expected).max() > STILL:
            still.add(name)
        as_should += any(map(responds_alike, _views(change), _views(expected)))
    return not still & {"x", "W_ih"} and len(still) <= 2 and as_should >= 3


def _views(states: Array) -> list[Array]:
    """States as they are; of a sequence, whose steps may be in a wrong order, also their sum and the last."""
    return [states] if states.ndim == 2 else [states, states.sum(axis=1), states[:, -1]]


WRONG_STEPS: tuple[Callable[..., Array], ...] = (
    lambda x, h, W_ih, W_hh, b: x @ W_ih + h @ W_hh + b,
    lambda x, h, W_ih, W_hh, b: np.maximum(x @ W_ih + h @ W_hh + b, 0),
    lambda x, h, W_ih, W_hh, b: np.clip(x @ W_ih + h @ W_hh + b, -1, 1),
    lambda x, h, W_ih, W_hh, b: np.tanh(x @ W_ih + b) + h @ W_hh,
    lambda x, h, W_ih, W_hh, b: np.tanh(x @ W_ih.reshape(W_ih.shape[::-1]).T + h @ W_hh + b),
    lambda x, h, W_ih, W_hh, b: np.tanh(x @ W_ih + h @ W_hh.T + b),
    lambda x, h, W_ih, W_hh, b: np.tanh(x @ W_ih + h + b),
    lambda x, h, W_ih, W_hh, b: np.tanh(x @ W_ih + b),
    lambda x, h, W_ih, W_hh, b: np.tanh(x @ W_ih + h @ W_hh - b),
    lambda x, h, W_ih, W_hh, b: h + np.tanh(x @ W_ih + h @ W_hh + b),
)


def _shows_layers(case: Case) -> bool:
    """Whether layers with such steps are seen to be layers, and have gradients other than zero.

    Or it would be luck what their gradients earn.
    """
    for step in WRONG_STEPS:
        own, moved = _unrolled(case, step)
        if not all(gradient.any() for gradient in chain_rule(case, own).values()):
            return False
        if not is_a_layer(case, own, moved):
            return False
    return True


def _overflows_nowhere(case: Case) -> bool:
    """Whether no state that grows with such a step takes a gradient beyond all numbers."""
    with np.errstate(all="ignore"):
        gradients = (chain_rule(case, _unrolled(case, step)[0]) for step in WRONG_STEPS)
        return all(np.isfinite(each).all() for of_step in gradients for each in of_step.values())


def _unrolled(case: Case, step: Callable[..., Array]) -> tuple[Array, Callable[[str], Array]]:
    """The states with that step, and what they are with an input moved."""

    def states(inputs: dict[str, Array]) -> Array:
        x, state, *parameters = inputs.values()
        own = []
        for t in range(x.shape[1]):
            state = step(x[:, t], state, *parameters)
            own.append(state)
        return np.stack(own, axis=1)

    return states(case.inputs), lambda name: states(case.moved(name, MOVE))


def _direction(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    drawn = rng.standard_normal(shape)
    return np.asarray(drawn / np.linalg.norm(drawn))


def differentiated(inputs: dict[str, Array], upstream: Array) -> tuple[Array, dict[str, Array]]:
    """torch.nn.RNN's states for these inputs, and the gradients of its states by autograd."""
    x, h0, W_ih, W_hh, b = inputs.values()
    model = rnn_module(W_hh, W_ih, b)
    data, state = torch.tensor(x, requires_grad=True), torch.tensor(h0, requires_grad=True)
    states, _ = model(data, state[None])
    states.backward(torch.tensor(upstream))
    leaves = (data, state, *model.parameters())  # the parameters [H, D], [H, H], [H] and torch's second bias
    dx, dh0, dW_ih, dW_hh, db, _ = (np.asarray(leaf.grad, dtype=np.float64) for leaf in leaves)
    gradients = {"dx": dx, "dh0": dh0, "dW_ih": dW_ih.T, "dW_hh": dW_hh.T, "db": db}
    return states.detach().numpy(), gradients


@once(256)
def right_states(inputs: dict[str, Array]) -> Array:
    """The states for a case's inputs, of a step or of a sequence."""
    x, before, W_ih, W_hh, b = inputs.values()
    if x.ndim == 2:
        return np.asarray(np.tanh(x @ W_ih + before @ W_hh + b))
    return run_rnn(W_hh, W_ih, b, before[np.newaxis], x)


def probe(case: Case) -> Case:
    """A larger step with the same key, by which a sham is told from a wrong step."""
    return step(case.key, *PROBE)


def step_at(case: Case, states: Array, t: int, carried: Array) -> Case:
    """One step of a sequence with these states; its gradients are not known.

    Args:
        carried: what comes back from the next step.
    """
    x, h0, *parameters = case.inputs.values()
    before = states[:, t - 1] if t else h0
    inputs = dict(zip(STEP_INPUTS, (x[:, t], before, *parameters), strict=True))
    unknown = {f"d{name}": np.zeros_like(value) for name, value in inputs.items()}
    towards_x, *others = case.directions.values()
    directions = dict(zip(STEP_INPUTS, (towards_x[:, t], *others), strict=True))
    return Case(inputs, case.upstream[:, t] + carried, right_states(inputs), unknown, directions, case.key)


def chain_rule(case: Case, states: Array) -> dict[str, Array]:
    """The gradients as the right formulas give them with these states in place of the right ones."""
    return products(case, states, before_tanh(case, states))


def before_tanh(case: Case, states: Array) -> Array:
    """The gradients [N, T, H] with respect to what goes into the tanh at each step; of a step T is 1."""
    _, before, _, W_hh, _ = case.inputs.values()
    states, upstream = in_steps(states), in_steps(case.upstream)
    da, carried = np.empty_like(states), np.zeros_like(before)
    for t in reversed(range(states.shape[1])):
        da[:, t] = (upstream[:, t] + carried) * (1 - states[:, t] ** 2)
        carried = da[:, t] @ W_hh.T
    return da


def products(case: Case, states: Array, da: Array) -> dict[str, Array]:
    """The gradients that follow from those before the tanh, da [N, T, H], and from these states."""
    x, before, W_ih, W_hh, _ = case.inputs.values()
    earlier = np.concatenate([before[:, np.newaxis], in_steps(states)[:, :-1]], axis=1)  # (N, T, H)
    values = (
        (da @ W_ih.T).reshape(x.shape),
        da[:, 0] @ W_hh.T,
        np.einsum("ntd,nth->dh", in_steps(x), da),
        np.einsum("ntk,nth->kh", earlier, da),
        da.sum(axis=(0, 1)),
    )
    return dict(zip(case.gradients, values, strict=True))


def in_steps(array: Array) -> Array:
    """Of a sequence as it is, of a step [N, ...] with an axis T of 1."""
    return array if array.ndim == 3 else array[:, np.newaxis]
