"""The visible checks tell each slip in a line of its own, and no answer makes them raise."""

import sys
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from helpers.visible_check import (
    Expected,
    attempt,
    check,
    check_by_hand,
    check_sizes,
    compare,
    current,
    mean_difference,
    real_array,
    rel_error,
    unpack,
)

Capsys = pytest.CaptureFixture[str]

B, T, H = 4, 12, 2
OUTPUTS = np.random.default_rng(7).uniform(0.1, 1, (B, T, H)).astype(np.float32)
FINAL = OUTPUTS[np.newaxis, :, -1]  # [1, B, H]
EXPECTED = [Expected("outputs", "BTH", OUTPUTS), Expected("final_state", "1BH", FINAL)]


def told(capsys: Capsys, answer: object) -> str:
    """What the check says of an answer of two parts; it must not use standard error."""
    check("rnn", lambda: answer, EXPECTED)
    printed = capsys.readouterr()
    assert printed.err == ""
    return printed.out


def raising(error: BaseException) -> Callable[[], object]:
    """A student's function `rnn` that raises."""

    def rnn() -> object:
        raise error

    return rnn


def test_the_error_is_the_largest_relative_one() -> None:
    """The course's measure: the difference over the sum of magnitudes, the largest of all."""
    assert rel_error([1.0, 2.0, -3.0], [1.0, 2.5, -3.0]) == pytest.approx(0.5 / 4.5)


def test_the_error_of_two_zeros_is_zero() -> None:
    """The denominator is never less than 1e-8."""
    assert rel_error([0.0, 1e-9], [0.0, 0.0]) == pytest.approx(0.1)


def test_the_mean_difference_is_absolute() -> None:
    """Differences of opposite sign do not cancel."""
    assert mean_difference([1.0, -1.0], [0.0, 0.0]) == 1.0


@pytest.mark.parametrize(
    "answer",
    [
        (OUTPUTS, FINAL),
        (OUTPUTS, FINAL[0]),
        [OUTPUTS.astype(np.float64), FINAL.astype(np.float64)],
        (torch.tensor(OUTPUTS), torch.tensor(FINAL)),
        (torch.tensor(OUTPUTS, requires_grad=True), torch.tensor(FINAL[0], requires_grad=True)),
        (OUTPUTS.tolist(), FINAL.tolist()),
        ([[torch.tensor(state, requires_grad=True) for state in row] for row in OUTPUTS], FINAL),
        (np.asfortranarray(OUTPUTS), FINAL),
    ],
    ids=["float32", "no 1", "float64", "tensors", "with gradients", "lists", "tensors in lists", "order"],
)
def test_honest_answers_are_right(answer: object, capsys: Capsys) -> None:
    """Any real array-like of the right shape and values passes."""
    assert check("rnn", lambda: answer, EXPECTED)
    assert capsys.readouterr().err == ""


def test_lines_are_aligned(capsys: Capsys) -> None:
    """The bars of the head and of every line stand below each other."""
    rows = told(capsys, (OUTPUTS, FINAL)).splitlines()
    bars = [[i for i, letter in enumerate(row) if letter == "|"] for row in rows]
    assert [row.split("|")[0].strip() for row in rows] == ["name", "outputs[0, 0, 0]", "final_state[0, 0, 0]"]
    assert bars[0] == bars[1] == bars[2]


def test_the_worst_element_is_shown(capsys: Capsys) -> None:
    """A wrong number is shown where it stands, beside the expected one, and with the limit."""
    wrong = OUTPUTS.copy()
    wrong[2, 5, 1] = -7
    row = told(capsys, (wrong, FINAL)).splitlines()[1]
    assert row.startswith("outputs[2, 5, 1] ")
    assert row.split("|")[1].strip() == "-7"
    assert row.endswith("is over 1e-05")


