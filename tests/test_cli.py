"""The command line: exit codes, and errors that say what to do."""

from __future__ import annotations

import shutil

import pytest
from nbgrader.api import Gradebook

from autograder import commands
from autograder.cli import main
from autograder.grade import Options
from tests.conftest import ASSIGNMENT
from tests.notebooks import NAMES


def run(course, *arguments: str) -> int:
    return main(["--course", str(course.root), *arguments])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["grade", "nothing"], "no assignment 'nothing'"),
        (["grade"], "nothing to grade"),
        (["grade", ASSIGNMENT], "nothing to grade"),
        (["grade", ASSIGNMENT, "--student", "nobody"], "no folder submitted/STUDENT/rnn_gru_mha for nobody"),
        (["grade", "--student", "nobody"], "no folder submitted/STUDENT/ASSIGNMENT for nobody"),
        (["feedback", ASSIGNMENT], "nothing of rnn_gru_mha is graded yet"),
        (["export", "nothing"], "the gradebook has no assignment 'nothing'"),
        (["release", "nothing"], "no hidden suite for 'nothing'"),
    ],
)
def test_what_cannot_be_done_is_said(arguments, said, course, capsys):
    """An error is one line that says what to do, and the exit code is 1."""
    assert run(course, *arguments) == 1
    assert said in capsys.readouterr().err


def test_missing_course_folder_is_said(tmp_path, capsys):
    """A folder that is not there is told."""
    assert main(["--course", str(tmp_path / "none"), "report"]) == 1
    assert "no course folder" in capsys.readouterr().err


def test_missing_key_is_said(course, submit, capsys):
    """Without a term key a real course is not graded."""
    submit("ada", {})
    (course.root / ".term_key").unlink()
    assert run(course, "grade") == 1
    assert "make setup" in capsys.readouterr().err


@pytest.mark.parametrize("full", [False, True])
def test_options_of_grading_arrive(full, course, submit, monkeypatch):
    """What is typed is how it is graded."""
    submit("ada", {})
    asked = []
    monkeypatch.setattr(commands, "_grade_all", lambda course, wanted, how, **rest: asked.append(how) or 0)
    assert run(course, "grade", *(["--full"] if full else []), "--figures") == 0
    assert asked == [Options(figures=True, full=full)]


def test_wrong_usage_has_its_own_code(course):
    """argparse's code for wrong usage."""
    with pytest.raises(SystemExit) as caught:
        run(course, "grade", "--isolation", "weak")
    assert caught.value.code == 2


def test_grade_records_a_fresh_clone(course, submit, solutions, capsys):
    """A committed release without a gradebook is enough: grading registers the assignment by itself."""
    (course.root / "gradebook.db").unlink()
    submit("ada", {name: text for name, text in solutions.items() if name in ("Q2_solution", "Q5_solution")})
    assert run(course, "grade", ASSIGNMENT, "--jobs", "1") == 0
    assert "ada" in capsys.readouterr().out
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as gradebook:
        assert gradebook.find_submission(ASSIGNMENT, "ada").score == 5


def test_broken_grader_ends_with_an_error(course, submit, capsys, monkeypatch):
    """When the grader breaks the class is finished, the code is 1, and the reason is on standard error."""
    submit("ada", {})
    monkeypatch.setattr("autograder.commands.grade_class", broken_class)
    assert run(course, "grade", ASSIGNMENT) == 1
    assert "the grader broke for ada" in capsys.readouterr().err


def broken_class(course, assignment, students, options, **_):
    from autograder.fleet import Run
    from autograder.grade import broken, make_task
    from autograder.kept import ClassBank

    graded = broken(make_task(course, assignment, students[0], options), ZeroDivisionError("a bug"))
    ClassBank(course, assignment).keep(graded)
    return Run({"ada": graded.report}, ["ada"])


def test_folder_that_nbgrader_cannot_write_keeps_nobody_else_out(course, submit, capsys):
    """A file in the place of one student's folder is told; the others are recorded."""
    submit("ada", {})
    submit("ben", {})
    (course.root / "autograded").mkdir()
    (course.root / "autograded" / "ada").write_text("no folder")
    assert run(course, "grade", ASSIGNMENT) == 1
    assert "ada is graded but could not be recorded" in capsys.readouterr().err
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as gradebook:
        assert gradebook.find_submission(ASSIGNMENT, "ben").score == 0


def test_release_without_a_name_takes_all(course, capsys):
    """Every source becomes a release."""
    shutil.rmtree(course.root / "release")
    assert run(course, "release") == 0
    assert course.assignments() == NAMES
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()] == [
        f"{name}:" for name in NAMES
    ]


def test_grade_and_feedback_without_a_name_take_all(course, submit, capsys):
    """A student who handed in two assignments has two tables, two pages, and nothing for the others."""
    submit("ada", {})
    other = course.submitted("long_term", "ada")
    other.mkdir(parents=True)
    shutil.copy(course.release("long_term"), other)
    assert run(course, "grade", "--student", "ada") == 0
    assert run(course, "feedback") == 0
    printed = capsys.readouterr().out
    for name in NAMES:
        is_graded = name in (ASSIGNMENT, "long_term")
        assert (f"{name}: 1 submissions, 1 graded now, 1 recorded now" in printed) == is_graded
        assert (course.root / "feedback" / "ada" / name / f"{name}.html").is_file() == is_graded
        assert (f"{name}: nobody to grade" in printed) != is_graded
