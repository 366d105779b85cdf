"""Styles of writing `rnn`. B sequences, T steps, I inputs, H hidden units."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from bench.family import Family, exclusive, hides

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
    "first state as final",
    "initial state as final",
    "last sequence as final",
    "batch and time exchanged",
)
ACTIVATIONS = ("no activation", "sigmoid for tanh", "relu for tanh")
FINALS = ("first state as final", "initial state as final", "last sequence as final")


def unit_by_unit(mistakes: frozenset[str]) -> Callable[..., Any]:
    """Variants: reversed steps leave their outputs in the inputs' order, `outputs[:, 0]` is first state."""

    def activation(total):
        if "no activation" in mistakes:
            return total
        if "sigmoid for tanh" in mistakes:
            return 1 / (1 + np.exp(-total))
        if "relu for tanh" in mistakes:
            return max(total, 0.0)
        return np.tanh(total)

    def rnn(wt_h, wt_x, bias, init_state, input_data):
        batch_size, num_steps, _ = input_data.shape
        hidden_size = len(bias)
        w_h = np.array(wt_h, dtype=np.float64)
        w_x = np.array(wt_x, dtype=np.float64)
        b = np.array(bias, dtype=np.float64)
        x = np.array(input_data, dtype=np.float64)
        h0 = np.array(init_state, dtype=np.float64)
        if "hidden weights transposed" in mistakes:
            w_h = w_h.T
        if "bias dropped" in mistakes:
            b = np.zeros(hidden_size)
        if "bias counted twice" in mistakes:
            b = b + b

        outputs = np.zeros((batch_size, num_steps, hidden_size))
        final_state = np.zeros((1, batch_size, hidden_size))
        for s in range(batch_size):
            start = np.zeros(hidden_size) if "zero initial state" in mistakes else h0[0, s]
            h = start
            steps = range(num_steps - 1, -1, -1) if "time reversed" in mistakes else range(num_steps)
            for t in steps:
                before = start if "state not carried" in mistakes else h
                new_h = np.zeros(hidden_size)
                for j in range(hidden_size):
                    from_input = x[s, t].dot(w_x[:, j]) + b[j]
                    from_state = before.dot(w_h[:, j])
                    if "activation before the sum" in mistakes:
                        new_h[j] = activation(from_input) + from_state
                    else:
                        new_h[j] = activation(from_input + from_state)
                outputs[s, t] = h if "outputs one step late" in mistakes else new_h
                h = new_h
            final_state[0, s] = h

        if "first state as final" in mistakes:
            final_state = outputs[:, 0]
        if "initial state as final" in mistakes:
            final_state = init_state
        if "last sequence as final" in mistakes:
            final_state = outputs[-1]
        if "batch and time exchanged" in mistakes:
            outputs = outputs.transpose(1, 0, 2)
        return outputs, final_state

    return rnn


def list_of_states(mistakes: frozenset[str]) -> Callable[..., Any]:
    """Variants: reversed inputs, outputs in order of computation; the final state is picked from the list."""

    def activation(total):
        if "no activation" in mistakes:
            return total
        if "sigmoid for tanh" in mistakes:
            return torch.sigmoid(total)
        return torch.relu(total) if "relu for tanh" in mistakes else torch.tanh(total)

    def step(x, h, wt_x, wt_h, bias):
        before = torch.addmm(bias, x, wt_x)  # [B, H]
        recurrent = h @ (wt_h.t() if "hidden weights transposed" in mistakes else wt_h)
        if "activation before the sum" in mistakes:
            return activation(before) + recurrent
        return activation(before + recurrent)

    def rnn(wt_h, wt_x, bias, init_state, input_data):
        wt_h, wt_x, bias, init_state, input_data = (
            torch.tensor(np.ascontiguousarray(array)) for array in (wt_h, wt_x, bias, init_state, input_data)
        )
        if "bias dropped" in mistakes:
            bias = torch.zeros_like(bias)
        if "bias counted twice" in mistakes:
            bias += bias.clone()
        states = [init_state.squeeze(0)]
        if "zero initial state" in mistakes:
            states = [torch.zeros_like(init_state[0])]
        inputs = list(input_data.unbind(dim=1))  # T of [B, I]
        if "time reversed" in mistakes:
            inputs.reverse()
        for x in inputs:
            h = states[0] if "state not carried" in mistakes else states[-1]
            states.append(step(x, h, wt_x, wt_h, bias))  # [B, H]

        shown = states[:-1] if "outputs one step late" in mistakes else states[1:]
        outputs = torch.stack(shown, dim=1)  # [B, T, H]
        final_state = states[-1].unsqueeze(0)
        if "first state as final" in mistakes:
            final_state = states[1].unsqueeze(0)
        if "initial state as final" in mistakes:
            final_state = states[0].unsqueeze(0)
        if "last sequence as final" in mistakes:
            final_state = outputs[-1:]
        if "batch and time exchanged" in mistakes:
            outputs = torch.stack(shown)  # [T, B, H]
        return outputs, final_state

    return rnn