@pytest.mark.parametrize(
    ("outputs", "line"),
    [
        (
            OUTPUTS.transpose(1, 0, 2),
            "yours is [T, B, H] = (12, 4, 2), expected [B, T, H] = (4, 12, 2): the axes are in a wrong order",
        ),
        (OUTPUTS[:, -1], "yours is [B, H] = (4, 2), expected [B, T, H] = (4, 12, 2): axis T is missing"),
        (OUTPUTS[np.newaxis], "expected [B, T, H] = (4, 12, 2): an extra axis of size 1 at position 0"),
        (OUTPUTS[..., np.newaxis], "expected [B, T, H] = (4, 12, 2): an extra axis of size 1 at position 3"),
        (OUTPUTS[:, 1:], "yours is (4, 11, 2), expected [B, T, H] = (4, 12, 2): axis T is 11, not 12"),
        (np.zeros((5, 5, 5, 5)), "yours is (5, 5, 5, 5), expected [B, T, H] = (4, 12, 2)"),
        (3.0, "axis B is missing and axis T is missing and axis H is missing"),
        ("words", "yours is of type str, expected an array of real numbers"),
        (None, "yours is of type NoneType, expected an array of real numbers"),
        (OUTPUTS > 0, "yours is of type ndarray of bool, expected an array of real numbers"),
        (OUTPUTS * 1j, "yours is of type ndarray of complex64, expected an array of real numbers"),
        ([[1.0], [1.0, 2.0]], "yours is a list of 2 parts of different shapes, expected one array"),
        (OUTPUTS * np.nan, "yours has NaN or infinity in 96 of 96 numbers, first at [0, 0, 0]"),
        (
            np.where(np.isclose(OUTPUTS, OUTPUTS.max()), np.inf, OUTPUTS),
            "in 1 of 96 numbers, first at [0, 8, 0]",
        ),
    ],
)
def test_each_slip_is_told_by_name(outputs: object, line: str, capsys: Capsys) -> None:
    """Shapes, types and NaN of a wrong answer are named in its line, the other part is still compared."""
    lines = told(capsys, (outputs, FINAL)).splitlines()
    assert lines[1].startswith("outputs ")
    assert lines[1].endswith(line) or line in lines[1]
    assert lines[2].startswith("final_state[")


def test_an_answer_near_the_largest_float_prints_no_warning(capsys: Capsys) -> None:
    """The check's own arithmetic overflows silently."""
    assert "is over 1e-05" in told(capsys, (np.full(OUTPUTS.shape, 1.7e308), FINAL))


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (raising(NotImplementedError("write your answer here")), "not written yet: write your answer here"),
        (raising(NotImplementedError()), "not written yet: write your answer in the cell above"),
        (raising(ValueError("shapes\n  differ")), " of its cell: shapes differ"),
        (raising(SystemExit(1)), " of its cell: 1"),
        (lambda: None, "returned None: end it with a `return` line"),
        (lambda: OUTPUTS, "returned one ndarray, expected 2 values, (outputs, final_state)"),
        (lambda: (OUTPUTS,), "returned a tuple of 1, expected 2 values, (outputs, final_state)"),
        (lambda: (1, 2, 3), "returned a tuple of 3, expected 2 values, (outputs, final_state)"),
        (lambda: unpack(None, "r", "z"), "expected 2 values, (r, z): end it with a `return` line"),
        (lambda: rnn(1), "not defined: run the cell above first"),  # noqa: F821 - the point of the case
    ],
)
def test_no_answer_is_one_line(call: Callable[[], object], line: str, capsys: Capsys) -> None:
    """A stub, an exception, None or a wrong number of parts is told in one line and raises nothing."""
    assert not check("rnn", call, EXPECTED)
    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out.startswith("rnn ")
    assert printed.out.endswith(f"{line}\n")
    assert printed.out.count("\n") == 1


