"""RNNLayer with time in front, [T, N, .]: lists of steps, a dictionary of gradients for each step back."""

from collections.abc import Callable
from typing import Any

import numpy as np

from bench.family import Family, exclusive, hides

Names = frozenset[str]
Step = tuple[np.ndarray, np.ndarray, np.ndarray]  # x, prev_h and next_h
Gradients = dict[str, Any]

FORWARD = (
    "input left out",
    "input weights reshaped",
    "state left out",
    "state without its weights",
    "old state added",
    "bias subtracted",
    "bias after the activation",
    "activation before the sum",
    "hard tanh for tanh",
    "tanh twice",
    "first step left out",
    "last step left out",
    "states in reverse order",
    "last state alone",
    "one array for all states",
    "states left over",
    "state kept over calls",
    "axes of size one lost",
)
SLOPES = (
    "slope at the state",
    "slope twice",
    "slope squared as a whole",
    "slope with a plus",
    "square for the slope",
    "state for the slope",
)
DB = ("db summed over the units", "db one number")
DX = ("dx of the first step", "dx summed over time")
DH0 = (
    "dh0 before the weights",
    "dh0 of the last step",
    "dh0 summed over time",
    "dh0 with the first upstream",
)
FIRST_STATE = ("h0 left out", "last state in place of h0")
BACK = (
    *SLOPES,
    *DB,
    *DX,
    *DH0,
    *FIRST_STATE,
    "first step left out of the gradients",
    "carried gradient counted twice",
    "carried gradient adds up",
    "upstream one step off",
    "time not reversed",
    "inputs one step off",
    "last step's values everywhere",
    "steps in the wrong order",
    "first call's steps",
    "dW_ih transposed",
    "gradients in another order",
    "axes of size one lost",
)


def next_state(layer: Any, x: np.ndarray, prev_h: np.ndarray, wrong: Names) -> Any:
    """The states after a step; what comes late is added to the tanh, not inside it."""
    from_x, from_h, b = x @ layer.W_ih, prev_h @ layer.W_hh, layer.b
    if "input left out" in wrong:
        from_x = np.zeros_like(from_x)
    if "input weights reshaped" in wrong:
        from_x = x @ layer.W_ih.reshape(-1, x.shape[1]).T
    if "state left out" in wrong:
        from_h = np.zeros_like(from_h)
    if "state without its weights" in wrong:
        from_h = prev_h
    if "bias subtracted" in wrong:
        b = -b
    total, late = from_x, np.zeros_like(from_x)
    if "activation before the sum" in wrong:
        late = late + from_h
    else:
        total = total + from_h
    if "bias after the activation" in wrong:
        late = late + b
    else:
        total = total + b
    if "old state added" in wrong:
        late = late + prev_h
    next_h = np.clip(total, -1, 1) if "hard tanh for tanh" in wrong else np.tanh(total)
    if "tanh twice" in wrong:
        next_h = np.tanh(next_h)
    return next_h + late


def slope(next_h: np.ndarray, wrong: Names) -> Any:
    """The slope of tanh, from its value."""
    if "slope at the state" in wrong:
        return 1 - np.tanh(next_h) ** 2
    if "slope squared as a whole" in wrong:
        return (1 - next_h) ** 2
    if "slope with a plus" in wrong:
        return 1 + next_h**2
    if "square for the slope" in wrong:
        return next_h**2
    if "state for the slope" in wrong:
        return next_h
    return 1 - next_h**2


def step_gradients(layer: Any, step: Step, dnext_h: np.ndarray, wrong: Names) -> Gradients:
    """All gradients of one step by what they belong to, "a" for the sum before the tanh."""
    x, prev_h, next_h = step
    da = dnext_h * slope(next_h, wrong)
    if "slope twice" in wrong:
        da = da * slope(next_h, wrong)
    db = da.sum(axis=0)
    if "db summed over the units" in wrong:
        db = da.sum(axis=1)
    if "db one number" in wrong:
        db = da.sum()
    return {
        "a": da,
        "x": da @ layer.W_ih.T,
        "h": da @ layer.W_hh.T,
        "W_ih": da.T @ x if "dW_ih transposed" in wrong else x.T @ da,
        "W_hh": prev_h.T @ da,
        "b": db,
    }


