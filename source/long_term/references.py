"""What the visible checks compare with: states from torch's cells, and gradients found without torch.

B is the number of sequences, T of steps, I the input size, H the hidden size. `state[step]` is the state
after input number `step`, both counted from 0.
"""

from copy import deepcopy
from typing import Any

import numpy as np
import torch

Array = np.ndarray[Any, np.dtype[np.float64]]

CELLS = {torch.nn.RNN: torch.nn.RNNCell, torch.nn.GRU: torch.nn.GRUCell}
MOVE = 1e-6  # of an element of an initial state; the difference quotient is then right to about 1e-9


def cell_states(model: Any, input_data: torch.Tensor, initial_state: torch.Tensor) -> torch.Tensor:
    """All states [B, T, H] of a torch.nn.RNN or GRU for input_data [B, T, I] and initial_state [B, H].

    One step of the model's cell after the other, in the dtype of the model.
    """
    dtype = model.weight_hh_l0.dtype
    cell = CELLS[type(model)](model.input_size, model.hidden_size, dtype=dtype)
    cell.load_state_dict({name.removesuffix("_l0"): value for name, value in model.state_dict().items()})
    state, states = initial_state.to(dtype), []
    with torch.no_grad():
        for x in input_data.to(dtype).unbind(dim=1):  # [B, I]
            state = cell(x, state)  # [B, H]
            states.append(state)
    return torch.stack(states, dim=1)


def difference_gradient(
    model: Any, input_data: torch.Tensor, initial_state: torch.Tensor, step: int
) -> Array:
    """The gradient [B, H] of sum(state[step]) in the initial state, from differences in float64.

    Each unit of the initial state is moved a little up and down in turn. That costs two runs a unit, and
    says nothing where states saturate at once; it is good for checking a gradient that was found otherwise.
    """
    model, inputs, state = deepcopy(model).double(), input_data[:, : step + 1], initial_state.double()
    gradient = np.empty(state.shape)
    for unit in range(state.shape[1]):
        move = torch.zeros_like(state)
        move[:, unit] = MOVE
        up, down = (
            cell_states(model, inputs, moved)[:, step].sum(1) for moved in (state + move, state - move)
        )
        gradient[:, unit] = (up - down) / (2 * MOVE)  # [B]
    return gradient


def chain_rule_gradient(rnn: Any, input_data: torch.Tensor, step: int) -> Array:
    """The gradient [B, H] of sum(state[step]) in an initial state of zero, of an RNN, in float64.

    Right for gradients of any size. From the last step to the first, each step takes the gradient through
    tanh, whose slope is 1 - state^2, and through the recurrent weights.
    """
    double = rnn if rnn.weight_hh_l0.dtype == torch.float64 else deepcopy(rnn).double()
    with torch.no_grad():
        states = double(input_data[:, : step + 1].double())[0].numpy()  # [B, step + 1, H]
    weights = double.weight_hh_l0.detach().numpy()  # [H, H], as torch keeps it: state @ weights.T
    gradient = np.ones(states[:, 0].shape)  # [B, H]
    with np.errstate(all="ignore"):  # an overflow is told by the check
        for t in range(step, -1, -1):
            gradient = gradient * (1 - states[:, t] ** 2) @ weights
    return gradient
