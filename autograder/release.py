"""Source to release: nbgrader strips the solutions, and nothing goes out before it was looked through."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from autograder.course import KIT_ROOT, SUITES, Course, read_assignment
from autograder.errors import ReleaseError
from autograder.host import host_config, run_converter

MARKERS = re.compile(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS|MARK SCHEME)|AUTOTEST")
SOLUTION = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.S)
TELLING = 16  # characters from which a line of a solution or a hidden test tells something


def make_release(course: Course, assignment: str) -> list[Path]:
    """Write `release/ASSIGNMENT` and note its cells in the gradebook; the paths of what is in it.

    Raises:
        ReleaseError: the source is missing or cannot be released, or something would leak.
        CourseError: there is no hidden suite for the assignment.
    """
    source = course.source(assignment)
    given = read_assignment(assignment).given
    if not source.is_file():
        raise ReleaseError(f"there is no source notebook {source}")
    missing = [name for name in given if not (source.parent / name).is_file()]
    if missing:
        raise ReleaseError(f"the assignment declares {missing}, not found beside {source}")
    with tempfile.TemporaryDirectory(dir=course.root) as staging:
        stage = Path(staging) / "release" / assignment
        _strip(course, assignment, stage.parent)
        _keep_only(stage, {f"{assignment}.ipynb", *given})
        _tidy(stage / f"{assignment}.ipynb")
        refuse_leaks(stage, source, assignment)
        for path in files_beside(course, assignment):
            shutil.copyfile(path, stage / path.name)
        target = course.release(assignment).parent
        target.parent.mkdir(exist_ok=True)
        shutil.rmtree(target, ignore_errors=True)
        shutil.move(stage, target)
    return sorted(target.iterdir())


def files_beside(course: Course, assignment: str) -> list[Path]:
    """The files too large for git that are there to be released."""
    folder = course.source(assignment).parent
    return [folder / name for name in read_assignment(assignment).beside if (folder / name).is_file()]


def _strip(course: Course, assignment: str, folder: Path) -> None:
    """nbgrader's own pipeline, into another folder than the course's."""
    config = host_config(course)
    config.merge(Config({"CourseDirectory": {"release_directory": str(folder.relative_to(course.root))}}))
    coursedir = CourseDirectory(config=config, assignment_id=assignment)
    run_converter(GenerateAssignment(coursedir=coursedir, config=config, force=True), ReleaseError)


def _keep_only(stage: Path, names: set[str]) -> None:
    for path in sorted(stage.rglob("*"), reverse=True):
        if path.is_dir():
            path.rmdir()
        elif str(path.relative_to(stage)) not in names:
            path.unlink()


def _tidy(path: Path) -> None:
    """The same bytes for the same source: no trace of the run, and permissions as anybody's."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    text = nbformat.writes(notebook)
    path.chmod(0o644)
    path.write_text(text if text.endswith("\n") else text + "\n", encoding="utf-8")


def refuse_leaks(stage: Path, source: Path, assignment: str) -> None:
    """Look through everything that would go out.

    Raises:
        ReleaseError: a marker, an output, a line of a solution or of the kit's trusted side is in it.
    """
    notebook = nbformat.read(stage / f"{assignment}.ipynb", as_version=4)
    _refuse_outputs(notebook)
    instructor = nbformat.read(source, as_version=4)
    secrets = (solution_lines(instructor) | trusted_lines(assignment)) - shown_lines(instructor)
    for path in sorted(stage.rglob("*")):
        cells = [cell.source for cell in notebook.cells] if path.suffix == ".ipynb" else [_text(path)]
        for text in cells:
            marker = MARKERS.search(text)
            if marker:
                raise ReleaseError(f"{path.name} would be released with the marker {marker[0]!r}")
            leaked = secrets & telling_lines(text.splitlines())
            if leaked:
                raise ReleaseError(f"{path.name} would be released with the line {min(leaked)!r}")


def _refuse_outputs(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if cell.get("outputs") or cell.get("execution_count"):
            start = cell.source[:60]
            raise ReleaseError(
                f"the notebook would be released with an output, in the cell that begins {start!r}"
            )


def solution_lines(source: NotebookNode) -> set[str]:
    """Lines of the solutions."""
    return _lines_of(text for cell in source.cells for text in SOLUTION.findall(cell.source))


def shown_lines(source: NotebookNode) -> set[str]:
    """Lines that the notebook shows outside of its solutions, and which are no secret therefore."""
    return _lines_of(SOLUTION.sub("", cell.source) for cell in source.cells)


def trusted_lines(assignment: str) -> set[str]:
    """Lines of code of the hidden suite and of the kit, less those of the modules that students get."""
    trusted = [path for room in (KIT_ROOT / "autograder", SUITES) for path in room.glob("*.py")]
    trusted += (SUITES / assignment).rglob("*.py")
    public = [*(KIT_ROOT / "helpers").glob("*.py"), *(KIT_ROOT / "source" / assignment).glob("*.py")]
    common = {
        line for line in _lines_of(map(_text, trusted)) if line.startswith(("import ", "from ", "def __"))
    }
    return _lines_of(map(_text, trusted)) - _lines_of(map(_text, public)) - common


def _lines_of(texts: Iterable[str]) -> set[str]:
    return {line for text in texts for line in telling_lines(text.splitlines())}


def telling_lines(lines: Iterable[str]) -> set[str]:
    """The lines, stripped, that are long enough to tell something and are no comment."""
    stripped = (line.strip() for line in lines)
    return {line for line in stripped if len(line) >= TELLING and not line.startswith("#")}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""
