"""A class of sample submissions in a course folder of its own, made out of the release."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.course import KIT_ROOT, Course
from autograder.errors import CourseError
from autograder.gradebook import DEMO_FILE
from autograder.release import make_release
from autograder.submission import read_release

ASSIGNMENT = "rnn_gru_mha"
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

WARNS = """\
import sys
import warnings

warnings.warn("this student's code warns")
print("and prints to standard error", file=sys.stderr)
"""

LOOPS = """\
def gru(linear_trans_r, linear_trans_z, linear_trans_n, init_state, input_data):
    step = 0
    while step < input_data.shape[1]:
        pass  # forgets to count
"""

EXITS = """\
import os

print("enough for today")
os._exit(0)
"""

# what looks everything up in the grader's process, and changes what a grade is computed with
TAMPERS = """\
import sys
import numpy as np

np.max = np.mean = np.abs = lambda *args, **options: np.float64(0.0)
np.allclose = lambda *args, **options: True


class Smallest(float):
    def __le__(self, other): return True
    def __lt__(self, other): return True


def rel_error(x, y):
    return Smallest(0.0)


import visible_check
visible_check.rel_error = rel_error
frame = sys._getframe()
while frame is not None:
    for value in list(frame.f_locals.values()):
        if hasattr(value, "score"):
            value.score = 17
    frame = frame.f_back


def gru(*args):
    return Smallest(0.0), Smallest(0.0)


def mha(*args):
    return Smallest(0.0)
"""

READY_MADE = """\
import torch


def gru(linear_trans_r, linear_trans_z, linear_trans_n, init_state, input_data):
    layer = getattr(torch.nn, "G" + "RU")
    model = layer(input_data.shape[2], init_state.shape[2], batch_first=True)
    gates = (linear_trans_r, linear_trans_z, linear_trans_n)
    values = [np.concatenate([gate[k] for gate in gates], axis=-1).T for k in (0, 2, 1, 3)]
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), values):
            parameter.copy_(torch.as_tensor(value))
        outputs, final_state = model(torch.as_tensor(input_data), torch.as_tensor(init_state))
    return outputs.numpy(), final_state.numpy()
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
    shutil.copytree(KIT_ROOT / "source" / ASSIGNMENT, root / "source" / ASSIGNMENT)
    course = Course(root, demo=True)
    make_release(course, ASSIGNMENT)
    for student, make in _students(solutions(course.source(ASSIGNMENT))).items():
        folder = course.submitted(ASSIGNMENT, student)
        folder.mkdir(parents=True)
        notebook = nbformat.read(course.release(ASSIGNMENT), as_version=4)
        (folder / f"{ASSIGNMENT}.ipynb").write_text(make(notebook), encoding="utf-8")
    return course


def solutions(source: Path) -> dict[str, str]:
    """The source notebook's solution cells without their markers, by grade id."""
    cells = read_release(source).cells
    return {cell.grade_id or "": MARKERS.sub("", cell.source) for cell in cells if cell.is_solution}


def _students(right: Mapping[str, str]) -> dict[str, Callable[[NotebookNode], str]]:
    half = {
        name: text for name, text in right.items() if name in ("Q2_solution", "Q3_solution", "Q4_solution")
    }
    reset = right["Q3_solution"].replace(RESET_AFTER, RESET_BEFORE)
    return {
        "ada_solution": lambda nb: filled(nb, right),
        "ben_untouched": lambda nb: filled(nb, {}),
        "cleo_half": lambda nb: filled(nb, half),
        "dan_reset_gate": lambda nb: filled(nb, {**right, "Q3_solution": reset}),
        "eve_warns": lambda nb: filled(nb, {**right, "Q2_solution": WARNS + right["Q2_solution"]}),
        "finn_loops": lambda nb: filled(nb, {**right, "Q3_solution": LOOPS}),
        "gus_exits": lambda nb: filled(nb, {**right, "Q4_solution": EXITS}),
        "hal_tampers": lambda nb: filled(nb, {"Q2_solution": right["Q2_solution"], "Q6_solution": TAMPERS}),
        "ida_ready_made": lambda nb: filled(nb, {**right, "Q3_solution": READY_MADE}),
        "jon_not_a_notebook": lambda nb: "PK\x03\x04 this was zipped by mistake",
    }


# the reset gate before the product with the hidden weights in place of after it
RESET_AFTER, RESET_BEFORE = "r * (state @ wt_hn + bias_hn)", "(r * state) @ wt_hn + bias_hn"


def filled(notebook: NotebookNode, answers: Mapping[str, str]) -> str:
    """The released notebook with these solution cells filled in."""
    for cell in notebook.cells:
        answer = answers.get(cell.metadata.get("nbgrader", {}).get("grade_id", ""))
        if answer is not None:
            cell.source = answer
    return str(nbformat.writes(notebook))
