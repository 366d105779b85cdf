"""A course folder of its own with a class of sample submissions for every assignment."""

from __future__ import annotations

import importlib
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.course import KIT_ROOT, Course
from autograder.errors import CourseError
from autograder.gradebook import DEMO_FILE
from autograder.release import make_release
from autograder.submission import read_release
from data.corpus import TRAIN, default_description

MARKERS = re.compile(r"^ *### (BEGIN|END) SOLUTION\n?", re.M)

CONFIG = """\
# The demo's own course: the kit's pipeline, another folder.
from pathlib import Path

kit = Path(__file__).resolve().parent / {kit!r} / "nbgrader_config.py"
if not kit.is_file():
    raise SystemExit(f"{{kit}} is missing, and without it nbgrader would run student code by itself")
load_subconfig(str(kit))
c = get_config()
c.CourseDirectory.course_id = "demo"
c.CourseDirectory.root = str(Path(__file__).resolve().parent)
"""


def make_demo(root: Path) -> Course:
    """A fresh demo course with its class; what was in the folder is removed.

    Raises:
        CourseError: the folder holds something that is no demo.
    """
    if root.exists():
        if not (root / DEMO_FILE).exists():
            raise CourseError(f"{root} is no demo and is left alone; name another folder")
        shutil.rmtree(root)
    root.mkdir(parents=True)
    (root / DEMO_FILE).write_text("Made anew by `make demo`, with a public key: its scores prove nothing.\n")
    (root / "nbgrader_config.py").write_text(CONFIG.format(kit=os.path.relpath(KIT_ROOT, root)))
    shutil.copytree(KIT_ROOT / "source", root / "source", ignore=shutil.ignore_patterns(TRAIN))
    default_description().write(root / "source" / "char_lm")
    course = Course(root, demo=True)
    for path in sorted((root / "source").glob("*/*.ipynb")):
        make_release(course, path.stem)
        _hand_in(course, path.stem)
    return course


def _hand_in(course: Course, assignment: str) -> None:
    """Put the assignment's class of samples, with the files that some bring, into `submitted`."""
    samples = importlib.import_module(f"autograder.samples.{assignment}")
    brought = samples.files() if hasattr(samples, "files") else {}
    for student, answers in samples.students(solutions(course.source(assignment))).items():
        folder = course.submitted(assignment, student)
        folder.mkdir(parents=True)
        notebook = nbformat.read(course.release(assignment), as_version=4)
        content = answers if isinstance(answers, str) else filled(notebook, answers)
        (folder / f"{assignment}.ipynb").write_text(content, encoding="utf-8")
        for name, file in brought.get(student, {}).items():
            (folder / name).write_bytes(file)


def solutions(source: Path) -> dict[str, str]:
    """The source notebook's solution cells without their markers, by grade id."""
    cells = read_release(source).cells
    return {cell.grade_id or "": MARKERS.sub("", cell.source) for cell in cells if cell.is_solution}


def filled(notebook: NotebookNode, answers: Mapping[str, str]) -> str:
    """The released notebook with these solution cells filled in."""
    for cell in notebook.cells:
        answer = answers.get(cell.metadata.get("nbgrader", {}).get("grade_id", ""))
        if answer is not None:
            cell.source = answer
    return str(nbformat.writes(notebook))
