"""Submissions of `rnn_gru_mha`: right, half, wrong, unlucky and hostile ones, and two wrong alike."""

from __future__ import annotations

from collections.abc import Mapping

WARNS = """\
import sys
import warnings

warnings.warn("this student's code warns")
print("and prints to standard error", file=sys.stderr)
"""

LOOPS = """\
def gru(linear_trans_r, linear_trans_z, linear_trans_n, init_state, input_data):
    step = 0
    while step < input_data.shape[1]:
        pass  # forgets to count
"""

EXITS = """\
import os

print("enough for today")
os._exit(0)
"""

# what looks everything up in the grader's process, and changes what a grade is computed with
TAMPERS = """\
import sys
import numpy as np

np.max = np.mean = np.abs = lambda *args, **options: np.float64(0.0)
np.allclose = lambda *args, **options: True


class Smallest(float):
    def __le__(self, other): return True
    def __lt__(self, other): return True


def rel_error(x, y):
    return Smallest(0.0)


import visible_check
visible_check.rel_error = rel_error
frame = sys._getframe()
while frame is not None:
    for value in list(frame.f_locals.values()):
        if hasattr(value, "score"):
            value.score = 17
    frame = frame.f_back


def gru(*args):
    return Smallest(0.0), Smallest(0.0)


def mha(*args):
    return Smallest(0.0)
"""

READY_MADE = """\
import torch


def gru(linear_trans_r, linear_trans_z, linear_trans_n, init_state, input_data):
    layer = getattr(torch.nn, "G" + "RU")
    model = layer(input_data.shape[2], init_state.shape[2], batch_first=True)
    gates = (linear_trans_r, linear_trans_z, linear_trans_n)
    values = [np.concatenate([gate[k] for gate in gates], axis=-1).T for k in (0, 2, 1, 3)]
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), values):
            parameter.copy_(torch.as_tensor(value))
        outputs, final_state = model(torch.as_tensor(input_data), torch.as_tensor(init_state))
    return outputs.numpy(), final_state.numpy()
"""

# one mistake that no bank knows, by two students: the update gate is given the state after its reset
RESET_TOO_SOON = """\
def gru(linear_trans_r, linear_trans_z, linear_trans_n, init_state, input_data):
    def linear(parameters, x, h):
        wt_x, bias_x, wt_h, bias_h = parameters
        return x @ wt_x + bias_x, h @ wt_h + bias_h

    def sigmoid(a):
        return 1 / (1 + np.exp(-a))

    h, outputs = init_state[0], []
    for t in range(input_data.shape[1]):
        x = input_data[:, t]
        r = sigmoid(sum(linear(linear_trans_r, x, h)))
        z = sigmoid(sum(linear(linear_trans_z, x, r * h)))
        from_x, from_h = linear(linear_trans_n, x, h)
        h = (1 - z) * np.tanh(from_x + r * from_h) + z * h
        outputs.append(h)
    return np.stack(outputs, axis=1), h
"""
RESET_TOO_SOON_IN_TORCH = """\
import torch


def gru(linear_trans_r, linear_trans_z, linear_trans_n, init_state, input_data):
    r_x, r_bx, r_h, r_bh = map(torch.as_tensor, linear_trans_r)
    z_x, z_bx, z_h, z_bh = map(torch.as_tensor, linear_trans_z)
    n_x, n_bx, n_h, n_bh = map(torch.as_tensor, linear_trans_n)
    state = torch.as_tensor(init_state).squeeze(0)
    states = []
    for x in torch.as_tensor(input_data).unbind(1):
        reset = torch.sigmoid(x @ r_x + r_bx + state @ r_h + r_bh)
        update = torch.sigmoid(x @ z_x + z_bx + (reset * state) @ z_h + z_bh)
        new = torch.tanh(x @ n_x + n_bx + reset * (state @ n_h + n_bh))
        state = new + update * (state - new)
        states.append(state)
    return torch.stack(states, 1).numpy(), state.numpy()
"""

# the reset gate before the product with the hidden weights in place of after it
RESET_AFTER, RESET_BEFORE = "r * (state @ wt_hn + bias_hn)", "(r * state) @ wt_hn + bias_hn"


def students(right: Mapping[str, str]) -> dict[str, Mapping[str, str] | str]:
    """Each student's answers by solution cell, or a file that is no notebook; made out of right answers."""
    first_three = ("Q2_solution", "Q3_solution", "Q4_solution")
    reset = right["Q3_solution"].replace(RESET_AFTER, RESET_BEFORE)
    return {
        "ada_solution": right,
        "ben_untouched": {},
        "cleo_half": {name: text for name, text in right.items() if name in first_three},
        "dan_reset_gate": {**right, "Q3_solution": reset},
        "eve_warns": {**right, "Q2_solution": WARNS + right["Q2_solution"]},
        "finn_loops": {**right, "Q3_solution": LOOPS},
        "gus_exits": {**right, "Q4_solution": EXITS},
        "hal_tampers": {"Q2_solution": right["Q2_solution"], "Q6_solution": TAMPERS},
        "ida_ready_made": {**right, "Q3_solution": READY_MADE},
        "kim_reset_too_soon": {**right, "Q3_solution": RESET_TOO_SOON},
        "lea_reset_too_soon": {**right, "Q3_solution": RESET_TOO_SOON_IN_TORCH},
        "jon_not_a_notebook": "PK\x03\x04 this was zipped by mistake",
    }
