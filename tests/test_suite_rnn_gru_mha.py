"""The hidden suite of rnn_gru_mha: right answers in any style earn everything, a slip loses its tests.

What no style may lose and no slip may win is measured over thousands of keys by `bench.margins`; here each
answer of its bank meets a few keys.
"""

from collections import defaultdict
from collections.abc import Iterator

import nbformat
import numpy as np
import pytest
import torch

from autograder.course import KIT_ROOT, TermKey
from bench.trial import HIDDEN, QUESTIONS, fails, hidden_tests_of, scored
from bench.variants import BANKS, Variant

KEYS = [TermKey(b"a key of the kit's own tests"), TermKey(b"another one")]
RIGHT = [variant for bank in BANKS.values() for variant in bank.rights]
WRONG = [variant for bank in BANKS.values() for variant in bank.wrongs]


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """torch's threads wait for each other longer than such small products take."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def grade_cells(folder: str) -> dict[str, float]:
    """Points by question, as the notebook says."""
    notebook = nbformat.read(KIT_ROOT / folder / "rnn_gru_mha" / "rnn_gru_mha.ipynb", as_version=4)
    marks = (cell.metadata.get("nbgrader", {}) for cell in notebook.cells)
    return {mark["grade_id"]: mark["points"] for mark in marks if mark.get("grade")}


def solutions() -> dict[str, object]:
    """The functions that the source notebook's solution cells define."""
    notebook = nbformat.read(KIT_ROOT / "source" / "rnn_gru_mha" / "rnn_gru_mha.ipynb", as_version=4)
    defined = {"np": np, "torch": torch}
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            exec(cell.source, defined)
    return {name: defined[name] for name in QUESTIONS}


@pytest.mark.parametrize("variant", RIGHT, ids=str)
def test_a_right_answer_passes_every_hidden_test_of_its_question(variant: Variant) -> None:
    """No style of a right answer loses anything."""
    for key in KEYS:
        assert [test.name for test in hidden_tests_of(variant) if fails(variant, test, key)] == []


@pytest.mark.parametrize("variant", WRONG, ids=str)
def test_a_wrong_answer_fails_the_hidden_tests_that_it_should(variant: Variant) -> None:
    """A slip loses exactly the tests that its bank names, and at least one."""
    assert variant.loses
    for key in KEYS:
        lost = {test.name for test in hidden_tests_of(variant) if fails(variant, test, key)}
        assert lost == set(variant.loses)


def test_every_hidden_test_is_lost_by_some_wrong_answer() -> None:
    """A hidden test that nothing trips would be dead."""
    assert {name for variant in WRONG for name in variant.loses} == set(HIDDEN)


@pytest.mark.parametrize("folder", ["source", "release"])
def test_points_add_up_to_the_grade_cells(folder: str) -> None:
    """The hidden tests of a question are worth what its grade cell says."""
    points: dict[str, float] = defaultdict(float)
    for test in HIDDEN.values():
        points[test.question] += test.points
    assert points == grade_cells(folder)
    assert sum(points.values()) == 17


def test_the_solutions_earn_everything() -> None:
    """The source notebook's own answers get full points from the scoring plugin."""
    maxima = grade_cells("release")
    questions = scored(solutions(), KEYS[0], maxima)
    assert {question.name: question.score for question in questions} == maxima
    assert {test.outcome for question in questions for test in question.tests} == {"passed"}


def test_a_stub_earns_nothing() -> None:
    """Functions that are not written yet get 0 for every question, and every test has its reason."""

    def stub(*args: object) -> None:
        raise NotImplementedError

    questions = scored(dict.fromkeys(QUESTIONS, stub), KEYS[0], grade_cells("release"))
    assert {question.score for question in questions} == {0.0}
    assert {test.outcome for question in questions for test in question.tests} == {"failed"}
    assert all(test.message for question in questions for test in question.tests)


def test_one_slip_costs_its_own_tests_alone() -> None:
    """With the first state as the final one, Q3 keeps 4 of its 5 points and nothing else changes."""
    slip = next(variant for variant in BANKS["gru"].wrongs if variant.name == "first state as final")
    maxima = grade_cells("release")
    questions = scored({**solutions(), "gru": slip.answer}, KEYS[1], maxima)
    earned = {question.name: question.score for question in questions}
    assert earned == {**maxima, "Q3": 4.0}
    assert [test.name for q in questions for test in q.tests if test.outcome != "passed"] == list(slip.loses)
