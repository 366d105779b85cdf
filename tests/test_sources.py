"""What holds for every source notebook: its cells' metadata, its stubs, its tags, its files."""

import re

import nbformat
import pytest

from autograder.course import read_assignment
from tests import notebooks
from tests.notebooks import NAMES, SOURCES, code_cells, stubs

POINTS = {
    "rnn_gru_mha": {"Q2": 3, "Q3": 5, "Q4": 2, "Q5": 2, "Q6": 5},
    "long_term": {"Q1": 2, "Q2": 4, "Q3": 3, "Q4": 3},
    "rnn_layer": {"Q1": 5, "Q2": 5, "Q3": 5, "Q4": 5},
    "bptt": {"Q1": 6, "Q1_derivation": 1, "Q2": 3},
    "char_lm": {"Q1": 10},
}
TO_PLAY_WITH = {"weight_scale"}
# what grading skips beside the cell for Colab: cells that train, or need the corpus or a trained model
NOT_GRADED = {
    "char_lm": {
        "corpus_statistics",
        "corpus_figure",
        "Q1_limits",
        "training_solution",
        "training_check",
        "training_loop",
        "training",
        "training_figure",
        "saving",
        "handing_in",
        "Q2_sample",
    }
}


def test_every_assignment_has_its_points() -> None:
    """The notebooks are those of the course."""
    assert sorted(POINTS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_code_cells_carry_their_metadata(name: str) -> None:
    """Every code cell is nbgrader's, under the name of its id; solutions are open to change.

    So is what students play with, which is none of nbgrader's.
    """
    for cell in code_cells(name):
        if cell.id in TO_PLAY_WITH:
            assert "nbgrader" not in cell.metadata
            assert (cell.outputs, cell.execution_count) == ([], None)
            continue
        meta = cell.metadata.nbgrader
        assert meta.grade_id == cell.id
        assert meta.schema_version == 3
        assert meta.solution == ("### BEGIN SOLUTION" in cell.source) == (not meta.locked)
        assert (cell.outputs, cell.execution_count) == ([], None)


@pytest.mark.parametrize("name", NAMES)
def test_grade_cells_hold_the_points(name: str) -> None:
    """The points are the assignment's; a locked grade cell is a comment alone."""
    graded = [cell for cell in notebooks.read(name).cells if cell.metadata.get("nbgrader", {}).get("grade")]
    assert {cell.metadata.nbgrader.grade_id: cell.metadata.nbgrader.points for cell in graded} == POINTS[name]
    assert all(re.fullmatch("#.*", cell.source) for cell in graded if cell.metadata.nbgrader.locked)


@pytest.mark.parametrize("name", NAMES)
def test_tags_say_what_a_grader_skips(name: str) -> None:
    """The cell for Colab, what takes a corpus, and figures are tagged, nothing else is."""
    skipped = {"colab", *NOT_GRADED.get(name, ())}
    for cell in code_cells(name):
        drawn = ["skip-figures"] if "_figure" in cell.id else []
        assert cell.metadata.get("tags", []) == (["skip-autograde"] if cell.id in skipped else drawn), cell.id


@pytest.mark.parametrize(("name", "cell"), [(name, cell) for name in NAMES for cell in stubs(name)])
def test_stubs_are_short(name: str, cell: str) -> None:
    """Each function's stub is at most 12 lines with its docstring, and raises."""
    functions = re.split(r"^ *def ", stubs(name)[cell], flags=re.MULTILINE)[1:]
    open_to_change = [text for text in functions if "raise NotImplementedError" in text]
    assert open_to_change
    assert all(4 <= len(text.strip().splitlines()) <= 12 for text in open_to_change)


@pytest.mark.parametrize("name", NAMES)
def test_given_files_are_beside_the_notebook(name: str) -> None:
    """What the suite says is given is there, and nothing else is but what is too large for git."""
    assignment = read_assignment(name)
    there = {path.name for path in (SOURCES / name).iterdir() if path.is_file()}
    assert there - {*assignment.beside} == {f"{name}.ipynb", *assignment.given}


@pytest.mark.parametrize("name", NAMES)
def test_notebooks_are_valid(name: str) -> None:
    """Each is a notebook of the current format, with an id for every cell."""
    nbformat.validate(notebooks.read(name))
