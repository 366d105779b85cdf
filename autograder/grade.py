"""One submission to one report: read, rebuild, run, test."""

from __future__ import annotations

import datetime
import time
import traceback
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import nbformat
import torch

from autograder.course import SUITES, Assignment, Course, TermKey, read_assignment
from autograder.diagnosis import diagnosed
from autograder.digests import bank_digest, release_digest, suite_digest
from autograder.errors import GraderError, SandboxLost, SandboxUnavailable
from autograder.evidence import Evidence
from autograder.execution import Execution, Limits
from autograder.recorded import recorded_notebook
from autograder.report import HiddenTest, Provenance, Question, Report, Written
from autograder.sandbox import Isolation, Sandbox
from autograder.sandbox.wire import ANY_TORCH
from autograder.scoring import BY_HAND, WITHOUT_TORCH, HandIn, NotRun, Scoring, score
from autograder.submission import Cell, Rebuilt, Submission, read_release, read_submission, rebuild
from helpers.by_hand import FORBIDDEN_LAYERS, layers_used

# torch functions that ready-made layers end in; caught while hidden tests run, however they were reached
TRAPPED = """
    rnn_tanh rnn_relu gru lstm rnn_tanh_cell rnn_relu_cell gru_cell lstm_cell
    scaled_dot_product_attention multi_head_attention_forward _native_multi_head_attention""".split()


# of no use to an honest answer by hand: threads, processes, modules and frames by search, torch's inside
DETOURS = """
    threading _thread concurrent multiprocessing subprocess fork forkpty gc ctypes cffi modules
    _getframe __globals__ __subclasses__ settrace setprofile _C overrides""".split()


@dataclass(frozen=True)
class Options:
    """How to grade.

    Args:
        isolation: how student code is kept apart.
        figures: whether cells that only draw are run.
        limits: how long a submission may take.
        full: whether all hidden data is read where a part may decide.
    """

    isolation: Isolation = "warm"
    figures: bool = False
    limits: Limits = field(default_factory=Limits)
    full: bool = False


@dataclass(frozen=True)
class Task:
    """All that a report depends on.

    Args:
        assignment: its name.
        submission: what the student handed in.
        release: the released notebook's path.
        key: the term key.
    """

    assignment: str
    submission: Submission
    release: Path
    key: TermKey
    options: Options

    @property
    def provenance(self) -> Provenance:
        assignment = read_assignment(self.assignment)
        folder = self.release.parent
        return Provenance(
            submission=self.submission.digest,
            release=release_digest(folder, (self.release.name, *assignment.given)),
            suite=suite_digest(self.assignment),
            key=self.key.digest,
            demo_key=self.key.public,
            isolation=self.options.isolation,
            figures=self.options.figures,
            full=self.options.full and assignment.data is not None,
            data=dict(assignment.data(folder, self.key)) if assignment.data else {},
        )


@dataclass(frozen=True)
class Graded:
    """A report with the notebook that belongs to it, and what its failed tests rest on."""

    report: Report
    notebook: str
    evidence: Mapping[str, Evidence] = field(default_factory=dict)


def make_task(course: Course, assignment: str, student: str, options: Options) -> Task:
    """Read a submission of the course."""
    declared = read_assignment(assignment).handed_in
    submission = read_submission(course.submitted(assignment, student), student, assignment, declared)
    return Task(assignment, submission, course.release(assignment), course.key, options)


def grade(task: Task, sandbox: Sandbox) -> Graded:
    """Grade a submission; what breaks on the grader's side makes it ungraded, never a zero.

    Raises:
        SandboxUnavailable: this machine cannot isolate student code, so nothing can be graded.
    """
    torch.set_num_threads(1)  # oracles are small, and several threads would only wait for each other
    try:
        return _grade(task, sandbox)
    except SandboxLost:
        sandbox.close()
        with Sandbox(task.options.isolation) as alone:
            return _grade_or_say_why(task, alone)
    except SandboxUnavailable:
        raise
    except Exception as error:  # noqa: BLE001 - a grader that breaks is told, and the class goes on
        return broken(task, error)


def _grade_or_say_why(task: Task, sandbox: Sandbox) -> Graded:
    try:
        return _grade(task, sandbox)
    except Exception as error:  # noqa: BLE001 - as above
        return broken(task, error)


def _grade(task: Task, sandbox: Sandbox) -> Graded:
    begun = time.perf_counter()
    assignment = read_assignment(task.assignment)
    rebuilt = rebuild(task.submission, read_release(task.release))
    files = {
        name: (task.release.parent / name).read_bytes() for name in assignment.given
    } | task.submission.files
    trap = _trapped(assignment)
    execution = Execution(
        sandbox,
        cells_to_run(rebuilt, assignment, task.release.parent),
        files,
        lambda label: task.key.seed("student code", task.assignment, label),
        figures=task.options.figures,
        trap=trap,
        limits=task.options.limits,
    )
    try:
        if rebuilt.fault is None:
            execution.run()
        seconds = {"until tests": time.perf_counter() - begun}
        scoring = _scoring(task, assignment, rebuilt, execution)
        questions = score(SUITES / task.assignment, scoring, rebuilt.questions())
    finally:
        execution.close()
    seconds |= {"total": time.perf_counter() - begun, **execution.seconds}
    notes = [*rebuilt.notes, *execution.notes]
    if task.options.isolation == "none":
        notes.append("Graded without a sandbox, as the person who graded chose.")
    if task.key.public:
        notes.append("Graded with a public key, as in a demo: the score proves nothing.")
    notebook = recorded_notebook(rebuilt, execution.runs, notes)
    report = diagnose(_report(task, rebuilt, questions, notes, seconds), task.key, scoring.evidence)
    return Graded(report, nbformat.writes(notebook), scoring.evidence)


