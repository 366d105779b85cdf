"""torch's own recurrent networks, run with given parameters: the oracles of more than one suite."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from autograder.answers import Array
from autograder.suites.draws import Linear


def rnn_module(wt_h: Any, wt_x: Any, bias: Any, dtype: torch.dtype = torch.float64) -> torch.nn.RNN:
    """A torch.nn.RNN of one layer with these parameters: wt_h [H, H], wt_x [I, H], bias [H]."""
    model = torch.nn.RNN(wt_x.shape[0], wt_h.shape[0], batch_first=True, dtype=dtype)
    load(model, *_of_rnn(wt_h, wt_x, bias))
    return model


def gru_module(gates: Sequence[Linear], dtype: torch.dtype = torch.float64) -> torch.nn.GRU:
    """A torch.nn.GRU of one layer with these gates, in the order r, z, n."""
    (wt_x, _, wt_h, _), *_ = gates
    model = torch.nn.GRU(wt_x.shape[0], wt_h.shape[0], batch_first=True, dtype=dtype)
    load(model, *_of_gru(gates))
    return model


def load(model: torch.nn.Module, *values: Any) -> None:
    """Put values into a module's parameters, in their order."""
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), values, strict=True):
            parameter.copy_(torch.as_tensor(np.ascontiguousarray(value)))


def run_rnn(wt_h: Any, wt_x: Any, bias: Any, init_state: Any, input_data: Any) -> Array:
    """torch.nn.RNN's outputs [B, T, H] in float64."""
    return _run(torch.rnn_tanh, _of_rnn(wt_h, wt_x, bias), input_data, init_state, torch.float64)


def run_gru(gates: Sequence[Linear], init_state: Any, input_data: Any, dtype: torch.dtype) -> Array:
    """torch.nn.GRU's outputs [B, T, H], computed in `dtype`."""
    return _run(torch.gru, _of_gru(gates), input_data, init_state, dtype)


def _of_rnn(wt_h: Any, wt_x: Any, bias: Any) -> list[Any]:
    """The parameters in torch's order: [H, I], [H, H], [H], [H]."""
    return [wt_x.T, wt_h.T, bias, np.zeros_like(bias)]


def _of_gru(gates: Sequence[Linear]) -> list[Any]:
    """The parameters in torch's order: [3H, I], [3H, H], [3H], [3H]."""
    wt_x, bias_x, wt_h, bias_h = zip(*gates, strict=True)
    stacked_x, stacked_h = np.concatenate(wt_x, axis=1).T, np.concatenate(wt_h, axis=1).T
    return [stacked_x, stacked_h, np.concatenate(bias_x), np.concatenate(bias_h)]


def _run(
    layer: Callable[..., Any], values: Sequence[Any], input_data: Any, init_state: Any, dtype: torch.dtype
) -> Array:
    """What a module of one layer does; making one would take three times as long."""
    parameters = [torch.as_tensor(np.ascontiguousarray(value)).to(dtype) for value in values]
    x, h = (torch.as_tensor(each).to(dtype) for each in (input_data, init_state))
    with torch.no_grad():
        outputs, _ = layer(x, h, parameters, True, 1, 0.0, False, False, True)
    return np.asarray(outputs.double().numpy(), dtype=np.float64)


def outputs_of(model: torch.nn.RNNBase, input_data: Any, init_state: Any) -> Array:
    """A module's outputs [B, T, H] for input_data [B, T, I] and init_state [1, B, H], in its own dtype."""
    dtype = next(model.parameters()).dtype
    with torch.no_grad():
        outputs, _ = model(torch.as_tensor(input_data).to(dtype), torch.as_tensor(init_state).to(dtype))
    return np.asarray(outputs.double().numpy(), dtype=np.float64)
