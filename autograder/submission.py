"""A submitted folder: its notebook rebuilt from the release, its declared files, its digest.

A student may have deleted, doubled, moved or edited any cell. What runs is the release with the
student's solutions and own cells in it, in the student's order: locked cells come from the release,
what is missing comes back, what is doubled counts once.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import nbformat

MAX_NOTEBOOK = 64 << 20  # bytes
MAX_FILE = 64 << 20  # bytes
MAX_CELLS = 2_000
MAX_SOURCE = 1 << 20  # characters of one cell


@dataclass(frozen=True)
class Submission:
    """What a student handed in, read but not yet understood.

    Args:
        student: the folder's name.
        notebook: the notebook's bytes, or None.
        files: the declared files among what was handed in, by name.
        notes: what the student should know of the hand-in.
        fault: why the notebook cannot be read, in words for the student.
        refused: why a declared file that is there was not taken, by its name.
    """

    student: str
    notebook: bytes | None
    files: dict[str, bytes] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    fault: str | None = None
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Of everything that can change the score."""
        digest = hashlib.sha256()
        for name, content in [("", self.notebook or b""), *sorted(self.files.items())]:
            digest.update(f"{name}\0{len(content)}\0".encode())
            digest.update(content)
        for name, reason in sorted(self.refused.items()):
            digest.update(f"refused {name}\0{reason}\0".encode())
        return digest.hexdigest()


def read_submission(folder: Path, student: str, assignment: str, declared: Sequence[str] = ()) -> Submission:
    """Read what a student handed in; a fault is told in the value, never raised."""
    files, refused, told = _read_declared(folder, declared)
    expected = f"{assignment}.ipynb"
    found = sorted(path.name for path in folder.glob("*.ipynb")) if folder.is_dir() else []
    if expected in found:
        name, notes = expected, tuple[str, ...]()
    elif len(found) == 1:
        name = found[0]
        notes = (f"The notebook was handed in as {name!r}; its name should be {expected!r}.",)
    else:
        many = f"{len(found)} notebooks were handed in and none is" if found else "no notebook was handed in"
        fault = f"{many} named {expected!r}. Hand in the notebook under that name."
        return Submission(student, None, files, told, fault[0].upper() + fault[1:], refused)
    content = _read_small(folder / name, MAX_NOTEBOOK)
    if content is None:
        fault = (
            f"{name!r} cannot be opened, is a link, or is larger than {MAX_NOTEBOOK >> 20} MiB. "
            "Clear the outputs that you do not need and hand in the notebook itself."
        )
        return Submission(student, None, files, notes + told, fault, refused)
    return Submission(student, content, files, notes + told, None, refused)


def _read_declared(
    folder: Path, declared: Sequence[str]
) -> tuple[dict[str, bytes], dict[str, str], tuple[str, ...]]:
    """The declared files that are there, why others that are there were not taken, and notes on both."""
    files, refused, notes = {}, {}, list[str]()
    for name in declared:
        path = _as_handed_in(folder, name)
        if path.name != name:
            notes.append(f"The file {name!r} was handed in as {path.name!r}; it counts under its own name.")
        content = _read_small(path, MAX_FILE)
        if content is not None:
            files[name] = content
        elif os.path.lexists(path):
            refused[name] = f"The file {name!r} {_refusal(path)} and was not taken."
    return files, refused, (*notes, *refused.values())


def _as_handed_in(folder: Path, name: str) -> Path:
    """The declared file, or the only one of its kind: browsers save another as `model (1).safetensors`."""
    path = folder / name
    if os.path.lexists(path) or not folder.is_dir():
        return path
    alike = [other for other in folder.iterdir() if other.suffix.lower() == path.suffix]
    return alike[0] if len(alike) == 1 else path


def _refusal(path: Path) -> str:
    if path.is_symlink():
        return "is a link"
    if not path.is_file():
        return "is no plain file"
    size = path.stat().st_size
    if size > MAX_FILE:
        return f"has {size / 2**20:.1f} MiB, more than {MAX_FILE >> 20} MiB,"
    return "cannot be opened"


def _read_small(path: Path, limit: int) -> bytes | None:
    """The bytes of a plain file; a link could lead to another student's work."""
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > limit:
            return None
        return path.read_bytes()
    except PermissionError:
        return None


