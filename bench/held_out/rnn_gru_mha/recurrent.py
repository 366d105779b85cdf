"""Q2, `rnn`, in three styles."""

from typing import Any

import numpy as np
import torch

from bench.family import Family, exclusive, hides
from bench.held_out.rnn_gru_mha.choose import choose

FINALS = ("first state as final", "initial state as final", "last sequence as final")
IDS = (
    "no activation",
    "sigmoid for tanh",
    "relu for tanh",
    "activation before the sum",
    "hidden weights transposed",
    "bias dropped",
    "bias counted twice",
    "zero initial state",
    "state not carried",
    "time reversed",
    "outputs one step late",
    *FINALS,
    "batch and time exchanged",
)
CLASHES = exclusive(
    ("no activation", "sigmoid for tanh", "relu for tanh"), ("bias dropped", "bias counted twice"), FINALS
) | hides("no activation", "activation before the sum")
CLASHES |= hides("state not carried", "zero initial state")  # together they are "hidden product left out"


def make_loops(wrong: frozenset[str]) -> Any:
    """One sequence after the other, one vector at a time."""
    act = choose(
        wrong,
        {
            "no activation": lambda a: a,
            "sigmoid for tanh": lambda a: 1 / (1 + np.exp(-a)),
            "relu for tanh": lambda a: np.where(a > 0, a, 0.0),
        },
        np.tanh,
    )

    def rnn(wt_h, wt_x, bias, init_state, input_data):
        """Loops over the batch outside and over time inside."""
        batch, steps, _ = input_data.shape
        hidden = len(bias)
        outputs = np.zeros((batch, steps, hidden))
        final = np.zeros((1, batch, hidden))
        order = list(range(steps))
        if "time reversed" in wrong:
            order.reverse()
        for b in range(batch):
            h = init_state[0, b].astype(np.float64)
            if "zero initial state" in wrong:
                h = np.zeros(hidden)
            new = h
            for t in order:
                from_x = input_data[b, t].astype(np.float64) @ wt_x
                from_h = h @ wt_h
                if "hidden weights transposed" in wrong:
                    from_h = wt_h @ h
                if "bias dropped" not in wrong:
                    from_x = from_x + bias
                if "bias counted twice" in wrong:
                    from_h = from_h + bias
                new = act(from_x + from_h)
                if "activation before the sum" in wrong:
                    new = act(from_x) + from_h
                outputs[b, t] = h if "outputs one step late" in wrong else new
                if "state not carried" not in wrong:
                    h = new
            final[0, b] = new
        if "first state as final" in wrong:
            final = outputs[:, 0]
        if "initial state as final" in wrong:
            final = init_state
        if "last sequence as final" in wrong:
            final = outputs[-1]
        if "batch and time exchanged" in wrong:
            outputs = outputs.transpose(1, 0, 2)
        return outputs, final

    return rnn


def make_torch(wrong: frozenset[str]) -> Any:
    """A list of torch states, stacked at the end."""
    act = choose(
        wrong,
        {
            "no activation": lambda a: a,
            "sigmoid for tanh": torch.sigmoid,
            "relu for tanh": lambda a: a.clamp(min=0),
        },
        torch.tanh,
    )

    def rnn(wt_h, wt_x, bias, init_state, input_data):
        """Appends each new state to a list that begins with the initial one."""
        wt_h, wt_x, bias, init_state, x = (
            torch.tensor(np.array(a), dtype=torch.float32) for a in (wt_h, wt_x, bias, init_state, input_data)
        )
        if "bias dropped" in wrong:
            bias = torch.zeros_like(bias)
        if "time reversed" in wrong:
            x = x.flip(1)
        if "zero initial state" in wrong:
            init_state = torch.zeros_like(init_state)
        states = [init_state[0]]
        for x_t in x.unbind(1):
            h = states[0] if "state not carried" in wrong else states[-1]
            from_x = torch.addmm(bias, x_t, wt_x)
            from_h = (wt_h @ h.T).T if "hidden weights transposed" in wrong else h @ wt_h
            if "bias counted twice" in wrong:
                from_h += bias
            early = "activation before the sum" in wrong
            states.append(act(from_x) + from_h if early else act(from_x + from_h))
        seen = states[:-1] if "outputs one step late" in wrong else states[1:]
        outputs = torch.stack(seen, dim=1)
        final = states[-1]
        if "first state as final" in wrong:
            final = states[1]
        if "initial state as final" in wrong:
            final = states[0]
        if "last sequence as final" in wrong:
            final = outputs[-1]
        if "batch and time exchanged" in wrong:
            outputs = torch.stack(seen)
        return outputs.numpy(), final[None].numpy()

    return rnn


class Cell:
    """The bias is one more row of the input's weights."""

    def __init__(self, wt_h: Any, wt_x: Any, bias: Any, wrong: frozenset[str]) -> None:
        times = choose(wrong, {"bias dropped": 0, "bias counted twice": 2}, 1)
        self.wt_in = np.vstack((wt_x, times * bias)).astype(np.float32)
        self.wt_back = wt_h.T if "hidden weights transposed" in wrong else wt_h
        self.wrong = wrong

    def squash(self, a: Any) -> Any:
        """The activation."""
        if "no activation" in self.wrong:
            return a
        if "sigmoid for tanh" in self.wrong:
            return 0.5 + 0.5 * np.tanh(a / 2)
        if "relu for tanh" in self.wrong:
            return np.maximum(a, 0)
        return np.tanh(a)

    def step(self, x: Any, h: Any) -> Any:
        """The next state of the whole batch."""
        with_one = np.append(x, np.ones((len(x), 1), dtype=np.float32), axis=1)
        if "activation before the sum" in self.wrong:
            return self.squash(with_one @ self.wt_in) + h @ self.wt_back
        return self.squash(np.hstack((with_one, h)) @ np.vstack((self.wt_in, self.wt_back)))


def make_cell(wrong: frozenset[str]) -> Any:
    """A cell object and one buffer for all states, the initial one included."""

    def rnn(wt_h, wt_x, bias, init_state, input_data):
        """Fills a buffer [B, T + 1, H]; the final state is the last of the outputs."""
        cell = Cell(wt_h, wt_x, bias, wrong)
        batch, steps = input_data.shape[:2]
        states = np.zeros((batch, steps + 1, len(bias)), dtype=np.float32)
        if "zero initial state" not in wrong:
            states[:, 0] = init_state
        xs = input_data[:, ::-1] if "time reversed" in wrong else input_data
        for t in range(steps):
            states[:, t + 1] = cell.step(xs[:, t], states[:, 0 if "state not carried" in wrong else t])
        outputs = states[:, :-1] if "outputs one step late" in wrong else states[:, 1:]
        final = choose(
            wrong,
            {
                "first state as final": states[:, 1],
                "initial state as final": states[:, 0],
                "last sequence as final": outputs[-1],
            },
            outputs[:, -1],
        )
        if "batch and time exchanged" in wrong:
            outputs = np.swapaxes(outputs, 0, 1)
        return outputs, final

    return rnn


FAMILIES = [
    Family(
        "rnn",
        "NumPy float64, loops over sequences and steps",
        IDS,
        make_loops,
        CLASHES
        | hides("first state as final", "time reversed", "outputs one step late")
        | hides("state not carried", "time reversed", "outputs one step late"),
    ),
    Family("rnn", "torch float32, a list of states stacked", IDS, make_torch, CLASHES),
    Family(
        "rnn", "a cell class with stacked weights, float32 buffer of T + 1 states", IDS, make_cell, CLASHES
    ),
]
