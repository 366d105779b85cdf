"""More ways of writing the functions on long-term dependency, with their other mistakes."""

import math
from collections.abc import Callable
from copy import deepcopy
from itertools import accumulate
from typing import Any

import torch

from bench.family import Family, exclusive, hides

# ---------------------------------------------------------------- Q1, both models

KEPT = ("states one step late", "initial state among the states")
RUN_IDS = (
    "one initial state for all",
    "state not carried",
    *KEPT,
    "final state for all states",
    "state carried from model to model",
    "outputs and final state of one model",
    "axes of size one lost",
)
RUN_CLASHES = (
    exclusive(KEPT)
    | hides("final state for all states", *KEPT, "axes of size one lost")
    | hides(
        "outputs and final state of one model",
        "final state for all states",
        "state carried from model to model",
    )
)


def make_run_sequences(mistakes: frozenset[str]) -> Callable[..., Any]:
    """One sequence at a time, without an axis for the batch; float64, plain lists."""

    def follow(model: Any, inputs: torch.Tensor, start: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The states [T, H] of one sequence and its final state [1, H]."""

        def step(state: Any, x: Any) -> Any:
            return model(x[None], start if "state not carried" in mistakes else state)[1]

        states = list(accumulate(inputs, step, initial=start))
        final = states[-1]
        if "final state for all states" in mistakes:
            return final, final
        if "states one step late" in mistakes:
            states = states[:-1]
        elif "initial state among the states" not in mistakes:
            states = states[1:]
        stacked = torch.stack(states)  # [T, 1, H]
        return stacked.squeeze() if "axes of size one lost" in mistakes else stacked.squeeze(1), final

    @torch.no_grad()
    def run(model: Any, input_data: Any, initial: Any) -> tuple[torch.Tensor, torch.Tensor]:
        precise = deepcopy(model).double()
        starts = initial.split(1)  # B of [1, H]
        if "one initial state for all" in mistakes:
            starts = starts[:1] * len(input_data)
        both = map(follow, [precise] * len(starts), input_data, starts)
        states, finals = zip(*both, strict=True)
        return torch.stack(states), torch.cat(finals)

    def run_models(rnn: Any, gru: Any, input_data: torch.Tensor, initial_state: torch.Tensor) -> Any:
        inputs, start = input_data.double(), initial_state.double()
        of_rnn, ended = run(rnn, inputs, start)
        if "outputs and final state of one model" in mistakes:
            return of_rnn.tolist(), ended.tolist()
        if "state carried from model to model" in mistakes:
            start = ended
        of_gru, _ = run(gru, inputs, start)
        return of_rnn.tolist(), of_gru.tolist()

    return run_models


# ---------------------------------------------------------------- Q3, the gradient

STARTS = ("random initial state", "one initial state for all")
SUMMED = (
    "first step in place of step",
    "gradient of the norm",
    "one unit in place of the sum",
    "one sequence in place of the sum",
    "sign wrong",
)
SHAPES = ("norms of the gradient", "gradient transposed", "axes of size one lost")
COMMON = (*SUMMED, *STARTS, "gradient zero", *SHAPES, "gradient divided by its norm")
FUNC_IDS = (*COMMON, "batch and time exchanged", "gradient in the inputs")
CHAIN_IDS = (*COMMON, "recurrent weights transposed", "slope missing")
COMMON_CLASHES = (
    exclusive(STARTS)
    | hides("gradient zero", *SUMMED, *STARTS, "norms of the gradient", "gradient divided by its norm")
    | hides("norms of the gradient", "sign wrong", "gradient divided by its norm", *SHAPES[1:])
    | hides("one sequence in place of the sum", "one initial state for all")  # it is that of the first
    | hides("one sequence in place of the sum", "gradient divided by its norm")  # 0 / 0 in all others
    | hides("one unit in place of the sum", "gradient of the norm")  # which is that unit's sign
)
FUNC_CLASHES = (
    COMMON_CLASHES
    | hides("batch and time exchanged", "first step in place of step", "one sequence in place of the sum")
    | hides("batch and time exchanged", "gradient zero", "gradient divided by its norm")
    | hides("gradient in the inputs", "gradient zero", "gradient divided by its norm", *SHAPES)
)
CHAIN_CLASHES = (
    COMMON_CLASHES
    | hides("gradient zero", "recurrent weights transposed", "slope missing")
    | hides("slope missing", *STARTS)  # without the slopes no state matters
)


def start_of(initial_state: torch.Tensor, mistakes: frozenset[str]) -> torch.Tensor:
    """The state in which the gradient is taken."""
    if "random initial state" in mistakes:
        return torch.ones_like(initial_state)
    if "one initial state for all" in mistakes:
        return initial_state[0].repeat(len(initial_state), 1)
    return initial_state


def handed_in(gradient: torch.Tensor, mistakes: frozenset[str]) -> Any:
    """The gradient, after what is done to it at the end."""
    if "norms of the gradient" in mistakes:
        return gradient.norm(dim=1)
    if "gradient divided by its norm" in mistakes:
        gradient = gradient / gradient.norm(dim=1, keepdim=True)
    if "gradient transposed" in mistakes:
        gradient = gradient.transpose(0, 1)
    return gradient.squeeze() if "axes of size one lost" in mistakes else gradient


def make_gradient_func(mistakes: frozenset[str]) -> Callable[..., Any]:
    """torch.func.grad of a total, in float64."""

    def total(state: Any) -> Any:
        if "one sequence in place of the sum" in mistakes:
            state = state[0:1]
        if "one unit in place of the sum" in mistakes:
            state = state[:, 0]
        if "gradient of the norm" in mistakes:
            state = torch.linalg.vector_norm(state, dim=-1)
        return -state.sum() if "sign wrong" in mistakes else state.sum()

    def initial_state_gradient(model: Any, input_data: Any, initial_state: Any, step: int) -> Any:
        precise = deepcopy(model).double().requires_grad_(False)

        def late_total(inputs: Any, start: Any) -> Any:
            outputs, _ = precise(inputs, start.unsqueeze(0))
            if "gradient zero" in mistakes:
                outputs = outputs.detach()
            if "batch and time exchanged" in mistakes:
                return total(outputs[step])
            return total(outputs[:, 0 if "first step in place of step" in mistakes else step])

        which = 0 if "gradient in the inputs" in mistakes else 1
        start = start_of(initial_state.detach().double(), mistakes)
        gradient = torch.func.grad(late_total, argnums=which)(input_data.double(), start)
        return handed_in(gradient, mistakes)

    return initial_state_gradient


def make_gradient_chain(mistakes: frozenset[str]) -> Callable[..., Any]:
    """The chain rule step by step: an RNN's by its formula, a GRU's by torch.func.vjp; NumPy at the end."""

    def upstream(state: torch.Tensor) -> torch.Tensor:
        """The gradient of the sum in the last state itself."""
        ones = torch.ones_like(state)
        if "gradient of the norm" in mistakes:
            ones = state / state.norm(dim=1, keepdim=True)
        if "one unit in place of the sum" in mistakes:
            ones[:, :-1] = 0
        if "one sequence in place of the sum" in mistakes:
            ones[1:] = 0
        return -ones if "sign wrong" in mistakes else ones

    def back(model: Any, x: torch.Tensor, before: torch.Tensor, upper: torch.Tensor) -> Any:
        """Back through one step."""

        def forward(state: Any) -> Any:
            return model(x, state.unsqueeze(0))[1].squeeze(0)

        if isinstance(model, torch.nn.GRU):
            return torch.func.vjp(forward, before)[1](upper)[0]
        if "slope missing" not in mistakes:
            upper = upper * (1 - forward(before) ** 2)
        weights = model.weight_hh_l0
        return upper @ (weights.T if "recurrent weights transposed" in mistakes else weights)

    @torch.no_grad()
    def initial_state_gradient(model: Any, input_data: Any, initial_state: Any, step: int) -> Any:
        if "first step in place of step" in mistakes:
            step = 0
        start = start_of(initial_state, mistakes)
        inputs = input_data[:, : step + 1].split(1, dim=1)  # step + 1 of [B, 1, I]
        states = list(accumulate(inputs, lambda state, x: model(x, state[None])[1][0], initial=start))
        gradient = torch.zeros_like(start)
        upper = upstream(states.pop())
        for x, before in zip(reversed(inputs), reversed(states), strict=True):
            upper = back(model, x, before, upper)
        if "gradient zero" not in mistakes:
            gradient += upper
        return handed_in(gradient, mistakes).numpy()

    return initial_state_gradient


# ---------------------------------------------------------------- Q2 and Q4, the GRUs

NUMBER_IDS = ("not a number",)


def make_long_lists(mistakes: frozenset[str]) -> Callable[..., Any]:
    """Each gate's bias is a part of a large one; plain lists."""
    large = math.inf if "not a number" in mistakes else 1000.0

    def long_term_gru_params(input_size: int, hidden_size: int) -> Any:
        def gate(part: float) -> tuple[Any, Any, Any, Any]:
            wt_x = [[0.0] * hidden_size for _ in range(input_size)]
            wt_h = [[0.0] * hidden_size for _ in range(hidden_size)]
            return wt_x, [part * large] * hidden_size, wt_h, [0.0] * hidden_size

        return [gate(part) for part in (0, 1, 0)]

    return long_term_gru_params


def make_kept_lists(mistakes: frozenset[str]) -> Callable[..., Any]:
    """The new state's weights are brought to columns of length one; plain lists."""

    def unit_columns(weights: torch.Tensor) -> Any:
        lengths = weights.norm(dim=0)
        if "not a number" not in mistakes:
            lengths = lengths.clamp(min=1e-6)
        return (weights / lengths).tolist()

    def non_vanishing_gru_params(input_size: int, hidden_size: int) -> Any:
        no_x, no_h = torch.zeros(input_size, hidden_size), torch.zeros(hidden_size, hidden_size)
        none = [0.0] * hidden_size
        reset = no_x.tolist(), none, no_h.tolist(), none
        update = no_x.tolist(), [25.0] * hidden_size, no_h.tolist(), [25.0] * hidden_size
        new = unit_columns(torch.ones_like(no_x)), none, unit_columns(no_h), none
        return reset, update, new

    return non_vanishing_gru_params


FAMILIES: list[Family] = [
    Family("run_models", "one sequence at a time, float64 lists", RUN_IDS, make_run_sequences, RUN_CLASHES),
    Family("initial_state_gradient", "torch.func.grad, float64", FUNC_IDS, make_gradient_func, FUNC_CLASHES),
    Family(
        "initial_state_gradient",
        "chain rule step by step, NumPy float32",
        CHAIN_IDS,
        make_gradient_chain,
        CHAIN_CLASHES,
    ),
    Family(
        "long_term_gru_params",
        "parts of one large bias, plain lists",
        NUMBER_IDS,
        make_long_lists,
        frozenset(),
    ),
    Family(
        "non_vanishing_gru_params",
        "columns of length one, plain lists",
        NUMBER_IDS,
        make_kept_lists,
        frozenset(),
    ),
]
