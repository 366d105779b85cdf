"""Two ways of writing each function, with the mistakes that each can carry."""

import numpy as np
import torch

from bench.family import Family, exclusive, hides

# ---------------------------------------------------------------- Q1, both models

RUN_IDS = (
    "zero initial state",
    "models exchanged",
    "one model twice",
    "state added",
    "batch and time exchanged",
)
RUN_CLASHES = exclusive(("models exchanged", "one model twice"))


def make_run_layers(mistakes: frozenset[str]):
    """torch's layers over the whole sequence."""

    def run_models(rnn, gru, input_data, initial_state):
        h0 = initial_state.unsqueeze(0)
        if "zero initial state" in mistakes:
            h0 = torch.zeros_like(h0)
        if "models exchanged" in mistakes:
            rnn, gru = gru, rnn
        if "one model twice" in mistakes:
            rnn = gru
        with torch.no_grad():
            outputs = [model(input_data, h0)[0] for model in (rnn, gru)]
        if "state added" in mistakes:
            outputs = [out + initial_state[:, None, :] for out in outputs]
        if "batch and time exchanged" in mistakes:
            outputs = [out.transpose(0, 1) for out in outputs]
        return outputs[0], outputs[1]

    return run_models


def make_run_steps(mistakes: frozenset[str]):
    """One time step a call, the state carried by hand, NumPy float64 at the end."""

    def states_of(model, input_data, initial_state):
        batch, steps, _ = input_data.shape
        state = initial_state.detach().reshape(1, batch, -1)
        if "zero initial state" in mistakes:
            state = torch.zeros(1, batch, model.hidden_size)
        collected = np.empty((batch, steps, model.hidden_size))
        for t in range(steps):
            _, state = model(input_data[:, t : t + 1], state.contiguous())
            collected[:, t] = state[0].detach().numpy()
        if "state added" in mistakes:
            collected += initial_state.detach().numpy().reshape(batch, 1, -1)
        return collected.transpose(1, 0, 2) if "batch and time exchanged" in mistakes else collected

    def run_models(rnn, gru, input_data, initial_state):
        of_rnn = states_of(rnn, input_data, initial_state)
        of_gru = states_of(rnn if "one model twice" in mistakes else gru, input_data, initial_state)
        if "models exchanged" in mistakes:
            return of_gru, of_rnn
        return of_rnn, of_gru

    return run_models


# ---------------------------------------------------------------- Q3, the gradient

GRADIENT_IDS = (
    "step too late",
    "step too early",
    "last step in place of step",
    "sum over all steps",
    "mean for sum",
    "mean over the batch",
    "gradient of the square",
    "batch summed",
    "zero initial state",
    "sums left over",
)
GRADIENT_CLASHES = exclusive(
    ("step too late", "step too early", "last step in place of step", "sum over all steps"),
    ("mean for sum", "mean over the batch"),
)


def make_gradient_backward(mistakes: frozenset[str]):
    """backward() to a leaf, and its .grad."""
    leaves: dict[tuple, torch.Tensor] = {}

    def leaf(initial_state):
        """A leaf with these numbers; with sums left over it is the same one at every call."""
        fresh = initial_state.detach().clone()
        if "zero initial state" in mistakes:
            fresh.zero_()
        if "sums left over" not in mistakes:
            return fresh.requires_grad_()
        start = leaves.setdefault(tuple(fresh.shape), fresh.clone().requires_grad_())
        start.data.copy_(fresh)
        return start

    def initial_state_gradient(model, input_data, initial_state, step):
        start = leaf(initial_state)
        outputs, _ = model(input_data, start[None])
        last = outputs.shape[1] - 1
        if "step too late" in mistakes:
            step = min(step + 1, last)
        if "step too early" in mistakes:
            step = step - 1
        if "last step in place of step" in mistakes:
            step = last
        state = outputs[:, : step + 1] if "sum over all steps" in mistakes else outputs[:, step]
        if "gradient of the square" in mistakes:
            state = state**2
        if "mean for sum" in mistakes:
            state.mean().backward()
        elif "mean over the batch" in mistakes:
            state.flatten(1).sum(1).mean().backward()
        else:
            state.sum().backward()
        gradient = start.grad.clone()
        return gradient.sum(0) if "batch summed" in mistakes else gradient

    return initial_state_gradient


def make_gradient_prefix(mistakes: frozenset[str]):
    """Only the inputs up to the step, then torch.autograd.grad with an upstream of ones."""

    def initial_state_gradient(model, input_data, initial_state, step):
        steps = step + 1
        if "step too late" in mistakes:
            steps += 1
        if "step too early" in mistakes:
            steps = max(steps - 1, 1)
        if "last step in place of step" in mistakes:
            steps = input_data.size(1)
        h0 = torch.zeros_like(initial_state) if "zero initial state" in mistakes else initial_state.detach()
        h0 = h0.unsqueeze(0).clone().requires_grad_(True)
        states, final = model(input_data[:, :steps], h0)
        watched = states if "sum over all steps" in mistakes else final
        upstream = torch.ones_like(watched)
        if "gradient of the square" in mistakes:
            upstream = 2 * watched.detach()
        if "mean for sum" in mistakes:
            upstream = upstream / watched.numel()
        if "mean over the batch" in mistakes:
            upstream = upstream / len(initial_state)
        gradient = torch.autograd.grad(watched, h0, grad_outputs=upstream)[0].squeeze(0)
        if "batch summed" in mistakes:
            gradient = gradient.sum(dim=0, keepdim=True).expand_as(initial_state).contiguous()
        if "sums left over" in mistakes:
            kept = vars(model).setdefault("kept_gradients", {})
            kept[gradient.shape] = gradient = gradient + kept.get(gradient.shape, 0)
        return gradient.numpy()

    return initial_state_gradient


