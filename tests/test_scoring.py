"""The pytest plugin: outcomes, and what of a suite is refused."""

from __future__ import annotations

import signal
from pathlib import Path
from textwrap import dedent

import pytest

from autograder.course import TermKey
from autograder.errors import StudentFault, SuiteError
from autograder.execution import Trapped
from autograder.report import Figure, Question
from autograder.scoring import HandIn, NotRun, Scoring, score

KEY = TermKey(b"0" * 32)

SUITE = '''
import pytest
from autograder.errors import StudentFault


@pytest.mark.points("Q1", 1)
def test_calls(submission):
    """It answers."""
    assert submission.f(1) == 2


@pytest.mark.points("Q1", 2)
def test_says(submission):
    """It answers again."""
    if submission.f(2) != 4:
        raise StudentFault("f(2) should be 4")


@pytest.mark.points("Q2", 3)
def test_other(submission, key):
    """Another question."""
    assert submission.g(key.seed("x") % 7) is not None
'''


class Student:
    """Answers by plain functions."""

    def __init__(self, **functions) -> None:
        self.functions = functions

    def call(self, function, args, *, label):
        return self.functions[function](*args)


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    (tmp_path / "test_it.py").write_text(SUITE)
    return tmp_path


def run(suite: Path, maxima=None, forfeits=None, **functions) -> list[Question]:
    return score(suite, Scoring(Student(**functions), KEY, forfeits or {}), maxima or {"Q1": 3, "Q2": 3})


def outcomes(questions: list[Question]) -> list[str]:
    return [test.outcome for question in questions for test in question.tests]


def raising(error: Exception):
    def function(*args):
        raise error

    return function


def test_right_answers_earn_everything(suite):
    """Every test passes, every question has its points."""
    questions = run(suite, f=lambda x: 2 * x, g=lambda x: x)
    assert [question.score for question in questions] == [3, 3]


def test_students_failure_has_its_words(suite):
    """A failed test earns nothing and says what the suite says."""
    first, _ = run(suite, f=lambda x: 2, g=lambda x: x)
    assert [(test.outcome, test.message) for test in first.tests] == [
        ("passed", ""),
        ("failed", "f(2) should be 4"),
    ]
    assert first.score == 1


def test_bare_assertion_tells_no_values(suite):
    """An assertion's own text could quote hidden values, so it is not told."""
    _, second = run(suite, f=lambda x: 2 * x, g=lambda x: None)
    assert second.tests[0].message == "the answer is not right"


def test_titles_are_the_docstrings(suite):
    """The student reads the docstring."""
    first, _ = run(suite, f=lambda x: 2 * x, g=lambda x: x)
    assert first.tests[0].title == "It answers."


def test_a_hidden_test_that_never_ends_is_no_failure(suite, monkeypatch):
    """It is interrupted: the grader broke. The tests after it are run, with a time of their own."""

    def without_end(*_):
        while True:
            pass

    monkeypatch.setattr("autograder.scoring.PATIENCE", 0.05)
    first, second = run(suite, f=without_end, g=lambda x: x)
    assert outcomes([first, second]) == ["broke", "broke", "passed"]
    assert "did not end" in first.tests[0].message
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_broken_grader_is_no_failure(suite):
    """Another exception than a verdict is the grader's own, and leaves the question without a score."""
    first, second = run(suite, f=raising(RuntimeError("bug")), g=lambda x: x)
    assert outcomes([first]) == ["broke", "broke"]
    assert "RuntimeError: bug" in first.tests[0].message
    assert first.score is None
    assert second.score == 3


def test_not_run_is_no_failure(suite):
    """Nobody to call: no outcome, no score."""
    questions = run(suite, f=raising(NotRun("no notebook")), g=raising(NotRun("no notebook")))
    assert set(outcomes(questions)) == {"not run"}
    assert [question.score for question in questions] == [None, None]
    assert questions[0].tests[0].message == "no notebook"


def test_forfeited_question_scores_nothing(suite):
    """A question that is forfeited is not run, scores 0 and is flagged; the others stand."""
    first, second = run(suite, f=lambda x: 2 * x, g=lambda x: x, forfeits={"Q1": "uses a layer"})
    assert (first.score, first.flag) == (0, "uses a layer")
    assert outcomes([first]) == ["failed", "failed"]
    assert second.score == 3


def test_trap_forfeits_what_had_passed(suite):
    """A trap that shuts late takes the whole question."""
    calls = []

    def f(x):
        calls.append(x)
        if len(calls) > 1:
            raise Trapped("`f` uses torch's gru")
        return 2 * x

    first, _ = run(suite, f=f, g=lambda x: x)
    assert outcomes([first]) == ["passed", "failed"]
    assert first.score == 0
    assert "by hand" in first.flag


def test_points_must_add_up(suite):
    """A suite whose points are not the notebook's is refused."""
    with pytest.raises(SuiteError, match="Q1 has 4 points in the notebook and 3"):
        run(suite, {"Q1": 4, "Q2": 3}, f=int, g=int)


def test_unknown_question_is_refused(suite):
    """A suite that scores what the notebook has not is refused."""
    with pytest.raises(SuiteError, match="Q2"):
        run(suite, {"Q1": 3}, f=int, g=int)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('def test_x(submission):\n    """A title."""', "needs @pytest.mark.points"),
        ('import pytest\n\n\n@pytest.mark.points("Q1", 3)\ndef test_x(submission): ...', "needs a docstring"),
        ("import nothing_of_that_name", "cannot be collected"),
        ("def test_x(:", "cannot be collected"),
        ("", "NO_TESTS_COLLECTED"),
    ],
)
def test_faulty_suite_is_refused(text, said, tmp_path):
    """A suite that cannot be read scores nobody."""
    (tmp_path / "test_it.py").write_text(dedent(text))
    with pytest.raises(SuiteError, match=said):
        run(tmp_path, {"Q1": 3})


def test_fixture_that_fails_is_the_graders(tmp_path):
    """An error before the test proper is no verdict on the student."""
    text = """
    import pytest

    @pytest.fixture
    def broken():
        raise AssertionError("not the student's")

    @pytest.mark.points("Q1", 3)
    def test_x(broken):
        '''A title.'''
    """
    (tmp_path / "test_it.py").write_text(dedent(text))
    (question,) = run(tmp_path, {"Q1": 3})
    assert outcomes([question]) == ["broke"]


def test_student_fault_from_a_call_is_a_failure(suite):
    """What an execution raises for the student is the student's."""
    first, _ = run(suite, f=raising(StudentFault("`f` is not written yet")), g=lambda x: x)
    assert [test.message for test in first.tests] == ["`f` is not written yet"] * 2


def test_what_a_test_measured_is_in_its_question(tmp_path):
    """Figures, remarks and a doubt reach the report; what is flagged waits for a person, with its score."""
    text = """
    import pytest
    from autograder.report import Figure

    @pytest.mark.points("Q1", 3)
    def test_x(submission, hand_in):
        '''A title.'''
        assert hand_in.files["model"] == b"weights"
        hand_in.figures["Q1"] = [Figure("loss", 1.5)]
        hand_in.remarks["Q1"] = ["It is large."]
        hand_in.doubts["Q1"] = "it knows too much"
    """
    (tmp_path / "test_it.py").write_text(dedent(text))
    hand_in = HandIn({"model": b"weights"})
    (question,) = score(tmp_path, Scoring(Student(), KEY, handed_in=hand_in), {"Q1": 3})
    assert (question.figures, question.remarks) == ([Figure("loss", 1.5)], ["It is large."])
    assert (question.flag, question.score) == ("it knows too much", 3)
