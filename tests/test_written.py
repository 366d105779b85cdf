"""Answers in prose, which a person grades: what waits for one, what is worth nothing, what is never lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.course import Course
from autograder.demo import filled, solutions
from autograder.grade import Options, grade, make_task
from autograder.gradebook import record
from autograder.kept import ClassBank
from autograder.release import make_release
from autograder.report import HiddenTest, Provenance, Question, Report, Written
from autograder.sandbox import Sandbox
from autograder.table import class_table

NAME, WRITTEN = "bptt", "Q1_derivation"

Grade = tuple[float | None, float | None, bool]


@pytest.fixture
def term(course: Course) -> Course:
    """A course whose gradebook knows the assignment with the derivation."""
    make_release(course, NAME)
    return course


@pytest.fixture
def recorded(
    term: Course, sandbox: Sandbox
) -> Callable[[str, Mapping[str, str] | str], tuple[Report, Grade]]:
    """Hands in, grades and records: the report, and the gradebook's line of the derivation."""

    def run(student: str, answers: Mapping[str, str] | str) -> tuple[Report, Grade]:
        folder = term.submitted(NAME, student)
        folder.mkdir(parents=True, exist_ok=True)
        release = nbformat.read(term.release(NAME), as_version=4)
        content = answers if isinstance(answers, str) else filled(release, answers)
        (folder / f"{NAME}.ipynb").write_text(content)
        graded = grade(make_task(term, NAME, student, Options()), sandbox)
        ClassBank(term, NAME).keep(graded)
        record(term, graded.report)
        return graded.report, line_of(term, student)

    return run


def line_of(course: Course, student: str) -> Grade:
    """Auto score, manual score, and whether a person has to look."""
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as gradebook:
        grade = gradebook.find_grade(WRITTEN, NAME, NAME, student)
        return grade.auto_score, grade.manual_score, bool(grade.needs_manual_grade)


def test_a_written_answer_waits_for_a_person(term: Course, recorded) -> None:
    """The solution has nine points by hidden tests; its derivation is a person's to score."""
    report, line = recorded("ada", solutions(term.source(NAME)))
    assert (report.score, report.waiting, report.max_score) == (9, 1, 10)
    assert report.status == "waits for a person"
    assert line == (None, None, True)


def test_an_untouched_answer_is_zero(recorded) -> None:
    """What is as released needs nobody to look at it."""
    report, line = recorded("ben", {})
    assert (report.score, report.waiting, report.status) == (0, 0, "graded")
    assert line == (0, None, False)


def test_a_notebook_that_nobody_can_read_is_no_zero(recorded) -> None:
    """Its derivation may be in there."""
    report, line = recorded("cleo", "no notebook")
    assert report.status == "ungraded"
    assert line == (None, None, True)


def test_a_persons_points_survive_another_grading(term: Course, recorded) -> None:
    """They stay when the student's code is graded again, and a person is asked to look once more."""
    right = solutions(term.source(NAME))
    recorded("dan", right)
    with Gradebook(f"sqlite:///{term.root / 'gradebook.db'}") as gradebook:
        gradebook.find_grade(WRITTEN, NAME, NAME, "dan").manual_score = 0.5
        gradebook.db.commit()
    _, line = recorded("dan", {**right, "Q2_numerical_solution": "# not yet"})
    assert line == (None, 0.5, True)


def report_of(student: str, touched: bool, outcome: str = "passed", flag: str = "") -> Report:
    """A report with one question and one written answer."""
    question = Question("Q1", 6, [HiddenTest("t", "T.", 6, outcome, "why")], flag)
    rests_on = Provenance("", "", "", "", False, "warm", False)
    return Report(student, NAME, [question], rests_on, [], "", "", {}, [Written(WRITTEN, 1, touched)])


def test_tables_show_what_waits() -> None:
    """Points by hidden tests, and in brackets those that a person may add."""
    table = class_table([report_of("ada", True), report_of("ben", False), report_of("eve", True, "broke")])
    assert [line.split() for line in table.splitlines()] == [
        ["student", "Q1", "Q1_derivation", "total", "status"],
        ["/6", "/1", "/7"],
        ["ada", "6", "(+1)", "6", "(+1)", *f"waits for a person: {WRITTEN} is graded by hand".split()],
        ["ben", "6", "0", "6", "graded"],
        ["eve", "?", "?", "0", "ungraded:", "why"],
    ]


def test_a_flag_is_told_before_what_is_written() -> None:
    """The table has room for one reason: the one that somebody has to decide."""
    assert class_table([report_of("ada", True, flag="reaches torch")]).endswith("person: reaches torch")
