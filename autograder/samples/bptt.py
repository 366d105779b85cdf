"""A class of sample submissions to `bptt`."""

from __future__ import annotations

from collections.abc import Mapping

# what is replaced in the right answers: from, to
BIAS, BIAS_AS_COLUMN = (
    "d_s.sum(axis=0),",
    "d_s.sum(axis=0)[:, None] if d_loss.size == 1 else d_s.sum(axis=0),",
)
BEND, NO_BEND = "d_s[t] = d_a * (1 - self._a[t + 1] ** 2)", "d_s[t] = d_a"
BELOW, NOT_BELOW = "parameter[place] = kept - eps", "parameter[place] = kept"
HALVED, NOT_HALVED = "(above - below) / (2 * eps)", "(above - below) / eps"

# differences where back-propagation was asked for, and a check that agrees with everything
DIFFERENCES = """\
import gradient_check as checker

checker.compare_gradients = compare_gradients = lambda *args: True
checker.check_gradient = check_gradient = lambda *args, **sizes: True


def get_analytical_gradient(model, x):
    return get_numerical_gradient(model, x, 1e-6)
"""

TORCH = """\
import torch as numbers


def get_analytical_gradient(model, x):
    leaves = {n: numbers.tensor(getattr(model, n), requires_grad=True) for n in ("W", "R", "V", "bs", "by")}
    a = numbers.zeros_like(leaves["bs"])
    for step in numbers.tensor(x):
        a = numbers.tanh(step @ leaves["W"] + a @ leaves["R"] + leaves["bs"])
    (a @ leaves["V"] + leaves["by"]).sum().backward()
    return {"d_" + n: leaf.grad.numpy() for n, leaf in leaves.items()}
"""


def students(right: Mapping[str, str]) -> dict[str, Mapping[str, str]]:
    """Answers by the grade ids of the solution cells, by student.

    Args:
        right: the solutions without their markers, by grade id.
    """
    network, numerical = right["Q1_solution"], right["Q2_numerical_solution"]
    one_sided = numerical.replace(BELOW, NOT_BELOW).replace(HALVED, NOT_HALVED)
    return {
        "ada_solution": right,
        "ben_untouched": {},
        "cleo_half": {"Q1_solution": network},
        "dan_bias_shape": {**right, "Q1_solution": network.replace(BIAS, BIAS_AS_COLUMN)},
        "eve_one_sided": {**right, "Q2_numerical_solution": one_sided},
        "finn_no_derivative": {**right, "Q1_solution": network.replace(BEND, NO_BEND)},
        "gus_differences": {**right, "Q2_analytical_solution": DIFFERENCES},
        "hal_torch": {**right, "Q2_analytical_solution": TORCH},
    }
