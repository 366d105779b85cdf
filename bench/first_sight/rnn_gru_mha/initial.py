"""Parameters of a GRU as torch tensors, float32; the whole bias of a gate in its bias_x."""

from collections.abc import Callable
from typing import Any

import torch

from bench.family import Family, exclusive, hides

Tensor = torch.Tensor
Mistakes = frozenset[str]
Gate = tuple[Tensor, Tensor, Tensor, Tensor]
Gates = tuple[Gate, Gate, Gate]

UPDATE = ("update gate closed", "update gate half open", "update gate not saturated")
RESET = ("reset gate closed", "reset gate half open", "reset gate not saturated")
WEIGHTS, CANCEL, ORDER = "weights left in a gate", "biases cancel", "gates in another order"
BIASES = ("bias counted twice", "bias dropped")
HIDDEN = ("hidden weights transposed", "hidden weights dropped")
INPUT = "input weights dropped"
NAN = "not a number"
RNN_IDS = (*UPDATE, *RESET, WEIGHTS, CANCEL, ORDER, *BIASES, *HIDDEN, INPUT, NAN)
RNN_CLASHES = (
    exclusive(UPDATE, RESET, BIASES, HIDDEN)
    | hides(NAN, *(each for each in RNN_IDS if each != NAN))
    # the initial state stays for ever
    | hides("update gate closed", *RESET, *BIASES, *HIDDEN, INPUT)
    # nothing comes from the old state, and nothing of bias_h
    | hides("reset gate closed", *HIDDEN, "bias counted twice")
    | hides("hidden weights dropped", *RESET)
    # half open whatever bias_x is
    | hides(CANCEL, *UPDATE)
    # a gate that its weights move stands nowhere
    | hides(WEIGHTS, "update gate closed", "update gate not saturated", CANCEL)
    | hides(WEIGHTS, "reset gate closed", "reset gate not saturated")
    # another tuple is the update gate, and the reset gate finds no hidden weights
    | hides(ORDER, *UPDATE, *RESET, CANCEL)
)

MEMORY_IDS = (
    *("update gate open", "update gate half open", "update gate not saturated"),
    *(WEIGHTS, ORDER, CANCEL, NAN),
)
# each says where the update gate stands, or that it is elsewhere; and NaN is all there is to see
MEMORY_CLASHES = exclusive(MEMORY_IDS)


def standing(value: float, I: int, H: int, wrong: Mistakes) -> Gate:  # noqa: E741
    """A gate that stands where this bias takes it."""
    weights = torch.zeros(I + H, H)
    if WEIGHTS in wrong:
        weights = torch.full((I + H, H), value)
    return weights[:I], torch.full((H,), value), weights[I:], torch.zeros(H)


def value_of(gate: str, value: float, wrong: Mistakes) -> float:
    """The bias of this gate, `value` where it is right."""
    if f"{gate} gate half open" in wrong:
        return 0.0
    if f"{gate} gate not saturated" in wrong:
        return value / 5
    if f"{gate} gate closed" in wrong or f"{gate} gate open" in wrong:
        return -value
    return value


def new_state(wt_h: Tensor, wt_x: Tensor, bias: Tensor, wrong: Mistakes) -> Gate:
    """The RNN itself."""
    bias_h = bias if "bias counted twice" in wrong else torch.zeros_like(bias)
    if "bias dropped" in wrong:
        bias = torch.zeros_like(bias)
    if "hidden weights transposed" in wrong:
        wt_h = wt_h.T
    if "hidden weights dropped" in wrong:
        wt_h = torch.zeros_like(wt_h)
    if INPUT in wrong:
        wt_x = torch.zeros_like(wt_x)
    return wt_x, bias, wt_h, bias_h


def make_rnn(wrong: Mistakes) -> Callable[..., Gates]:
    """init_gru_with_rnn with these mistakes in it."""

    def init_gru_with_rnn(wt_h: Any, wt_x: Any, bias: Any) -> Gates:
        wt_h, wt_x, bias = (torch.as_tensor(part, dtype=torch.float32) for part in (wt_h, wt_x, bias))
        I, H = wt_x.shape  # noqa: E741
        r = standing(value_of("reset", 25.0, wrong), I, H, wrong)
        z = standing(value_of("update", -25.0, wrong), I, H, wrong)
        if CANCEL in wrong:
            z = (z[0], z[1], z[2], -z[1])
        if NAN in wrong:  # zero times infinity
            pattern = torch.cat([torch.zeros_like(wt_x), torch.ones(1, H), torch.zeros_like(wt_h)])
            pattern = pattern * -torch.inf
            z = (pattern[:I], pattern[I], pattern[I + 1 :], torch.zeros_like(bias))
        n = new_state(wt_h, wt_x, bias, wrong)
        return (r, n, z) if ORDER in wrong else (r, z, n)

    return init_gru_with_rnn


def make_memory(wrong: Mistakes) -> Callable[..., Gates]:
    """init_gru_with_long_term_memory with these mistakes in it."""

    def init_gru_with_long_term_memory(input_size: int, hidden_size: int) -> Gates:
        I, H = input_size, hidden_size  # noqa: E741
        keep = standing(value_of("update", 50.0, wrong), I, H, wrong)
        if CANCEL in wrong:
            keep = (keep[0], keep[1], keep[2], -keep[1])
        nothing = standing(0.0, I, H, wrong)
        n = nothing
        if NAN in wrong:  # never used?
            n = (nothing[0] + torch.nan, nothing[1], nothing[2] + torch.nan, nothing[3])
        return (keep, nothing, n) if ORDER in wrong else (nothing, keep, n)

    return init_gru_with_long_term_memory


MEMORY = "init_gru_with_long_term_memory"
FAMILIES: list[Family] = [
    Family("init_gru_with_rnn", "torch float32, 25 in bias_x", RNN_IDS, make_rnn, RNN_CLASHES),
    Family(MEMORY, "torch float32, 50 in bias_x", MEMORY_IDS, make_memory, MEMORY_CLASHES),
]
