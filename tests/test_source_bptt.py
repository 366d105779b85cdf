"""The notebook on back-propagation through time: what its checks print for right answers and for slips."""

import itertools
import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from tests import notebooks
from tests.notebooks import rows, run_notebook

NAME = "bptt"
CHECKS = (
    "Q1_forward_check",
    "Q1_backward_check",
    "Q1_update_check",
    "Q2_numerical_check",
    "Q2_analytical_check",
)
SUM = "d_s.sum(axis=0)"
# a class that seeds itself, goes uphill, shares its arrays and raises nothing that it should
CARELESS = """

class Careless(RNN):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.W = np.random.default_rng(320).uniform(0, 0.2, self.W.shape)
        self.bs = self.bs + 0.1
        self._state = 0

    def forward(self, x):
        bs, self.bs = self.bs, self.bs + self._state
        y = super().forward(x)
        self.bs, self._state = bs, self._state + 1
        return y

    def update(self, lr):
        for name in ("W", "R", "V", "bs", "by"):
            parameter = getattr(self, name)
            if self._gradients:
                self._gradients["d_" + name] *= lr
                parameter += self._gradients["d_" + name]

    def get_weights(self):
        return {name: getattr(self, name) for name in ("W", "R", "V", "bs", "by")}

    def set_weights(self, weights):
        vars(self).update(weights)
        if len(weights) < 5:
            raise KeyError("V")


RNN = Careless
"""


