"""Reports into nbgrader's gradebook: what nbgrader takes for a score, and what it must not."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.utils import determine_grade

from autograder import report as reports
from autograder.course import Course
from autograder.fleet import grade_class
from autograder.grade import Graded, Options, grade, make_task
from autograder.gradebook import choose_notebook, is_recorded, record
from autograder.kept import ClassBank
from autograder.report import HiddenTest, Question, Report
from autograder.sandbox import Sandbox
from autograder.verdict import question_outputs
from tests.conftest import ASSIGNMENT


def question(*outcomes: str, flag: str = "", forfeited: bool = False) -> Question:
    tests = [HiddenTest(f"t{n}", f"Title <{n}>.", 1.0, outcome, "why") for n, outcome in enumerate(outcomes)]
    return Question("Q2", len(tests), tests, flag, forfeited)


def grade_cell(made: Question, points: float = 3.0):
    mark = {"grade": True, "solution": False, "grade_id": made.name, "points": points, "locked": True}
    return nbformat.v4.new_code_cell("# graded", metadata={"nbgrader": mark}, outputs=question_outputs(made))


@pytest.mark.parametrize(
    ("outcomes", "score"),
    [(("passed",) * 3, 3.0), (("failed",) * 3, 0.0), (("passed", "failed", "failed"), 1.0)],
)
def test_nbgrader_takes_the_number(outcomes, score):
    """nbgrader reads exactly the question's score, full, none and in between."""
    assert determine_grade(grade_cell(question(*outcomes))) == (score, 3.0)


def test_number_comes_first_and_once():
    """The first output is the only execute_result: nbgrader reads the first, and warns of no other."""
    outputs = question_outputs(question("passed", "failed"))
    assert [output.output_type for output in outputs] == ["execute_result", "display_data"]
    assert float(outputs[0].data["text/plain"]) == 1.0


def test_forfeited_question_is_the_number_zero():
    """A cell without an output would be full marks: zero is written out."""
    assert (
        determine_grade(grade_cell(question("passed", "passed", "passed", flag="x", forfeited=True)))[0] == 0
    )


@pytest.mark.parametrize("outcome", ["broke", "not run"])
def test_no_score_has_no_number(outcome):
    """A question without a score shows its tests and no number."""
    (output,) = question_outputs(question("passed", outcome))
    assert output.output_type == "display_data"


def test_table_shows_titles_and_messages_as_text():
    """What a test says is shown as text in HTML, never as markup."""
    page = question_outputs(question("failed"))[-1].data["text/html"]
    assert "Title &lt;0&gt;." in page
    assert "why" in page


def test_grader_that_broke_is_not_quoted_to_students():
    """Why the grader broke may quote the suite; students read that it was not their fault."""
    page = str(question_outputs(question("broke"))[-1].data)
    assert "why" not in page
    assert "not your fault" in page


@pytest.fixture
def graded_as(course: Course, sandbox: Sandbox) -> Callable[[Question], Graded]:
    """Grades ada, and changes the outcome of Q2."""
    return lambda made: _changed(grade(make_task(course, ASSIGNMENT, "ada", Options()), sandbox), made)


def _changed(graded: Graded, made: Question) -> Graded:
    questions = [made if known.name == "Q2" else known for known in graded.report.questions]
    tree = {field: getattr(graded.report, field) for field in graded.report.__struct_fields__}
    return Graded(Report(**{**tree, "questions": questions}), graded.notebook)


def grades(course: Course, student: str = "ada") -> dict[str, tuple[float | None, bool]]:
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as gradebook:
        notebook = gradebook.find_submission_notebook(ASSIGNMENT, ASSIGNMENT, student)
        return {grade.name: (grade.auto_score, grade.needs_manual_grade) for grade in notebook.grades}


def put(course: Course, graded: Graded) -> None:
    ClassBank(course, ASSIGNMENT).keep(graded)
    record(course, graded.report)


def test_scores_are_recorded(course, submit, graded_as):
    """The gradebook has each question's score."""
    submit("ada", {})
    put(course, graded_as(question("passed", "passed", "failed")))
    assert grades(course)["Q2"] == (2.0, False)
    assert grades(course)["Q3"] == (0.0, False)


@pytest.mark.parametrize("outcome", ["broke", "not run"])
def test_no_outcome_waits_for_a_person(outcome, course, submit, graded_as):
    """A grader that broke, or a test not run, is no 0 and no full score: a person has to look."""
    submit("ada", {})
    put(course, graded_as(question("passed", "passed", outcome)))
    assert grades(course)["Q2"] == (None, True)


def test_former_score_is_kept_when_the_grader_breaks(course, submit, graded_as):
    """A grader that breaks at the second time leaves the first score, and a person has to look."""
    submit("ada", {})
    put(course, graded_as(question("passed", "passed", "failed")))
    put(course, graded_as(question("broke", "broke", "broke")))
    assert grades(course)["Q2"] == (2.0, True)


