"""The notebook runs top to bottom, with its solutions and with its stubs, and prints what its prose says."""

import sys

import numpy as np
import pytest
import torch

from tests import notebooks
from tests.notebooks import rows, run_notebook

NAME = "rnn_gru_mha"
FOLDER = notebooks.SOURCES / NAME
POINTS = {"Q2": 3, "Q3": 5, "Q4": 2, "Q5": 2, "Q6": 5}


@pytest.fixture(scope="module")
def slipped(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The notebook with one slip a question, of the kind that the checks must tell by name."""
    slips = {
        "Q2_solution": ("state = init_state[0]", "state = init_state.squeeze()"),
        "Q3_solution": ("np.stack(outputs, axis=1)", "torch.nn.GRU(3, 2) and np.stack(outputs)"),
        "Q4_solution": ("zero - 20", "zero - 10"),
        "Q5_solution": ("return nothing, keep, nothing", "return nothing, (wt_x.T, *keep[1:]), nothing"),
        "Q6_solution": ("return side_by_side @", "return sideways @"),
    }
    return run_notebook(NAME, tmp_path_factory.mktemp("slipped"), notebooks.slipped(NAME, slips))


@pytest.mark.parametrize(
    ("question", "count", "example", "largest"),
    [
        ("Q2", 10, (3e-8, 6e-7), 1.1e-6),
        ("Q3", 10, (3e-8, 1.1e-6), 1.1e-6),
        ("Q4", 10, (3e-8, 6e-7), 1.1e-6),
        ("Q5", 16, (0.0, 0.0), 0.0),
        ("Q6", 4, (5e-9, 4e-8), 5e-8),
    ],
)
def test_solutions_differ_as_little_as_the_prose_says(
    solved: dict[str, str], question: str, count: int, example: tuple[float, float], largest: float
) -> None:
    """The first row is the example's; the rows of all cases stay below the size told in the text."""
    errors = [float(row[3]) for row in rows(solved[f"{question}_check"])]
    assert len(errors) == count
    assert example[0] <= errors[0] <= example[1]
    assert max(errors) <= largest


def test_solutions_use_no_ready_made_layer(solved: dict[str, str]) -> None:
    """The comparisons in the checks, which do use them, are no part of the answers."""
    for question in ("Q2", "Q3", "Q6"):
        assert solved[f"{question}_check"].splitlines()[0].endswith("by hand: no ready-made layer found")


def test_figures_are_drawn(solved: dict[str, str]) -> None:
    """Each figure cell draws one figure."""
    assert solved["drawn"] == "1 2 3"


def test_stubs_run_and_say_what_to_do(stubbed: dict[str, str]) -> None:
    """With nothing written, each check says so in one line; a figure without its answer does too."""
    for question in POINTS:
        assert stubbed[f"{question}_check"].endswith("not written yet: write your answer here")
    for figure in ("Q4_figure", "Q5_figure"):
        assert stubbed[figure].endswith("not written yet: write your answer here")
        assert "\n" not in stubbed[figure]


def test_a_squeezed_state_is_right_until_a_size_is_one(slipped: dict[str, str]) -> None:
    """`init_state.squeeze()` passes the example and raises where H is one; the line names the axis."""
    printed = slipped["Q2_check"]
    assert "over" not in "".join(row[3] for row in rows(printed))
    assert "H = 1: rnn " in printed
    assert printed.endswith("is the axis H dropped on the way?")


def test_a_layer_and_an_order_are_told(slipped: dict[str, str]) -> None:
    """A ready-made layer in an answer, and outputs with time first, have a line each."""
    layer, _, order, *_ = slipped["Q3_check"].splitlines()
    assert "uses torch.nn.GRU in line" in layer
    assert "yours is [T, B, H] = (12, 4, 2), expected [B, T, H] = (4, 12, 2)" in order


def test_an_unsaturated_gate_is_over_the_limit(slipped: dict[str, str]) -> None:
    """A gate bias of 10 is too little for the imitation."""
    assert rows(slipped["Q4_check"])[0][3].endswith("is over 2e-05")


def test_a_wrong_parameter_is_named(slipped: dict[str, str]) -> None:
    """The tuple, its part and both shapes are told."""
    assert "linear_trans_z: wt_x is (2, 3), expected [I, H] = (3, 2)" in slipped["Q5_check"]


def test_an_exception_is_one_line(slipped: dict[str, str]) -> None:
    """A slip of the pen in a solution is told with its message."""
    assert "NameError in line " in slipped["Q6_check"]
    assert slipped["Q6_check"].endswith("name 'sideways' is not defined")


@pytest.fixture
def helper(monkeypatch: pytest.MonkeyPatch):
    """The parameter helper, which students import from the notebook's folder."""
    monkeypatch.syspath_prepend(str(FOLDER))
    import rnn_param_helper

    yield rnn_param_helper
    del sys.modules["rnn_param_helper"]


@pytest.mark.parametrize("form", [np.asarray, torch.tensor, np.ndarray.tolist, np.float64])
def test_loaded_parameters_come_back(helper, form) -> None:
    """`load_gru_params` undoes `get_gru_params`, for arrays, tensors, lists and float64."""
    source, target = torch.nn.GRU(3, 2), torch.nn.GRU(3, 2)
    gates = helper.get_gru_params(source)
    helper.load_gru_params(target, *[tuple(form(part) for part in gate) for gate in gates])
    for left, right in zip(source.parameters(), target.parameters(), strict=True):
        assert torch.equal(left, right)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (None, r"linear_trans_r is not a tuple of four parts \(wt_x, bias_x, wt_h, bias_h\)"),
        (([[0.0]], [0.0], [[0.0]]), "linear_trans_r is not a tuple of four parts"),
        ((np.zeros((2, 3)), [0, 0], np.eye(2), [0, 0]), r"wt_x is \(2, 3\), expected \[I, H\] = \(3, 2\)"),
        ((np.zeros((3, 2)), [0], np.eye(2), [0, 0]), r"bias_x is \(1,\), expected \[H\] = \(2,\)"),
        ((np.zeros((3, 2)), [0, 0], "eye", [0, 0]), "linear_trans_r: wt_h is a str, expected an array"),
        ((np.zeros((3, 2)), [0, 0], np.eye(2), [[1], [1, 2]]), "linear_trans_r: bias_h is no array"),
    ],
)
def test_wrong_parameters_are_named(helper, wrong: object, message: str) -> None:
    """Which tuple, which part, and both shapes."""
    gru = torch.nn.GRU(3, 2)
    right = helper.get_gru_params(gru)[1]
    with pytest.raises(ValueError, match=message):
        helper.load_gru_params(gru, wrong, right, right)


def test_parameters_are_copies(helper) -> None:
    """Changing an array that a helper returned leaves the layer as it is."""
    layer = torch.nn.RNN(3, 2)
    before = layer.weight_hh_l0.detach().clone()
    helper.get_rnn_params(layer)[0][:] = 0
    assert torch.equal(layer.weight_hh_l0, before)