def one_product(mistakes: frozenset[str]) -> Callable[..., Any]:
    """Variants: what comes last in `outputs` is the final state, so late outputs have a late final state."""
    squash = {
        "no activation": lambda total: total,
        "sigmoid for tanh": lambda total: 0.5 + 0.5 * np.tanh(total / 2),
        "relu for tanh": lambda total: np.where(total > 0, total, 0),
    }
    chosen = [squash[name] for name in ACTIVATIONS if name in mistakes]
    f = chosen[0] if chosen else np.tanh

    def rnn(wt_h, wt_x, bias, init_state, input_data):
        B, T, _ = input_data.shape
        if "bias dropped" in mistakes:
            one = np.zeros((B, 1), np.float32)
        else:
            one = np.full((B, 1), 2 if "bias counted twice" in mistakes else 1, np.float32)
        recurrent = np.swapaxes(wt_h, 0, 1) if "hidden weights transposed" in mistakes else wt_h
        weights = np.vstack([wt_x, bias[None, :], recurrent])  # [I + 1 + H, H]
        first = init_state.reshape(B, -1)
        if "zero initial state" in mistakes:
            first = 0 * first

        h, outputs = first, []
        for t in range(T):
            x = input_data[:, T - 1 - t] if "time reversed" in mistakes else input_data[:, t]
            if "state not carried" in mistakes:
                h = first
            if "activation before the sum" in mistakes:
                known = np.hstack([x, one])  # [B, I + 1]
                h = f(known @ weights[: known.shape[1]]) + h @ weights[known.shape[1] :]
            else:
                h = f(np.hstack([x, one, h]) @ weights)  # [B, H]
            outputs.append(h)
        if "outputs one step late" in mistakes:
            outputs = [first, *outputs[:-1]]

        outputs = np.array(outputs).transpose(1, 0, 2)  # [B, T, H]
        final = outputs[:, -1]
        if "first state as final" in mistakes:
            final = outputs[:, 0]
        if "initial state as final" in mistakes:
            final = first
        if "last sequence as final" in mistakes:
            final = outputs[-1]
        if "batch and time exchanged" in mistakes:
            outputs = outputs.swapaxes(0, 1)
        return outputs.tolist(), final.tolist()

    return rnn


ALWAYS = exclusive(
    ACTIVATIONS,
    FINALS,
    ("bias dropped", "bias counted twice"),
    ("no activation", "activation before the sum"),
    (
        "state not carried",
        "zero initial state",
    ),  # nothing is left of the hidden product: a mistake of its own
)

LATE_FIRST = exclusive(("outputs one step late", "first state as final"))  # the initial state, in fact
# With `outputs[:, 0]` for the first state, that of reversed steps is the right one; and where the state is
# not carried, their order shows in the final state alone, as if it were the first.
INPUT_ORDER = LATE_FIRST | hides("time reversed", "first state as final", "state not carried")
FAMILIES = [
    Family(
        "rnn", "NumPy float64, loops over sequences, steps and units", IDS, unit_by_unit, ALWAYS | INPUT_ORDER
    ),
    Family("rnn", "torch float32, a list of states", IDS, list_of_states, ALWAYS),
    Family(
        "rnn", "NumPy float32, one product with stacked weights, lists", IDS, one_product, ALWAYS | LATE_FIRST
    ),
]
