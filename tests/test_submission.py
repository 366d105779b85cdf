"""Reading a submitted folder and rebuilding its notebook."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autograder.submission import Rebuilt, Submission, read_release, read_submission, rebuild
from tests.conftest import ASSIGNMENT, RELEASE


@pytest.fixture(scope="module")
def release() -> Rebuilt:
    return read_release(RELEASE)


@pytest.fixture
def tree() -> dict:
    """The released notebook as plain JSON."""
    return json.loads(RELEASE.read_text())


def rebuilt(tree: object, release: Rebuilt) -> Rebuilt:
    content = tree if isinstance(tree, bytes) else json.dumps(tree).encode()
    return rebuild(Submission("student", content), release)


def named(tree: dict, grade_id: str) -> dict:
    return next(c for c in tree["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)


def own(source: str, kind: str = "code", **more: object) -> dict:
    return {"cell_type": kind, "metadata": {}, "source": source, **more}


def ids(notebook: Rebuilt) -> list[str | None]:
    return [cell.grade_id for cell in notebook.cells]


def test_untouched_release_is_itself(tree, release):
    """The released notebook, handed in, is rebuilt as it is."""
    again = rebuilt(tree, release)
    assert [cell.source for cell in again.cells] == [cell.source for cell in release.cells]
    assert not again.notes
    assert again.fault is None


def test_answer_is_taken_over(tree, release):
    """The student's text stands in a solution cell."""
    named(tree, "Q2_solution")["source"] = ["def rnn():\n", "    return 1"]
    cell = next(cell for cell in rebuilt(tree, release).cells if cell.grade_id == "Q2_solution")
    assert (cell.source, cell.origin) == ("def rnn():\n    return 1", "student")


def test_locked_cell_comes_from_the_release(tree, release):
    """What a student wrote into a locked cell is not run."""
    named(tree, "setup")["source"] = "rel_error = None"
    named(tree, "Q3")["source"] = "5.0"
    again = rebuilt(tree, release)
    assert [cell.source for cell in again.cells] == [cell.source for cell in release.cells]


def test_points_cannot_be_changed(tree, release):
    """A grade cell's points are the release's."""
    named(tree, "Q2")["metadata"]["nbgrader"]["points"] = 300
    assert rebuilt(tree, release).questions() == release.questions()


def test_tags_come_from_the_release(tree, release):
    """A student's tag does not skip a cell, and a removed one does not run it."""
    named(tree, "Q2_check")["metadata"]["tags"] = ["skip-autograde"]
    named(tree, "Q4_figure")["metadata"]["tags"] = []
    again = {cell.grade_id: cell for cell in rebuilt(tree, release).cells}
    assert not again["Q2_check"].has_tag("skip-autograde")
    assert again["Q4_figure"].has_tag("skip-figures")


def test_deleted_grade_cell_comes_back(tree, release):
    """A deleted grade cell is put back where it was, and the student is told."""
    tree["cells"].remove(named(tree, "Q3"))
    again = rebuilt(tree, release)
    assert ids(again) == ids(release)
    assert any("'Q3' was missing" in note for note in again.notes)


def test_deleted_answer_is_shown_but_not_run(tree, release):
    """A solution cell that is missing does not undo what the student wrote elsewhere."""
    tree["cells"].remove(named(tree, "Q2_solution"))
    cell = next(cell for cell in rebuilt(tree, release).cells if cell.grade_id == "Q2_solution")
    assert cell.origin == "missing"


