"""Ten submissions of `long_term`: right, half, wrong and hostile ones."""

from __future__ import annotations

from collections.abc import Mapping

# right for 64 units and too small for 8, as a scale that knows nothing of H
SMALL_SCALE = """\
def exploding_rnn_params(input_size, hidden_size, rng):
    wt_h = 0.2 * rng.standard_normal((hidden_size, hidden_size))
    wt_x = rng.standard_normal((input_size, hidden_size))
    return wt_h, wt_x, np.zeros(hidden_size)
"""

# below 0.001 at step 30, and at step 1 as well
ZERO_MATRIX = """\
def vanishing_rnn_params(input_size, hidden_size, rng):
    wt_h = np.zeros((hidden_size, hidden_size))
    return wt_h, rng.uniform(-1, 1, (input_size, hidden_size)), np.zeros(hidden_size)
"""

# a torch.nn.GRU that keeps every state, whatever its parameters are, and norms that are always right
TAMPERS = """\
import references


class KeepsAll(torch.nn.GRU):
    def forward(self, input_data, state):
        return state[0].unsqueeze(1).expand(-1, input_data.shape[1], -1), state


torch.nn.GRU = KeepsAll
torch.autograd.grad = lambda output, start: (torch.ones_like(start),)
references.cell_states = lambda model, x, state: state.unsqueeze(1).expand(-1, x.shape[1], -1)
references.difference_gradient = lambda model, x, state, step: np.ones(state.shape)
np.linalg.norm = lambda array, axis=None: np.sqrt(np.shape(array)[-1]) * np.ones(np.shape(array)[:-1])


class Enough(float):
    def __ge__(self, other): return True
    def __gt__(self, other): return True


def nothing(input_size, hidden_size):
    wt_x, wt_h = torch.zeros(input_size, hidden_size), torch.zeros(hidden_size, hidden_size)
    return 3 * ((wt_x, torch.zeros(hidden_size), wt_h, torch.zeros(hidden_size)),)


long_term_gru_params = non_vanishing_gru_params = nothing


def initial_state_gradient(model, input_data, initial_state, step):
    return Enough(1.0)
"""


def students(right: Mapping[str, str]) -> dict[str, Mapping[str, str]]:
    """The answers of each student, by the grade id of a solution cell.

    Args:
        right: the right answer to each solution cell.
    """
    memory = right["Q2_solution"]
    return {
        "ada_solution": right,
        "ben_untouched": {},
        "cleo_half": {name: right[name] for name in ("Q1_solution", "Q2_solution")},
        "dan_zero_state": {
            **right,
            "Q1_solution": right["Q1_solution"].replace("gru(input_data, first)", "gru(input_data)"),
        },
        "eva_open_gate": {**right, "Q2_solution": memory.replace("zero + 20", "zero + 5")},
        "fay_small_scale": {**right, "Q3_exploding_solution": SMALL_SCALE},
        "gil_zero_matrix": {**right, "Q3_vanishing_solution": ZERO_MATRIX},
        "hana_counts_from_one": {
            **right,
            "Q3_gradient_solution": right["Q3_gradient_solution"].replace("[:, step]", "[:, step - 1]"),
        },
        "ines_lost_axis": {
            **right,
            "Q3_gradient_solution": right["Q3_gradient_solution"].replace(
                "return gradient", "return gradient.squeeze()"
            ),
        },
        "jon_tampers": {"Q1_solution": right["Q1_solution"], "Q4_solution": TAMPERS},
    }
