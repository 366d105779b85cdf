"""Q1 under no_grad: the two calls one below the other, each part mended after them, a tuple of tensors."""

from typing import Any

import torch

from bench.family import Family, exclusive, hides

STARTS = ("zero initial state", "one initial state for all")
FRONT = ("states one step late", "initial state among the states")
CALLS = ("models exchanged", "one model twice")
RUN_MODELS = (
    *STARTS,
    "state added",
    "state not carried",
    "batch and time exchanged",
    *FRONT,
    "final state for all states",
    *CALLS,
    "state carried from model to model",
    "outputs and final state of one model",
    "axes of size one lost",
)
CLASHES = (
    exclusive(STARTS, FRONT, CALLS)
    # [1, B, H] transposed or squeezed is a final state still, and has no place for one in front
    | hides("final state for all states", *FRONT, "batch and time exchanged", "axes of size one lost")
    | hides("outputs and final state of one model", *CALLS, "state carried from model to model")
    | hides("outputs and final state of one model", "final state for all states")
    # what a call leaves behind would be carried from step to step as well
    | hides("state not carried", "state carried from model to model")
    # wrong at sizes of one, whatever becomes of the axes there
    | hides("axes of size one lost", *FRONT, "state not carried")
)


def one_by_one(
    model: Any, input_data: torch.Tensor, first: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """The outputs and the last state of a model that is given one input at a time, always from `first`."""
    steps = [model(inputs, first) for inputs in torch.split(input_data, 1, dim=1)]
    return torch.cat([outputs for outputs, _ in steps], dim=1), steps[-1][1]


def make_run_models(wrong: frozenset[str]) -> Any:
    """All in float32, as the models are."""

    def layered(initial_state: torch.Tensor) -> torch.Tensor:
        """[1, B, H]"""
        if "zero initial state" in wrong:
            return torch.zeros_like(initial_state)[None]
        if "one initial state for all" in wrong:
            return initial_state[0].repeat(1, len(initial_state), 1)
        return initial_state[None]

    def finished(outputs: torch.Tensor, final: torch.Tensor, initial_state: torch.Tensor) -> torch.Tensor:
        """The states to return, [B, T, H]."""
        if "final state for all states" in wrong:
            return final + initial_state if "state added" in wrong else final
        start = initial_state[:, None]  # [B, 1, H]
        if "state added" in wrong:
            outputs = outputs + start
        if "states one step late" in wrong:
            outputs = torch.cat([start, outputs[:, :-1]], dim=1)
        if "initial state among the states" in wrong:
            outputs = torch.cat([start, outputs], dim=1)
        if "batch and time exchanged" in wrong:
            outputs = outputs.transpose(0, 1)
        return outputs.squeeze() if "axes of size one lost" in wrong else outputs

    @torch.no_grad()
    def run_models(rnn: Any, gru: Any, input_data: torch.Tensor, initial_state: torch.Tensor) -> Any:
        """Both from the same [1, B, H]."""
        first = layered(initial_state)
        second = rnn if "one model twice" in wrong else gru
        if "state not carried" in wrong:
            rnn_outputs, rnn_final = one_by_one(rnn, input_data, first)
            gru_outputs, gru_final = one_by_one(second, input_data, first)
        elif "state carried from model to model" in wrong:
            rnn_outputs, first = rnn(input_data, first)
            rnn_final = first
            gru_outputs, first = second(input_data, first)
            gru_final = first
        else:
            rnn_outputs, rnn_final = rnn(input_data, first)
            gru_outputs, gru_final = second(input_data, first)
        rnn_states = finished(rnn_outputs, rnn_final, initial_state)
        gru_states = finished(gru_outputs, gru_final, initial_state)
        if "outputs and final state of one model" in wrong:
            return rnn_states, rnn_final
        return (gru_states, rnn_states) if "models exchanged" in wrong else (rnn_states, gru_states)

    return run_models


FAMILIES = [
    Family("run_models", "torch float32, no_grad, two calls in a row", RUN_MODELS, make_run_models, CLASHES),
]
