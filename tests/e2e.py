"""What the end-to-end tests share: the commands as a person types them, courses, and the demo made once."""

from __future__ import annotations

import functools
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.api import Gradebook

from autograder import demo
from autograder import report as reports
from autograder.course import KIT_ROOT, Course
from autograder.report import Report
from tests.conftest import ASSIGNMENT, RELEASE, SOURCE

CHROMIUM = shutil.which("chromium")
BIN = Path(sys.executable).parent
PATIENCE = 300  # seconds: a bound for what hangs, not a measure

# The table's row of each of the demo's students: Q2, Q3, Q4, Q5, Q6, total, and how its status begins.
DEMO_CLASS = {
    "ada_solution": ("3", "5", "2", "2", "5", "17", "graded"),
    "ben_untouched": ("0", "0", "0", "0", "0", "0", "graded"),
    "cleo_half": ("3", "5", "2", "0", "0", "10", "graded"),
    "dan_reset_gate": ("3", "4.25", "2", "2", "5", "16.25", "graded"),
    "eve_warns": ("3", "5", "2", "2", "5", "17", "graded"),
    "finn_loops": ("3", "0", "2", "2", "5", "12", "graded"),
    "gus_exits": ("3", "5", "0", "2", "5", "15", "graded"),
    "hal_tampers": ("3", "0", "0", "0", "0", "3", "graded"),
    "kim_reset_too_soon": ("3", "4.25", "2", "2", "5", "16.25", "graded"),
    "lea_reset_too_soon": ("3", "4.25", "2", "2", "5", "16.25", "graded"),
    "ida_ready_made": ("3", "0!", "2", "2", "5", "12", "waits for a person: `gru` reaches torch.nn.GRU"),
    "jon_not_a_notebook": ("?", "?", "?", "?", "?", "0", "ungraded: The notebook cannot be read"),
}
QUESTIONS = ("Q2", "Q3", "Q4", "Q5", "Q6")

# The same for the other assignments: the columns of their tables.
OTHER_CLASSES = {
    "bptt": {  # Q1, Q1_derivation, Q2, total, status
        "ada_solution": ("6", "(+1)", "3", "9 (+1)", "waits for a person: Q1_derivation is graded by hand"),
        "ben_untouched": ("0", "0", "0", "0", "graded"),
        "cleo_half": ("6", "0", "0", "6", "graded"),
        "dan_bias_shape": ("5.75", "(+1)", "3", "8.75 (+1)", "waits for a person"),
        "eve_one_sided": ("6", "(+1)", "2.5", "8.5 (+1)", "waits for a person"),
        "finn_no_derivative": ("5.5", "(+1)", "3", "8.5 (+1)", "waits for a person"),
        "gus_differences": ("6", "(+1)", "2", "8 (+1)", "waits for a person"),
        "hal_torch": (
            "6",
            "(+1)",
            "0!",
            "6 (+1)",
            "waits for a person: `get_analytical_gradient` reaches torch",
        ),
    },
    "char_lm": {  # Q1, total, status
        "ada_solution": ("10", "10", "graded: loss 1."),
        "ben_untouched": ("0", "0", "graded"),
        "cleo_half_trained": ("5", "5", "graded: loss 2."),
        "dan_both_ways": ("0", "0", "graded: loss 3."),
        "eva_frequencies": ("0", "0", "graded: loss 3."),
        "fay_no_weights": ("0", "0", "graded"),
        "gil_pickle": ("0", "0", "graded"),
        "hana_too_few_classes": ("0", "0", "graded"),
        "ines_dropout": ("0", "0", "graded"),
    },
    "long_term": {  # Q1, Q2, Q3, Q4, total, status
        "ada_solution": ("2", "4", "3", "3", "12", "graded"),
        "ben_untouched": ("0", "0", "0", "0", "0", "graded"),
        "cleo_half": ("2", "4", "0", "0", "6", "graded"),
        "dan_zero_state": ("1.75", "4", "3", "3", "11.75", "graded"),
        "eva_open_gate": ("2", "2", "3", "3", "10", "graded"),
        "fay_small_scale": ("2", "4", "2", "3", "11", "graded"),
        "gil_zero_matrix": ("2", "4", "2", "3", "11", "graded"),
        "hana_counts_from_one": ("2", "4", "2.8", "3", "11.8", "graded"),
        "ines_lost_axis": ("2", "4", "2.8", "3", "11.8", "graded"),
        "jon_tampers": ("2", "0", "0", "0", "2", "graded"),
    },
    "rnn_layer": {  # Q1, Q2, Q3, Q4, total, status
        "ada_solution": ("5", "5", "5", "5", "20", "graded"),
        "ben_untouched": ("0", "0", "0", "0", "0", "graded"),
        "cleo_half": ("5", "5", "0", "0", "10", "graded"),
        "dan_no_slope": ("5", "5", "4", "5", "19", "graded"),
        "eve_no_bias": ("4.25", "5", "5", "5", "19.25", "graded"),
        "finn_one_step": ("5", "5", "5", "3.35", "18.35", "graded"),
        "gus_left_over": ("5", "5", "5", "4.5", "19.5", "graded"),
        "hana_lost_axis": ("5", "5", "4.5", "5", "19.5", "graded"),
        "ida_autograd": ("5", "5", "5", "0!", "15", "waits for a person: `RNNLayer.backward` reaches torch"),
        "jon_tampers": ("0", "0", "0", "0", "0", "graded"),
    },
}


