"""Q3, `gru`, in three styles."""

from typing import Any

import numpy as np
import torch
from scipy.special import expit

from bench.family import Family, exclusive, hides
from bench.held_out.rnn_gru_mha.choose import choose

FINALS = ("first state as final", "initial state as final", "last sequence as final")
IDS = (
    "reset before the product",
    "reset on everything",
    "no reset",
    "reset gate inverted",
    "update gate inverted",
    "no update gate",
    "update keeps the whole state",
    "gates exchanged",
    "hidden bias outside of the reset",
    "hidden bias dropped",
    "gate bias dropped",
    "tanh for sigmoid",
    "sigmoid for tanh",
    "no activation",
    "hidden weights transposed",
    "zero initial state",
    "state not carried",
    "time reversed",
    "outputs one step late",
    *FINALS,
    "batch and time exchanged",
)
CLASHES = exclusive(
    ("reset before the product", "reset on everything", "no reset", "hidden bias outside of the reset"),
    ("no update gate", "update keeps the whole state", "update gate inverted"),
    ("sigmoid for tanh", "no activation"),
    ("hidden bias dropped", "hidden bias outside of the reset"),
    ("update gate inverted", "reset gate inverted"),  # both: the sign in the sigmoid
    FINALS,
) | hides("no reset", "reset gate inverted")


def make_loops(wrong: frozenset[str]) -> Any:
    """One sequence after the other, one vector at a time."""

    def sigmoid(a):
        return 1.0 / (1.0 + np.exp(-a))

    gate = np.tanh if "tanh for sigmoid" in wrong else sigmoid
    squash = choose(wrong, {"sigmoid for tanh": sigmoid, "no activation": lambda a: a}, np.tanh)

    def recall(h, wt):
        return wt @ h if "hidden weights transposed" in wrong else h @ wt

    def gru(linear_trans_r, linear_trans_z, linear_trans_n, init_state, input_data):
        """Loops over the batch outside and over time inside."""
        if "gates exchanged" in wrong:
            linear_trans_r, linear_trans_z = linear_trans_z, linear_trans_r
        wxr, bxr, whr, bhr = (np.asarray(a, dtype=np.float64) for a in linear_trans_r)
        wxz, bxz, whz, bhz = (np.asarray(a, dtype=np.float64) for a in linear_trans_z)
        wxn, bxn, whn, bhn = (np.asarray(a, dtype=np.float64) for a in linear_trans_n)
        if "gate bias dropped" in wrong:
            bhr = bhz = 0.0
        if "hidden bias dropped" in wrong:
            bhn = 0.0
        batch, steps, _ = input_data.shape
        outputs = np.zeros((batch, steps, len(bxn)))
        final = np.zeros((batch, len(bxn)))
        order = range(steps - 1, -1, -1) if "time reversed" in wrong else range(steps)
        for b in range(batch):
            start = init_state[0, b] * (0.0 if "zero initial state" in wrong else 1.0)
            h = new = start
            for t in order:
                if "state not carried" in wrong:
                    h = start
                x = input_data[b, t]
                r = gate(x @ wxr + bxr + recall(h, whr) + bhr)
                z = gate(x @ wxz + bxz + recall(h, whz) + bhz)
                if "reset gate inverted" in wrong:
                    r = 1 - r
                if "no reset" in wrong:
                    r = 1.0
                if "update gate inverted" in wrong:
                    z = 1 - z
                if "reset before the product" in wrong:
                    a = x @ wxn + bxn + recall(r * h, whn) + bhn
                elif "reset on everything" in wrong:
                    a = r * (x @ wxn + bxn + recall(h, whn) + bhn)
                elif "hidden bias outside of the reset" in wrong:
                    a = x @ wxn + bxn + r * recall(h, whn) + bhn
                else:
                    a = x @ wxn + bxn + r * (recall(h, whn) + bhn)
                n = squash(a)
                new = (1 - z) * n + z * h
                if "no update gate" in wrong:
                    new = n
                if "update keeps the whole state" in wrong:
                    new = n + z * h
                outputs[b, t] = h if "outputs one step late" in wrong else new
                h = new
            final[b] = new
        if "first state as final" in wrong:
            final = outputs[:, 0]
        if "initial state as final" in wrong:
            final = init_state[0]
        if "last sequence as final" in wrong:
            final = outputs[-1]
        return outputs.swapaxes(0, 1) if "batch and time exchanged" in wrong else outputs, final

    return gru