@dataclass(frozen=True)
class Cell:
    """One cell of the rebuilt notebook.

    Args:
        kind: "code" or "markdown" ("raw" only in what a student wrote).
        source: its text.
        origin: "release"; "student" for a solution or an own cell; "missing" for a solution cell that was
            deleted: it is shown as released and not run, since the student may have written it elsewhere.
        grade_id: nbgrader's name of it, or None for an own cell and for prose.
        cell_id: the notebook format's id.
        metadata: from the release; empty for an own cell.
        attachments: of an own cell or a written answer: pictures.
    """

    kind: str
    source: str
    origin: Literal["release", "student", "missing"]
    grade_id: str | None
    cell_id: str
    metadata: dict[str, Any] = field(default_factory=dict)
    attachments: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def is_question(self) -> bool:
        """Whether this is a locked grade cell, which carries the points of a question."""
        mark = self.metadata.get("nbgrader", {})
        return bool(mark.get("grade")) and not mark.get("solution")

    @property
    def is_solution(self) -> bool:
        return bool(self.metadata.get("nbgrader", {}).get("solution"))

    @property
    def is_written(self) -> bool:
        """Whether a person grades what is in it: a derivation in prose."""
        return self.is_solution and bool(self.metadata["nbgrader"].get("grade"))

    @property
    def points(self) -> float:
        return float(self.metadata.get("nbgrader", {}).get("points", 0))

    def has_tag(self, tag: str) -> bool:
        return tag in self.metadata.get("tags", [])


@dataclass(frozen=True)
class Rebuilt:
    """A notebook to run.

    Args:
        cells: in the order to run and show them.
        metadata: the notebook's, from the release.
        notes: what was mended.
        fault: why nothing of the student's could be used, or None.
    """

    cells: tuple[Cell, ...]
    metadata: dict[str, Any]
    notes: tuple[str, ...] = ()
    fault: str | None = None

    def questions(self) -> dict[str, float]:
        """The points of each question that hidden tests score, by grade cell."""
        return {cell.grade_id: cell.points for cell in self.cells if cell.is_question and cell.grade_id}

    def written(self) -> list[Cell]:
        """The answers that a person grades."""
        return [cell for cell in self.cells if cell.is_written]


def read_release(path: Path) -> Rebuilt:
    """The released notebook as cells."""
    notebook = nbformat.read(path, as_version=4)
    return Rebuilt(tuple(_release_cell(cell) for cell in notebook.cells), dict(notebook.metadata))


def _release_cell(cell: Any) -> Cell:
    grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
    return Cell(
        cell.cell_type,
        cell.source,
        "release",
        grade_id,
        cell.get("id", ""),
        json.loads(json.dumps(cell.metadata)),
    )


def rebuild(submission: Submission, release: Rebuilt) -> Rebuilt:
    """The release with the student's solutions and own cells in it."""
    fault, theirs = submission.fault, []
    if fault is None:
        try:
            theirs = parse_cells(submission.notebook or b"")
        except ValueError as error:
            fault = (
                f"The notebook cannot be read: {error}. Open it in Jupyter, save it, and hand it in again."
            )
    known = {cell.grade_id for cell in release.cells if cell.grade_id}
    marked = {cell.grade_id for cell in theirs if cell.grade_id}
    if marked and not marked & known:
        fault = "The notebook has the cells of another assignment. Hand in the notebook of this one."
    if fault is not None:
        return Rebuilt(release.cells, release.metadata, submission.notes, fault)
    merge = _Merge(release)
    for cell in theirs:
        merge.add(cell)
    return Rebuilt(tuple(merge.finish()), release.metadata, submission.notes + tuple(merge.notes))


def parse_cells(content: bytes) -> list[Cell]:
    """The cells of a submitted notebook, of any notebook format.

    Raises:
        ValueError: it is no notebook; the text says what is wrong.
    """
    try:
        tree = json.loads(content.decode("utf-8-sig"))
    except ValueError as error:  # UnicodeDecodeError and JSONDecodeError are among them
        raise ValueError("it is not JSON" if content.strip() else "the file is empty") from error
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
    if isinstance(tree, dict) and "worksheets" in tree:
        try:
            tree = nbformat.convert(nbformat.from_dict(tree), 4)
        except Exception as error:  # a converter of foreign notebooks meets whatever a student sent
            raise ValueError("it is an old notebook that could not be converted") from error
    cells = tree.get("cells") if isinstance(tree, dict) else None
    if not isinstance(cells, list):
        raise ValueError("it has no list of cells, so it is no notebook")
    if len(cells) > MAX_CELLS:
        raise ValueError(f"it has {len(cells)} cells, more than {MAX_CELLS}")
    return [_submitted_cell(cell) for cell in cells if isinstance(cell, dict)]