def test_all_cells_deleted(release):
    """An empty notebook becomes the release without any answer."""
    again = rebuilt({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, release)
    assert ids(again) == ids(release)
    assert {cell.origin for cell in again.cells if cell.is_solution} == {"missing"}


def test_duplicated_grade_cell_counts_once(tree, release):
    """A grade cell that is there twice is there once again."""
    tree["cells"].append(dict(named(tree, "Q2")))
    again = rebuilt(tree, release)
    assert ids(again).count("Q2") == 1
    assert any("twice" in note for note in again.notes)


def test_duplicated_answer_runs_both_in_order(tree, release):
    """Of two copies of an answer both are run, and the later definition stands, as in Jupyter."""
    answer = named(tree, "Q2_solution")
    answer["source"] = "first = 1"
    copy = json.loads(json.dumps(answer)) | {"source": "second = 2", "id": "copy"}
    tree["cells"].insert(tree["cells"].index(answer) + 1, copy)
    again = rebuilt(tree, release)
    sources = [cell.source for cell in again.cells]
    assert sources.index("second = 2") == sources.index("first = 1") + 1
    assert ids(again).count("Q2_solution") == 1


def test_own_cells_keep_their_place(tree, release):
    """A cell of the student's own stays where it was written, and carries nothing but its text."""
    place = tree["cells"].index(named(tree, "Q2_solution"))
    tree["cells"].insert(place, own("def helper(): ...", id="mine"))
    again = rebuilt(tree, release)
    assert again.cells[place].source == "def helper(): ..."
    assert (again.cells[place].grade_id, again.cells[place].metadata) == (None, {})


def test_students_order_is_kept(tree, release):
    """Moved cells run in the student's order."""
    setup = named(tree, "setup")
    tree["cells"].remove(setup)
    tree["cells"].append(setup)
    assert ids(rebuilt(tree, release))[-1] == "setup"


def test_stripped_metadata_is_no_loss(tree, release):
    """A tool that drops nbgrader's metadata loses no answer, and given cells are not run twice."""
    named(tree, "Q2_solution")["source"] = "def rnn(): return 1"
    for cell in tree["cells"]:
        cell["metadata"] = {}
        cell.pop("id")
    again = rebuilt(tree, release)
    code = [cell.source for cell in again.cells if cell.kind == "code" and cell.origin != "missing"]
    assert code.count("def rnn(): return 1") == 1
    assert code.count(next(c.source for c in release.cells if c.grade_id == "setup")) == 1
    assert sorted(again.questions()) == sorted(release.questions())


def test_answer_turned_into_markdown_is_code_again(tree, release):
    """A solution cell whose type was changed has the release's type."""
    cell = named(tree, "Q2_solution")
    cell["cell_type"] = "markdown"
    again = next(cell for cell in rebuilt(tree, release).cells if cell.grade_id == "Q2_solution")
    assert again.kind == "code"


def test_own_prose_is_kept_and_released_prose_is_not_doubled(tree, release):
    """Edited prose of the release comes back as released; a new cell of prose stays."""
    tree["cells"][0]["source"] = "# edited title"
    tree["cells"].insert(1, own("my notes", "markdown", id="mine"))
    sources = [cell.source for cell in rebuilt(tree, release).cells]
    assert sources[0] == release.cells[0].source
    assert sources[1] == "my notes"
    assert "# edited title" not in sources


def test_lone_surrogates_are_replaced(tree, release):
    """Text that no file can hold is mended."""
    text = json.dumps(tree).replace("raise NotImplementedError", "\\ud800", 1)
    for cell in rebuilt(text.encode(), release).cells:
        cell.source.encode()


def test_old_format_is_converted(release):
    """A notebook of format 3 is read."""
    text = {"cell_type": "code", "language": "python", "metadata": {}, "outputs": [], "input": "x = 1"}
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": [text]}]}
    again = rebuilt(old, release)
    assert again.fault is None
    assert "x = 1" in [cell.source for cell in again.cells]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b"PK\x03\x04zip", "it is not JSON"),
        (b"\xff\xfe\x00", "it is not JSON"),
        (b"[1, 2]", "no list of cells"),
        (b"{}", "no list of cells"),
        (b'{"cells": 3}', "no list of cells"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"n": ' + b"9" * 10_000 + b"}", "it is not JSON"),
        (b'{"worksheets": 7}', "could not be converted"),
        (json.dumps({"cells": [own("x")] * 3000}).encode(), "3000 cells"),
        (json.dumps({"cells": [own("x" * 2_000_000)]}).encode(), "2000000 characters"),
    ],
)
def test_what_is_no_notebook_is_told(content, said, release):
    """A file that cannot be read becomes the release with a sentence that says why."""
    again = rebuilt(content, release)
    assert said in (again.fault or "")
    assert again.cells == release.cells


@pytest.mark.parametrize(
    "cell", [{}, {"cell_type": 3, "source": 4, "metadata": 5}, own("x", id=[1]), own("", "raw")]
)
def test_odd_cells_do_no_harm(cell, tree, release):
    """Cells of impossible types are read as far as they go."""
    tree["cells"].append(cell)
    assert rebuilt(tree, release).fault is None


