"""The hidden suites: right answers in any style earn everything, a slip loses its tests and nothing else.

What no style may lose and no slip may win is measured over thousands of keys by `bench.margins`; here each
answer of the banks meets a few keys.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import nbformat
import pytest
import torch

from autograder.course import KIT_ROOT, SUITES, Course, TermKey
from autograder.rehearsal import hidden_tests, scored
from bench.bank import Variant, assignments, banks, fails, hidden_tests_of

KEYS = [TermKey(b"a key of the kit's own tests"), TermKey(b"another one")]
KIT = Course(KIT_ROOT)
NAMES = assignments()
BANKS = [(name, bank) for name in NAMES for bank in banks(name).values()]
RIGHT = [pytest.param(name, each, id=f"{name} {each}") for name, bank in BANKS for each in bank.rights]
WRONG = [pytest.param(name, each, id=f"{name} {each}") for name, bank in BANKS for each in bank.wrongs]


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """torch's threads wait for each other longer than such small products take."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def grade_cells(name: str, folder: str = "release") -> dict[str, float]:
    """Points by question that hidden tests score, as the notebook says."""
    notebook = nbformat.read(KIT_ROOT / folder / name / f"{name}.ipynb", as_version=4)
    marks = (cell.metadata.get("nbgrader", {}) for cell in notebook.cells)
    return {mark["grade_id"]: mark["points"] for mark in marks if mark.get("grade") and mark.get("locked")}


def defined(name: str) -> Mapping[str, Any]:
    """What the source notebook's solution cells define."""
    names: dict[str, Any] = {}
    exec("import numpy as np\nimport torch\n", names)
    for cell in nbformat.read(KIT.source(name), as_version=4).cells:
        if cell.cell_type == "code" and cell.metadata.nbgrader.solution:
            exec(cell.source, names)
    return names


def test_every_suite_has_a_bank() -> None:
    """But the language model's, whose submissions are whole ones in its own tests."""
    suites = {path.parent.name for path in SUITES.glob("*/__init__.py")}
    assert suites - set(NAMES) == {"char_lm"}


@pytest.mark.parametrize(("name", "variant"), RIGHT)
def test_a_right_answer_passes_every_hidden_test_of_its_questions(name: str, variant: Variant) -> None:
    """No style of a right answer loses anything."""
    tests = hidden_tests_of(name, variant)
    assert [test.name for key in KEYS for test in tests if fails(name, variant, test, key)] == []


@pytest.mark.parametrize(("name", "variant"), WRONG)
def test_a_wrong_answer_fails_the_hidden_tests_that_it_should(name: str, variant: Variant) -> None:
    """A slip loses exactly the tests that its bank names, and at least one."""
    assert variant.loses
    for key in KEYS:
        tests = hidden_tests_of(name, variant)
        assert {test.name for test in tests if fails(name, variant, test, key)} == set(variant.loses)


@pytest.mark.parametrize("name", NAMES)
def test_every_hidden_test_is_lost_by_some_wrong_answer(name: str) -> None:
    """A hidden test that nothing trips would be dead."""
    lost = {test for bank in banks(name).values() for variant in bank.wrongs for test in variant.loses}
    assert lost == set(hidden_tests(name))


@pytest.mark.parametrize("folder", ["source", "release"])
@pytest.mark.parametrize("name", NAMES)
def test_points_add_up_to_the_grade_cells(name: str, folder: str) -> None:
    """The hidden tests of a question are worth what its grade cell says."""
    points: dict[str, float] = defaultdict(float)
    for test in hidden_tests(name).values():
        points[test.question] += test.points
    assert points == grade_cells(name, folder)


TOTALS = {"rnn_gru_mha": 17, "long_term": 12, "rnn_layer": 20, "bptt": 9}


@pytest.mark.parametrize("name", NAMES)
def test_the_solutions_earn_everything(name: str) -> None:
    """The source notebook's own answers get full points from the scoring plugin."""
    maxima = grade_cells(name)
    questions = scored(name, defined(name), KEYS[0], maxima)
    assert {question.name: question.score for question in questions} == maxima
    assert sum(maxima.values()) == TOTALS[name]


@pytest.mark.parametrize("name", NAMES)
def test_a_stub_earns_nothing(name: str) -> None:
    """Functions and classes that are not written yet get 0 everywhere, and every test has its reason."""

    def stub(*args: object) -> None:
        raise NotImplementedError

    questions = scored(name, dict.fromkeys(banks(name), stub), KEYS[0], grade_cells(name))
    assert {question.score for question in questions} == {0.0}
    assert {test.outcome for question in questions for test in question.tests} == {"failed"}
    assert all(test.message for question in questions for test in question.tests)


def test_one_slip_costs_its_own_tests_alone() -> None:
    """With the first state as the final one, Q3 keeps 4 of its 5 points and nothing else changes."""
    slip = next(each for each in banks("rnn_gru_mha")["gru"].wrongs if each.name == "first state as final")
    maxima = grade_cells("rnn_gru_mha")
    questions = scored("rnn_gru_mha", {**defined("rnn_gru_mha"), "gru": slip.answer}, KEYS[1], maxima)
    assert {question.name: question.score for question in questions} == {**maxima, "Q3": 4.0}
    assert [test.name for q in questions for test in q.tests if test.outcome != "passed"] == list(slip.loses)
