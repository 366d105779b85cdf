"""run_models with a loop over a list of models; float32 arrays in the end."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from bench.family import Family, exclusive, hides

Array = np.ndarray

STARTS = ("zero initial state", "one initial state for all", "state added")
STEPS = ("states one step late", "initial state among the states")
MODELS = ("models exchanged", "one model twice", "state carried from model to model")
AXES = ("batch and time exchanged", "axes of size one lost")
FINAL = "final state for all states"
BOTH_OF_ONE = "outputs and final state of one model"
IDS = (*STARTS, *STEPS, *MODELS, *AXES, FINAL, BOTH_OF_ONE)
CLASHES = (
    exclusive(STARTS, STEPS, MODELS[:2])
    # the models are handed no state then, so that it does not matter which
    | hides("state carried from model to model", "zero initial state", "state added")
    # a final state has no axis for time; the one that a squeeze takes away is that for layers
    | hides(FINAL, *STEPS, *AXES)
    # wrong with any axis of size one
    | hides("axes of size one lost", *STEPS)
    # the second model is never run
    | hides(BOTH_OF_ONE, FINAL, *MODELS)
)


def run(
    model: torch.nn.RNNBase, input_data: torch.Tensor, h0: torch.Tensor, wrong: frozenset[str]
) -> tuple[torch.Tensor, torch.Tensor]:
    """The outputs [B, T, H] and the final state [1, B, H] of one model from h0 [1, B, H]."""
    if "state added" in wrong:
        outputs, final = model(input_data)
        return outputs + h0.transpose(0, 1), final + h0
    outputs, final = model(input_data) if "zero initial state" in wrong else model(input_data, h0)
    return outputs, final


def arranged(outputs: torch.Tensor, initial_state: torch.Tensor, wrong: frozenset[str]) -> torch.Tensor:
    """A model's outputs [B, T, H] in the form that is returned."""
    first = initial_state.unsqueeze(1)
    if "states one step late" in wrong:
        outputs = torch.cat([first, outputs[:, :-1]], dim=1)
    elif "initial state among the states" in wrong:
        outputs = torch.cat([first, outputs], dim=1)
    return outputs.transpose(0, 1) if "batch and time exchanged" in wrong else outputs


def as_numpy(tensor: torch.Tensor, wrong: frozenset[str]) -> Array:
    """The tensor's numbers."""
    if "axes of size one lost" in wrong:
        tensor = tensor.squeeze()
    array: Array = tensor.detach().numpy()
    return array


def make(wrong: frozenset[str]) -> Callable[..., Any]:
    """The function with these mistakes in it."""

    def run_models(
        rnn: torch.nn.RNN, gru: torch.nn.GRU, input_data: torch.Tensor, initial_state: torch.Tensor
    ) -> tuple[Array, Array]:
        h0 = initial_state.unsqueeze(0)
        if "one initial state for all" in wrong:
            h0 = initial_state[0].repeat(1, len(initial_state), 1)
        results = []
        for model in [rnn, gru]:
            this = rnn if "one model twice" in wrong else model
            outputs, final = run(this, input_data, h0, wrong)
            if "state carried from model to model" in wrong:
                h0 = final
            states = final if FINAL in wrong else arranged(outputs, initial_state, wrong)
            if BOTH_OF_ONE in wrong:
                return as_numpy(states, wrong), as_numpy(final, wrong)
            results.append(as_numpy(states, wrong))
        if "models exchanged" in wrong:
            gru_outputs, rnn_outputs = results
        else:
            rnn_outputs, gru_outputs = results
        return rnn_outputs, gru_outputs

    return run_models


FAMILIES: list[Family] = [Family("run_models", "a loop over a list of models", IDS, make, CLASHES)]
