"""Styles of writing `gru`. B sequences, T steps, I inputs, H hidden units; r, z, n are its gates."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from scipy.special import expit

from bench.family import Family, exclusive, hides

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
    "first state as final",
    "initial state as final",
    "last sequence as final",
    "batch and time exchanged",
)
RESETS = (
    "reset before the product",
    "reset on everything",
    "no reset",
    "hidden bias outside of the reset",
)
FINALS = ("first state as final", "initial state as final", "last sequence as final")


def sequence_by_sequence(mistakes: frozenset[str]) -> Callable[..., Any]:
    """Variants: all hidden weights transposed, bias_h missing in both gates, tanh in both gates,
    h' = (1 - z) n + h; reversed steps leave their outputs in the inputs' order."""

    def sigmoid(v):
        return 1.0 / (1.0 + np.exp(-v))

    def gate(x, h, linear_trans):
        wt_x, bias_x, wt_h, bias_h = linear_trans
        total = x.dot(wt_x) + bias_x + h.dot(wt_h)
        if "gate bias dropped" not in mistakes:
            total = total + bias_h
        return np.tanh(total) if "tanh for sigmoid" in mistakes else sigmoid(total)

    def new_state(x, h, r, linear_trans):
        wt_x, bias_x, wt_h, bias_h = linear_trans
        if "hidden bias dropped" in mistakes:
            bias_h = np.zeros_like(bias_h)
        if "reset before the product" in mistakes:
            total = x.dot(wt_x) + bias_x + (r * h).dot(wt_h) + bias_h
        elif "reset on everything" in mistakes:
            total = r * (x.dot(wt_x) + bias_x + h.dot(wt_h) + bias_h)
        elif "no reset" in mistakes:
            total = x.dot(wt_x) + bias_x + h.dot(wt_h) + bias_h
        elif "hidden bias outside of the reset" in mistakes:
            total = x.dot(wt_x) + bias_x + r * h.dot(wt_h) + bias_h
        else:
            total = x.dot(wt_x) + bias_x + r * (h.dot(wt_h) + bias_h)
        if "no activation" in mistakes:
            return total
        return sigmoid(total) if "sigmoid for tanh" in mistakes else np.tanh(total)

    def cell(x, h, params_r, params_z, params_n):
        r = gate(x, h, params_r)
        z = gate(x, h, params_z)
        if "reset gate inverted" in mistakes:
            r = 1 - r
        if "update gate inverted" in mistakes:
            z = 1 - z
        n = new_state(x, h, r, params_n)
        if "no update gate" in mistakes:
            return n
        if "update keeps the whole state" in mistakes:
            return (1 - z) * n + h
        return (1 - z) * n + z * h

    def gru(linear_trans_r, linear_trans_z, linear_trans_n, init_state, input_data):
        params = []
        for linear_trans in (linear_trans_r, linear_trans_z, linear_trans_n):
            wt_x, bias_x, wt_h, bias_h = (np.asarray(part, dtype=np.float64) for part in linear_trans)
            if "hidden weights transposed" in mistakes:
                wt_h = wt_h.T
            params.append((wt_x, bias_x, wt_h, bias_h))
        if "gates exchanged" in mistakes:
            params[0], params[1] = params[1], params[0]

        B, T, _ = input_data.shape
        H = init_state.shape[-1]
        outputs = np.zeros((B, T, H), dtype=np.float64)
        final_state = np.zeros((B, H), dtype=np.float64)
        for i in range(B):
            start = init_state[0, i].astype(np.float64)
            if "zero initial state" in mistakes:
                start = np.zeros(H)
            h = start
            for t in reversed(range(T)) if "time reversed" in mistakes else range(T):
                if "outputs one step late" in mistakes:
                    outputs[i, t] = h
                if "state not carried" in mistakes:
                    h = start
                h = cell(input_data[i, t].astype(np.float64), h, *params)
                if "outputs one step late" not in mistakes:
                    outputs[i, t] = h
            final_state[i] = h

        if "first state as final" in mistakes:
            final_state = outputs[:, 0, :]
        if "initial state as final" in mistakes:
            final_state = init_state[0]
        if "last sequence as final" in mistakes:
            final_state = outputs[-1, :, :]
        if "batch and time exchanged" in mistakes:
            outputs = np.swapaxes(outputs, 0, 1)
        return outputs, final_state

    return gru


def stacked_columns(mistakes: frozenset[str]) -> Callable[..., Any]:
    """Variants: hidden weights of the new state transposed, no bias at all in z, tanh in z only,
    h' = n + z h; reversed inputs, outputs in order of computation."""

    def gru(linear_trans_r, linear_trans_z, linear_trans_n, init_state, input_data):
        order = [linear_trans_r, linear_trans_z, linear_trans_n]
        if "gates exchanged" in mistakes:
            order = [linear_trans_z, linear_trans_r, linear_trans_n]
        tensors = [[torch.tensor(np.ascontiguousarray(part)) for part in trans] for trans in order]
        if "hidden weights transposed" in mistakes:
            tensors[2][2] = tensors[2][2].t()
        if "gate bias dropped" in mistakes:
            tensors[1][1] = torch.zeros_like(tensors[1][1])
            tensors[1][3] = torch.zeros_like(tensors[1][3])
        if "hidden bias dropped" in mistakes:
            tensors[2][3] = torch.zeros_like(tensors[2][3])
        w_x, b_x, w_h, b_h = (torch.cat(parts, dim=-1) for parts in zip(*tensors, strict=True))
        w_hn, b_hn = tensors[2][2], tensors[2][3]

        x_all = torch.tensor(input_data) @ w_x + b_x  # [B, T, 3 H]
        if "time reversed" in mistakes:
            x_all = x_all.flip(1)
        state = torch.tensor(init_state)[0]
        if "zero initial state" in mistakes:
            state = torch.zeros_like(state)
        states = [state]
        for t in range(x_all.shape[1]):
            h = states[0] if "state not carried" in mistakes else states[-1]
            x_r, x_z, x_n = x_all[:, t].chunk(3, dim=1)  # each [B, H]
            h_r, h_z, h_n = (h @ w_h + b_h).chunk(3, dim=1)  # each [B, H]
            reset = torch.sigmoid(x_r + h_r)
            update = torch.tanh(x_z + h_z) if "tanh for sigmoid" in mistakes else torch.sigmoid(x_z + h_z)
            if "reset gate inverted" in mistakes:
                reset = 1 - reset
            if "no reset" in mistakes:
                total = x_n + h_n
            elif "reset before the product" in mistakes:
                total = x_n + (reset * h) @ w_hn + b_hn
            elif "reset on everything" in mistakes:
                total = reset * (x_n + h_n)
            elif "hidden bias outside of the reset" in mistakes:
                total = x_n + reset * (h @ w_hn) + b_hn
            else:
                total = x_n + reset * h_n
            new = total.tanh()
            if "no activation" in mistakes:
                new = total
            if "sigmoid for tanh" in mistakes:
                new = total.sigmoid()
            if "no update gate" in mistakes:
                states.append(new)
            elif "update keeps the whole state" in mistakes:
                states.append(new + (1 - update if "update gate inverted" in mistakes else update) * h)
            elif "update gate inverted" in mistakes:
                states.append(update * new + (1 - update) * h)
            else:
                states.append(torch.lerp(new, h, update))

        outputs = torch.stack(states[:-1] if "outputs one step late" in mistakes else states[1:])  # [T, B, H]
        final = states[-1]
        if "first state as final" in mistakes:
            final = states[1]
        if "initial state as final" in mistakes:
            final = states[0]
        if "batch and time exchanged" not in mistakes:
            outputs = outputs.permute(1, 0, 2)
        if "last sequence as final" in mistakes:
            final = outputs[:, -1] if "batch and time exchanged" in mistakes else outputs[-1]
        return outputs, final.unsqueeze(0)

    return gru