def make_torch(wrong: frozenset[str]) -> Any:
    """The weights of all gates side by side, cut after the product."""

    def gru(linear_trans_r, linear_trans_z, linear_trans_n, init_state, input_data):
        """One product with [I, 3 H] and one with [H, 3 H] a step."""
        parts = [
            [torch.tensor(np.array(a)) for a in g] for g in (linear_trans_r, linear_trans_z, linear_trans_n)
        ]
        if "gate bias dropped" in wrong:  # the update gate's two
            parts[1][1], parts[1][3] = torch.zeros_like(parts[1][1]), torch.zeros_like(parts[1][3])
        if "hidden bias dropped" in wrong:
            parts[2][3] = torch.zeros_like(parts[2][3])
        if "hidden weights transposed" in wrong:  # the gates' alone
            parts[0][2], parts[1][2] = parts[0][2].T, parts[1][2].T
        wt_x, bias_x, wt_h, bias_h = (torch.cat(four, dim=-1) for four in zip(*parts, strict=True))
        wt_hn, bias_hn = parts[2][2], parts[2][3]

        start = torch.tensor(np.array(init_state))[0]
        if "zero initial state" in wrong:
            start = start.new_zeros(start.shape)
        x = torch.tensor(np.array(input_data))
        if "time reversed" in wrong:
            x = torch.flip(x, [1])
        states = [start]
        for x_t in x.unbind(1):
            h = states[0] if "state not carried" in wrong else states[-1]
            xr, xz, xn = (x_t @ wt_x + bias_x).chunk(3, dim=1)
            hr, hz, hn = (h @ wt_h + bias_h).chunk(3, dim=1)
            r, z = xr + hr, xz + hz
            if "gates exchanged" in wrong:
                z, r = r, z
            r = torch.sigmoid(r)
            z = torch.tanh(z) if "tanh for sigmoid" in wrong else torch.sigmoid(z)
            if "reset gate inverted" in wrong:
                r = 1 - r
            if "reset before the product" in wrong:
                a = xn + (r * h) @ wt_hn + bias_hn
            elif "reset on everything" in wrong:
                a = r * (xn + hn)
            elif "hidden bias outside of the reset" in wrong:
                a = xn + r * (h @ wt_hn) + bias_hn
            elif "no reset" in wrong:
                a = xn + hn
            else:
                a = xn + r * hn
            n = choose(wrong, {"sigmoid for tanh": a.sigmoid(), "no activation": a}, a.tanh())
            if "no update gate" in wrong:
                states.append(n)
            elif "update keeps the whole state" in wrong:
                states.append((1 - z) * n + h)
            elif "update gate inverted" in wrong:
                states.append(torch.lerp(h, n, z))
            else:
                states.append(torch.lerp(n, h, z))
        seen = states[:-1] if "outputs one step late" in wrong else states[1:]
        outputs = torch.stack(seen, dim=1)
        ends = {
            "first state as final": states[1],
            "initial state as final": states[0],
            "last sequence as final": outputs[-1],
        }
        final = choose(wrong, ends, states[-1])
        if "batch and time exchanged" in wrong:
            outputs = torch.stack(seen)
        return outputs, final.unsqueeze(0)

    return gru


class Gate:
    """One gate's weights; what the inputs give it is worked out for all steps at once."""

    def __init__(self, linear_trans: Any, input_data: Any) -> None:
        wt_x, self.bias_x, self.wt_h, self.bias_h = linear_trans
        self.xs = np.einsum("bti,ih->tbh", input_data, wt_x)

    def of_state(self, h: Any) -> Any:
        """[B, H], without a bias."""
        return np.einsum("bg,gh->bh", h, self.wt_h)

    def total(self, t: int, h: Any) -> Any:
        """[B, H], before the activation."""
        return self.xs[t] + self.bias_x + self.of_state(h) + self.bias_h