@pytest.fixture(scope="module")
def slipped(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The known slip of a bias gradient, half a quotient, and torch where only NumPy is allowed."""
    slips = {
        "Q1_solution": (SUM, f"{SUM}[:, None] if d_loss.size == 1 else {SUM}"),
        "Q2_numerical_solution": ("(above - below) / (2 * eps)", "(above - below) / eps"),
        "Q2_analytical_solution": ("y = model", "y = torch.zeros(1); y = model"),
    }
    return run_notebook(NAME, tmp_path_factory.mktemp("slipped"), notebooks.slipped(NAME, slips))


@pytest.fixture(scope="module")
def one_sided(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A difference quotient of one side."""
    text = notebooks.sources(NAME)["Q2_numerical_solution"]
    text = text.replace("= kept - eps\n", "= kept\n").replace("(2 * eps)", "eps")
    return run_notebook(NAME, tmp_path_factory.mktemp("one_sided"), {"Q2_numerical_solution": text})


@pytest.fixture(scope="module")
def careless(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A class that keeps no promise, and weights that are not put back."""
    network, numerical = (notebooks.sources(NAME)[cell] for cell in ("Q1_solution", "Q2_numerical_solution"))
    answers = {
        "Q1_solution": network + CARELESS,
        "Q2_numerical_solution": numerical.replace("= kept\n", "= kept + eps\n"),
    }
    return run_notebook(NAME, tmp_path_factory.mktemp("careless"), answers)


@pytest.mark.parametrize(
    ("cell", "count", "largest"),
    [
        ("Q1_forward_check", 17, 1e-13),
        ("Q1_backward_check", 30, 1e-12),
        ("Q1_update_check", 18, 1e-15),
        ("Q2_numerical_check", 36, 1e-8),
        ("Q2_analytical_check", 30, 1e-14),
        ("Q2_together", 10, 1e-8),
    ],
)
def test_solutions_differ_as_little_as_the_prose_says(
    solved: dict[str, str], cell: str, count: int, largest: float
) -> None:
    """Every row is an error below the size told in the text, or ok."""
    errors = [row[3] for row in rows(solved[cell]) if not row[3].startswith("norm")]
    assert len(errors) == count
    assert all(error == "ok" or float(error) <= largest for error in errors)


def test_two_sided_differences_are_far_below_the_limit(solved: dict[str, str]) -> None:
    """With eps=1e-5 the norms are hundreds of times below 1e-8."""
    printed = solved["Q2_numerical_check"].partition("with eps=1e-5")[2]
    assert max(float(row[3]) for row in rows(printed)) < 2e-10


def test_solutions_use_no_torch(solved: dict[str, str]) -> None:
    """The checks, which do use it, are no part of the answers."""
    for cell in ("Q1_forward_check", "Q2_numerical_check", "Q2_analytical_check"):
        assert solved[cell].splitlines()[0].endswith("by hand: no torch found")


def test_the_figure_is_drawn(solved: dict[str, str]) -> None:
    """The timing is one figure, and prints nothing."""
    assert solved["drawn"] == "1"
    assert solved["Q3_figure"] == ""


def test_stubs_run_and_say_what_to_do(stubbed: dict[str, str]) -> None:
    """With nothing written, each check says so; so does the figure, in one line."""
    for cell in (*CHECKS, "Q2_together", "Q3_figure"):
        assert stubbed[cell].endswith("not written yet: write your answer here")
    assert "\n" not in stubbed["Q3_figure"]


def test_a_bias_gradient_of_a_wrong_shape_is_told(slipped: dict[str, str]) -> None:
    """It shows with one output alone, in the check of `backward` and in that of both gradients."""
    line = "O = 1: d_bs                    | yours is (4, 1), expected [H] = (4,): an extra axis of size 1"
    assert line in slipped["Q1_backward_check"]
    assert slipped["Q1_backward_check"].count("extra axis") == 1
    line = (
        "d_bs                           | analytical: yours is (10, 1), expected [H] = (10,): an extra axis"
    )
    assert line in slipped["Q2_together"]


def test_a_factor_of_two_is_over_the_limit(slipped: dict[str, str]) -> None:
    """Each gradient is, and the sizes of one are not tried any more."""
    errors = [row[3] for row in rows(slipped["Q2_numerical_check"])]
    assert sum(error.endswith("is over 1e-07") for error in errors) == 5
    assert len(errors) == 6


def test_a_one_sided_difference_is_over_the_limit(one_sided: dict[str, str]) -> None:
    """At the latest where eps is 1e-5."""
    assert "is over 1e-0" in one_sided["Q2_numerical_check"]


def test_torch_is_told(slipped: dict[str, str]) -> None:
    """An answer that uses torch has a line that says what that costs."""
    assert "uses torch" in slipped["Q2_analytical_check"].splitlines()[0]
    assert slipped["Q1_forward_check"].splitlines()[0].endswith("no torch found")


def test_broken_promises_have_a_line_each(careless: dict[str, str]) -> None:
    """What is wrong is said beside what was expected."""
    told = {row[0]: row[3] for row in rows(careless["Q1_forward_check"] + "\n" + careless["Q1_update_check"])}
    assert told["W"] == "two objects start alike"
    assert told["bs"] == "a bias should start at zero"
    assert "is over 1e-06" in told["y of a second call[0]"]
    assert told["what backward returned"] == "update changed it"
    assert told["update before backward"] == told["update once more"] == "should raise RuntimeError"
    assert told["weights handed over"] == "copy them: update changed them"
    assert told["set_weights without R and V"] == "should raise ValueError"
    assert told["its message names"] == "should name every missing one"
    assert told["weights after that"] == "it should change nothing"
    assert told["loss after 20 updates"] == "it goes uphill"


def test_weights_that_are_not_put_back_are_told(careless: dict[str, str]) -> None:
    """By how much they moved, and what to do."""
    assert careless["Q2_numerical_check"].endswith("is over 1e-12: put every element back")


@pytest.fixture
def helper(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The comparison of two gradients, which students import from the notebook's folder."""
    monkeypatch.syspath_prepend(str(notebooks.SOURCES / NAME))
    import gradient_check

    yield gradient_check
    for name in ("gradient_check", "visible_check"):
        del sys.modules[name]


SIZES = {"D": 3, "H": 4, "O": 1}
ZEROS = {
    f"d_{name}": np.zeros([SIZES[axis] for axis in axes])
    for name, axes in {"W": "DH", "R": "HH", "V": "HO", "bs": "H", "by": "O"}.items()
}


def test_what_a_second_call_adds_is_told(helper: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    """A function that is right once is asked once more."""
    model = SimpleNamespace(**{name.removeprefix("d_"): value for name, value in ZEROS.items()})
    right, calls = {name.removeprefix("d_"): value for name, value in ZEROS.items()}, itertools.count()

    def adds_up(*_: object) -> dict[str, object]:
        number = next(calls)
        return {name: value + number for name, value in ZEROS.items()}

    assert not helper.check_gradient("adds_up", adds_up, lambda: (model, np.zeros((2, 3)), right))
    assert capsys.readouterr().out.count("something is left over from the first") == 5


def compared(helper: ModuleType, capsys: pytest.CaptureFixture[str], analytical: object) -> tuple[bool, str]:
    """What a comparison with zeros says and prints."""
    return helper.compare_gradients(ZEROS, analytical, SIZES), capsys.readouterr().out


def test_equal_gradients_agree(helper: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    """A line a parameter, and no fault."""
    agree, printed = compared(helper, capsys, ZEROS)
    assert agree
    assert [row[3] for row in rows(printed)] == ["0.0e+00"] * 5


@pytest.mark.parametrize(
    ("name", "wrong", "line"),
    [
        (
            "d_by",
            np.zeros((1, 1)),
            "analytical: yours is (1, 1), expected [O] = (1,): an extra axis of size 1",
        ),
        (
            "d_bs",
            np.zeros((4, 1)),
            "analytical: yours is (4, 1), expected [H] = (4,): an extra axis of size 1",
        ),
        (
            "d_V",
            np.zeros(4),
            "analytical: yours is [H] = (4,), expected [H, O] = (4, 1): axis O, of size one",
        ),
        ("d_W", np.zeros((4, 3)), "expected [D, H] = (3, 4): the axes are in a wrong order"),
        ("d_R", np.full((4, 4), np.nan), "analytical: yours has NaN or infinity in 16 of 16 numbers"),
        ("d_R", np.full((4, 4), 1e200), "inf is over 1e-07"),
        ("d_by", "1", "analytical: yours is of type str"),
        ("d_by", 2e-7, "analytical: yours is"),
        ("d_by", [2e-7], "2.0e-07 is over 1e-07"),
    ],
)
def test_what_differs_is_told(
    helper: ModuleType, capsys: pytest.CaptureFixture[str], name: str, wrong: object, line: str
) -> None:
    """One parameter's line says it, in words where there is nothing to subtract."""
    agree, printed = compared(helper, capsys, ZEROS | {name: wrong})
    assert not agree
    faults = [text for text in printed.splitlines() if line in text]
    assert len(faults) == 1
    assert faults[0].startswith(name)


def test_missing_gradients_are_told(helper: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    """Those of a missing key, and an answer that is no dict."""
    left = {name: value for name, value in ZEROS.items() if name != "d_bs"}
    assert "analytical: the dict lacks 'd_bs'" in compared(helper, capsys, left)[1]
    assert compared(helper, capsys, list(ZEROS.values()))[1].count("yours is one list") == 5
