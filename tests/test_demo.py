"""The demo from the outside: the command as a person types it, and the commands that go on from there."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from autograder.cli import main
from autograder.course import Course
from autograder.table import PUBLIC
from tests import e2e
from tests.conftest import ASSIGNMENT
from tests.e2e import DEMO_CLASS, OTHER_CLASSES, QUESTIONS, Demo


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The demo, made once in a session."""
    return e2e.demo_once(tmp_path_factory.getbasetemp())


@pytest.fixture
def term(demo: Demo, tmp_path: Path) -> Course:
    """A copy of the demo that a test may change."""
    return e2e.copied(demo.course, tmp_path / "term")


def table(printed: str, assignment: str = ASSIGNMENT) -> dict[str, tuple[str, ...]]:
    """The rows of an assignment's printed table, by their first word; `9 (+1)` is one column."""
    lines = printed.splitlines()
    start = lines.index(assignment) + 1
    header = lines[start].split()
    table = {}
    for line in lines[start + 2 :]:
        if not line or line == PUBLIC or line.startswith(f"{assignment}:"):
            break
        student, *columns = re.split(r" {2,}", line.strip())
        assert len(columns) == len(header) - 1, line
        table[student] = tuple(columns)
    return table


# --- Making it ----------------------------------------------------------------------------------------------


def test_the_demo_ends_well(demo: Demo) -> None:
    """The command's exit code is 0, though one student loops for ever and another handed in no notebook."""
    assert demo.done.returncode == 0, demo.done.stderr


def test_the_demo_has_ten_students(demo: Demo) -> None:
    """As many submissions as rows, and no others."""
    assert demo.course.students(ASSIGNMENT) == sorted(DEMO_CLASS)


@pytest.mark.parametrize("student", DEMO_CLASS)
def test_the_table_has_the_students_row(demo: Demo, student: str) -> None:
    """Each question's points, the total, and what a person should know."""
    *points, status = table(demo.done.stdout)[student]
    *expected, begins = DEMO_CLASS[student]
    assert (points, status[: len(begins)]) == (expected, begins)


@pytest.mark.parametrize("assignment", OTHER_CLASSES)
def test_the_demo_takes_every_assignment(demo: Demo, assignment: str) -> None:
    """Each has a class of its own, with solutions, stubs, typical half answers and what should not pay."""
    rows, expected = table(demo.done.stdout, assignment), OTHER_CLASSES[assignment]
    rows = {student: row for student, row in rows.items() if student}
    assert {student: row[:-1] for student, row in rows.items()} == {
        student: row[:-1] for student, row in expected.items()
    }
    assert [student for student, row in rows.items() if not row[-1].startswith(expected[student][-1])] == []


def test_the_table_has_the_maxima(demo: Demo) -> None:
    """The first row says what each question is worth."""
    assert "/3    /5  /2  /2  /5    /17" in demo.done.stdout


def test_the_paths_that_are_named_exist(demo: Demo) -> None:
    """What is said to be opened next can be opened."""
    named = re.findall(rf"^  .*?({re.escape(str(demo.course.root))}/\S+\.\w+)$", demo.done.stdout, re.M)
    assert len(named) == 2
    assert [path for path in named if not Path(path).is_file()] == []


def test_the_server_that_is_named_exists(demo: Demo) -> None:
    """The command for the form grader works from the folder that it names."""
    found = re.search(r"cd (\S+) && (\S+/jupyter) lab", demo.done.stdout)
    assert found is not None
    assert (Path(found[1]) / found[2]).is_file()


def test_every_student_has_a_feedback_page(demo: Demo) -> None:
    """The one without a readable notebook too, and for every assignment."""
    for name, students in {ASSIGNMENT: DEMO_CLASS, **OTHER_CLASSES}.items():
        pages = (demo.course.root / "feedback").glob(f"*/{name}/{name}.html")
        assert sorted(page.parent.parent.name for page in pages) == sorted(students)


def test_the_demo_says_that_its_key_is_public(demo: Demo) -> None:
    """Who reads the end of what it prints knows that these scores prove nothing."""
    assert "public key" in demo.done.stdout


def test_reports_say_that_the_key_is_public(demo: Demo) -> None:
    """No report of the demo can be taken for a real one."""
    assert all(e2e.report(demo.course, student).provenance.demo_key for student in DEMO_CLASS)


def test_the_demo_leaves_the_kits_course_alone(demo: Demo) -> None:
    """Neither a gradebook nor a report nor a release is written there."""
    assert demo.after == demo.before


