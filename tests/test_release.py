"""Source to release, and what is refused on the way."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from autograder.cli import main
from autograder.course import KIT_ROOT, Course, read_assignment
from autograder.errors import CourseError, ReleaseError
from autograder.release import make_release, refuse_leaks
from autograder.submission import read_release
from data.corpus import DESCRIPTION, default_description
from tests.conftest import ASSIGNMENT, RELEASE, SOURCE
from tests.notebooks import NAMES

FOLDERS = ("source", "release")


@pytest.mark.parametrize("name", NAMES)
def test_committed_release_is_what_the_source_gives(course, name):
    """Made again, for the default corpus, the release is the committed one, byte for byte."""
    declared = read_assignment(name)
    if DESCRIPTION in declared.given:
        default_description().write(course.source(name).parent)
    made = {path.name: path.read_bytes() for path in make_release(course, name)}
    committed = {path.name: path.read_bytes() for path in (KIT_ROOT / "release" / name).iterdir()}
    for beside in declared.beside:  # too large to be committed
        made.pop(beside, None), committed.pop(beside, None)
    assert made == committed


def test_release_takes_large_files_along(course):
    """The corpus lies beside the released notebook if it lies beside the source."""
    folder = course.source("char_lm").parent
    (folder / "train.csv").unlink(missing_ok=True)
    assert "train.csv" not in {path.name for path in make_release(course, "char_lm")}
    (folder / "train.csv").write_text("sentence,label\na sentence,0\n")
    released = {path.name: path for path in make_release(course, "char_lm")}
    assert released["train.csv"].read_text() == "sentence,label\na sentence,0\n"
    assert not released["train.csv"].is_symlink()


def test_release_without_its_large_files_says_what_to_run(course, capsys):
    """The command refuses a release that students could not work with."""
    (course.source("char_lm").parent / "train.csv").unlink(missing_ok=True)
    assert main(["--course", str(course.root), "release", "char_lm"]) != 0
    assert "make data" in capsys.readouterr().err


@pytest.mark.parametrize("name", NAMES)
def test_a_release_has_the_sources_cells_and_no_answer(name):
    """Cell by cell it is the source, but for the stubs in the solution cells."""
    source, release = (read_release(KIT_ROOT / room / name / f"{name}.ipynb").cells for room in FOLDERS)
    assert [cell.cell_id for cell in release] == [cell.cell_id for cell in source]
    changed = [cell for cell, other in zip(release, source, strict=True) if cell.source != other.source]
    assert {cell.grade_id for cell in changed} == {cell.grade_id for cell in source if cell.is_solution}
    assert all("rite your answer here" in cell.source for cell in changed)


def test_release_has_only_what_is_declared(course):
    """A note, a cache or a second notebook beside the source stays with the instructor."""
    folder = course.source(ASSIGNMENT).parent
    (folder / "notes.txt").write_text("what students get wrong")
    (folder / "old").mkdir()
    (folder / "old" / "by_hand.py").write_text("x = 1")
    shutil.copy(SOURCE, folder / "backup.ipynb")
    names = {path.name for path in make_release(course, ASSIGNMENT)}
    assert names == {f"{ASSIGNMENT}.ipynb", *read_assignment(ASSIGNMENT).given}


def test_release_has_the_stubs(course):
    """Every answer is a stub that raises, with its docstring."""
    for cell in read_release(RELEASE).cells:
        if cell.is_solution:
            assert "raise NotImplementedError" in cell.source
            assert '"""' in cell.source


def test_source_has_no_outputs():
    """Neither the source nor the release carries an output."""
    for path in (SOURCE, RELEASE):
        for cell in nbformat.read(path, as_version=4).cells:
            assert not cell.get("outputs")
            assert not cell.get("execution_count")


def changed(course: Course, change: Callable[[dict], None]) -> None:
    path = course.source(ASSIGNMENT)
    tree = json.loads(path.read_text())
    change(tree)
    path.write_text(json.dumps(tree))


