"""The notebook on a recurrent layer: what its checks print for right answers and for slips."""

import importlib.util
import re
from types import ModuleType

import numpy as np
import pytest
import torch

from autograder.suites.recurrent import run_rnn
from tests import notebooks
from tests.notebooks import rows, run_notebook

NAME = "rnn_layer"
QUESTIONS = {"Q1": "forward_step", "Q2": "forward", "Q3": "backward_step", "Q4": "backward"}
STEP = {"x": (-0.4, 0.7), "h": (-0.2, 0.5), "W_ih": (-0.1, 0.9), "W_hh": (-0.3, 0.7), "b": (-0.2, 0.4)}
SEQUENCE = {"x": (-0.1, 0.3), "h": (-0.3, 0.1), "W_ih": (-0.2, 0.4), "W_hh": (-0.4, 0.1), "b": (-0.7, 0.1)}


def module(name: str) -> ModuleType:
    """A module that students get, from the notebook's folder."""
    spec = importlib.util.spec_from_file_location(name, notebooks.SOURCES / NAME / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def with_slips(*slips: tuple[str, str]) -> dict[str, str]:
    """The class with some pieces replaced; every piece has to be there."""
    text = notebooks.sources(NAME)["Q1_solution"]
    for right, wrong in slips:
        assert right in text
        text = text.replace(right, wrong)
    return {"Q1_solution": text}


@pytest.fixture(scope="module")
def undefined(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return run_notebook(NAME, tmp_path_factory.mktemp("undefined"), {"Q1_solution": "pass"})


@pytest.fixture(scope="module")
def slipped(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A lost axis, states with time first, an attribute under another name."""
    slips = (
        ("return next_h", "return next_h.squeeze()"),
        ("np.stack(states[1:], axis=1)", "np.stack(states[1:])"),
        ("self.db = da.sum(axis=0)", "self.bias_gradient = da.sum(axis=0)"),
        ("db + self.db", "db + self.bias_gradient"),
    )
    return run_notebook(NAME, tmp_path_factory.mktemp("slipped"), with_slips(*slips))


@pytest.fixture(scope="module")
def careless(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """States that pile up, torch in the forward pass, dx twice as large and with time first."""
    slips = (
        ("states = [h0]", 'states = self.states = getattr(self, "states", []) + [h0]'),
        ("np.tanh(x @", "__import__('torch') and np.tanh(x @"),
        ("da @ self.W_ih.T  # [N, D]", "da @ self.W_ih.T * 2"),
        ("return dx, dh, dW_ih", "return dx.transpose(1, 0, 2), dh, dW_ih.T"),
    )
    return run_notebook(NAME, tmp_path_factory.mktemp("careless"), with_slips(*slips))


@pytest.fixture(scope="module")
def left_over(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """db adds up over all calls, is a row, and the state before a step is called dprev_H."""
    slips = (
        ("np.zeros_like(self.b)\n", 'getattr(self, "sum", 0)\n'),
        ("        return dx, dh, dW_ih", "        self.sum = db\n        return dx, dh, dW_ih"),
        ("da.sum(axis=0)", "da.sum(axis=0, keepdims=True)"),
        ("self.dprev_h", "self.dprev_H"),
    )
    return run_notebook(NAME, tmp_path_factory.mktemp("left_over"), with_slips(*slips))


@pytest.mark.parametrize(
    ("question", "count", "example", "largest"),
    [
        ("Q1", 4, (5e-9, 7e-9), 1e-8),
        ("Q2", 6, (3e-8, 5e-8), 5e-8),
        ("Q3", 20, (1e-11, 2e-9), 1e-8),
        ("Q4", 30, (1e-10, 4e-9), 2e-8),
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


def test_solutions_use_no_torch(solved: dict[str, str]) -> None:
    """Each check says so of its own method first."""
    for question, method in QUESTIONS.items():
        first = solved[f"{question}_check"].splitlines()[0]
        assert re.fullmatch(rf"RNNLayer\.{method} *\| by hand: no torch found", first)


def test_the_figure_is_drawn(solved: dict[str, str]) -> None:
    """One figure, at the end."""
    assert solved["drawn"] == "1"


def test_stubs_run_and_say_what_to_do(stubbed: dict[str, str]) -> None:
    """With nothing written, each check says so in one line; the figure does too."""
    for question in QUESTIONS:
        assert stubbed[f"{question}_check"].endswith("not written yet: write your answer here")
        assert len(stubbed[f"{question}_check"].splitlines()) == 2
    assert stubbed["Q4_figure"].endswith("not written yet: write your answer here")


def test_a_class_that_is_not_there_is_told(undefined: dict[str, str]) -> None:
    """Each check says to run the class's cell."""
    for question in QUESTIONS:
        assert re.search(
            r"RNNLayer +\| not defined: run the cell above first$", undefined[f"{question}_check"]
        )


def test_a_lost_axis_is_named(slipped: dict[str, str]) -> None:
    """`squeeze()` passes the example; the case of one sequence is told with both shapes."""
    assert "over" not in rows(slipped["Q1_check"])[0][3]
    assert "N = 1: next_h" in slipped["Q1_check"]
    assert "expected [N, H] = (1, 4): axis N, of size one, was lost" in slipped["Q1_check"]


def test_a_wrong_order_is_named(slipped: dict[str, str]) -> None:
    """States with time first."""
    assert "yours is [T, N, H] = (3, 2, 5), expected [N, T, H] = (2, 3, 5)" in slipped["Q2_check"]


def test_a_missing_attribute_is_named(slipped: dict[str, str]) -> None:
    """A gradient under another name."""
    assert "self.db is not there: assign the gradient to it" in slipped["Q3_check"]


def test_torch_is_told(careless: dict[str, str]) -> None:
    """Where the forward pass uses it, in every question that goes through it."""
    assert "uses torch in line" in careless["Q1_check"].splitlines()[0]


def test_what_a_second_call_gets_wrong_is_told(careless: dict[str, str], left_over: dict[str, str]) -> None:
    """States of former calls, and sums that are left over, of the bias alone."""
    assert re.search(r"^forward +\| ValueError in line \d+ of its cell", careless["Q2_check"], re.MULTILINE)
    wrong = [row[0] for row in rows(left_over["Q4_check"]) if "over" in row[3]]
    assert [re.sub(r"\[.*", "", name) for name in wrong] == ["db, again"]


def test_other_names_and_a_row_for_the_bias_are_right(left_over: dict[str, str]) -> None:
    """`dprev_H`, and a db of [1, H]."""
    assert max(float(row[3]) for row in rows(left_over["Q3_check"])) < 1e-8


def test_wrong_gradients_are_told(careless: dict[str, str]) -> None:
    """By value, by order of axes, and transposed."""
    assert rows(careless["Q3_check"])[0][3].endswith("is over 1e-06")
    assert "yours is [T, N, D] = (5, 2, 10), expected [N, T, D] = (2, 5, 10)" in careless["Q4_check"]
    assert "yours is [H, D] = (5, 10), expected [D, H] = (10, 5)" in careless["Q4_check"]


def spread(ends: dict[str, tuple[float, float]], **shapes: tuple[int, ...]) -> list[np.ndarray]:
    """The examples' arrays."""
    return [
        np.linspace(*ends[name], num=int(np.prod(shape))).reshape(shape) for name, shape in shapes.items()
    ]


@pytest.mark.parametrize("axis", ["", "N", "D", "H"])
def test_the_answers_to_one_step_are_torchs(axis: str) -> None:
    """The stored digits, for the example and the cases."""
    N, D, H = ({"N": 3, "D": 10, "H": 4} | ({axis: 1} if axis else {})).values()
    x, h, W_ih, W_hh, b = spread(STEP, x=(N, 1, D), h=(1, N, H), W_ih=(D, H), W_hh=(H, H), b=(H,))
    stored = module("example_answers").NEXT_H[axis]
    np.testing.assert_allclose(stored, run_rnn(W_hh, W_ih, b, h, x)[:, 0], rtol=0, atol=6e-9)


@pytest.mark.parametrize("axis", ["", "N", "T", "D", "H"])
def test_the_answers_to_a_sequence_are_torchs(axis: str) -> None:
    """The stored digits, for the example and the cases."""
    N, T, D, H = ({"N": 2, "T": 3, "D": 4, "H": 5} | ({axis: 1} if axis else {})).values()
    x, h, W_ih, W_hh, b = spread(SEQUENCE, x=(N, T, D), h=(1, N, H), W_ih=(D, H), W_hh=(H, H), b=(H,))
    stored = module("example_answers").STATES[axis]
    np.testing.assert_allclose(stored, run_rnn(W_hh, W_ih, b, h, x), rtol=0, atol=6e-9)


def test_grad_check_gives_autograds_gradient_and_leaves_x_alone() -> None:
    """The helper against torch, for a function that mixes all elements."""
    x, df = np.random.default_rng(7).standard_normal((2, 3, 4))
    before = x.copy()
    numerical = module("grad_check").grad_check(lambda x: np.sin(x) * x.sum(), x, df)
    tensor = torch.tensor(x, requires_grad=True)
    (torch.sin(tensor) * tensor.sum() * torch.tensor(df)).sum().backward()
    assert np.array_equal(x, before)
    np.testing.assert_allclose(numerical, tensor.grad, rtol=0, atol=1e-9)