def test_another_assignments_notebook_is_told(tree, release):
    """A notebook whose marked cells are all unknown belongs to another assignment."""
    for cell in tree["cells"]:
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"]["grade_id"] += "-of-another"
    assert "another assignment" in (rebuilt(tree, release).fault or "")


def test_reads_the_expected_name(tmp_path: Path):
    """Of several notebooks the one with the assignment's name is taken."""
    (tmp_path / f"{ASSIGNMENT}.ipynb").write_bytes(b"right")
    (tmp_path / "copy.ipynb").write_bytes(b"wrong")
    assert read_submission(tmp_path, "s", ASSIGNMENT).notebook == b"right"


def test_takes_the_only_notebook_under_another_name(tmp_path: Path):
    """A browser's `name (1).ipynb` is graded, with a note."""
    (tmp_path / f"{ASSIGNMENT} (1).ipynb").write_bytes(b"right")
    submission = read_submission(tmp_path, "s", ASSIGNMENT)
    assert submission.notebook == b"right"
    assert "its name should be" in submission.notes[0]


@pytest.mark.parametrize("names", [[], ["a.ipynb", "b.ipynb"]])
def test_no_or_many_notebooks_is_a_fault(names, tmp_path: Path):
    """Nothing is guessed between two notebooks, and none is none."""
    for name in names:
        (tmp_path / name).write_bytes(b"x")
    submission = read_submission(tmp_path, "s", ASSIGNMENT)
    assert submission.notebook is None
    assert "Hand in the notebook under that name" in (submission.fault or "")


def test_missing_folder_is_a_fault(tmp_path: Path):
    """A student without a folder has handed in nothing."""
    assert read_submission(tmp_path / "none", "s", ASSIGNMENT).fault


def test_links_are_not_followed(tmp_path: Path):
    """A link could lead to another student's work."""
    (tmp_path / "other").write_bytes(b"{}")
    (tmp_path / f"{ASSIGNMENT}.ipynb").symlink_to(tmp_path / "other")
    (tmp_path / "model.safetensors").symlink_to(tmp_path / "other")
    submission = read_submission(tmp_path, "s", ASSIGNMENT, ["model.safetensors"])
    assert submission.notebook is None
    assert "link" in (submission.fault or "")
    assert not submission.files


def test_only_declared_files_are_taken(tmp_path: Path):
    """What the assignment does not ask for stays where it is."""
    for name in (f"{ASSIGNMENT}.ipynb", "model.safetensors", "numpy.py"):
        (tmp_path / name).write_bytes(b"x")
    assert set(read_submission(tmp_path, "s", ASSIGNMENT, ["model.safetensors"]).files) == {
        "model.safetensors"
    }


def test_digest_covers_notebook_and_files():
    """Every change that could change the score changes the digest."""
    digests = {
        Submission("s", b"a").digest,
        Submission("s", b"b").digest,
        Submission("s", None).digest,
        Submission("s", b"a", {"model": b"1"}).digest,
        Submission("s", b"a", {"model": b"2"}).digest,
    }
    assert len(digests) == 5


@pytest.mark.parametrize("name", ["model (1).safetensors", "Model.SafeTensors", "weights.safetensors"])
def test_the_only_file_of_its_kind_is_the_declared_one(tmp_path: Path, name: str):
    """Browsers rename a second download; the student is told, and nothing is lost."""
    (tmp_path / "a.ipynb").write_text("{}")
    (tmp_path / name).write_bytes(b"weights")
    read = read_submission(tmp_path, "ada", "a", ["model.safetensors"])
    assert read.files == {"model.safetensors": b"weights"}
    assert name in read.notes[0]


def test_of_two_files_none_is_chosen(tmp_path: Path):
    """Which of them was meant is the student's to say; under its own name there is no doubt."""
    (tmp_path / "a.ipynb").write_text("{}")
    for name in ("model (1).safetensors", "model (2).safetensors"):
        (tmp_path / name).write_bytes(name.encode())
    assert read_submission(tmp_path, "ada", "a", ["model.safetensors"]).files == {}
    (tmp_path / "model.safetensors").write_bytes(b"this")
    assert read_submission(tmp_path, "ada", "a", ["model.safetensors"]).files == {
        "model.safetensors": b"this"
    }
