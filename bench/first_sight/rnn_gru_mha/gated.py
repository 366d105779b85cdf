"""GRU of Q3 in torch float64, time first: the weights of r, z and n side by side, and one product for all."""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch

from bench.family import Family, exclusive, hides
from bench.first_sight.rnn_gru_mha.recurrent import (
    LATE,
    LOOP,
    LOOP_CLASHES,
    NO_FIRST,
    NO_LAST,
    NOT_CARRIED,
    NOT_RESET,
    ONE_ARRAY,
    RESHAPED,
    REVERSED,
    SQUEEZED,
    TIME_FIRST,
    ZERO,
)

Tensor = torch.Tensor

INVERTED_R, INVERTED_Z = "reset gate inverted", "update gate inverted"
RESETS = (
    *("reset before the product", "hidden bias outside of the reset", "reset on everything"),
    *("reset on the input", "no reset"),
)
UPDATES = (
    *(INVERTED_Z, "no update gate", "update keeps the whole state"),
    *("old state left out", "parentheses missing"),
)
EXCHANGED, REORDERED = "gates exchanged", "gates in another order"
ONE_GATE, MIXED = "one gate for both", "a parameter of another part"
TRANSPOSED, NO_HIDDEN, NO_INPUT = "hidden weights transposed", "hidden product left out", "input left out"
GATE_BIAS, HIDDEN_BIAS, INPUT_BIAS = "gate bias dropped", "hidden bias dropped", "input bias dropped"
SWAPPED, TWICE = "biases of the new state exchanged", "one bias twice"
RAW, SIGN = "no sigmoid", "sign in the sigmoid"
GATES = ("tanh for sigmoid", RAW, "wrong sigmoid", "hard sigmoid", SIGN)
ACTIVATIONS = ("sigmoid for tanh", "relu for tanh", "no activation")
GRU_IDS = (
    *(*LOOP, *RESETS, INVERTED_R, *UPDATES),
    *(EXCHANGED, REORDERED, ONE_GATE, MIXED, TRANSPOSED, NO_HIDDEN, NO_INPUT),
    *(GATE_BIAS, HIDDEN_BIAS, INPUT_BIAS, SWAPPED, TWICE, *GATES, *ACTIVATIONS),
)
GRU_CLASHES = (
    LOOP_CLASHES
    | exclusive(RESETS, UPDATES, GATES, ACTIVATIONS, (EXCHANGED, REORDERED, ONE_GATE))
    # both gates inverted are the sign, and beside the sign each inverted one is right again
    | exclusive((SIGN, INVERTED_R, INVERTED_Z))
    # with one gate alone, the sign is that gate inverted, and nothing is seen of the other one
    | hides("no reset", INVERTED_R, RAW, SIGN, INVERTED_Z)
    | hides("no update gate", SIGN, INVERTED_R)
    # and it is the other one's, or made of the other's parameters
    | hides("no reset", ONE_GATE, EXCHANGED)
    | hides("no update gate", ONE_GATE, EXCHANGED, REORDERED, MIXED)
    # the update gate's wt_h is the reset gate's already, or is not used
    | hides(MIXED, ONE_GATE, NO_HIDDEN)
    # which bias is whose: both stand side by side, the reset is elsewhere, or it is the other that is dropped
    | hides(SWAPPED, *RESETS, HIDDEN_BIAS, INPUT_BIAS, TWICE)
    | hides(HIDDEN_BIAS, "hidden bias outside of the reset")
    | exclusive((INPUT_BIAS, "hidden bias outside of the reset"))  # the two exchanged, and one dropped
)


class Weights(NamedTuple):
    """Weights and biases of r, z and n along the last axis, 3 H long."""

    wt_x: Tensor
    bias_x: Tensor
    wt_h: Tensor
    bias_h: Tensor


class Run(NamedTuple):
    """Outputs [T, B, H], the state [B, H] after the last step, and the one before that."""

    outputs: Tensor
    last: Tensor
    before: Tensor


def tensor(array: Any) -> Tensor:
    """Anything as float64."""
    return torch.as_tensor(array).to(torch.float64)


def joined(r: Any, z: Any, n: Any, wrong: frozenset[str]) -> Weights:
    """The three tuples in one."""
    parts = [r, z, n]
    if EXCHANGED in wrong:
        parts = [z, r, n]
    if REORDERED in wrong:
        parts = [r, n, z]
    if ONE_GATE in wrong:
        parts = [r, r, n]
    wt_x, bias_x, wt_h, bias_h = ([tensor(part[i]) for part in parts] for i in range(4))
    if MIXED in wrong:
        wt_h[1] = wt_h[0]
    if TRANSPOSED in wrong:
        wt_h = [each.T for each in wt_h]
    if TWICE in wrong:
        bias_h = list(bias_x)
    if SWAPPED in wrong:
        bias_x[2], bias_h[2] = bias_h[2], bias_x[2]
    if GATE_BIAS in wrong:
        bias_h[:2] = [torch.zeros_like(bias) for bias in bias_h[:2]]
    if HIDDEN_BIAS in wrong:
        bias_h[2] = torch.zeros_like(bias_h[2])
    if INPUT_BIAS in wrong:
        bias_x[2] = torch.zeros_like(bias_x[2])
    return Weights(torch.cat(wt_x, dim=1), torch.cat(bias_x), torch.cat(wt_h, dim=1), torch.cat(bias_h))


def gate_of(wrong: frozenset[str]) -> Callable[[Tensor], Tensor]:
    """The function of both gates."""
    if "tanh for sigmoid" in wrong:
        return torch.tanh
    if "wrong sigmoid" in wrong:
        return lambda x: (1 + torch.tanh(x)) / 2
    if "hard sigmoid" in wrong:
        return torch.nn.functional.hardsigmoid
    if SIGN in wrong:
        return lambda x: 1 / (1 + torch.exp(x))
    return torch.sigmoid


