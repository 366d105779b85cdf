"""What the tests of the source notebooks share: a notebook run in IPython's shell, and what it printed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.course import KIT_ROOT

SOURCES = KIT_ROOT / "source"
NAMES = sorted(path.stem for path in SOURCES.glob("*/*.ipynb"))

REGION = re.compile(r"^( *)### BEGIN SOLUTION\n.*?### END SOLUTION", re.DOTALL | re.MULTILINE)
STUB = r'\1raise NotImplementedError("write your answer here")'

# Runs a notebook's cells in IPython's shell, each after a line `### id`, up to the first that raises.
RUNNER = """
import sys
import nbformat
from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance()
for cell in nbformat.read(sys.argv[1], as_version=4).cells:
    if cell.cell_type == "code":
        print("###", cell.id, flush=True)
        if not shell.run_cell(cell.source, store_history=True).success:
            sys.exit(f"cell {cell.id} raised")
import matplotlib.pyplot as plt
print("### drawn", *plt.get_fignums())
"""


def read(name: str) -> NotebookNode:
    """The source notebook of that assignment."""
    return nbformat.read(SOURCES / name / f"{name}.ipynb", as_version=4)


def code_cells(name: str) -> list[NotebookNode]:
    """Its code cells."""
    return [cell for cell in read(name).cells if cell.cell_type == "code"]


def sources(name: str) -> dict[str, str]:
    """The text of each code cell, by its id."""
    return {cell.id: cell.source for cell in code_cells(name)}


def stubs(name: str) -> dict[str, str]:
    """The solution cells as students get them."""
    return {cell: REGION.sub(STUB, text) for cell, text in sources(name).items() if "### BEGIN" in text}


def run_notebook(
    name: str, folder: Path, answers: Mapping[str, str], files: Mapping[str, str] | None = None
) -> dict[str, str]:
    """What each cell prints, by its id, with these texts in place of the notebook's own.

    Nothing may come on standard error, and no cell may raise; `drawn` has the numbers of the figures.
    `files` are further ones beside the notebook, by name; they take the place of those in the source.
    """
    too_large = shutil.ignore_patterns("train.csv", "reference")  # the first may be missing as well
    shutil.copytree(SOURCES / name, folder, ignore=too_large, dirs_exist_ok=True)  # follows the links
    for file, text in (files or {}).items():
        (folder / file).write_text(text, encoding="utf-8")
    notebook = read(name)
    for cell in notebook.cells:
        cell.source = answers.get(cell.id, cell.source)
    nbformat.write(notebook, folder / f"{name}.ipynb")
    settings = os.environ | {
        "MPLBACKEND": "agg",
        "IPYTHONDIR": str(folder / "ipython"),
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "-c", RUNNER, f"{name}.ipynb"]
    done = subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == 0, done.stdout
    parts = re.split(r"^### (\w+) ?", done.stdout, flags=re.MULTILINE)[1:]
    return {cell: printed.strip() for cell, printed in zip(parts[::2], parts[1::2], strict=True)}


def slipped(name: str, slips: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """The texts of solution cells with one piece each replaced; every piece has to be there."""
    changed = {}
    for cell, (right, wrong) in slips.items():
        text = sources(name)[cell]
        assert right in text, f"{cell} has no {right!r}"
        changed[cell] = text.replace(right, wrong)
    return changed


def rows(printed: str) -> list[list[str]]:
    """A check's table: name, yours, expected, error."""
    lines = [line.split(" | ") for line in printed.splitlines()]
    table = [[field.strip() for field in line] for line in lines if len(line) == 4]
    return [row for row in table if row[0] != "name"]