def cell_of(tree: dict, grade_id: str) -> dict:
    return next(
        cell for cell in tree["cells"] if cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id
    )


def test_solution_in_prose_is_refused(course):
    """A line of a solution that stands elsewhere, too, is shown on purpose; one that leaks is refused."""
    staged = Path(shutil.copytree(RELEASE.parent, course.root / "staged"))
    path = staged / f"{ASSIGNMENT}.ipynb"
    path.write_text(
        path.read_text().replace("def rnn(", "state = np.tanh(from_input[:, t] + state @ wt_h)\\ndef rnn(")
    )
    with pytest.raises(ReleaseError, match=r"released with the line .state = np\.tanh"):
        refuse_leaks(staged, course.source(ASSIGNMENT), ASSIGNMENT)


def test_hidden_test_in_a_helper_is_refused(course):
    """A line of the hidden suite does not go out in a module."""
    folder = course.source(ASSIGNMENT).parent
    suite = (KIT_ROOT / "autograder/suites" / ASSIGNMENT / "judge.py").read_text()
    (folder / "rnn_param_helper.py").write_text(suite)
    with pytest.raises(ReleaseError, match=r"rnn_param_helper\.py would be released with the line"):
        make_release(course, ASSIGNMENT)


@pytest.mark.parametrize(
    "marker", ["### BEGIN SOLUTION", "### END HIDDEN TESTS", "=== BEGIN MARK SCHEME ==="]
)
def test_marker_in_a_helper_is_refused(marker, course):
    """nbgrader strips notebooks alone: a marker in a module is told."""
    with (course.source(ASSIGNMENT).parent / "rnn_param_helper.py").open("a") as file:
        file.write(f"# {marker}\n")
    with pytest.raises(ReleaseError, match="with the marker"):
        make_release(course, ASSIGNMENT)


def test_output_is_refused(course):
    """An output could show a solution's figures."""
    staged = Path(shutil.copytree(RELEASE.parent, course.root / "staged"))
    path = staged / f"{ASSIGNMENT}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[2].outputs = [nbformat.v4.new_output("stream", text="1.0")]
    nbformat.write(notebook, path)
    with pytest.raises(ReleaseError, match="with an output"):
        refuse_leaks(staged, course.source(ASSIGNMENT), ASSIGNMENT)


def test_unclosed_solution_is_refused(course):
    """nbgrader's own refusal is passed on, and the former release stays."""

    def change(tree: dict) -> None:
        cell = cell_of(tree, "Q2_solution")
        cell["source"] = "".join(cell["source"]).replace("### END SOLUTION", "")

    changed(course, change)
    with pytest.raises(ReleaseError, match="no end solution statement"):
        make_release(course, ASSIGNMENT)
    assert course.release(ASSIGNMENT).read_bytes() == RELEASE.read_bytes()


def test_missing_helper_is_told(course):
    """A declared file that is not there is named."""
    (course.source(ASSIGNMENT).parent / "by_hand.py").unlink()
    with pytest.raises(ReleaseError, match=r"by_hand\.py"):
        make_release(course, ASSIGNMENT)


def test_missing_source_is_told(course):
    """An assignment without a source notebook is told with its path."""
    course.source(ASSIGNMENT).unlink()
    with pytest.raises(ReleaseError, match="no source notebook"):
        make_release(course, ASSIGNMENT)


def test_unknown_assignment_is_told(course):
    """An assignment without a hidden suite is no assignment."""
    shutil.copytree(course.source(ASSIGNMENT).parent, course.root / "source" / "mystery")
    (course.root / "source/mystery" / f"{ASSIGNMENT}.ipynb").rename(
        course.root / "source/mystery/mystery.ipynb"
    )
    with pytest.raises(CourseError, match="no hidden suite for 'mystery'"):
        make_release(course, "mystery")
