"""What the kit's own tests share: courses in temporary folders, submissions made from the release."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import nbformat
import pytest

from autograder import demo
from autograder.course import KIT_ROOT, Course, TermKey
from autograder.grade import Graded, Options, Task, grade
from autograder.release import make_release
from autograder.sandbox import Sandbox
from autograder.submission import Submission
from tests.notebooks import run_notebook, stubs

ASSIGNMENT = "rnn_gru_mha"
RELEASE = KIT_ROOT / "release" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
SOURCE = KIT_ROOT / "source" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
KEY = TermKey(b"the key of the kit's own tests")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """In continuous integration a skipped test is a failure: it hides what was not tried."""
    report = yield
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"
    return report


@pytest.fixture(scope="module")
def solved(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each cell of the module's source notebook prints, with its solutions."""
    return run_notebook(request.module.NAME, tmp_path_factory.mktemp("solved"), {})


@pytest.fixture(scope="module")
def stubbed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The same with nothing written, as students get it."""
    name = request.module.NAME
    return run_notebook(name, tmp_path_factory.mktemp("stubbed"), stubs(name))


@pytest.fixture(scope="session")
def solutions() -> dict[str, str]:
    """The solution cells of the source, by grade id."""
    return demo.solutions(SOURCE)


@pytest.fixture(scope="session")
def hand_in() -> Callable[[Mapping[str, str]], bytes]:
    """Makes a notebook's bytes out of the release and answers by grade id."""
    return lambda answers: demo.filled(nbformat.read(RELEASE, as_version=4), answers).encode()


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """A warm sandbox for all tests that need no other."""
    with Sandbox("warm") as box:
        yield box


@pytest.fixture(scope="session")
def grade_notebook(sandbox: Sandbox) -> Callable[..., Graded]:
    """Grades a notebook's bytes with the tests' key."""

    def run(notebook: bytes | None, **settings: object) -> Graded:
        options, box = settings.pop("options", Options()), settings.pop("box", sandbox)
        submission = Submission("student", notebook, **settings)
        return grade(Task(ASSIGNMENT, submission, RELEASE, KEY, options), box)

    return run


@pytest.fixture(scope="session")
def course_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real course: source and release, a gradebook that knows the assignment, a key, no submissions."""
    root = tmp_path_factory.mktemp("template")
    for folder in ("source", "release"):
        shutil.copytree(KIT_ROOT / folder, root / folder)
    (root / "nbgrader_config.py").write_text(CONFIG)
    made = Course(root)
    made.write_key()
    make_release(made, ASSIGNMENT)
    return root


CONFIG = f"""
from pathlib import Path

load_subconfig("nbgrader_config.py", path={str(KIT_ROOT)!r})
c = get_config()
c.CourseDirectory.root = str(Path(__file__).resolve().parent)
"""


@pytest.fixture
def course(course_template: Path, tmp_path: Path) -> Course:
    """A course of the test's own."""
    return Course(Path(shutil.copytree(course_template, tmp_path / "course")))


@pytest.fixture
def submit(course: Course, hand_in: Callable[[Mapping[str, str]], bytes]) -> Callable[..., Path]:
    """Puts a submission into the course's folder; the path of its notebook."""

    def run(student: str, answers: Mapping[str, str] | bytes, name: str = f"{ASSIGNMENT}.ipynb") -> Path:
        folder = course.submitted(ASSIGNMENT, student)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / name
        path.write_bytes(answers if isinstance(answers, bytes) else hand_in(answers))
        return path

    return run