def _submitted_cell(cell: dict[str, Any]) -> Cell:
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    source = source if isinstance(source, str) else ""
    if len(source) > MAX_SOURCE:
        raise ValueError(f"a cell has {len(source)} characters, more than {MAX_SOURCE}")
    metadata = cell.get("metadata")
    mark = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = mark.get("grade_id") if isinstance(mark, dict) else None
    kind = cell.get("cell_type")
    return Cell(
        kind if kind in ("code", "markdown", "raw") else "raw",
        source.encode("utf-8", "replace").decode(),  # a lone surrogate can be written nowhere
        "student",
        grade_id if isinstance(grade_id, str) else None,
        str(cell.get("id", "")),
        attachments=_attachments(cell.get("attachments")),
    )


def _attachments(value: Any) -> dict[str, dict[str, str]]:
    if not isinstance(value, dict):
        return {}
    return {
        str(name): {str(mime): data for mime, data in bundle.items() if isinstance(data, str)}
        for name, bundle in value.items()
        if isinstance(bundle, dict)
    }


class _Merge:
    """Puts a student's cells between the release's."""

    def __init__(self, release: Rebuilt) -> None:
        self.release = release.cells
        self.by_grade_id = {cell.grade_id: n for n, cell in enumerate(self.release) if cell.grade_id}
        self.by_source = {cell.source.strip(): n for n, cell in enumerate(self.release)}
        self.by_prose_id = {
            cell.cell_id: n for n, cell in enumerate(self.release) if cell.grade_id is None and cell.cell_id
        }
        self.placed: dict[int, Cell] = {}
        self.order: list[int | Cell] = []
        self.own = 0
        self.notes: list[str] = []

    def add(self, cell: Cell) -> None:
        """Place one cell of the student's."""
        place = self._place(cell)
        if place is None:
            self._add_own(cell)
        elif place in self.placed:
            self._add_again(cell, place)
        else:
            self.placed[place] = self._filled(cell, self.release[place])
            self.order.append(place)

    def _place(self, cell: Cell) -> int | None:
        """Which cell of the release this is: by nbgrader's name, as prose by its id, or by its very text."""
        if cell.grade_id in self.by_grade_id:
            return self.by_grade_id[cell.grade_id]
        if cell.kind == "markdown" and cell.cell_id in self.by_prose_id:
            return self.by_prose_id[cell.cell_id]
        return self.by_source.get(cell.source.strip())

    def _filled(self, theirs: Cell, ours: Cell) -> Cell:
        if not ours.is_solution or (theirs.source == ours.source and not theirs.attachments):
            return ours
        return replace(ours, source=theirs.source, origin="student", attachments=theirs.attachments)

    def _add_again(self, cell: Cell, place: int) -> None:
        ours = self.release[place]
        if ours.grade_id:
            self.notes.append(f"The cell {ours.grade_id!r} is there twice; it counts once.")
        if cell.source.strip() not in (ours.source.strip(), self.placed[place].source.strip()):
            self._add_own(cell)

    def _add_own(self, cell: Cell) -> None:
        self.own += 1
        own = Cell(cell.kind, cell.source, "student", None, f"own-{self.own}", {}, cell.attachments)
        self.order.append(own)

    def finish(self) -> Iterator[Cell]:
        """All cells, with what is missing put back behind its predecessor in the release."""
        for place, ours in enumerate(self.release):
            if place in self.placed:
                continue
            self._put_back(place, ours)
        for entry in self.order:
            yield entry if isinstance(entry, Cell) else self.placed[entry]

    def _put_back(self, place: int, ours: Cell) -> None:
        if ours.is_solution and ours.kind == "code":
            self.placed[place] = replace(ours, origin="missing")
            self.notes.append(
                f"The cell {ours.grade_id!r} for your answer is missing and is shown as released."
            )
        else:
            self.placed[place] = ours
            if ours.grade_id:
                self.notes.append(f"The cell {ours.grade_id!r} was missing and has been put back.")
        before = self.order.index(place - 1) + 1 if place else 0
        self.order.insert(before, place)
