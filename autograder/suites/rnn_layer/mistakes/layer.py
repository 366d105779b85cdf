"""A right layer in parts, each of which a mistake replaces; the parts of a step are the sequence's, too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.answers import Array
from autograder.mistakes import Bank

Gradients = dict[str, Any]  # dx, dprev_h, dW_ih, dW_hh, db of one step


@dataclass(frozen=True)
class Step:
    """A step forward.

    Args:
        x: [N, D].
        before: the state that it starts from, [N, H].
        a: what goes into the tanh.
        after: the next state.
    """

    x: Array
    before: Array
    a: Array
    after: Array


class Layer:
    """The question's formulas; tests assign the parameters.

    `whole` tells whether `forward` or `backward` is at work, and not a single step.
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        self.W_ih = np.zeros((input_size, hidden_size))
        self.W_hh = np.zeros((hidden_size, hidden_size))
        self.b = np.zeros(hidden_size)
        self.whole = False

    # one step forward

    def recurrent_weights(self) -> Array:
        return self.W_hh

    def bias(self) -> Array:
        return self.b

    def from_input(self, x: Array) -> Array:
        return x @ self.W_ih

    def from_state(self, h: Array) -> Array:
        return h @ self.recurrent_weights()

    def before_activation(self, x: Array, h: Array) -> Array:
        return self.from_input(x) + self.from_state(h) + self.bias()

    def activation(self, a: Array) -> Array:
        return np.tanh(a)

    def next_state(self, x: Array, h: Array, a: Array) -> Array:
        return self.activation(a)

    def step(self, x: Array, h: Array) -> Step:
        a = self.before_activation(x, h)
        return Step(x, h, a, self.next_state(x, h, a))

    def forward_step(self, x: Array, prev_h: Array) -> Any:
        self.whole = False
        self.taken = self.step(x, prev_h)
        return self.given_state(self.taken.after)

    def given_state(self, next_h: Array) -> Any:
        return next_h

    # a sequence forward

    def start(self, h0: Array) -> Array:
        return h0

    def goes_on_from(self, steps: Sequence[Step], h0: Array) -> Array:
        return steps[-1].after if steps else h0

    def inputs(self, x: Array) -> Sequence[Array]:
        return [x[:, t] for t in range(x.shape[1])]

    def walk(self, x: Array, h0: Array) -> list[Step]:
        steps: list[Step] = []
        for x_t in self.inputs(x):
            steps.append(self.step(x_t, self.goes_on_from(steps, h0)))
        return steps

    def forward(self, x: Array, h0: Array) -> Any:
        self.whole = True
        self.steps = self.walk(x, self.start(h0))
        return self.given_states(self.states(h0))

    def states(self, h0: Array) -> Array:
        return np.stack([step.after for step in self.steps], axis=1)  # (N, T, H)

    def given_states(self, h: Array) -> Any:
        return h

    # one step back

    def slope(self, step: Step) -> Array:
        return 1 - step.after**2

    def before_tanh(self, step: Step, upstream: Array) -> Array:
        return upstream * self.slope(step)

    def gradients(self, step: Step, upstream: Array) -> Gradients:
        da = self.before_tanh(step, upstream)  # (N, H)
        return {name: getattr(self, f"make_{name}")(step, da, upstream) for name in NAMES}

    def make_dx(self, step: Step, da: Array, upstream: Array) -> Any:
        return da @ self.W_ih.T

    def make_dprev_h(self, step: Step, da: Array, upstream: Array) -> Any:
        return da @ self.W_hh.T

    def make_dW_ih(self, step: Step, da: Array, upstream: Array) -> Any:  # noqa: N802 - the gradient's name
        return step.x.T @ da

    def make_dW_hh(self, step: Step, da: Array, upstream: Array) -> Any:  # noqa: N802
        return step.before.T @ da

    def make_db(self, step: Step, da: Array, upstream: Array) -> Any:
        return da.sum(axis=0)

    def backward_step(self, prev_h: Array, dnext_h: Array) -> Any:
        self.whole = False
        gradients = self.given_gradients(self.gradients(self.taken, dnext_h))
        for name in NAMES[1:]:
            setattr(self, name, gradients[name])
        return gradients["dx"]

    def given_gradients(self, gradients: Gradients) -> Gradients:
        return gradients

    # a sequence back

    def backward(self, dout: Array) -> Any:
        self.whole = True
        ways = self.way_back(dout)
        sums = {name: self.total(name, [way[name] for way in ways]) for name in NAMES[2:]}
        return self.given_back({"dx": self.all_dx(ways), "dh0": self.dh0(ways, dout), **sums})

    def way_back(self, dout: Array) -> list[Gradients]:
        """The gradients of each step, in the order of time."""
        ways: list[Gradients] = []
        carried = self.from_the_end(dout)
        for t in reversed(range(dout.shape[1])):
            ways.insert(0, self.gradients(self.step_taken(t), self.upstream(dout, t, carried)))
            carried = ways[0]["dprev_h"]
        return ways

    def from_the_end(self, dout: Array) -> Array:
        return np.zeros_like(dout[:, 0])

    def step_taken(self, t: int) -> Step:
        return self.steps[t]

    def upstream(self, dout: Array, t: int, carried: Array) -> Array:
        return dout[:, t] + carried

    def total(self, name: str, parts: Sequence[Any]) -> Any:
        """A parameter's gradient of all steps, by those of each; of a number for all units one for each."""
        return sum(parts, np.zeros_like(self.b) if name == "db" and np.ndim(parts[0]) == 0 else 0)

    def all_dx(self, ways: Sequence[Gradients]) -> Any:
        return np.stack([way["dx"] for way in ways], axis=1)  # (N, T, D)

    def dh0(self, ways: Sequence[Gradients], dout: Array) -> Any:
        return ways[0]["dprev_h"]

    def given_back(self, gradients: Gradients) -> Any:
        return tuple(gradients.values())


NAMES = ("dx", "dprev_h", "dW_ih", "dW_hh", "db")
PARAMETERS = NAMES[2:]

bank = Bank("RNNLayer", Layer, ("Q1", "Q2", "Q3", "Q4"))


def only_whole(part: type) -> type:
    """The mistake in `forward` or `backward` alone, whose lines are not those of the single step."""

    def replaced(name: str) -> Any:
        def method(self: Any, *args: Any) -> Any:
            place = super(mixed if self.whole else part, self)  # with the mistake, or past it
            return getattr(place, name)(*args)

        return method

    methods = {name: replaced(name) for name, value in vars(part).items() if callable(value)}
    mixed: type = type(f"{part.__name__}InTheSequence", (part,), {**methods, "__doc__": part.__doc__})
    return mixed