# ---------------------------------------------------------------- Q3, the RNNs

VANISHING_IDS = ("dead from the start", "does not vanish")
EXPLODING_IDS = ("does not explode", "bias not zero", "scale does not depend on H")
EXPLODING_CLASHES = exclusive(EXPLODING_IDS)  # each one alone keeps the gradient small


def make_vanishing_normal(mistakes: frozenset[str]):
    """Symmetric normal weights, brought to a spectral radius."""

    def vanishing_rnn_params(input_size, hidden_size, rng):
        radius = 0.6
        if "does not vanish" in mistakes:
            radius = 1.05
        weights = rng.normal(size=(hidden_size, hidden_size))
        weights = weights + weights.T
        wt_h = (radius / np.abs(np.linalg.eigvalsh(weights)).max() * weights).astype(np.float32)
        if "dead from the start" in mistakes:
            wt_h *= 0
        wt_x = (0.02 * rng.normal(size=(input_size, hidden_size))).astype(np.float32)
        return wt_h, wt_x, np.zeros(hidden_size, dtype=np.float32)

    return vanishing_rnn_params


def make_vanishing_permutation(mistakes: frozenset[str]):
    """Every unit hands part of its state to one other: a scaled permutation, in torch."""

    def vanishing_rnn_params(input_size, hidden_size, rng):
        part = 0.6
        if "does not vanish" in mistakes:
            part = 0.99
        wt_h = torch.eye(hidden_size)[torch.from_numpy(rng.permutation(hidden_size))] * part
        if "dead from the start" in mistakes:
            wt_h = torch.zeros(hidden_size, hidden_size)
        wt_x = torch.zeros(input_size, hidden_size)
        return wt_h, wt_x, torch.zeros(hidden_size)

    return vanishing_rnn_params


def make_exploding_normal(mistakes: frozenset[str]):
    """Independent normal weights, scaled by sqrt(H)."""

    def exploding_rnn_params(input_size, hidden_size, rng):
        scale = 4 / np.sqrt(hidden_size)
        if "does not explode" in mistakes:
            scale = 0.5 / np.sqrt(hidden_size)
        if "scale does not depend on H" in mistakes:
            scale = 0.35
        wt_h = rng.normal(0, scale, (hidden_size, hidden_size))
        bias = np.zeros(hidden_size)
        if "bias not zero" in mistakes:
            bias = bias + 30.0
        return wt_h, rng.normal(0, 1, (input_size, hidden_size)), bias

    return exploding_rnn_params


def make_exploding_diagonal(mistakes: frozenset[str]):
    """Each unit multiplies its own state, with a little noise; plain lists."""

    def exploding_rnn_params(input_size, hidden_size, rng):
        factor = 1.05 if "does not explode" in mistakes else 3.0
        noise = rng.uniform(-1, 1, (hidden_size, hidden_size))
        wt_h = factor * np.eye(hidden_size) + 0.02 * noise / hidden_size
        if "scale does not depend on H" in mistakes:
            wt_h = 0.5 * noise
        bias = rng.uniform(1.5, 2.5, hidden_size) if "bias not zero" in mistakes else np.zeros(hidden_size)
        return wt_h.tolist(), rng.uniform(-1, 1, (input_size, hidden_size)).tolist(), bias.tolist()

    return exploding_rnn_params


# ---------------------------------------------------------------- Q2 and Q4, the GRUs

GRU_IDS = (
    "update gate open",
    "update gate half open",
    "update gate not saturated",
    "weights left in a gate",
    "gates in another order",
    "biases cancel",
)
GRU_CLASHES = (
    exclusive(("update gate open", "update gate half open", "update gate not saturated", "biases cancel"))
    | hides("update gate open", "weights left in a gate")
    | hides("gates in another order", *(name for name in GRU_IDS if name != "gates in another order"))
)


