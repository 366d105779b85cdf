"""The recurrent layer in columns: inputs [D, B], states [H, B], and one record kept for each step."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.family import Family
from bench.held_out.rnn_layer.tape_names import CLASHES, IDS

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Kept:
    """One step forward: x [D, B]; the state before, the sum and the state after, [H, B] each."""

    x: Array
    before: Array
    total: Array
    after: Array


@dataclass(frozen=True)
class Grads:
    """The gradients of the parameters."""

    W_ih: Any = 0.0
    W_hh: Any = 0.0
    b: Any = 0.0

    def __add__(self, other: "Grads") -> "Grads":
        return Grads(self.W_ih + other.W_ih, self.W_hh + other.W_hh, self.b + other.b)

    def over(self, number: int) -> "Grads":
        """All of them divided by this number."""
        return Grads(self.W_ih / number, self.W_hh / number, self.b / number)


ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "no activation": lambda total: total,
    "sigmoid for tanh": lambda total: 1 / (1 + np.exp(-total)),
    "relu for tanh": lambda total: np.maximum(total, 0),
    "hard tanh for tanh": lambda total: np.clip(total, -1, 1),
    "tanh twice": lambda total: np.tanh(np.tanh(total)),
}
SLOPES: dict[str, Callable[[Kept], Array]] = {
    "slope missing": lambda kept: np.ones_like(kept.after),
    "slope not squared": lambda kept: 1 - kept.after,
    "slope of the pre-activation": lambda kept: 1 - kept.total**2,
    "slope of a sigmoid": lambda kept: kept.after * (1 - kept.after),
    "slope of the old state": lambda kept: 1 - kept.before**2,
    "slope at the state": lambda kept: 1 - np.tanh(kept.after) ** 2,
    "slope twice": lambda kept: (1 - kept.after**2) * (1 - kept.after**2),
    "slope squared as a whole": lambda kept: (1 - kept.after) ** 2,
    "slope with a plus": lambda kept: 1 + kept.after**2,
    "square for the slope": lambda kept: kept.after**2,
    "state for the slope": lambda kept: kept.after,
    "sign wrong": lambda kept: kept.after**2 - 1,
}


def chosen(choices: Mapping[str, Any], wrong: frozenset[str], right: Any) -> Any:
    """The choice of which the name is among the mistakes, or the right one."""
    return next((choice for name, choice in choices.items() if name in wrong), right)


class Columns:
    """The layer with the mistakes in `wrong`."""

    wrong: frozenset[str] = frozenset()

    def __init__(self, input_size: int, hidden_size: int) -> None:
        rng = np.random.default_rng()
        self.W_ih = rng.uniform(-0.1, 0.1, (input_size, hidden_size))
        self.W_hh = rng.uniform(-0.1, 0.1, (hidden_size, hidden_size))
        self.b = rng.uniform(-0.1, 0.1, hidden_size)
        self.states: list[Array] = []
        self.tape: list[Kept] = []
        self.sums = Grads()
        self.state: Array | None = None  # [H, B], the last one of a sequence

    def terms(self, x: Array, h: Array) -> tuple[Array, Array, Array]:
        """What a step adds up: of the inputs and of the state [H, B], and the bias [H, 1]."""
        wrong = self.wrong
        W, R, b = self.W_ih.T, self.W_hh.T, self.b[:, None]
        if "input weights reshaped" in wrong:
            W = self.W_ih.reshape(W.shape)
        if "recurrent weights transposed" in wrong:
            R = self.W_hh
        of_x, of_h = W @ x, R @ h
        if "input left out" in wrong:
            of_x = np.zeros_like(of_x)
        if "state left out" in wrong:
            of_h = np.zeros_like(of_h)
        if "state without its weights" in wrong:
            of_h = h
        factor = chosen({"bias dropped": 0, "bias counted twice": 2, "bias subtracted": -1}, wrong, 1)
        return of_x, of_h, factor * b

    def step(self, x: Array, h: Array) -> Kept:
        """One step forward, all in columns."""
        wrong = self.wrong
        of_x, of_h, b = self.terms(x, h)
        total, late = of_x + of_h + b, np.zeros_like(b)
        if "bias after the activation" in wrong:
            total, late = of_x + of_h, b
        if "activation before the sum" in wrong:
            total, late = of_x, of_h + b
        after = chosen(ACTIVATIONS, wrong, np.tanh)(total) + late
        if "old state added" in wrong:
            after = h + after
        return Kept(x, h, total, after)

    def forward_step(self, x: Array, prev_h: Array) -> Array:
        """Q1, from rows to columns and back."""
        self.kept = self.step(x.T, prev_h.T)
        return self.kept.after.T

    def begin(self, h0: Array) -> Array:
        """The state that the sequence starts from, [H, B]."""
        if "state kept over calls" in self.wrong and self.state is not None:
            return self.state
        return np.zeros_like(h0.T) if "zero initial state" in self.wrong else h0.T

    def forward(self, x: Array, h0: Array) -> Array:
        """Q2. Keeps a record of each step on the tape."""
        wrong, steps = self.wrong, x.shape[1]
        if "states left over" not in wrong:
            self.states = []
        if "first call's steps" not in wrong:
            self.tape = []
        start = self.begin(h0)
        self.states += [np.zeros_like(start)] * steps
        h = start.copy()
        times = range(steps - 1) if "last step left out" in wrong else range(steps)
        for t in reversed(times) if "time reversed" in wrong else times:
            before = h
            self.kept = self.step(x[:, t].T, start if "state not carried" in wrong else h)
            self.tape.append(self.kept)
            if "one array for all states" in wrong:
                h[:] = self.kept.after
            else:
                h = self.kept.after
            self.states[t - steps] = before if "states one step late" in wrong else h
        self.state = h
        if "last state alone" in wrong:
            return h.T
        states = self.states[::-1] if "states in reverse order" in wrong else self.states
        return np.stack(states).transpose(2, 0, 1)

    def bias_grad(self, ds: Array) -> Any:
        """The gradient of b, of the gradient before the tanh [H, B]."""
        wrong = self.wrong
        if "batch sum missing" in wrong:
            return ds.T
        if "db summed over the units" in wrong:
            return ds.sum(axis=0)
        if "db one number" in wrong:
            return ds.sum()
        return np.zeros(len(ds)) if "bias gradient zero" in wrong else ds.sum(axis=1)

    def step_back(self, before: Array, dh: Array) -> tuple[Array, Array, Grads]:
        """Through the step in `self.kept`: the gradients of x [D, B], the state before [H, B], the rest."""
        wrong, kept = self.wrong, self.kept
        self.ds = ds = dh * chosen(SLOPES, wrong, lambda kept: 1 - kept.after**2)(kept)
        if "dW_hh from the next state" in wrong:
            before = kept.after
        dW_ih = np.tensordot(kept.x, ds, axes=(1, 1))
        dW_hh = np.tensordot(before, ds, axes=(1, 1))
        grads = Grads(
            dW_ih.T if "dW_ih transposed" in wrong else dW_ih,
            dW_hh.T if "dW_hh transposed" in wrong else dW_hh,
            self.bias_grad(ds),
        )
        if "mean over the batch" in wrong:
            grads = grads.over(ds.shape[1])
        R = self.W_hh.T if "W_hh not transposed" in wrong else self.W_hh
        return self.W_ih @ (dh if "old upstream" in wrong else ds), R @ ds, grads

    def shaped(self, gradient: Any) -> Any:
        """A gradient as it is handed over."""
        return np.squeeze(gradient) if "axes of size one lost" in self.wrong else gradient

    def backward_step(self, prev_h: Array, dnext_h: Array) -> Any:
        """Q3, from rows to columns and back."""
        dx, dprev, grads = self.step_back(prev_h.T, dnext_h.T)
        self.dprev_h = self.shaped(dprev.T)
        self.dW_ih, self.dW_hh, self.db = map(self.shaped, (grads.W_ih, grads.W_hh, grads.b))
        return self.shaped(dx.T)

    def recall(self, tape: list[Kept], t: int) -> Array:
        """Sets what step t back reads, and gives the state before that step."""
        wrong = self.wrong
        k = len(tape) - 1 - t if "steps in the wrong order" in wrong else t
        kept = tape[k]
        if "inputs one step off" in wrong:
            kept = replace(kept, x=tape[k - 1].x)
        if "last step's values everywhere" not in wrong:
            self.kept = kept
        if "h0 left out" in wrong and k == 0:
            return np.zeros_like(kept.before)
        return kept.after if "step off by one" in wrong else kept.before

    def times_back(self, steps: int) -> range:
        """The steps in the order of the way back."""
        wrong = self.wrong
        times = range(steps - 1, 0 if "first step left out of the gradients" in wrong else -1, -1)
        if "time not reversed" in wrong:
            times = range(steps)
        return times[:1] if "only the last step" in wrong else times

    def incoming(self, douts: Array, t: int, steps: int, carried: Array) -> Array:
        """The gradient of the state after step t: its own, and what came back to it."""
        wrong = self.wrong
        dh: Array = douts[t - 1] if "upstream one step off" in wrong else douts[t]
        if "upstream of the last step only" in wrong and t != steps - 1:
            dh = np.zeros_like(dh)
        if "carried gradient dropped" in wrong:
            return dh
        return dh + 2 * carried if "carried gradient counted twice" in wrong else dh + carried

    def backward(self, dout: Array) -> Any:
        """Q4. From the tape's last record to its first."""
        wrong = self.wrong
        tape = self.tape[: dout.shape[1]]
        douts = dout.transpose(1, 2, 0)  # [T, H, B]
        if "sums left over" not in wrong:
            self.sums = Grads()
        dx = np.zeros((len(douts), len(self.W_ih), len(dout)))  # [T, D, B]
        carried = np.zeros_like(douts[0])
        dh0 = carried
        for t in self.times_back(len(tape)):
            before, received = self.recall(tape, t), carried
            dx[t], dprev, grads = self.step_back(before, self.incoming(douts, t, len(tape), carried))
            self.sums = grads if "not summed over time" in wrong else self.sums + grads
            carried = carried + dprev if "carried gradient adds up" in wrong else dprev
            dh0 = chosen(
                {
                    "dh0 missing its last step": received,
                    "dh0 before the weights": self.ds,
                    "dh0 zero": dh0,
                    "dh0 of the last step": dprev if t == len(tape) - 1 else dh0,
                    "dh0 summed over time": dh0 + dprev,
                    "dh0 with the first upstream": carried + douts[0],
                },
                wrong,
                carried,
            )
        return self.handed_over(
            dx, dh0.T, self.sums.over(len(douts)) if "mean over time" in wrong else self.sums
        )

    def handed_over(self, dx: Array, dh0: Array, grads: Grads) -> Any:
        """The five gradients in the order and the shapes of the question."""
        wrong = self.wrong
        if "dx in reverse order" in wrong:
            dx = dx[::-1]
        rows = dx.transpose(0, 2, 1) if "batch and time exchanged" in wrong else dx.transpose(2, 0, 1)
        if "dx of the first step" in wrong:
            rows = dx[0].T
        if "dx summed over time" in wrong:
            rows = dx.sum(axis=0).T
        results = (rows, dh0, grads.W_ih, grads.W_hh, grads.b)
        if "gradients in another order" in wrong:
            results = (rows, grads.W_ih, grads.W_hh, grads.b, dh0)
        return tuple(map(self.shaped, results))


def make(wrong: frozenset[str]) -> type[Columns]:
    """The layer with these mistakes."""
    return type("RNNLayer", (Columns,), {"wrong": wrong})


FAMILIES = [Family("RNNLayer", "NumPy float64, all in columns, a tape of the steps", IDS, make, CLASHES)]
