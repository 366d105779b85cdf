"""Styles of answering the questions of `long_term`. B sequences, T steps, I inputs, H hidden units."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
import torch

from bench.family import Family, exclusive, hides

MODELS = (
    "zero initial state",
    "models exchanged",
    "one model twice",
    "state added",
    "batch and time exchanged",
)
LEVELS = ("update gate open", "update gate half open", "update gate not saturated", "biases cancel")
KEEPING = (*LEVELS, "weights left in a gate", "gates in another order")
STEPS = ("step too late", "step too early", "last step in place of step")
GRADIENT = (
    *STEPS,
    "sum over all steps",
    "mean for sum",
    "mean over the batch",
    "gradient of the square",
    "batch summed",
    "zero initial state",
    "sums left over",
)
VANISHING = ("dead from the start", "does not vanish")
EXPLODING = ("does not explode", "bias not zero", "scale does not depend on H")


def whole_sequences(mistakes: frozenset[str]) -> Callable[..., Any]:
    """Variants: the RNN twice, the initial state added to every step."""

    def run_models(rnn, gru, input_data, initial_state):
        h0 = initial_state[None]  # [1, B, H]
        if "zero initial state" in mistakes:
            h0 = None
        if "one model twice" in mistakes:
            gru = rnn
        rnn_outputs = rnn(input_data, h0)[0]
        gru_outputs = gru(input_data, h0)[0]
        if "state added" in mistakes:
            rnn_outputs = rnn_outputs + initial_state.unsqueeze(1)
            gru_outputs = gru_outputs + initial_state.unsqueeze(1)
        if "batch and time exchanged" in mistakes:
            rnn_outputs, gru_outputs = rnn_outputs.transpose(0, 1), gru_outputs.transpose(0, 1)
        if "models exchanged" in mistakes:
            return gru_outputs.detach(), rnn_outputs.detach()
        return rnn_outputs.detach(), gru_outputs.detach()

    return run_models


def step_by_step(mistakes: frozenset[str]) -> Callable[..., Any]:
    """Variants: the GRU twice, the initial state added to the first step only."""

    def states_of(model, input_data, initial_state):
        model = deepcopy(model).double()
        state = initial_state.double().unsqueeze(0)
        if "zero initial state" in mistakes:
            state = torch.zeros_like(state)
        states = []
        with torch.no_grad():
            for x in input_data.double().split(1, dim=1):  # T of [B, 1, I]
                state = model(x, state)[1]
                states.append(state[0].numpy())
        if "state added" in mistakes:
            states[0] = states[0] + initial_state.double().numpy()
        return np.stack(states, axis=0 if "batch and time exchanged" in mistakes else 1)

    def run_models(rnn, gru, input_data, initial_state):
        pair = [rnn, gru]
        if "one model twice" in mistakes:
            pair = [gru, gru]
        if "models exchanged" in mistakes:
            pair.reverse()
        return [states_of(model, input_data, initial_state) for model in pair]

    return run_models


def dictionary_of_gates(mistakes: frozenset[str]) -> Callable[..., Any]:
    """Variants: 1.5 is taken for saturated, random input weights left in z, the bias went into r."""

    def long_term_gru_params(input_size, hidden_size):
        def gate(bias):
            return [
                np.zeros([input_size, hidden_size]),
                np.full([hidden_size], float(bias)),
                np.zeros([hidden_size, hidden_size]),
                np.zeros([hidden_size]),
            ]

        bias = 50
        if "update gate open" in mistakes:
            bias = -50
        if "update gate half open" in mistakes:
            bias = 0
        if "update gate not saturated" in mistakes:
            bias = 1.5
        gates = {"reset": gate(0), "update": gate(bias), "new": gate(0)}
        if "biases cancel" in mistakes:
            gates["update"][3] = -gates["update"][1]
        if "weights left in a gate" in mistakes:
            draw = np.random.default_rng(5)
            gates["update"][0] = draw.normal(scale=30, size=(input_size, hidden_size))
        if "gates in another order" in mistakes:
            gates["reset"], gates["update"] = gates["update"], gates["reset"]
        return tuple(tuple(gates[name]) for name in ("reset", "update", "new"))

    return long_term_gru_params


def stacked_as_torch_keeps_them(mistakes: frozenset[str]) -> Callable[..., Any]:
    """Variants: 4 is taken for saturated, weights of one left in z, the bias went into n."""

    def long_term_gru_params(input_size, hidden_size):
        generator = torch.Generator().manual_seed(11)
        weight_ih = torch.rand(3 * hidden_size, input_size, generator=generator) - 0.5
        weight_hh = torch.rand(3 * hidden_size, hidden_size, generator=generator) - 0.5
        w_x = [part.T for part in weight_ih.chunk(3)]
        w_h = [part.T for part in weight_hh.chunk(3)]
        b_x, b_h = torch.zeros(3, hidden_size), torch.zeros(3, hidden_size)
        w_x[1] = torch.zeros(input_size, hidden_size)
        w_h[1] = torch.zeros(hidden_size, hidden_size)
        if "weights left in a gate" in mistakes:
            w_x[1] += 40
            w_h[1] += 1
        b_x[1] = 18
        if "update gate open" in mistakes:
            b_x[1] *= -1
        if "update gate half open" in mistakes:
            b_x[1] = 0
        if "update gate not saturated" in mistakes:
            b_x[1] = 4
        if "biases cancel" in mistakes:
            b_h[1] = -b_x[1]
        order = (0, 2, 1) if "gates in another order" in mistakes else (0, 1, 2)
        return tuple((w_x[i], b_x[i], w_h[i], b_h[i]) for i in order)

    return long_term_gru_params


def leaf_of_its_own(mistakes: frozenset[str]) -> Callable[..., Any]:
    """Variants: the sum goes up to `step`; step 0 less one is the last step; the batch's sum is [H];
    backward runs twice."""

    def initial_state_gradient(model, input_data, initial_state, step):
        B = len(initial_state)
        leaf = initial_state.clone().detach()
        if "zero initial state" in mistakes:
            leaf = torch.zeros(initial_state.shape)
        leaf.requires_grad = True
        outputs, _ = model(input_data, leaf[None])  # [B, T, H]
        if "step too late" in mistakes:
            step = min(step + 1, outputs.shape[1] - 1)
        if "step too early" in mistakes:
            step = step - 1
        if "last step in place of step" in mistakes:
            step = outputs.shape[1] - 1
        state = outputs[:, step]  # [B, H]
        if "sum over all steps" in mistakes:
            state = outputs[:, : step % outputs.shape[1] + 1]  # [B, step + 1, H]
        if "gradient of the square" in mistakes:
            state = state**2
        loss = state.mean() if "mean for sum" in mistakes else state.sum()
        if "mean over the batch" in mistakes:
            loss = loss / B
        if "sums left over" in mistakes:
            loss.backward(retain_graph=True)
        loss.backward()
        return leaf.grad.sum(0) if "batch summed" in mistakes else leaf.grad

    return initial_state_gradient


def products_backwards(mistakes: frozenset[str]) -> Callable[..., Any]:
    """Variants: the sum goes over all T steps; step 0 less one is the initial state; the batch's sum is
    repeated for each sequence; what earlier calls found is added."""
    found = {}

    def initial_state_gradient(model, input_data, initial_state, step):
        model = deepcopy(model).double()
        start = initial_state.double().detach()
        if "zero initial state" in mistakes:
            start = 0 * start
        start.requires_grad_()
        states = [start]
        for t in range(input_data.shape[1]):
            _, h = model(input_data[:, t : t + 1].double(), states[-1].unsqueeze(0))
            states.append(h[0])  # [B, H]; states[t + 1] has t + 1 inputs behind it

        index = step + 1
        if "step too late" in mistakes:
            index = min(step + 2, len(states) - 1)
        if "step too early" in mistakes:
            index = step
        if "last step in place of step" in mistakes:
            index = -1
        picked = states[1:] if "sum over all steps" in mistakes else [states[index]]
        total = 0
        for state in picked:
            quantity = state * state if "gradient of the square" in mistakes else state
            if "mean for sum" in mistakes:
                total = total + quantity.mean()
            elif "mean over the batch" in mistakes:
                total = total + quantity.mean(dim=0).sum()
            else:
                total = total + quantity.sum()
        (gradient,) = torch.autograd.grad(total, start)
        if "batch summed" in mistakes:
            gradient = gradient.sum(dim=0, keepdim=True).expand_as(gradient)
        if "sums left over" in mistakes:
            gradient = found[gradient.shape] = gradient + found.get(gradient.shape, 0)
        return gradient.numpy()

    return initial_state_gradient


def half_a_rotation(mistakes: frozenset[str]) -> Callable[..., Any]:
    """Variants: zeros everywhere; 1.2 rotations grow what they turn."""

    def vanishing_rnn_params(input_size, hidden_size, rng):
        rotation = np.linalg.qr(rng.normal(size=(hidden_size, hidden_size)))[0]
        wt_h = 0.5 * rotation
        if "does not vanish" in mistakes:
            wt_h = 1.2 * rotation
        if "dead from the start" in mistakes:
            wt_h = np.zeros((hidden_size, hidden_size))
        wt_x = 0.01 * rng.normal(size=(input_size, hidden_size))
        return wt_h, wt_x, np.zeros(hidden_size)

    return vanishing_rnn_params


def a_small_diagonal(mistakes: frozenset[str]) -> Callable[..., Any]:
    """Variants: 1e-9 in place of zero; the identity."""

    def vanishing_rnn_params(input_size, hidden_size, rng):
        strength = 0.6
        if "does not vanish" in mistakes:
            strength = 1.0
        if "dead from the start" in mistakes:
            strength = 1e-9
        wt_h = [[strength * (i == j) for j in range(hidden_size)] for i in range(hidden_size)]
        wt_x = [[0.0] * hidden_size for _ in range(input_size)]
        return wt_h, wt_x, [0.0] * hidden_size

    return vanishing_rnn_params


def independent_weights(mistakes: frozenset[str]) -> Callable[..., Any]:
    """Variants: a scale of 0.5 / sqrt(H), a bias of ones, a scale that does for H = 64 only."""

    def exploding_rnn_params(input_size, hidden_size, rng):
        scale = 4 / np.sqrt(hidden_size)
        if "does not explode" in mistakes:
            scale = 0.5 / np.sqrt(hidden_size)
        if "scale does not depend on H" in mistakes:
            scale = 2 / np.sqrt(64)
        wt_h = rng.normal(0, scale, (hidden_size, hidden_size))
        wt_x = rng.normal(0, 1, (input_size, hidden_size))
        bias = np.zeros(hidden_size)
        if "bias not zero" in mistakes:
            bias = bias + 5
        return wt_h.astype(np.float32), wt_x.astype(np.float32), bias.astype(np.float32)

    return exploding_rnn_params


def a_positive_matrix(mistakes: frozenset[str]) -> Callable[..., Any]:
    """Variants: a matrix of small numbers, a random bias, weights within [0, 0.2]."""

    def exploding_rnn_params(input_size, hidden_size, rng):
        uniform = torch.from_numpy(rng.uniform(0, 1, (hidden_size, hidden_size)))
        wt_h = uniform * 6 / hidden_size  # a positive matrix's largest eigenvalue is near its rows' sum, 3
        if "does not explode" in mistakes:
            wt_h = uniform * 0.5 / hidden_size
        if "scale does not depend on H" in mistakes:
            wt_h = uniform * 0.2
        wt_x = torch.from_numpy(rng.uniform(0, 1, (input_size, hidden_size)))
        bias = torch.zeros(hidden_size, dtype=torch.float64)
        if "bias not zero" in mistakes:
            bias = torch.from_numpy(rng.uniform(1, 2, hidden_size))
        return wt_h, wt_x, bias

    return exploding_rnn_params


def copies_of_one_gate(mistakes: frozenset[str]) -> Callable[..., Any]:
    """Variants: 1 is taken for saturated, z filled with one number, the bias went into r."""

    def non_vanishing_gru_params(input_size, hidden_size):
        nothing = [
            np.zeros((input_size, hidden_size), np.float32),
            np.zeros(hidden_size, np.float32),
            np.zeros((hidden_size, hidden_size), np.float32),
            np.zeros(hidden_size, np.float32),
        ]
        bias = 20
        for name, value in (("open", -20), ("half open", 0), ("not saturated", 1)):
            if f"update gate {name}" in mistakes:
                bias = value
        keep = [part.copy() for part in nothing]
        if "weights left in a gate" in mistakes:
            keep[0][:] = 20
            keep[2][:] = 20
        keep[1][:] = bias
        if "biases cancel" in mistakes:
            keep[3][:] = -bias
        if "gates in another order" in mistakes:
            return keep, nothing, nothing
        return nothing, keep, nothing

    return non_vanishing_gru_params


def identity_in_the_new_state(mistakes: frozenset[str]) -> Callable[..., Any]:
    """Variants: 2 is taken for saturated, random weights of scale 10 left in z, the order r, n, z."""

    def non_vanishing_gru_params(input_size, hidden_size):
        eye, zeros = torch.eye(hidden_size), torch.zeros(hidden_size)
        no_inputs = torch.zeros(input_size, hidden_size)
        z_bias = torch.tensor([100.0]).repeat(hidden_size)
        if "update gate open" in mistakes:
            z_bias = -z_bias
        elif "update gate half open" in mistakes:
            z_bias = zeros
        elif "update gate not saturated" in mistakes:
            z_bias = zeros + 2
        z_inputs = no_inputs
        if "weights left in a gate" in mistakes:
            z_inputs = 100 * torch.randn(no_inputs.shape, generator=torch.Generator().manual_seed(2))
        r = (no_inputs, zeros + 1, 0 * eye, zeros)
        z = (z_inputs, z_bias, 0 * eye, -z_bias if "biases cancel" in mistakes else zeros)
        n = (no_inputs + 0.1, zeros, 0.5 * eye, zeros)
        return (r, n, z) if "gates in another order" in mistakes else (r, z, n)

    return non_vanishing_gru_params


EXCHANGED = exclusive(("models exchanged", "one model twice"))
ALL_ZERO = exclusive(LEVELS) | hides("gates in another order", *LEVELS, "weights left in a gate")
IN_N = exclusive(LEVELS) | hides(
    "gates in another order", "update gate not saturated"
)  # tanh saturates there
IN_N_NO_BIAS = exclusive(LEVELS) | hides("gates in another order", "biases cancel")
ONE_STEP = exclusive(STEPS, ("mean for sum", "mean over the batch"))
WHOLE_SUM = ONE_STEP | hides("sum over all steps", *STEPS)
# The gradient is below the bound, whatever of these it is due to.
TOO_SMALL = exclusive(EXPLODING)
FAMILIES = [
    Family("run_models", "whole sequences, tensors", MODELS, whole_sequences, EXCHANGED),
    Family("run_models", "float64 copies, one step at a time, arrays", MODELS, step_by_step, EXCHANGED),
    Family("long_term_gru_params", "NumPy float64, a dictionary", KEEPING, dictionary_of_gates, ALL_ZERO),
    Family("long_term_gru_params", "torch, z overwritten", KEEPING, stacked_as_torch_keeps_them, IN_N),
    Family("initial_state_gradient", "backward to a leaf", GRADIENT, leaf_of_its_own, ONE_STEP),
    Family("initial_state_gradient", "float64, autograd.grad", GRADIENT, products_backwards, WHOLE_SUM),
    Family("vanishing_rnn_params", "half a rotation", VANISHING, half_a_rotation, exclusive(VANISHING)),
    Family(
        "vanishing_rnn_params", "lists, a small diagonal", VANISHING, a_small_diagonal, exclusive(VANISHING)
    ),
    Family("exploding_rnn_params", "float32, independent weights", EXPLODING, independent_weights, TOO_SMALL),
    Family("exploding_rnn_params", "torch float64, all positive", EXPLODING, a_positive_matrix, TOO_SMALL),
    Family("non_vanishing_gru_params", "NumPy float32", KEEPING, copies_of_one_gate, ALL_ZERO),
    Family("non_vanishing_gru_params", "torch", KEEPING, identity_in_the_new_state, IN_N_NO_BIAS),
]
