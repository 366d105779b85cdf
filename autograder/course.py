"""A course: its folders (nbgrader's), its assignments and its term key, as typed values."""

from __future__ import annotations

import hashlib
import importlib
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from autograder.errors import CourseError

KIT_ROOT = Path(__file__).resolve().parent.parent
SUITES = Path(__file__).resolve().parent / "suites"
KEY_FILE = ".term_key"
DEMO_KEY = b"a public key: scores made with it prove nothing"


@dataclass(frozen=True)
class Assignment:
    """What a suite says of its assignment.

    Args:
        given: files that students get beside the notebook.
        beside: files too large for git, which `make data` puts beside the source and a release takes along.
        handed_in: files, besides the notebook, that a submission may bring.
        by_hand: questions whose functions, classes or methods (`RNN.forward`) may use no ready-made layer.
        uses_torch: whether these may use torch's operations; if not, they may not use torch at all.
        stand_ins: what runs in grading in place of a locked cell of the release, by its grade id: a function
            of the release's folder that gives the code.
        data: digests of what hidden tests use beside what the key gives, by name, for a release's folder.
        judges: further modules that a score rests on, as patterns from the kit's folder.
    """

    given: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    handed_in: tuple[str, ...] = ()
    by_hand: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    uses_torch: bool = True
    stand_ins: Mapping[str, Callable[[Path], str]] = field(default_factory=dict)
    data: Callable[[Path, TermKey], Mapping[str, str]] | None = None
    judges: tuple[str, ...] = ()


@dataclass(frozen=True)
class TermKey:
    """The secret from which all hidden inputs derive.

    Args:
        secret: its bytes.
        public: whether everybody knows it, as the demo's.
    """

    secret: bytes
    public: bool = False

    @property
    def digest(self) -> str:
        """Names the key without telling it."""
        return hashlib.sha256(b"term key:" + self.secret).hexdigest()[:16]

    def seed(self, *labels: str) -> int:
        """A seed of 63 bits for what the labels name."""
        digest = hashlib.blake2b("\0".join(labels).encode(), key=self.secret[:64], digest_size=8).digest()
        return int.from_bytes(digest, "little") >> 1


@dataclass(frozen=True)
class Course:
    """A course folder.

    Args:
        root: holds `source`, `release`, `submitted`, `autograded`, `feedback`, `reports`, `gradebook.db`.
        demo: whether scores are made with the public key.
    """

    root: Path
    demo: bool = False

    @cached_property
    def key(self) -> TermKey:
        """The term key.

        Raises:
            CourseError: there is none, others may read it, or it is the public one.
        """
        path = self.root / KEY_FILE
        if self.demo and path.exists():
            raise CourseError(
                f"{self.root} has a term key and is marked as a demo, which grades with a public one: "
                f"remove {path} if it is a demo, else the file that marks it"
            )
        if self.demo:
            return TermKey(DEMO_KEY, public=True)
        try:
            mode, secret = path.stat().st_mode & 0o777, path.read_bytes()
        except FileNotFoundError:
            raise CourseError(f"there is no term key ({path}): `make setup` writes one") from None
        if mode & 0o077:
            raise CourseError(f"others may read the term key (mode {mode:o}): `chmod 600 {path}`")
        if len(secret) < 16:
            raise CourseError(f"the term key {path} is shorter than 16 bytes: remove it and run `make setup`")
        if secret.strip() == DEMO_KEY:
            raise CourseError(f"the term key {path} is the demo's, which is public: remove it, `make setup`")
        return TermKey(secret)

    def write_key(self) -> Path:
        """Write a random term key unless there is one."""
        path = self.root / KEY_FILE
        try:
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path
        with os.fdopen(fd, "wb") as file:
            file.write(secrets.token_bytes(32))
        return path

    def assignments(self) -> list[str]:
        """The names of the released assignments."""
        return sorted(
            path.parent.name for path in self.root.glob("release/*/*.ipynb") if path.stem == path.parent.name
        )

    def require(self, assignment: str) -> str:
        """The name again.

        Raises:
            CourseError: no such assignment was released.
        """
        if assignment not in self.assignments():
            known = ", ".join(self.assignments()) or "none was released: `make release`"
            raise CourseError(f"no assignment {assignment!r} in {self.root / 'release'}; known: {known}")
        return assignment

    def students(self, assignment: str) -> list[str]:
        """Who has a folder for the assignment under `submitted`."""
        return sorted(
            path.parent.name for path in self.root.glob(f"submitted/*/{assignment}") if path.is_dir()
        )

    def source(self, assignment: str) -> Path:
        return self.root / "source" / assignment / f"{assignment}.ipynb"

    def release(self, assignment: str) -> Path:
        return self.root / "release" / assignment / f"{assignment}.ipynb"

    def submitted(self, assignment: str, student: str) -> Path:
        return self.root / "submitted" / student / assignment

    def autograded(self, assignment: str, student: str) -> Path:
        return self.root / "autograded" / student / assignment

    def report(self, assignment: str, student: str) -> Path:
        return self.root / "reports" / assignment / f"{student}.json"


def read_assignment(name: str) -> Assignment:
    """What the suite of that name declares.

    Raises:
        CourseError: there is no such suite.
    """
    if not (SUITES / name / "__init__.py").is_file():
        known = ", ".join(sorted(path.parent.name for path in SUITES.glob("*/__init__.py")))
        raise CourseError(f"no hidden suite for {name!r} in {SUITES.name}; known: {known}")
    assignment = importlib.import_module(f"autograder.suites.{name}").ASSIGNMENT
    assert isinstance(assignment, Assignment)
    return assignment