def test_an_exception_is_placed_in_the_function(capsys: Capsys) -> None:
    """The line is the one of the student's function, not of the library that raised."""
    namespace: dict[str, object] = {"np": np}
    exec("def rnn():\n    x = np.ones(3)\n    return x @ np.ones(4)\n", namespace)
    attempt("rnn", lambda: namespace["rnn"]())
    assert "ValueError in line 3 of its cell: matmul" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("axes", "shape", "lost", "name"),
    [
        ("BTH", (1, 12, 2), (12, 2), "B"),
        ("BTH", (4, 1, 2), (4, 2), "T"),
        ("BTH", (4, 12, 1), (4, 12), "H"),
        ("1BH", (1, 1, 2), (2,), "B"),
        ("1BH", (1, 4, 1), (4,), "H"),
    ],
)
def test_a_lost_axis_is_named(
    axes: str, shape: tuple[int, ...], lost: tuple[int, ...], name: str, capsys: Capsys
) -> None:
    """An axis of size one that an answer dropped is told by its letter."""
    expected = Expected("outputs", axes, np.ones(shape))
    assert not compare(np.ones(lost), expected, **{name: 1})
    line = capsys.readouterr().out
    assert line.startswith(f"{name} = 1: outputs ")
    assert line.endswith(f": axis {name}, of size one, was lost\n")


def test_an_exception_in_a_case_of_size_one_names_the_axis(capsys: Capsys) -> None:
    """Where a dropped axis makes the function raise, the line says which axis to look for."""
    check("rnn", raising(ValueError("bad")), EXPECTED, H=1)
    line = capsys.readouterr().out
    assert line.startswith("H = 1: rnn ")
    assert line.endswith("; is the axis H dropped on the way?\n")


def test_sizes_of_one_follow_a_right_example() -> None:
    """The example comes first, then one case an axis."""
    cases: list[dict[str, int]] = []
    check_sizes(lambda **sizes: cases.append(sizes) or True, "BT")
    assert cases == [{}, {"B": 1}, {"T": 1}]


def test_sizes_of_one_wait_for_a_right_example() -> None:
    """As long as the example is wrong, no further lines are printed."""
    cases: list[dict[str, int]] = []
    check_sizes(lambda **sizes: cases.append(sizes), "BT")
    assert cases == [{}]


def in_a_notebook(monkeypatch: pytest.MonkeyPatch, *cells: str) -> None:
    """Pretends that these cells were run in IPython."""
    shell = SimpleNamespace(user_ns={"In": ["", *cells]})
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))


def test_a_ready_made_layer_is_told(monkeypatch: pytest.MonkeyPatch, capsys: Capsys) -> None:
    """The line names the layer and where it is, and what it would cost."""
    in_a_notebook(monkeypatch, "import torch", "def gru(x):\n    return torch.nn.GRU(3, 2)(x)")
    check_by_hand("gru")
    line = capsys.readouterr().out
    assert "uses torch.nn.GRU in line 2" in line
    assert "this question is by hand and would score 0" in line


def test_a_layer_that_was_rewritten_is_forgotten(monkeypatch: pytest.MonkeyPatch, capsys: Capsys) -> None:
    """Only the newest form of a cell counts."""
    first, second = "def gru(x):\n    return torch.nn.GRU(3, 2)(x)", "def gru(x):\n    return x"
    in_a_notebook(monkeypatch, "import torch", first, second)
    check_by_hand("gru")
    assert capsys.readouterr().out.endswith("by hand: no ready-made layer found\n")


def test_a_cell_is_kept_while_one_of_its_functions_is_in_use() -> None:
    """A cell goes only when everything that it defines is defined again."""
    two, one, setup = "def a(): ...\ndef b(): ...", "def a(): ...", "import torch"
    assert current([two, setup, one, one]) == [two, setup, one]


def test_without_a_notebook_nothing_is_looked_up(capsys: Capsys) -> None:
    """Outside of IPython there are no cells to look at, and the line says so."""
    check_by_hand("gru")
    assert capsys.readouterr().out.endswith("ready-made layers are looked for only inside of a notebook\n")


def test_bfloat16_is_an_array_like_any_other():
    """NumPy has no such type."""
    assert real_array(torch.tensor([1.5, 2.0], dtype=torch.bfloat16)).tolist() == [1.5, 2.0]