def test_the_demo_leaves_the_given_course_alone(demo: Demo) -> None:
    """The course that the command was given stays as empty as it was."""
    assert list(demo.elsewhere.iterdir()) == []


def test_the_demo_refuses_a_folder_of_another_kind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It would remove what is in there."""
    (tmp_path / "thesis.tex").write_text("years of work")
    code = main(["--course", str(tmp_path), "demo", "--folder", str(tmp_path)])
    assert (code, (tmp_path / "thesis.tex").exists()) == (1, True)
    assert "is no demo and is left alone" in capsys.readouterr().err


# --- Going on from it ---------------------------------------------------------------------------------------


def test_nothing_is_graded_again_without_a_change(term: Course) -> None:
    """The same command a second time computes nothing and records nothing."""
    done = e2e.kit(term.root, "grade", "--figures")
    assert f"{ASSIGNMENT}: {len(DEMO_CLASS)} submissions, 0 graded now, 0 recorded now" in done.stdout


def test_a_changed_submission_alone_is_graded_again(term: Course) -> None:
    """One student hands in again, and one row changes."""
    e2e.hand_in(term, "ben_untouched", e2e.notebook(e2e.solutions()))
    done = e2e.kit(term.root, "grade", "--figures")
    assert f"{ASSIGNMENT}: {len(DEMO_CLASS)} submissions, 1 graded now, 1 recorded now" in done.stdout
    moved = {
        student for student, row in table(done.stdout).items() if row[:6] != DEMO_CLASS.get(student, row)[:6]
    }
    assert moved == {"ben_untouched"}
    assert table(done.stdout)["ben_untouched"] == DEMO_CLASS["ada_solution"]


def test_report_prints_the_table_again(demo: Demo) -> None:
    """The same rows, read from the reports."""
    done = e2e.kit(demo.course.root, "report")
    assert table(done.stdout) == table(demo.done.stdout)


# --- The export ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def exported(demo: Demo) -> dict[str, dict[str, str]]:
    """The exported lines, by student."""
    with (demo.course.root / "exports" / f"{ASSIGNMENT}.csv").open(newline="", encoding="utf-8") as file:
        return {line["student"]: line for line in csv.DictReader(file)}


def test_the_export_has_a_column_a_question(exported: dict[str, dict[str, str]]) -> None:
    """And the student, the penalty, the total, the maximum and the status."""
    expected = ["student", *QUESTIONS, "late_penalty", "total", "max_score", "status"]
    assert list(exported["ada_solution"]) == expected


@pytest.mark.parametrize("student", [student for student in DEMO_CLASS if student != "jon_not_a_notebook"])
def test_the_export_has_the_tables_numbers(exported: dict[str, dict[str, str]], student: str) -> None:
    """Each question's points and the total."""
    numbers = [float(exported[student][column]) for column in (*QUESTIONS, "total")]
    assert numbers == [float(cell.rstrip("!")) for cell in DEMO_CLASS[student][:6]]


def test_the_export_has_empty_cells_for_what_is_not_scored(exported: dict[str, dict[str, str]]) -> None:
    """A notebook that nobody could read has no zeros, and no total."""
    assert {exported["jon_not_a_notebook"][column] for column in (*QUESTIONS, "total")} == {""}


def test_the_export_says_who_waits_for_a_person(exported: dict[str, dict[str, str]]) -> None:
    """The ready-made layer and the unreadable notebook."""
    waiting = {student for student, line in exported.items() if line["status"] == "waits for a person"}
    assert waiting == {"ida_ready_made", "jon_not_a_notebook"}


# --- Real courses -------------------------------------------------------------------------------------------


def refused(course: Course, capsys: pytest.CaptureFixture[str]) -> str:
    """What `grade` says when it refuses; nothing may have been graded."""
    assert main(["--course", str(course.root), "grade"]) == 1
    assert not (course.root / "reports").exists()
    return capsys.readouterr().err


def test_a_real_course_needs_a_key(course: Course, submit, capsys: pytest.CaptureFixture[str]) -> None:
    """Without one nothing is graded with a key that others could know."""
    submit("student", {})
    (course.root / ".term_key").unlink()
    assert "there is no term key" in refused(course, capsys)


def test_a_real_course_needs_a_key_of_its_own(
    course: Course, submit, capsys: pytest.CaptureFixture[str]
) -> None:
    """A key that others on this machine may read is no secret."""
    submit("student", {})
    (course.root / ".term_key").chmod(0o644)
    assert "others may read the term key (mode 644)" in refused(course, capsys)


def test_a_course_without_submissions_is_no_success(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    """Grading nothing at all is most often a wrong folder."""
    assert "nothing to grade" in refused(course, capsys)