def einsum_over_gates(mistakes: frozenset[str]) -> Callable[..., Any]:
    """Variants: hidden weights of both gates transposed, bias_x missing in r, tanh in r only,
    h' = (1 - z) n + h; what comes last in `outputs` is the final state."""

    def gru(linear_trans_r, linear_trans_z, linear_trans_n, init_state, input_data):
        if "gates exchanged" in mistakes:
            linear_trans_r, linear_trans_z = linear_trans_z, linear_trans_r
        W = np.stack([linear_trans_r[0], linear_trans_z[0], linear_trans_n[0]])  # [3, I, H]
        b = np.stack([linear_trans_r[1], linear_trans_z[1], linear_trans_n[1]])  # [3, H]
        U = np.stack([linear_trans_r[2], linear_trans_z[2], linear_trans_n[2]])  # [3, H, H]
        c = np.stack([linear_trans_r[3], linear_trans_z[3], linear_trans_n[3]])  # [3, H]
        if "hidden weights transposed" in mistakes:
            U[:2] = U[:2].transpose(0, 2, 1).copy()
        if "gate bias dropped" in mistakes:
            b[0] = 0
        if "hidden bias dropped" in mistakes:
            c[2] = 0

        steps = np.einsum("bti,gih->tgbh", input_data, W) + b[:, None]  # [T, 3, B, H]
        if "time reversed" in mistakes:
            steps = steps[::-1]
        start = np.zeros_like(init_state[0]) if "zero initial state" in mistakes else init_state[0]
        h, outputs = start, []
        for from_input in steps:
            if "state not carried" in mistakes:
                h = start
            from_state = np.einsum("bk,gkh->gbh", h, U) + c[:, None]  # [3, B, H]
            r, z = expit(from_input[:2] + from_state[:2])
            if "tanh for sigmoid" in mistakes:
                r = np.tanh(from_input[0] + from_state[0])
            r = 1 - r if "reset gate inverted" in mistakes else r
            z = 1 - z if "update gate inverted" in mistakes else z
            if "reset before the product" in mistakes:
                a = from_input[2] + np.einsum("bk,kh->bh", r * h, U[2]) + c[2]
            elif "reset on everything" in mistakes:
                a = r * (from_input[2] + from_state[2])
            elif "hidden bias outside of the reset" in mistakes:
                a = from_input[2] + r * (from_state[2] - c[2]) + c[2]
            else:
                a = from_input[2] + (from_state[2] if "no reset" in mistakes else r * from_state[2])
            n = np.tanh(a)
            if "sigmoid for tanh" in mistakes:
                n = expit(a)
            if "no activation" in mistakes:
                n = a
            if "no update gate" in mistakes:
                h = n
            elif "update keeps the whole state" in mistakes:
                h = h + (1 - z) * n
            else:
                h = n + z * (h - n)
            outputs.append(h)

        if "outputs one step late" in mistakes:
            outputs = [start, *outputs][:-1]
        outputs = np.stack(outputs, axis=1)  # [B, T, H]
        picked = {"first state as final": outputs[:, 0], "initial state as final": start}
        final = next((picked[name] for name in picked if name in mistakes), outputs[:, -1])
        if "last sequence as final" in mistakes:
            final = outputs[-1]
        if "batch and time exchanged" in mistakes:
            outputs = outputs.transpose(1, 0, 2)
        return outputs.tolist(), [final.tolist()]

    return gru


