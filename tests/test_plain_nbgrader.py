"""`nbgrader autograde`, typed by who knows nbgrader, takes the kit's road and gives the kit's numbers."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from autograder import report as reports
from autograder.course import Course
from autograder.errors import CourseError
from autograder.gradebook import record
from autograder.report import Report
from tests import e2e
from tests.conftest import ASSIGNMENT
from tests.e2e import BIN, PATIENCE, QUESTIONS

STUDENTS = ("broken", "half", "misnamed", "solution")
Rows = dict[tuple[str, str], tuple[float | None, float | None, bool]]


@dataclass(frozen=True)
class Run:
    """A course after a command, and what the command printed."""

    course: Course
    code: int
    log: str

    def rows(self) -> Rows:
        return e2e.gradebook_rows(self.course)

    def report(self, student: str) -> Report:
        return e2e.report(self.course, student)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """The same class graded by nbgrader's command and by the kit's, side by side."""
    folder = tmp_path_factory.mktemp("plain")
    made = e2e.real_course(folder / "made")
    released = e2e.kit(made.root, "release")
    assert released.returncode == 0, released.stderr
    _hand_in(made)
    env = e2e.host_environment(folder / "home")
    commands = {
        "nbgrader": [str(BIN / "nbgrader"), "autograde", ASSIGNMENT],
        "kit": [sys.executable, "-m", "autograder", "--course", ".", "grade"],
    }
    env["PYTHONPATH"] = str(e2e.KIT_ROOT)
    courses = {name: e2e.copied(made, folder / name) for name in commands}
    begun = {
        name: subprocess.Popen(
            command,
            cwd=courses[name].root,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for name, command in commands.items()
    }
    logs = {name: process.communicate(timeout=PATIENCE)[0] for name, process in begun.items()}
    return {name: Run(courses[name], process.returncode, logs[name]) for name, process in begun.items()}


def _hand_in(course: Course) -> None:
    solutions = e2e.solutions()
    half = {name: solutions[name] for name in ("Q2_solution", "Q3_solution")}
    e2e.hand_in(course, "solution", e2e.notebook(solutions))
    e2e.hand_in(course, "half", e2e.notebook(half))
    e2e.hand_in(course, "misnamed", e2e.notebook(solutions), f"{ASSIGNMENT} (1).ipynb")
    e2e.hand_in(course, "broken", "PK\x03\x04 this was zipped by mistake")


@pytest.fixture(scope="module")
def plain(runs: dict[str, Run]) -> Run:
    """What `nbgrader autograde` came to."""
    return runs["nbgrader"]


def test_plain_nbgrader_ends_well(plain: Run) -> None:
    """Its exit code is 0, though one of the submissions is no notebook."""
    assert plain.code == 0, plain.log


def test_both_roads_give_the_same_rows(runs: dict[str, Run]) -> None:
    """Score for score, and person for person."""
    assert runs["nbgrader"].rows() == runs["kit"].rows()


def test_both_roads_leave_the_same_reports(runs: dict[str, Run]) -> None:
    """From the same tests, the same key and the same notebook."""
    told = {
        name: {
            student: (run.report(student).provenance, run.report(student).score, run.report(student).notes)
            for student in STUDENTS
        }
        for name, run in runs.items()
    }
    assert told["nbgrader"] == told["kit"]


@pytest.mark.parametrize(("student", "total"), [("solution", 17), ("half", 8), ("misnamed", 17)])
def test_the_class_goes_on(plain: Run, student: str, total: float) -> None:
    """A submission that cannot be read costs nobody else the score, and a wrong name costs nothing."""
    scores = [auto for (who, _), (auto, _, _) in plain.rows().items() if who == student]
    assert sum(scores) == total


def test_a_misnamed_notebook_is_told(plain: Run) -> None:
    """The student reads how it should be named."""
    expected = (
        "The notebook was handed in as 'rnn_gru_mha (1).ipynb'; its name should be 'rnn_gru_mha.ipynb'."
    )
    assert plain.report("misnamed").notes == [expected]


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("road", ["nbgrader", "kit"])
def test_what_was_not_run_is_no_zero(runs: dict[str, Run], road: str, question: str) -> None:
    """The row has no automatic score, and a person has to look."""
    assert runs[road].rows()["broken", question] == (None, None, True)


def test_an_autograded_notebook_is_there_for_everybody(plain: Run) -> None:
    """So that the form grader can show each of them."""
    found = plain.course.root.glob(f"autograded/*/{ASSIGNMENT}/{ASSIGNMENT}.ipynb")
    assert sorted(path.parent.parent.name for path in found) == list(STUDENTS)


# --- A configuration that does not reach the kit ------------------------------------------------------------


def test_a_configuration_without_the_kit_is_refused(runs: dict[str, Run], tmp_path: Path) -> None:
    """nbgrader alone would run student code in this very process."""
    course = e2e.copied(runs["kit"].course, tmp_path / "course")
    (course.root / "nbgrader_config.py").write_text("load_subconfig('missing.py')\n")
    report = reports.read(course.report(ASSIGNMENT, "solution"))
    assert report is not None
    with pytest.raises(CourseError, match="does not load the kit's"):
        record(course, report)


def test_a_demo_without_the_kit_stops_nbgrader(tmp_path: Path) -> None:
    """A demo's folder that was moved away from the kit is graded by nobody, least of all without walls."""
    from autograder.demo import CONFIG

    e2e.hand_in(Course(tmp_path), "student", e2e.notebook({}))
    (tmp_path / "nbgrader_config.py").write_text(CONFIG.format(kit="nowhere"))
    done = subprocess.run(
        [str(BIN / "nbgrader"), "autograde", ASSIGNMENT],
        cwd=tmp_path,
        env=e2e.host_environment(tmp_path / "home"),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, (tmp_path / "autograded").exists()) == (1, False)
    assert "without it nbgrader would run student code by itself" in done.stderr