def test_flagged_question_waits_for_a_person(course, submit, graded_as):
    """A ready-made layer scores 0 and a person has to look."""
    submit("ada", {})
    put(
        course,
        graded_as(question("passed", "passed", "passed", flag="layer", forfeited=True)),
    )
    assert grades(course)["Q2"] == (0.0, True)


@pytest.mark.parametrize("content", [None, b"not JSON", b'{"cells": 1}'])
def test_unreadable_submission_waits_for_a_person(content, course, submit, sandbox):
    """A missing or unreadable notebook has no score anywhere, and the recorded page says why."""
    if content is None:
        course.submitted(ASSIGNMENT, "ada").mkdir(parents=True)
    else:
        submit("ada", content)
    graded = grade(make_task(course, ASSIGNMENT, "ada", Options()), sandbox)
    put(course, graded)
    assert set(grades(course).values()) == {(None, True)}
    page = (course.autograded(ASSIGNMENT, "ada") / f"{ASSIGNMENT}.ipynb").read_text()
    assert "Hand in the notebook under that name" in page or "cannot be read" in page


def test_undeclared_files_are_not_kept(course, submit, graded_as):
    """What a student ships beside the notebook is not taken along, links least of all."""
    folder = submit("ada", {}).parent
    (folder / "numpy.py").write_text("x = 1")
    (folder / "deep").mkdir()
    (folder / "deep" / "secret.txt").write_text("x")
    (folder / "model.safetensors").symlink_to(course.root / "gradebook.db")
    put(course, graded_as(question("passed", "passed", "passed")))
    kept = {path.name for path in course.autograded(ASSIGNMENT, "ada").rglob("*") if path.is_file()}
    assert kept == {f"{ASSIGNMENT}.ipynb", "by_hand.py", "rnn_param_helper.py", "visible_check.py"}


def test_odd_files_keep_nobody_from_the_gradebook(course, submit, graded_as):
    """nbgrader copies the submitted folder, and would stop at a pipe or at a link that leads nowhere."""
    folder = submit("ada", {}).parent
    os.mkfifo(folder / "model.safetensors")
    (folder / "notes[1]").symlink_to("notes[1]")
    (folder / "more").mkdir()
    os.mkfifo(folder / "more" / "pipe")
    graded = graded_as(question("passed", "passed", "passed"))
    put(course, graded)
    assert is_recorded(course, graded.report)


def test_recorded_report_is_known(course, submit, graded_as):
    """What the gradebook has is not recorded again; a new report is."""
    submit("ada", {})
    graded = graded_as(question("passed", "passed", "passed"))
    assert not is_recorded(course, graded.report)
    put(course, graded)
    assert is_recorded(course, graded.report)
    for path in course.autograded(ASSIGNMENT, "ada").iterdir():
        path.unlink()
    assert not is_recorded(course, graded.report)


def test_hook_goes_on_under_the_proper_name():
    """nbgrader looks for the assignment's name, whatever the student's file is called."""
    notebooks = [str(Path("submitted/ada/rnn/rnn (1).ipynb")), "submitted/ada/rnn/other.ipynb"]
    choose_notebook("rnn", "ada", notebooks)
    assert notebooks == [str(Path("submitted/ada/rnn/rnn.ipynb"))]


def test_class_goes_on_when_the_grader_breaks_for_one(course, submit, monkeypatch, sandbox):
    """An error of the grader's own makes that submission ungraded, with the reason, and ends nothing."""
    submit("ada", {})
    monkeypatch.setattr("autograder.grade.rebuild", lambda *_: 1 / 0)
    graded = grade(make_task(course, ASSIGNMENT, "ada", Options()), sandbox)
    put(course, graded)
    assert graded.report.is_broken
    assert "ZeroDivisionError" in graded.report.questions[0].tests[0].message
    assert "ZeroDivisionError" not in graded.notebook
    assert set(grades(course).values()) == {(None, True)}


def test_only_what_changed_is_graded(course, submit, solutions):
    """Grading again without a change does nothing; a changed submission alone is graded."""
    submit("ada", solutions)
    submit("ben", {})
    students = ["ada", "ben"]
    first = grade_class(course, ASSIGNMENT, students, Options(), quiet=True)
    assert {name: made.score for name, made in first.reports.items()} == {"ada": 17, "ben": 0}
    assert sorted(first.graded) == students
    assert not grade_class(course, ASSIGNMENT, students, Options(), quiet=True).graded
    submit("ben", solutions)
    again = grade_class(course, ASSIGNMENT, students, Options(), quiet=True)
    assert again.graded == ["ben"]
    assert again.reports["ben"].score == 17
    assert reports.read(course.report(ASSIGNMENT, "ben")) == again.reports["ben"]