ALWAYS = exclusive(
    RESETS,
    FINALS,
    ("no update gate", "update gate inverted"),
    ("no update gate", "update keeps the whole state"),
    ("no reset", "reset gate inverted"),
    ("sigmoid for tanh", "no activation"),
    ("hidden bias dropped", "hidden bias outside of the reset"),
    ("reset gate inverted", "update gate inverted"),  # a sign in the sigmoid of both: a mistake of its own
)

LATE_FIRST = exclusive(("outputs one step late", "first state as final"))  # the initial state, in fact
# With `outputs[:, 0]` for the first state, that of reversed steps is the right one; and where the state is
# not carried, their order shows in the final state alone, as if it were the first.
INPUT_ORDER = LATE_FIRST | hides("time reversed", "first state as final", "state not carried")
UNUSED_Z = hides("no update gate", "gate bias dropped", "tanh for sigmoid")  # these are in z alone
UNUSED_R = hides("no reset", "gate bias dropped", "tanh for sigmoid")  # these are in r alone
FAMILIES = [
    Family(
        "gru", "NumPy float64, one sequence after the other", IDS, sequence_by_sequence, ALWAYS | INPUT_ORDER
    ),
    Family("gru", "torch float32, gates side by side", IDS, stacked_columns, ALWAYS | UNUSED_Z),
    Family(
        "gru",
        "NumPy float32, einsum over stacked gates, lists",
        IDS,
        einsum_over_gates,
        ALWAYS | LATE_FIRST | UNUSED_R,
    ),
]
