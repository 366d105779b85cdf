"""The hidden suites: right answers in any style earn everything, a slip loses its tests and nothing else.

`bench.prove` tries all of this with thousands of draws; here each answer of the banks meets a few keys.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import nbformat
import pytest
import torch

from autograder import mistakes
from autograder.course import KIT_ROOT, SUITES, Course, TermKey
from autograder.diagnosis import diagnosed
from autograder.mistakes import Bank, Mistake
from autograder.rehearsal import hidden_tests, scored
from bench.bank import Variant, assignments, banks, fails, hidden_tests_of
from bench.matrix import KEY, PATH, earned, loss, table
from bench.naming import rehearsed

KEYS = [KEY, TermKey(b"another one")]
KIT = Course(KIT_ROOT)
NAMES = assignments()
SUITE_NAMES = sorted(path.parent.name for path in SUITES.glob("*/__init__.py"))
BANKS = [(name, bank) for name in NAMES for bank in banks(name).values()]
RIGHT = [pytest.param(name, each, id=f"{name} {each}") for name, bank in BANKS for each in bank.rights]
WRONG = [
    pytest.param(name, bank, mistake, id=f"{name} {mistake} {number}")
    for name in NAMES
    for bank in mistakes.banks(name)
    for number, mistake in enumerate(bank.mistakes)
]
SENTENCE = range(40, 420)  # characters of what a student reads


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
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution"):
            exec(cell.source, names)
    return names


def test_every_suite_has_banks() -> None:
    """Of mistakes; and of right answers but the language model's, which is tested with whole submissions."""
    assert all(mistakes.banks(name) for name in SUITE_NAMES)
    assert set(SUITE_NAMES) - set(NAMES) == {"char_lm"}


@pytest.mark.parametrize(("name", "variant"), RIGHT)
def test_a_right_answer_passes_every_hidden_test_of_its_questions(name: str, variant: Variant) -> None:
    """No style of a right answer loses anything."""
    tests = hidden_tests_of(name, variant)
    assert [test.name for key in KEYS for test in tests if fails(name, variant, test, key)] == []


@pytest.mark.parametrize(("name", "bank", "mistake"), WRONG)
def test_a_mistake_loses_the_same_points_with_any_key(name: str, bank: Bank, mistake: Mistake) -> None:
    """And at least some of them."""
    lost = [loss(name, mistake, key).tests for key in KEYS]
    assert lost[0]
    assert earned(name, lost[0]) == earned(name, lost[1])


@pytest.mark.parametrize(("name", "bank", "mistake"), WRONG)
def test_a_mistake_gets_its_own_name(name: str, bank: Bank, mistake: Mistake) -> None:
    """Alone, or as one of two that cannot be told apart; and no other name anywhere."""
    functions = {**mistakes.right_answers(name), bank.function: bank.answer(mistake.part)}
    questions, evidence = rehearsed(name, functions, KEYS[0], bank.questions)
    told = diagnosed(name, KEYS[0], questions, evidence)
    names = {each for question in told for test in question.tests for each in test.mistakes}
    assert names or not evidence  # an exception is told by its line
    assert all(mistake.name in each.split(" or ") for each in names)


@pytest.mark.parametrize("name", NAMES)
def test_every_hidden_test_is_lost_by_some_mistake(name: str) -> None:
    """A hidden test that nothing trips would be dead."""
    losses = (
        loss(name, mistake, KEYS[0]).tests for bank in mistakes.banks(name) for mistake in bank.mistakes
    )
    assert set().union(*losses) == set(hidden_tests(name))


@pytest.mark.parametrize("name", SUITE_NAMES)
def test_sentences_are_short_and_whole(name: str) -> None:
    """What students read fits into a few lines, and one name has one sentence."""
    for bank in mistakes.banks(name):
        sentences: dict[str, set[str]] = defaultdict(set)
        for mistake in bank.mistakes:
            sentences[mistake.name].add(mistake.sentence)
            assert len(mistake.sentence) in SENTENCE, mistake
            assert mistake.sentence.endswith(".")


def test_the_table_of_points_is_true() -> None:
    """The documentation says what each mistake earns; `python -m bench.matrix` writes it."""
    assert PATH.read_text(encoding="utf-8") == table(NAMES)


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
    """With the first state as the final one, Q3 keeps all but the final state's points."""
    bank = next(bank for bank in mistakes.banks("rnn_gru_mha") if bank.function == "gru")
    slip = next(each for each in bank.mistakes if each.name == "first state as final")
    maxima = grade_cells("rnn_gru_mha")
    functions = {**defined("rnn_gru_mha"), "gru": bank.answer(slip.part)}
    tests = [test for q in scored("rnn_gru_mha", functions, KEYS[1], maxima) for test in q.tests]
    assert [test.name for test in tests if test.outcome != "passed"] == ["test_gru_final_state"]