def activated(total: Tensor, wrong: frozenset[str]) -> Tensor:
    """The new state of its sum."""
    if "sigmoid for tanh" in wrong:
        return torch.sigmoid(total)
    if "relu for tanh" in wrong:
        return torch.relu(total)
    return total if "no activation" in wrong else torch.tanh(total)


def candidate(r: Tensor, h: Tensor, x_n: Tensor, weights: Weights, wrong: frozenset[str]) -> Tensor:
    """The new state n; x_n is the input's part of it."""
    wt_h, bias_h = weights.wt_h.chunk(3, dim=1)[2], weights.bias_h.chunk(3)[2]
    h_n = h @ wt_h + bias_h
    total = x_n + r * h_n
    if "reset before the product" in wrong:
        total = x_n + (r * h) @ wt_h + bias_h
    if "hidden bias outside of the reset" in wrong:
        total = x_n + r * (h @ wt_h) + bias_h
    if "reset on everything" in wrong:
        total = r * (x_n + h_n)
    if "reset on the input" in wrong:
        total = r * x_n + h_n
    if "no reset" in wrong:
        total = x_n + h_n
    return activated(total, wrong)


def mixture(z: Tensor, n: Tensor, h: Tensor, wrong: frozenset[str]) -> Tensor:
    """The next state, of the new one and the old one."""
    if INVERTED_Z in wrong:
        return z * n + (1 - z) * h
    if "no update gate" in wrong:
        return n
    if "update keeps the whole state" in wrong:
        return (1 - z) * n + h
    if "old state left out" in wrong:
        return (1 - z) * n
    if "parentheses missing" in wrong:
        return 1 - z * n + z * h
    return (1 - z) * n + z * h


def step(x: Tensor, h: Tensor, weights: Weights, wrong: frozenset[str]) -> Tensor:
    """The state [B, H] after inputs x [B, I], from the state h [B, H]."""
    x_r, x_z, x_n = torch.chunk(x @ weights.wt_x + weights.bias_x, 3, dim=1)
    h_r, h_z, _ = torch.chunk(h @ weights.wt_h + weights.bias_h, 3, dim=1)
    if NO_HIDDEN in wrong:
        h_r, h_z, _ = torch.chunk(weights.bias_h, 3)
    if NO_INPUT in wrong:
        x_n = weights.bias_x.chunk(3)[2].expand_as(x_n)
    gate = gate_of(wrong)
    r = x_r + h_r if RAW in wrong else gate(x_r + h_r)
    z = gate(x_z + h_z)
    if INVERTED_R in wrong:
        r = 1 - r
    return mixture(z, candidate(r, h, x_n, weights, wrong), h, wrong)


def run(x: Tensor, start: Tensor, weights: Weights, wrong: frozenset[str]) -> Run:
    """All states for the inputs [T, B, I], from the start [B, H]."""
    T = len(x)
    outputs = torch.zeros((T, *start.shape), dtype=torch.float64)
    rows = list(outputs)
    h = start.clone()
    before = h
    for t in range(int(NO_FIRST in wrong), T - int(NO_LAST in wrong)):
        new = step(x[t], start if NOT_CARRIED in wrong else h, weights, wrong)
        before = h
        if ONE_ARRAY in wrong:
            h[:] = new
            rows[t] = h
        else:
            h = new
            outputs[t] = before if LATE in wrong else h
    return Run(torch.stack(rows) if ONE_ARRAY in wrong else outputs, h, before)


def one_by_one(x: Tensor, starts: Tensor, weights: Weights, wrong: frozenset[str]) -> Run:
    """Every sequence by itself, each from where the one before it ended."""
    runs = []
    h = starts[:1]
    for b in range(x.shape[1]):
        runs.append(run(x[:, b : b + 1], h, weights, wrong))
        h = runs[-1].last
    return Run(
        torch.cat([one.outputs for one in runs], dim=1),
        torch.cat([one.last for one in runs]),
        torch.cat([one.before for one in runs]),
    )


def returned(done: Run, inits: Tensor, wrong: frozenset[str]) -> tuple[Tensor, Tensor]:
    """Outputs [B, T, H] and final state [B, H]."""
    T, B, H = done.outputs.shape
    outputs, final = done.outputs.transpose(0, 1), done.last
    if TIME_FIRST in wrong:
        outputs = done.outputs
    if RESHAPED in wrong:
        outputs = done.outputs.reshape(B, T, H)
    if "first state as final" in wrong:
        final = done.outputs[0]
    if "initial state as final" in wrong:
        final = inits
    if "state before the last as final" in wrong:
        final = done.before
    if "last sequence as final" in wrong:
        final = outputs[-1]
    if SQUEEZED in wrong:
        return outputs.squeeze(), final.squeeze()
    return outputs, final


def make(wrong: frozenset[str]) -> Any:
    """The function with these mistakes in it."""

    def gru(
        linear_trans_r: Any, linear_trans_z: Any, linear_trans_n: Any, init_state: Any, input_data: Any
    ) -> Any:
        """States of all sequences, one step after the other."""
        weights = joined(linear_trans_r, linear_trans_z, linear_trans_n, wrong)
        inits = tensor(init_state)[0]
        starts = torch.zeros_like(inits) if ZERO in wrong else inits
        x = tensor(input_data).transpose(0, 1)
        if REVERSED in wrong:
            x = x.flip(0)
        over = one_by_one if NOT_RESET in wrong else run
        return returned(over(x, starts, weights, wrong), inits, wrong)

    return gru


FAMILIES: list[Family] = [
    Family("gru", "torch float64, time first, gates in one product", GRU_IDS, make, GRU_CLASHES),
]