def make_gates(wrong: frozenset[str]) -> Any:
    """Gate objects by name, einsum, and a buffer of states with the time first."""

    def gru(linear_trans_r, linear_trans_z, linear_trans_n, init_state, input_data):
        """Updates the states [T + 1, B, H] in place."""
        if "time reversed" in wrong:
            input_data = input_data[:, ::-1]
        names = "zrn" if "gates exchanged" in wrong else "rzn"
        given = (linear_trans_r, linear_trans_z, linear_trans_n)
        gates = {name: Gate(four, input_data) for name, four in zip(names, given, strict=True)}
        reset, update, fresh = gates["r"], gates["z"], gates["n"]
        if "gate bias dropped" in wrong:  # one of the reset gate's
            reset.bias_x = 0
        if "hidden bias dropped" in wrong:
            fresh.bias_h = np.zeros_like(fresh.bias_h)
        if "hidden weights transposed" in wrong:  # the new state's alone
            fresh.wt_h = fresh.wt_h.T

        steps = input_data.shape[1]
        states = np.empty((steps + 1, *init_state.shape[1:]), dtype=np.float32)
        states[0] = 0 if "zero initial state" in wrong else init_state[0]
        for t in range(steps):
            h = states[0 if "state not carried" in wrong else t]
            r = reset.total(t, h)
            r = np.tanh(r) if "tanh for sigmoid" in wrong else expit(r)
            z = expit(update.total(t, h))
            if "reset gate inverted" in wrong:
                np.subtract(1, r, out=r)
            if "no reset" in wrong:
                r[:] = 1
            if "update gate inverted" in wrong:
                np.subtract(1, z, out=z)

            new = states[t + 1]
            if "reset before the product" in wrong:
                new[:] = fresh.total(t, h) - fresh.of_state(h) + fresh.of_state(r * h)
            elif "reset on everything" in wrong:
                new[:] = fresh.total(t, h) * r
            elif "hidden bias outside of the reset" in wrong:
                new[:] = fresh.of_state(h) * r
                new += fresh.xs[t] + fresh.bias_x + fresh.bias_h
            else:
                new[:] = fresh.of_state(h) + fresh.bias_h
                new *= r
                new += fresh.xs[t] + fresh.bias_x
            if "sigmoid for tanh" in wrong:
                expit(new, out=new)
            elif "no activation" not in wrong:
                np.tanh(new, out=new)
            if "no update gate" not in wrong:
                new *= 1 - z
                new += h if "update keeps the whole state" in wrong else z * h

        seen = states[:-1] if "outputs one step late" in wrong else states[1:]
        if "time reversed" in wrong:
            seen = seen[::-1]
        index = choose(wrong, {"first state as final": 1, "initial state as final": 0}, -1)
        final = seen[:, -1] if "last sequence as final" in wrong else states[index]
        return seen if "batch and time exchanged" in wrong else np.moveaxis(seen, 0, 1), final

    return gru


FAMILIES = [
    Family(
        "gru",
        "NumPy float64, loops over sequences and steps",
        IDS,
        make_loops,
        CLASHES
        | hides("first state as final", "time reversed", "outputs one step late")
        | hides("state not carried", "time reversed", "outputs one step late"),
    ),
    Family(
        "gru",
        "torch float32, concatenated weights, lerp",
        IDS,
        make_torch,
        CLASHES | hides("no update gate", "gate bias dropped", "tanh for sigmoid"),
    ),
    Family(
        "gru",
        "gate objects, einsum, float32 buffer in place",
        IDS,
        make_gates,
        CLASHES
        | hides("no reset", "gate bias dropped", "tanh for sigmoid")
        | hides("state not carried", "time reversed"),
    ),
]