def kept_step(steps: list[Step], t: int, wrong: Names) -> Step:
    """What the step back at t takes."""
    if "steps in the wrong order" in wrong:
        t = len(steps) - 1 - t
    x, prev_h, next_h = steps[t]
    if "inputs one step off" in wrong:
        x = steps[t - 1][0]
    if "last state in place of h0" in wrong:
        prev_h = steps[t - 1][2]
    if "h0 left out" in wrong:
        prev_h = steps[t - 1][2] if t > 0 else np.zeros_like(prev_h)
    if "last step's values everywhere" in wrong:
        x, _, next_h = steps[-1]
    return x, prev_h, next_h


def initial_gradient(back: dict[int, Gradients], dh: Any, dout: np.ndarray, wrong: Names) -> Any:
    """dh0, from the gradients of all steps (last first), what came back in the end, and dout [T, N, H]."""
    steps = list(back.values())
    if "dh0 before the weights" in wrong and steps:
        return steps[-1]["a"]
    if "dh0 of the last step" in wrong:
        return back[len(dout) - 1]["h"] if len(dout) - 1 in back else dh
    if "dh0 summed over time" in wrong:
        return sum((step["h"] for step in steps), start=np.zeros_like(dout[0]))
    if "dh0 with the first upstream" in wrong:
        return dh + dout[0]
    return dh


def layer_class(ahead: Names, behind: Names) -> type:
    """The class with some mistakes on its way ahead and some on its way back."""

    class RNNLayer:
        def __init__(self, input_size: int, hidden_size: int) -> None:
            rng = np.random.default_rng()
            self.W_ih = rng.uniform(-0.1, 0.1, (input_size, hidden_size))
            self.W_hh = rng.uniform(-0.1, 0.1, (hidden_size, hidden_size))
            self.b = rng.uniform(-0.1, 0.1, hidden_size)
            self.h: Any = None
            self.times, self.tape, self.states = range(0), list[Step](), list[np.ndarray]()

        def forward_step(self, x: np.ndarray, prev_h: np.ndarray) -> Any:
            next_h = next_state(self, x, prev_h, ahead)
            self.latest = x, next_h
            return next_h

        def forward(self, x: np.ndarray, h0: np.ndarray) -> Any:
            x = x.swapaxes(0, 1)
            T, N, _ = x.shape
            states = list(np.zeros((T, N, h0.shape[1])))
            if "state kept over calls" not in ahead or self.h is None:
                self.h = h0.copy()
            self.times = range(T - 1) if "last step left out" in ahead else range(T)
            if "first step left out" in ahead:
                states[0], self.times = h0, self.times[1:]
            if "first call's steps" not in behind:
                self.tape = []
            for t in self.times:
                prev_h, states[t] = self.h, self.forward_step(x[t], self.h)
                if "one array for all states" in ahead:
                    self.h[...] = states[t]
                    states[t] = self.h
                self.h = states[t]
                self.tape.append((x[t], prev_h, states[t]))
            return self.answer(states)

        def answer(self, states: list[np.ndarray]) -> Any:
            """The states as forward returns them."""
            if "states left over" in ahead:
                self.states += states
                states = self.states
            h = np.stack(states[::-1] if "states in reverse order" in ahead else states).swapaxes(0, 1)
            if "last state alone" in ahead:
                h = h[:, -1]
            return np.squeeze(h) if "axes of size one lost" in ahead else h

        def backward_step(self, prev_h: np.ndarray, dnext_h: np.ndarray) -> Any:
            x, next_h = self.latest
            gradients = step_gradients(self, (x, prev_h, next_h), dnext_h, behind)
            self.dW_ih, self.dW_hh, self.db = (gradients[name] for name in ("W_ih", "W_hh", "b"))
            self.dprev_h = gradients["h"]
            return gradients["x"]

        def backward(self, dout: np.ndarray) -> tuple[Any, ...]:
            dout = dout.swapaxes(0, 1)
            T, N, H = dout.shape
            left_out: list[Any] = [None] * self.times.start  # a step that forward leaves out has no record
            steps = left_out + self.tape[: len(self.times)]
            order = self.times if "time not reversed" in behind else self.times[::-1]
            if "first step left out of the gradients" in behind:
                order = order[:-1]
            back, dh = dict[int, Gradients](), np.zeros((N, H))
            for t in order:
                own = dout[t - 1] if "upstream one step off" in behind else dout[t]
                carried = 2 * dh if "carried gradient counted twice" in behind else dh
                back[t] = step_gradients(self, kept_step(steps, t, behind), own + carried, behind)
                dh = dh + back[t]["h"] if "carried gradient adds up" in behind else back[t]["h"]
            dx = np.zeros((T, N, len(self.W_ih)))
            for t in back:
                dx[t] = back[t]["x"]
            return self.gradients(dx.swapaxes(0, 1), initial_gradient(back, dh, dout, behind), back)

        def gradients(self, dx: np.ndarray, dh0: Any, back: dict[int, Gradients]) -> tuple[Any, ...]:
            """The five as backward returns them."""
            if "dx of the first step" in behind:
                dx = dx[:, 0]
            if "dx summed over time" in behind:
                dx = dx.sum(axis=1)
            like = next(iter(back.values()), {"W_ih": self.W_ih, "W_hh": self.W_hh, "b": self.b})
            dW_ih, dW_hh, db = (
                sum((step[name] for step in back.values()), start=np.zeros_like(like[name]))
                for name in ("W_ih", "W_hh", "b")
            )
            if "axes of size one lost" in behind:
                dx, dh0, dW_ih, dW_hh, db = map(np.squeeze, (dx, dh0, dW_ih, dW_hh, db))
            if "gradients in another order" in behind:
                return dx, dW_ih, dW_hh, db, dh0
            return dx, dh0, dW_ih, dW_hh, db

    return RNNLayer