@dataclass(frozen=True)
class Demo:
    """The demo, and what making it printed.

    Args:
        course: its folder; tests that change something take a copy.
        elsewhere: the course folder, with nothing in it, that the command was given.
        before, after: the kit's own folder.
    """

    course: Course
    elsewhere: Path
    done: subprocess.CompletedProcess[str]
    before: dict[str, int]
    after: dict[str, int]


def kit(course: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`python -m autograder --course COURSE ...`, from the kit's folder."""
    command = [sys.executable, "-m", "autograder", "--course", str(course), *arguments]
    return subprocess.run(
        command, cwd=KIT_ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


@functools.cache
def demo_once(folder: Path) -> Demo:
    """Make the demo in a folder of that folder; once, whoever asks, since one of its students loops."""
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    before = kit_files()
    done = kit(elsewhere, "demo", "--folder", str(folder / "demo"))
    return Demo(Course(folder / "demo", demo=True), elsewhere, done, before, kit_files())


def kit_files() -> dict[str, int]:
    """When each file of the kit's own course was written, and each of a term, as far as there are any."""
    rooms = ("source", "release", "submitted", "autograded", "feedback", "reports", "exports")
    paths = [path for room in rooms for path in (KIT_ROOT / room).rglob("*")]
    paths += [KIT_ROOT / name for name in ("gradebook.db", ".term_key", "nbgrader_config.py")]
    return {str(path): path.stat().st_mtime_ns for path in paths if path.is_file()}


def copied(course: Course, to: Path) -> Course:
    """The course in another folder, to be changed."""
    shutil.copytree(course.root, to, symlinks=True)
    write_config(to)
    return Course(to, demo=course.demo)


def real_course(root: Path, secret: bytes = b"the key of the end-to-end tests") -> Course:
    """A course with source, release and a key of its own."""
    for room in ("source", "release"):
        shutil.copytree(KIT_ROOT / room, root / room)
    write_config(root)
    course = Course(root)
    course.write_key().write_bytes(secret)
    return course


def write_config(root: Path) -> None:
    """A course's own nbgrader_config.py."""
    config = f'load_subconfig("nbgrader_config.py", path={str(KIT_ROOT)!r})\n'
    config += f"c = get_config()\nc.CourseDirectory.root = {str(root)!r}\n"
    (root / "nbgrader_config.py").write_text(config)


@functools.cache
def solutions() -> dict[str, str]:
    """The solution cells of the source, by grade id."""
    return demo.solutions(SOURCE)


def notebook(
    answers: Mapping[str, str], *, code: str = "", last: str = "", prose: list[str] | None = None
) -> str:
    """The release with these answers.

    Args:
        code: an own cell before all others.
        last: an own cell behind all others.
        prose: own Markdown cells, at the end.
    """
    made = nbformat.read(RELEASE, as_version=4)
    for cell in made.cells:
        cell.source = answers.get(cell.metadata.get("nbgrader", {}).get("grade_id", ""), cell.source)
    made.cells[:0] = [new_code_cell(code)] * bool(code)
    made.cells += [new_code_cell(last)] * bool(last)
    made.cells += [new_markdown_cell(source) for source in prose or ()]
    return str(nbformat.writes(made))


def hand_in(course: Course, student: str, content: str, name: str = f"{ASSIGNMENT}.ipynb") -> Path:
    """Put a notebook into the course's folder; the folder that it lies in."""
    folder = course.submitted(ASSIGNMENT, student)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(content, encoding="utf-8")
    return folder


def report(course: Course, student: str) -> Report:
    """The student's report, which has to be there."""
    found = reports.read(course.report(ASSIGNMENT, student))
    assert found is not None, f"no report of {student}"
    return found


def feedback(course: Course, student: str) -> str:
    """The student's feedback page."""
    page = course.root / "feedback" / student / ASSIGNMENT / f"{ASSIGNMENT}.html"
    return page.read_text(encoding="utf-8")


def gradebook_rows(
    course: Course, assignment: str = ASSIGNMENT
) -> dict[tuple[str, str], tuple[float | None, float | None, bool]]:
    """(auto score, manual score, needs a person) by student and question, as nbgrader tells them."""
    rows = {}
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as gradebook:
        for submission in gradebook.assignment_submissions(assignment):
            for grade in submission.notebooks[0].grades:
                facts = (grade.auto_score, grade.manual_score, bool(grade.needs_manual_grade))
                rows[submission.student.id, grade.name] = facts
    return rows


def gradebook_dump(course: Course) -> str:
    """Everything in the gradebook's file."""
    connection = sqlite3.connect(course.root / "gradebook.db")
    try:
        return "\n".join(connection.iterdump())
    finally:
        connection.close()


def host_environment(home: Path) -> dict[str, str]:
    """An environment in which Jupyter and nbgrader find no settings of this machine's user."""
    folders = {"HOME": home, "JUPYTER_CONFIG_DIR": home / "config", "JUPYTER_RUNTIME_DIR": home / "runtime"}
    folders |= {"JUPYTER_DATA_DIR": home / "data", "IPYTHONDIR": home / "ipython"}
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    paths = {name: str(folder) for name, folder in folders.items()}
    return {**os.environ, **paths, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
