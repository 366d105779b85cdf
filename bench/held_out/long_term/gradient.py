"""initial_state_gradient in float64, with a leaf that takes gradients and a dictionary of what came of it."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import torch
from torch.linalg import norm

from bench.family import Family, exclusive, hides

EXCHANGED = "batch and time exchanged"
STEPS = (
    *("step too late", "step too early", "last step in place of step"),
    *("first step in place of step", "sum over all steps", EXCHANGED),
)
MEANS = ("mean for sum", "mean over the batch")
BENT = ("gradient of the square", "gradient of the norm")
ONE_UNIT, ONE_SEQUENCE = "one unit in place of the sum", "one sequence in place of the sum"
STARTS = ("zero initial state", "one initial state for all", "random initial state")
NORMS, DIVIDED = "norms of the gradient", "gradient divided by its norm"
FORMS = ("batch summed", "gradient transposed", NORMS)
CHAIN = ("recurrent weights transposed", "slope missing")
SIGN, TWICE, IN_INPUTS, LOST = (
    "sign wrong",
    "sums left over",
    "gradient in the inputs",
    "axes of size one lost",
)
IDS = (
    *(*STEPS, *MEANS, *BENT, ONE_UNIT, ONE_SEQUENCE, SIGN),
    *(*STARTS, *CHAIN, TWICE, IN_INPUTS, *FORMS, DIVIDED, LOST),
)
CLASHES = (
    exclusive(STEPS, MEANS, BENT, STARTS, FORMS)
    # the mean of one number a sequence is that over the batch; a single number has no norm but itself
    | hides("mean for sum", "gradient of the norm", ONE_UNIT)
    | hides("gradient of the norm", ONE_UNIT)
    # the mean over one sequence; the others, whose start does not matter
    | hides(ONE_SEQUENCE, EXCHANGED, "mean over the batch", "one initial state for all")
    # it is a mean over time then
    | hides(EXCHANGED, "mean over the batch")
    # no factor is left, and a gradient of zero has no direction
    | hides(DIVIDED, *MEANS, TWICE, NORMS, ONE_SEQUENCE, EXCHANGED)
    | hides(NORMS, SIGN)
    # it has no units to be exchanged or divided by, and more than one vector a sequence
    | hides(IN_INPUTS, "gradient transposed", DIVIDED, NORMS)
    # still a gradient of the square, up to a factor; where factors count, all states are zero
    | hides("gradient of the square", *MEANS, SIGN, TWICE)
    # without slopes an RNN's gradient is the same wherever it starts
    | hides("slope missing", "zero initial state", "one initial state for all")
    # a shape or numbers that are wrong with any axis of size one
    | hides(LOST, "gradient transposed", NORMS, IN_INPUTS, EXCHANGED, "gradient of the norm")
    | hides(LOST, ONE_UNIT, ONE_SEQUENCE, "random initial state", DIVIDED)
    # a chain rule by hand, which has no `.grad` and ends at the initial state
    | hides(TWICE, *CHAIN)
    | hides(IN_INPUTS, *CHAIN)
)


def leaf_of(initial_state: torch.Tensor, wrong: frozenset[str]) -> torch.Tensor:
    """The state [B, H] from which the model starts."""
    start = initial_state.detach().double().clone()
    if "zero initial state" in wrong:
        start = torch.zeros_like(start)
    if "random initial state" in wrong:
        start = torch.ones_like(start)
    if "one initial state for all" in wrong:
        start = start[0].repeat(len(start), 1)
    return start.requires_grad_()


def picked(outputs: torch.Tensor, step: int, wrong: frozenset[str]) -> torch.Tensor:
    """The state [B, H] that is asked for."""
    if EXCHANGED in wrong:
        return outputs[step]
    if "sum over all steps" in wrong:
        return outputs
    if "last step in place of step" in wrong:
        return outputs[:, -1]
    if "first step in place of step" in wrong:
        return outputs[:, 0]
    if "step too late" in wrong:
        return outputs[:, step + 1]
    return outputs[:, step - 1] if "step too early" in wrong else outputs[:, step]


def number_of(state: torch.Tensor, wrong: frozenset[str]) -> torch.Tensor:
    """The number whose gradient is taken."""
    if ONE_SEQUENCE in wrong:
        state = state[:1]
    if ONE_UNIT in wrong:
        state = state[..., :1]
    if "gradient of the square" in wrong:
        state = state**2
    if "gradient of the norm" in wrong:
        state = norm(state, dim=-1)
    if "mean over the batch" in wrong:
        state = state.mean(dim=0)
    number = state.mean() if "mean for sum" in wrong else state.sum()
    return -number if SIGN in wrong else number


def by_hand(model: torch.nn.RNNBase, outputs: torch.Tensor, step: int, wrong: frozenset[str]) -> torch.Tensor:
    """An RNN's gradient [B, H] by the chain rule, from the last state back to the initial one."""
    states = outputs.detach().requires_grad_()
    (upstream,) = torch.autograd.grad(number_of(picked(states, step, wrong), wrong), states)
    slopes = (1 - states**2).detach()
    weights = dict(model.named_parameters())["weight_hh_l0"].detach()
    if "recurrent weights transposed" in wrong:
        weights = weights.T
    gradient = torch.zeros_like(slopes[:, 0])
    for t in reversed(range(states.shape[1])):
        gradient = gradient + upstream[:, t]
        if "slope missing" not in wrong:
            gradient = gradient * slopes[:, t]
        gradient = gradient @ weights
    return gradient


def by_autograd(outputs: torch.Tensor, leaf: torch.Tensor, step: int, wrong: frozenset[str]) -> torch.Tensor:
    """The gradient in the leaf."""
    number = number_of(picked(outputs, step, wrong), wrong)
    if TWICE in wrong:
        number.backward(retain_graph=True)  # type: ignore[no-untyped-call]
    number.backward()  # type: ignore[no-untyped-call]
    assert leaf.grad is not None
    return leaf.grad


def made_of(gradient: torch.Tensor, wrong: frozenset[str]) -> dict[str, torch.Tensor]:
    """The gradient in the form that is returned, and its norms."""
    norms = norm(gradient, dim=-1)
    if DIVIDED in wrong:
        gradient = gradient / norms.unsqueeze(-1)
    if "batch summed" in wrong:
        gradient = gradient.sum(dim=0)
    if "gradient transposed" in wrong:
        gradient = gradient.T
    return {"gradient": gradient, "norms": norms}


def make(wrong: frozenset[str]) -> Callable[..., Any]:
    """The function with these mistakes in it."""

    def initial_state_gradient(
        model: torch.nn.RNNBase, input_data: torch.Tensor, initial_state: torch.Tensor, step: int
    ) -> torch.Tensor:
        model = deepcopy(model).double()
        inputs = input_data.detach().double().clone()
        start = leaf_of(initial_state, wrong)
        leaf = inputs.requires_grad_() if IN_INPUTS in wrong else start
        outputs, _ = model(inputs, start.unsqueeze(0))
        if wrong.intersection(CHAIN) and isinstance(model, torch.nn.RNN):
            gradient = by_hand(model, outputs, step, wrong)
        else:
            gradient = by_autograd(outputs, leaf, step, wrong)
        result = made_of(gradient, wrong)["norms" if NORMS in wrong else "gradient"]
        return result.squeeze() if LOST in wrong else result

    return initial_state_gradient


FAMILIES: list[Family] = [
    Family("initial_state_gradient", "a leaf in float64, a dictionary of results", IDS, make, CLASHES)
]