def make_forward(mistakes: Names) -> Callable[..., Any]:
    """The class with these mistakes in its two forward methods."""
    return layer_class(mistakes, frozenset())


def make_back(mistakes: Names) -> Callable[..., Any]:
    """The class with these mistakes on its way back, in what it takes or keeps for it too."""
    return layer_class(frozenset(), mistakes)


FAMILIES: list[Family] = [
    Family(
        "RNNLayer",
        "time first, lists of states, the way ahead",
        FORWARD,
        make_forward,
        exclusive(
            ("input left out", "input weights reshaped"),
            ("state left out", "state without its weights"),
            ("hard tanh for tanh", "tanh twice"),
        )
        | hides("state left out", "activation before the sum", "state kept over calls")
        # tanh of the input's part plus the old state, both: one answer, two accounts of it
        | exclusive(
            ("state without its weights", "activation before the sum"), ("state left out", "old state added")
        )
        | hides("one array for all states", "states in reverse order")
        | hides(
            "last state alone",
            "one array for all states",
            "states in reverse order",
            "states left over",
            "last step left out",
        ),
    ),
    Family(
        "RNNLayer",
        "time first, a dictionary of gradients a step, the way back",
        BACK,
        make_back,
        exclusive(SLOPES, DB, DX, DH0, FIRST_STATE)
        | hides(
            "first step left out of the gradients",
            *FIRST_STATE,
            "dx of the first step",
            "dh0 with the first upstream",
            "time not reversed",
        )
        | hides("time not reversed", "dh0 of the last step", "steps in the wrong order")
        | hides("carried gradient adds up", "dh0 summed over time")
        | hides(
            "last step's values everywhere",
            "inputs one step off",
            "steps in the wrong order",
            "first call's steps",
        ),
    ),
]
