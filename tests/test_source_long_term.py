"""The notebook on long-term dependency runs with its solutions and its stubs, and tells slips by name."""

import sys
from collections.abc import Iterator
from types import ModuleType

import nbformat
import numpy as np
import pytest
import torch

from autograder.course import KIT_ROOT
from tests import notebooks
from tests.notebooks import rows, run_notebook

NAME = "long_term"
CHECKS = [name for name in notebooks.sources(NAME) if name.endswith("_check")]
FIGURES = [name for name in notebooks.sources(NAME) if "_figure" in name]


@pytest.fixture(scope="module")
def slipped(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """One slip a question, of the kind that the checks must tell."""
    slips = {
        "Q1_solution": ("gru(input_data, first)", "gru(input_data)"),
        "Q2_solution": ("zero + 20", "zero + 5"),
        "Q3_gradient_solution": ("return gradient", "return gradient.squeeze()"),
        "Q3_vanishing_solution": ("0.5 * rotation", "0 * rotation"),
        "Q3_exploding_solution": ("2 * rotation", "0.2 * rng.standard_normal((hidden_size, hidden_size))"),
        "Q4_solution": ("return nothing, keep, nothing", "return nothing, (wt_x.T, *keep[1:]), nothing"),
    }
    return run_notebook(NAME, tmp_path_factory.mktemp("slipped"), notebooks.slipped(NAME, slips))


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Answers of odd kinds: one for two, NaN, beyond float64, a text, the check's own differences."""
    slips = {
        "Q1_solution": ("return rnn_outputs, gru_outputs", "return rnn_outputs"),
        "Q2_solution": (
            "return nothing, keep, nothing",
            "return (keep[0] * np.nan, *keep[1:]), keep, keep",
        ),
        "Q3_vanishing_solution": ("return 0.5 * rotation", "return 'rotation'"),
        "Q3_exploding_solution": ("2 * rotation", "1e30 * rotation"),
        "Q4_solution": ("return nothing, keep, nothing", "return keep"),
    }
    differences = "from references import difference_gradient as initial_state_gradient"
    answers = notebooks.slipped(NAME, slips) | {"Q3_gradient_solution": differences}
    return run_notebook(NAME, tmp_path_factory.mktemp("odd"), answers)


@pytest.fixture(scope="module")
def misshapen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An axis order, an axis or a type that is wrong, in every quantity."""
    slips = {
        "Q1_solution": (
            "return rnn_outputs, gru_outputs",
            "return rnn_outputs.transpose(0, 1), gru_outputs.unsqueeze(0)",
        ),
        "Q2_solution": ("zero + 20", "(zero + 20)[:, None]"),
        "Q3_gradient_solution": ("return gradient", "return gradient.T"),
        "Q3_vanishing_solution": ("return 0.5 * rotation, wt_x", "return 0.5 * rotation, wt_x.T"),
        "Q3_exploding_solution": (
            "return 2 * rotation, wt_x, np.zeros(hidden_size)",
            "return wt_x, 2 * rotation, np.zeros(hidden_size)",
        ),
        "Q4_solution": (
            "return nothing, keep, nothing",
            "return nothing, (*keep[:2], wt_h[0], zero), nothing",
        ),
    }
    return run_notebook(NAME, tmp_path_factory.mktemp("misshapen"), notebooks.slipped(NAME, slips))


@pytest.mark.parametrize(
    ("check", "told"),
    [
        (
            "Q1_check",
            "yours is [T, B, H] = (8, 5, 4), expected [B, T, H] = (5, 8, 4): the axes are in a wrong order",
        ),
        ("Q1_check", "yours is (1, 5, 8, 4), expected [B, T, H] = (5, 8, 4): an extra axis of size 1"),
        ("Q2_check", "linear_trans_z: bias_x is (4, 1), expected [H] = (4,)"),
        ("Q3_gradient_check", "yours is [H, B] = (4, 3), expected [1, B, H] = (1, 3, 4)"),
        ("Q3_vanishing_check", "wt_x is (8, 5), expected [I, H] = (5, 8)"),
        ("Q3_exploding_check", "wt_h is (5, 8), expected [H, H] = (8, 8)"),
        ("Q4_check", "linear_trans_z: wt_h is (4,), expected [H, H] = (4, 4)"),
    ],
)
def test_every_shape_is_told_with_the_one_expected(misshapen: dict[str, str], check: str, told: str) -> None:
    """What the hidden tests ask of shapes, the visible checks have said."""
    assert told in misshapen[check]


@pytest.mark.parametrize(
    ("check", "count", "largest"),
    [
        ("Q1_check", 10, 1e-6),
        ("Q2_check", 24, 0.0),
        ("Q3_gradient_check", 27, 2e-6),
        ("Q3_vanishing_check", 10, 0.0),
        ("Q3_exploding_check", 5, 0.0),
        ("Q4_check", 16, 0.0),
    ],
)
def test_solutions_are_off_as_little_as_the_prose_says(
    solved: dict[str, str], check: str, count: int, largest: float
) -> None:
    """All rows are there, below a head, and their errors are of the size told in the text."""
    assert solved[check].startswith("name ")
    errors = [float(row[3]) for row in rows(solved[check])]
    assert len(errors) == count
    assert max(errors) <= largest


def test_solutions_keep_their_distance_from_the_bounds(solved: dict[str, str]) -> None:
    """Norms are of the sizes that the prose tells."""
    vanishing = [float(row[1]) for row in rows(solved["Q3_vanishing_check"])]
    assert min(vanishing[::2]) > 0.3
    assert max(vanishing[1::2]) < 3e-9
    assert min(float(row[1]) for row in rows(solved["Q3_exploding_check"])) > 6e9
    for check in ("Q2_check", "Q4_check"):
        assert {round(float(row[1]), 5) for row in rows(solved[check])} == {1.0}


def test_figures_are_drawn(solved: dict[str, str]) -> None:
    """Each figure cell draws one figure and prints nothing."""
    assert solved["drawn"] == "1 2 3 4 5"
    assert [solved[name] for name in FIGURES] == [""] * 5


def test_the_scale_to_play_with_can_be_changed() -> None:
    """Its cell is open in the release, and the figure's, which is locked, does not set it."""
    notebook = nbformat.read(KIT_ROOT / "release" / NAME / f"{NAME}.ipynb", as_version=4)
    cells = {cell.id: cell for cell in notebook.cells}
    assert cells["weight_scale"].metadata == {}
    assert "weight_scale =" not in cells["Q1_figure_rnn"].source


def test_stubs_run_and_say_what_to_do(stubbed: dict[str, str]) -> None:
    """With nothing written, each check and each figure says so in one line."""
    for name in CHECKS + FIGURES:
        assert stubbed[name].endswith("not written yet: write your answer here")
        assert "\n" not in stubbed[name]
    assert stubbed["drawn"] == ""


def test_a_state_that_starts_from_zero_is_over_the_limit(slipped: dict[str, str]) -> None:
    """The GRU that was not given its initial state is told, the RNN beside it is right."""
    (_, _, _, rnn), (_, _, _, gru), *_ = rows(slipped["Q1_check"])
    assert "over" not in rnn
    assert gru.endswith("is over 1e-05")


def test_what_is_beyond_a_bound_is_told(slipped: dict[str, str]) -> None:
    """An update gate at 5 does for step 10 and not for 30; a zero matrix vanishes too early."""
    errors = {row[0]: row[3] for row in rows(slipped["Q2_check"])}
    assert errors["step_10_scale_1"] == "0.0e+00"
    assert errors["step_30_scale_1"].endswith("beyond")
    assert rows(slipped["Q3_vanishing_check"])[0][3] == "1.0e-03 beyond"


def test_a_scale_that_knows_nothing_of_h_is_seen(slipped: dict[str, str]) -> None:
    """0.2 does for 64 units and not for 8."""
    errors = {row[0]: row[3] for row in rows(slipped["Q3_exploding_check"])}
    assert errors["H = 64: norm_step_30"] == "0.0e+00"
    assert errors["H = 8: norm_step_30"].endswith("beyond")


def test_shapes_are_told_by_name(slipped: dict[str, str]) -> None:
    """An axis of size one that was lost, and a weight that is transposed."""
    assert "axis B, of size one, was lost" in slipped["Q3_gradient_check"]
    assert "linear_trans_z: wt_x is (4, 3), expected [I, H] = (3, 4)" in slipped["Q4_check"]


def test_odd_answers_have_their_line(odd: dict[str, str]) -> None:
    """Nothing raises, and each line says what is wrong."""
    assert "returned one Tensor, expected 2 values, (rnn_outputs, gru_outputs)" in odd["Q1_check"]
    assert "NaN or infinity on the way" in odd["Q2_check"]
    assert "wt_h is a str, expected an array of real numbers" in odd["Q3_vanishing_check"]
    assert "NaN or infinity on the way" in odd["Q3_exploding_check"]
    assert "linear_trans_r, linear_trans_z, linear_trans_n" in odd["Q4_check"]


def test_differences_are_no_gradient_where_it_is_tiny(odd: dict[str, str]) -> None:
    """The check's own difference quotient does not pass for an answer."""
    late = next(row for row in rows(odd["Q3_gradient_check"]) if row[0].startswith("rnn_step_30"))
    assert late[3].endswith("is over 1e-04")


@pytest.fixture
def references(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """What the checks compare with."""
    monkeypatch.syspath_prepend(str(notebooks.SOURCES / NAME))
    import references

    yield references
    del sys.modules["references"]


def autograd(model: torch.nn.RNNBase, inputs: torch.Tensor, state: torch.Tensor, step: int) -> torch.Tensor:
    """The gradient [B, H] in float64."""
    start = state.double()[None].requires_grad_()
    outputs, _ = model.double()(inputs.double(), start)
    return torch.autograd.grad(outputs[:, step].sum(), start)[0][0]


@pytest.mark.parametrize("kind", [torch.nn.RNN, torch.nn.GRU])
def test_references_are_torch_s(references: ModuleType, kind: type[torch.nn.RNNBase]) -> None:
    """Cells give the layer's states, differences its gradients."""
    torch.manual_seed(1)
    model = kind(3, 4, batch_first=True)
    inputs, state = torch.randn(2, 9, 3), torch.rand(2, 4)
    outputs, _ = model(inputs, state[None])
    torch.testing.assert_close(references.cell_states(model, inputs, state), outputs.detach())
    for step in (0, 8):
        found = references.difference_gradient(model, inputs, state, step)
        assert np.abs(found - autograd(model, inputs, state, step).numpy()).max() < 1e-8


def test_the_chain_rule_is_torch_s(references: ModuleType) -> None:
    """From a state of zero, for an RNN, to rounding in float64."""
    torch.manual_seed(2)
    rnn = torch.nn.RNN(3, 4, batch_first=True)
    inputs = torch.randn(2, 31, 3)
    found = references.chain_rule_gradient(rnn, inputs, 30)
    np.testing.assert_allclose(found, autograd(rnn, inputs, torch.zeros(2, 4), 30).numpy(), rtol=1e-10)


@pytest.fixture
def helper(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The parameter helper."""
    monkeypatch.syspath_prepend(str(notebooks.SOURCES / NAME))
    import rnn_param_helper

    yield rnn_param_helper
    del sys.modules["rnn_param_helper"]


@pytest.mark.parametrize("form", [np.asarray, torch.tensor, np.ndarray.tolist, np.float64])
def test_loaded_rnn_parameters_come_back(helper: ModuleType, form) -> None:
    """`load_rnn_params` undoes `get_rnn_params`; the states are the same."""
    source, target = torch.nn.RNN(3, 2), torch.nn.RNN(3, 2)
    params = helper.get_rnn_params(source)
    helper.load_rnn_params(target, *map(form, params))
    for left, right in zip(params, helper.get_rnn_params(target), strict=True):
        assert np.array_equal(left, right)
    torch.testing.assert_close(*(model(torch.ones(5, 3))[0] for model in (source, target)))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ((np.eye(2), np.zeros((2, 3)), [0, 0]), r"wt_x is \(2, 3\), expected \[I, H\] = \(3, 2\)"),
        ((np.eye(3), np.zeros((3, 2)), [0, 0]), r"wt_h is \(3, 3\), expected \[H, H\] = \(2, 2\)"),
        ((np.eye(2), np.zeros((3, 2)), 0), r"bias is \(\), expected \[H\] = \(2,\)"),
        ((np.eye(2), None, [0, 0]), "wt_x is a NoneType, expected an array"),
    ],
)
def test_wrong_rnn_parameters_are_named(helper: ModuleType, wrong: object, message: str) -> None:
    """Which of the three, and both shapes; the layer is left as it was."""
    rnn = torch.nn.RNN(3, 2)
    before = rnn.weight_hh_l0.detach().clone()
    with pytest.raises(ValueError, match=message):
        helper.load_rnn_params(rnn, *wrong)
    assert torch.equal(rnn.weight_hh_l0, before)