def gru_by_zeros(mistakes: frozenset[str], saturated: float, unsaturated: float, left: float, seed: int):
    """All is zero but one bias; float32 arrays."""

    def params(input_size, hidden_size):
        def zeros():
            shapes = (input_size, hidden_size), (hidden_size,), (hidden_size, hidden_size), (hidden_size,)
            return [np.zeros(shape, dtype=np.float32) for shape in shapes]

        r, z, n = zeros(), zeros(), zeros()
        z[1] += saturated
        if "update gate open" in mistakes:
            z[1] *= -1
        if "update gate half open" in mistakes:
            z[1] *= 0
        if "update gate not saturated" in mistakes:
            z[1][:] = unsaturated
        if "biases cancel" in mistakes:
            z[3] -= saturated
        if "weights left in a gate" in mistakes:
            rng = np.random.default_rng(seed)
            z[0] += rng.normal(0, left, z[0].shape).astype(np.float32)
        if "gates in another order" in mistakes:
            return tuple(z), tuple(r), tuple(n)
        return tuple(r), tuple(z), tuple(n)

    return params


def gru_by_torch(mistakes: frozenset[str], saturated: float, unsaturated: float, left: float, seed: int):
    """Random reset gate and new state, which do not matter; torch tensors, the bias as lists."""

    def params(input_size, hidden_size):
        generator = torch.Generator().manual_seed(seed)

        def gate(size, bias_x, bias_h):
            wt_x = size * torch.randn(input_size, hidden_size, generator=generator)
            wt_h = size * torch.randn(hidden_size, hidden_size, generator=generator)
            return wt_x, [bias_x] * hidden_size, wt_h, [bias_h] * hidden_size

        half = saturated / 2
        both = (half, half)
        if "update gate open" in mistakes:
            both = (-half, -half)
        if "update gate half open" in mistakes:
            both = (0.0, 0.0)
        if "update gate not saturated" in mistakes:
            both = (0.0, unsaturated)
        if "biases cancel" in mistakes:
            both = (-half, half)
        reset = gate(0.3, 0.1, 0.0)
        update = gate(left if "weights left in a gate" in mistakes else 0.0, *both)
        new = gate(0.5, 0.0, -0.2)
        if "gates in another order" in mistakes:
            return reset, new, update
        return reset, update, new

    return params


def make_long_zeros(mistakes: frozenset[str]):
    """Zeros and a bias of 25."""
    params = gru_by_zeros(mistakes, saturated=25, unsaturated=3, left=2.5, seed=11)

    def long_term_gru_params(input_size, hidden_size):
        return params(input_size, hidden_size)

    return long_term_gru_params


def make_long_torch(mistakes: frozenset[str]):
    """Random weights outside of the update gate, and two biases of 30."""
    params = gru_by_torch(mistakes, saturated=60.0, unsaturated=1.5, left=9.0, seed=12)

    def long_term_gru_params(input_size, hidden_size):
        return params(input_size, hidden_size)

    return long_term_gru_params


def make_kept_zeros(mistakes: frozenset[str]):
    """Zeros and a bias of 100."""
    params = gru_by_zeros(mistakes, saturated=100, unsaturated=2, left=12.0, seed=13)

    def non_vanishing_gru_params(input_size, hidden_size):
        return params(input_size, hidden_size)

    return non_vanishing_gru_params


def make_kept_torch(mistakes: frozenset[str]):
    """Random weights outside of the update gate, and two biases of 20."""
    params = gru_by_torch(mistakes, saturated=40.0, unsaturated=1.0, left=6.0, seed=14)

    def non_vanishing_gru_params(input_size, hidden_size):
        return params(input_size, hidden_size)

    return non_vanishing_gru_params


FAMILIES: list[Family] = [
    Family("run_models", "torch's layers, no_grad", RUN_IDS, make_run_layers, RUN_CLASHES),
    Family("run_models", "one time step a call, NumPy float64", RUN_IDS, make_run_steps, RUN_CLASHES),
    Family(
        "initial_state_gradient", "backward to a leaf", GRADIENT_IDS, make_gradient_backward, GRADIENT_CLASHES
    ),
    Family(
        "initial_state_gradient",
        "inputs up to the step, autograd.grad",
        GRADIENT_IDS,
        make_gradient_prefix,
        GRADIENT_CLASHES,
    ),
    Family(
        "vanishing_rnn_params",
        "symmetric normal weights, float32",
        VANISHING_IDS,
        make_vanishing_normal,
        exclusive(VANISHING_IDS),
    ),
    Family(
        "vanishing_rnn_params",
        "scaled permutation, torch",
        VANISHING_IDS,
        make_vanishing_permutation,
        exclusive(VANISHING_IDS),
    ),
    Family(
        "exploding_rnn_params",
        "independent normal weights",
        EXPLODING_IDS,
        make_exploding_normal,
        EXPLODING_CLASHES,
    ),
    Family(
        "exploding_rnn_params",
        "nearly diagonal, plain lists",
        EXPLODING_IDS,
        make_exploding_diagonal,
        EXPLODING_CLASHES,
    ),
    Family("long_term_gru_params", "zeros and one bias, float32", GRU_IDS, make_long_zeros, GRU_CLASHES),
    Family("long_term_gru_params", "random other gates, torch", GRU_IDS, make_long_torch, GRU_CLASHES),
    Family("non_vanishing_gru_params", "zeros and one bias, float32", GRU_IDS, make_kept_zeros, GRU_CLASHES),
    Family("non_vanishing_gru_params", "random other gates, torch", GRU_IDS, make_kept_torch, GRU_CLASHES),
]
