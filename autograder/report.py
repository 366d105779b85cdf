"""What is known of one graded submission, and its JSON."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Literal

import msgspec

from autograder.errors import CourseError
from autograder.sandbox import Isolation

SCHEMA = 1
Outcome = Literal["passed", "failed", "broke", "not run"]
Status = Literal["graded", "waits for a person", "ungraded"]


class HiddenTest(msgspec.Struct, frozen=True):
    """One hidden test.

    Args:
        name: the suite's name of it.
        title: what the student reads.
        points: what it is worth.
        outcome: "failed" is the student's, "broke" the grader's, "not run" nobody's.
        message: why it failed, for the student; why it broke, for the instructor.
        seconds: how long it took.
        mistakes: the names of the known mistakes that the answer shows.
        diagnosis: the same in sentences for the student.
    """

    name: str
    title: str
    points: float
    outcome: Outcome
    message: str = ""
    seconds: float = 0.0
    mistakes: list[str] = []
    diagnosis: str = ""

    @property
    def earned(self) -> float:
        return self.points if self.outcome == "passed" else 0.0

    @property
    def is_unexplained(self) -> bool:
        """Whether the student failed it and no known mistake says why."""
        return self.outcome == "failed" and not self.mistakes


class Figure(msgspec.Struct, frozen=True):
    """A quantity that was measured.

    Args:
        name: what it is, with its unit: "loss, nats a character".
        error: its standard error, where it has one.
    """

    name: str
    value: float
    error: float | None = None


class Question(msgspec.Struct, frozen=True):
    """One question: its points and tests.

    Args:
        flag: why a person should look at it, or empty.
        forfeited: whether it scores 0 whatever its tests say.
        figures: what was measured, the one that decides first.
        remarks: what the student should know beside what each test says.
    """

    name: str
    max_score: float
    tests: list[HiddenTest]
    flag: str = ""
    forfeited: bool = False
    figures: list[Figure] = []
    remarks: list[str] = []

    @property
    def is_graded(self) -> bool:
        """Whether every test has an outcome that is the student's."""
        return all(test.outcome in ("passed", "failed") for test in self.tests)

    @property
    def score(self) -> float | None:
        """The points earned, or None where a test has no outcome."""
        if not self.is_graded:
            return None
        return 0.0 if self.forfeited else sum(test.earned for test in self.tests)


class Written(msgspec.Struct, frozen=True):
    """An answer that a person grades.

    Args:
        touched: whether the student wrote anything; what is as released is worth 0.
    """

    name: str
    max_score: float
    touched: bool


class Provenance(msgspec.Struct, frozen=True):
    """What a score rests on; equal provenance means an equal score.

    Args:
        submission: digest of the notebook and the declared files.
        release: digest of the released notebook and the given files.
        suite: digest of the hidden tests and their oracles.
        key: digest of the term key.
        demo_key: whether that key is the public one.
        isolation: "warm", "fresh" or "none".
        figures: whether cells that only draw were run.
        full: whether all hidden data was read where a part may decide; False where there is none.
        data: digests of the data that hidden tests use beside what the key gives, by name.
    """

    submission: str
    release: str
    suite: str
    key: str
    demo_key: bool
    isolation: Isolation
    figures: bool
    full: bool = False
    data: dict[str, str] = {}

    def satisfies(self, wanted: Provenance) -> bool:
        """Whether a report with this provenance is as good as one with the wanted: more does no harm."""
        more = {"figures": self.figures or wanted.figures, "full": self.full or wanted.full}
        return self == msgspec.structs.replace(wanted, **more)


class Report(msgspec.Struct, frozen=True):
    """One graded submission.

    Args:
        bank: digest of the known mistakes that failed answers were compared with.
        undiagnosed: why they could not be, for the instructor.
    """

    student: str
    assignment: str
    questions: list[Question]
    provenance: Provenance
    notes: list[str]
    fault: str
    finished: str
    seconds: dict[str, float]
    written: list[Written] = []
    bank: str = ""
    undiagnosed: str = ""
    schema: int = SCHEMA

    @property
    def score(self) -> float:
        """The points earned in the questions that are graded, without those that a person gives."""
        return sum(question.score or 0.0 for question in self.questions)

    @property
    def waiting(self) -> float:
        """The points that a person may add for what is written."""
        return sum(answer.max_score for answer in self.written if answer.touched)

    @property
    def max_score(self) -> float:
        return sum(self.maxima.values())

    @property
    def maxima(self) -> dict[str, float]:
        """The points of each question and written answer; `Q1_derivation` stands behind its `Q1`."""
        parts = {question.name: question.max_score for question in self.questions}
        parts |= {answer.name: answer.max_score for answer in self.written}
        return dict(sorted(parts.items()))

    @property
    def status(self) -> Status:
        if any(not question.is_graded for question in self.questions):
            return "ungraded"
        flagged = any(question.flag for question in self.questions)
        return "waits for a person" if flagged or self.waiting else "graded"

    @property
    def is_broken(self) -> bool:
        """Whether a test has no outcome because of the grader: then it is worth another try."""
        return any(test.outcome == "broke" for question in self.questions for test in question.tests)

    @property
    def failed(self) -> list[HiddenTest]:
        """The tests that the student failed."""
        tests = (test for question in self.questions for test in question.tests)
        return [test for test in tests if test.outcome == "failed"]

    def question(self, name: str) -> Question | None:
        """The question of that name, if there is one."""
        return next((question for question in self.questions if question.name == name), None)


def write(report: Report, path: Path) -> None:
    """Write the report as JSON, whole or not at all."""
    names = ("score", "waiting", "max_score", "status")
    summary = {name: getattr(report, name) for name in names}
    tree = {**summary, **msgspec.to_builtins(report)}
    for question, node in zip(report.questions, tree["questions"], strict=True):
        node["score"] = question.score
    write_atomically(path, msgspec.json.format(msgspec.json.encode(tree), indent=1) + b"\n")


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file that is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fd, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(content)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def read(path: Path) -> Report | None:
    """The report in a file; None if there is no file or it is of another schema.

    Raises:
        CourseError: the file is no report.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        if msgspec.json.decode(content, type=dict).get("schema") != SCHEMA:
            return None
        return msgspec.json.decode(content, type=Report)
    except msgspec.DecodeError as error:
        raise CourseError(f"{path} is no report ({error}); remove it and grade again") from error
