"""RNN in torch, float64: one product for all inputs, the states in a list that is stacked at the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from bench.family import Family, exclusive, hides

Tensor = torch.Tensor

STARTS = ("zero initial state", "state not carried")
ORDER = ("time reversed", "outputs one step late", "first step left out", "last step left out")
ONE_ARRAY = "one array for all states"
AXES = ("batch and time exchanged", "outputs reshaped")
SQUEEZED = "axes of size one lost"
FINALS = (
    "first state as final",
    "initial state as final",
    "state before the last as final",
    "last sequence as final",
)
ACTIVATIONS = (
    "no activation",
    "sigmoid for tanh",
    "relu for tanh",
    "activation twice",
    "activation before the sum",
)
HIDDEN = ("hidden weights transposed", "hidden product left out", "state added")
INPUT = "input left out"
BIASES = ("bias dropped", "bias counted twice", "sign of the bias wrong")
IDS = (*STARTS, *ORDER, ONE_ARRAY, *AXES, SQUEEZED, *FINALS, *ACTIVATIONS, *HIDDEN, INPUT, *BIASES)

CLASHES = (
    exclusive(AXES, FINALS, ACTIVATIONS, HIDDEN, BIASES)
    # the states before a step count for nothing; tanh of the rest is then tanh of all
    | hides("hidden product left out", *STARTS, "activation before the sum")
    # every step from zeros: no step has a part of the state
    | exclusive(STARTS)
    | hides(INPUT, "time reversed")
    # every entry of the list is the last state, and so is the old one
    | hides(
        ONE_ARRAY,
        *("outputs one step late", "first state as final", "state before the last as final"),
    )
    # the first one in the list is the initial state then, and the last one the state before the last
    | hides("outputs one step late", "first state as final", "state before the last as final")
    # with time first, the last entry is the final state
    | hides("batch and time exchanged", "last sequence as final")
    # a reshape needs no squeeze
    | hides("outputs reshaped", SQUEEZED)
)


def double(array: Any) -> Tensor:
    """A copy of anything like an array, in float64."""
    return torch.as_tensor(array).to(torch.float64, copy=True)


def inputs_part(x: Tensor, wt_x: Tensor, bias: Tensor, wrong: frozenset[str]) -> Tensor:
    """What the inputs [B, T, I] and the bias bring to each step, [T, B, H]."""
    if INPUT in wrong:
        part = torch.zeros(x.shape[1], x.shape[0], len(bias), dtype=x.dtype)
    else:
        part = torch.einsum("bti,ih->tbh", x, wt_x)
    if "bias dropped" in wrong:
        return part
    return part - bias if "sign of the bias wrong" in wrong else part + bias


def state_part(state: Tensor, wt_h: Tensor, bias: Tensor, wrong: frozenset[str]) -> Tensor:
    """What the old state [1, B, H] brings to a step."""
    if "hidden product left out" in wrong:
        part = torch.zeros_like(state)
    elif "state added" in wrong:
        part = state
    elif "hidden weights transposed" in wrong:
        part = torch.tensordot(state, wt_h, dims=([2], [1]))
    else:
        part = torch.tensordot(state, wt_h, dims=1)
    return part + bias if "bias counted twice" in wrong else part


def activated(from_input: Tensor, from_state: Tensor, wrong: frozenset[str]) -> Tensor:
    """The new state [1, B, H]."""
    if "activation before the sum" in wrong:
        return torch.tanh(from_input) + from_state
    total = from_input + from_state
    if "no activation" in wrong:
        return total
    if "sigmoid for tanh" in wrong:
        return torch.sigmoid(total)
    if "relu for tanh" in wrong:
        return torch.relu(total)
    new = torch.tanh(total)
    return torch.tanh(new) if "activation twice" in wrong else new


def together(states: list[Tensor], wrong: frozenset[str]) -> Tensor:
    """The outputs [B, T, H] of a list of states [1, B, H]."""
    _, batch, hidden = states[0].shape
    if "outputs reshaped" in wrong:
        return torch.stack(states).reshape(batch, len(states), hidden)
    outputs = torch.stack(states, dim=1 if "batch and time exchanged" in wrong else 2)
    return outputs.squeeze() if SQUEEZED in wrong else outputs.squeeze(0)


def make(mistakes: frozenset[str]) -> Callable[..., tuple[Tensor, Tensor]]:
    """The function with these mistakes in it."""

    def rnn(wt_h: Any, wt_x: Any, bias: Any, init_state: Any, input_data: Any) -> tuple[Tensor, Tensor]:
        wt_h, wt_x, bias, start, x = map(double, (wt_h, wt_x, bias, init_state, input_data))
        from_inputs = inputs_part(x, wt_x, bias, mistakes)
        if "time reversed" in mistakes:
            from_inputs = from_inputs.flip(0)
        steps = len(from_inputs)
        begin = 1 if "first step left out" in mistakes else 0
        end = steps - 1 if "last step left out" in mistakes else steps

        states = [torch.zeros_like(start)] * steps
        state = torch.zeros_like(start) if "zero initial state" in mistakes else start.clone()
        before = state
        for t in range(begin, end):
            before = state
            old = start if "state not carried" in mistakes else state
            new = activated(from_inputs[t], state_part(old, wt_h, bias, mistakes), mistakes)
            if ONE_ARRAY in mistakes:
                state[:] = new
            else:
                state = new
            states[t] = before if "outputs one step late" in mistakes else state

        outputs = together(states, mistakes)
        if "first state as final" in mistakes:
            state = states[0]
        if "initial state as final" in mistakes:
            state = start
        if "state before the last as final" in mistakes:
            state = before
        if "last sequence as final" in mistakes:
            state = outputs[-1].unsqueeze(0)
        return outputs, state

    return rnn


FAMILIES: list[Family] = [
    Family("rnn", "torch float64, one product for all inputs, stacked states", IDS, make, CLASHES)
]
