"""Many submissions: going on after an interruption, other executors, lost processes."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool

import pytest

from autograder import report as reports
from autograder.errors import SandboxLost
from autograder.fleet import grade_class
from autograder.grade import Options, grade
from tests.conftest import ASSIGNMENT


class Here(Executor):
    """Grades in this process, with the tests' sandbox; ends with an error after so many tasks."""

    def __init__(self, sandbox, tasks: int = 100, error: BaseException | None = None) -> None:
        self.sandbox = sandbox
        self.tasks = tasks
        self.error = error

    def submit(self, fn, /, task):
        future = Future()
        self.tasks -= 1
        if self.tasks < 0:
            future.set_exception(self.error)
        else:
            future.set_result(grade(task, self.sandbox))
        return future


def run(course, executor):
    return grade_class(
        course, ASSIGNMENT, course.students(ASSIGNMENT), Options(), executor=executor, quiet=True
    )


@pytest.fixture
def three(course, submit):
    for student in ("ada", "ben", "cleo"):
        submit(student, {"Q2_solution": f"name = {student!r}"})
    return course


def test_goes_on_where_it_stopped(three, sandbox):
    """What was finished before an interruption is kept, and only the rest is graded."""
    with pytest.raises(KeyboardInterrupt):
        run(three, Here(sandbox, 2, KeyboardInterrupt()))
    kept = [student for student in three.students(ASSIGNMENT) if three.report(ASSIGNMENT, student).is_file()]
    again = run(three, Here(sandbox))
    assert len(kept) == 2
    assert again.graded == [student for student in three.students(ASSIGNMENT) if student not in kept]
    assert list(again.reports) == ["ada", "ben", "cleo"]


def test_lost_process_says_what_to_do(three, sandbox):
    """A grading process that is killed ends the run with a sentence, and loses nothing that was finished."""
    with pytest.raises(SandboxLost, match="go on where it stopped"):
        run(three, Here(sandbox, 1, BrokenProcessPool()))
    assert sum(three.report(ASSIGNMENT, student).is_file() for student in three.students(ASSIGNMENT)) == 1


def test_another_key_is_another_score(three, sandbox):
    """A report made with another term key is out of date."""
    run(three, Here(sandbox))
    path = three.root / ".term_key"
    path.write_bytes(b"another key of the same length!!")
    del three.__dict__["key"]
    assert len(run(three, Here(sandbox)).graded) == 3


def test_broken_report_is_tried_again(three, sandbox, monkeypatch):
    """What the grader broke on is graded again although nothing has changed."""
    monkeypatch.setattr("autograder.grade.rebuild", lambda *_: 1 / 0)
    broken = run(three, Here(sandbox))
    assert all(report.is_broken for report in broken.reports.values())
    monkeypatch.undo()
    assert len(run(three, Here(sandbox)).graded) == 3
    assert not run(three, Here(sandbox)).graded


def test_report_and_notebook_are_written_together(three, sandbox):
    """Each report has its notebook beside it."""
    run(three, Here(sandbox))
    for student in three.students(ASSIGNMENT):
        path = three.report(ASSIGNMENT, student)
        assert reports.read(path) is not None
        assert path.with_suffix(".ipynb").is_file()