def diagnose(report: Report, key: TermKey, evidence: Mapping[str, Evidence]) -> Report:
    """The report with the known mistakes that its failed tests are put down to; its scores stay."""
    begun = time.perf_counter()
    try:
        questions = diagnosed(report.assignment, key, report.questions, evidence)
    except Exception as error:  # noqa: BLE001 - a bank that breaks costs nobody a grade
        return msgspec.structs.replace(report, undiagnosed=f"{type(error).__name__}: {error}")
    return msgspec.structs.replace(
        report,
        questions=questions,
        bank=bank_digest(report.assignment),
        undiagnosed="",
        seconds={**report.seconds, "diagnosis": round(time.perf_counter() - begun, 4)},
    )


def cells_to_run(rebuilt: Rebuilt, assignment: Assignment, release: Path) -> list[Cell]:
    """The notebook's cells, with code in place of the released ones that cannot run in grading."""
    return [
        replace(cell, source=stand_in(release))
        if cell.origin == "release" and (stand_in := assignment.stand_ins.get(cell.grade_id or ""))
        else cell
        for cell in rebuilt.cells
    ]


def _trapped(assignment: Assignment) -> Collection[str]:
    if not assignment.by_hand:
        return ()
    return TRAPPED if assignment.uses_torch else (ANY_TORCH,)


class _Nobody:
    """Answers for a notebook that cannot be run."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def call(self, *_: Any, **__: Any) -> Any:
        raise NotRun(self.reason)

    make = read = assign = load = fresh = call


def _scoring(task: Task, assignment: Assignment, rebuilt: Rebuilt, execution: Execution) -> Scoring:
    callee = execution if rebuilt.fault is None else _Nobody(rebuilt.fault)
    forfeits = {} if rebuilt.fault else ready_made_layers(assignment, rebuilt)
    doubts = {} if rebuilt.fault else detours(assignment, rebuilt)
    hand_in = HandIn(task.submission.files, task.submission.refused, task.release.parent, task.options.full)
    return Scoring(callee, task.key, forfeits, doubts, hand_in)


def ready_made_layers(assignment: Assignment, rebuilt: Rebuilt) -> dict[str, str]:
    """Questions by hand whose code reaches what it may not, with a sentence that says where."""
    forbidden, rule = (FORBIDDEN_LAYERS, BY_HAND) if assignment.uses_torch else ({"torch"}, WITHOUT_TORCH)
    return _reached(assignment, rebuilt, forbidden, f"it {rule}")


def detours(assignment: Assignment, rebuilt: Rebuilt) -> dict[str, str]:
    """Questions by hand whose code reaches what could hide a layer from the search and from the trap."""
    return _reached(assignment, rebuilt, DETOURS, "a person should see what it is for")


def _reached(assignment: Assignment, rebuilt: Rebuilt, names: Collection[str], remark: str) -> dict[str, str]:
    sources = [cell.source for cell in rebuilt.cells if cell.kind == "code" and cell.origin != "missing"]
    found: dict[str, str] = {}
    for question, functions in assignment.by_hand.items():
        for function in functions:
            hits = layers_used(function, sources, names)
            if hits:
                place = f"`{function}` reaches {hits[0].name} ({hits[0].text[:100]})"
                found.setdefault(question, f"{place}: {remark}")
    return found


def _report(
    task: Task, rebuilt: Rebuilt, questions: list[Question], notes: list[str], seconds: Mapping[str, float]
) -> Report:
    written = [
        Written(cell.grade_id or "", cell.points, cell.origin == "student") for cell in rebuilt.written()
    ]
    return Report(
        student=task.submission.student,
        assignment=task.assignment,
        questions=questions,
        provenance=task.provenance,
        notes=notes,
        fault=rebuilt.fault or "",
        finished=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        seconds={name: round(value, 4) for name, value in seconds.items()},
        written=written,
    )


def broken(task: Task, error: Exception) -> Graded:
    """An ungraded report, with the reason for the instructor."""
    release = read_release(task.release)
    reason = str(error) if isinstance(error, GraderError) else "".join(traceback.format_exception(error))
    questions = [
        Question(name, points, [HiddenTest("grader", "The grader broke.", points, "broke", reason)])
        for name, points in release.questions().items()
    ]
    notebook = recorded_notebook(release, {}, ["This submission could not be graded; your instructor knows."])
    return Graded(_report(task, release, questions, [], {}), nbformat.writes(notebook))
