"""A pytest plugin: runs hidden tests against one submission and turns their outcomes into questions.

A hidden test is an ordinary pytest function with a mark `points("Q3", 2)`, a docstring that the student
reads as its title, and the fixtures `submission` (the student's code) and `key` (the term key).
"""

from __future__ import annotations

import itertools
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pytest

from autograder.course import TermKey
from autograder.errors import StudentFault, SuiteError, Trapped
from autograder.evidence import Evidence
from autograder.report import Figure, HiddenTest, Outcome, Question

BY_HAND = "uses a ready-made layer, and this question is by hand"
WITHOUT_TORCH = "uses torch, and this question is to be answered without"
PATIENCE = 3600.0  # seconds by the clock; the language model's test may take half an hour
# what hidden tests do not use costs time in every session
UNUSED_PLUGINS = """
    cacheprovider doctest junitxml pastebin stepwise setuponly setupplan logging unittest debugging
    faulthandler terminal legacypath recwarn threadexception unraisableexception warnings capture reports
    tmpdir monkeypatch skipping""".split()


class NotRun(Exception):
    """Raised by a callee that has no student code to call: no outcome is anybody's fault in the suite."""


class Callee(Protocol):
    """Whatever answers for a student's code: an `Execution`, or plain functions in a test."""

    def call(self, function: str, args: Sequence[Any], *, label: str, on: Any = None) -> Any: ...

    def make(self, function: str, args: Sequence[Any], *, label: str, on: Any = None) -> Any: ...

    def read(self, on: Any, attribute: str) -> Any: ...

    def assign(self, on: Any, values: Mapping[str, Any]) -> None: ...


@dataclass
class HandIn:
    """What hidden tests may use of a submission beside its functions, and what they found.

    Args:
        files: the declared files that were handed in, by name.
        refused: why a declared file was not taken, by name.
        release: the folder of the released notebook.
        full: whether all hidden data is to be read where a part may decide.
        figures: what was measured, by question.
        remarks: what the student should know, by question.
        doubts: why a person should look at a question.
        known: what one hidden test has found out for others.
    """

    files: Mapping[str, bytes] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    release: Path = Path()
    full: bool = False
    figures: dict[str, list[Figure]] = field(default_factory=dict)
    remarks: dict[str, list[str]] = field(default_factory=dict)
    doubts: dict[str, str] = field(default_factory=dict)
    known: dict[str, Any] = field(default_factory=dict)


class StudentObject:
    """An object of a student's class, which stays in the worker; its methods: `layer.forward(x, h0)`."""

    def __init__(self, callee: Callee, kept: Any, label: str) -> None:
        self._callee = callee
        self._kept = kept
        self._label = label

    def read(self, attribute: str) -> Any:
        """The value of an attribute."""
        return self._callee.read(self._kept, attribute)

    def assign(self, **values: Any) -> None:
        """Set attributes."""
        self._callee.assign(self._kept, values)

    def keep(self, method: str, *args: Any) -> StudentObject:
        """Call a method and leave what it returns in the worker, to see later what became of it."""
        kept = self._callee.make(method, _kept(args), label=self._label, on=self._kept)
        return StudentObject(self._callee, kept, self._label)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda *args: self._callee.call(name, _kept(args), label=self._label, on=self._kept)


class StudentCode:
    """The student's functions, as attributes: `submission.rnn(...)`; and objects of their classes."""

    def __init__(self, callee: Callee, label: str) -> None:
        self.callee = self._callee = callee
        self._label = label
        self._made = itertools.count()

    def make(self, name: str, *args: Any) -> StudentObject:
        """An object of the class of that name; what one draws at random, another does not draw again."""
        label = f"{self._label}: object {next(self._made)}"
        return StudentObject(self._callee, self._callee.make(name, _kept(args), label=label), label)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda *args: self._callee.call(name, _kept(args), label=self._label)


def _kept(args: Sequence[Any]) -> list[Any]:
    return [arg._kept if isinstance(arg, StudentObject) else arg for arg in args]


@dataclass
class Scoring:
    """Collects the outcomes of one session.

    Args:
        callee: answers the calls.
        key: the term key.
        forfeits: questions that score 0, with the reason.
        doubts: questions that a person should look at, with the reason.
        handed_in: what tests may use beside the student's functions.
    """

    callee: Callee
    key: TermKey
    forfeits: dict[str, str] = field(default_factory=dict)
    doubts: Mapping[str, str] = field(default_factory=dict)
    handed_in: HandIn = field(default_factory=HandIn)
    tests: dict[str, list[HiddenTest]] = field(default_factory=dict)
    evidence: dict[str, Evidence] = field(default_factory=dict)  # of failed tests, by their names
    errors: list[str] = field(default_factory=list)

    @pytest.fixture(name="key")
    def key_fixture(self) -> TermKey:
        return self.key

    @pytest.fixture(name="hand_in")
    def hand_in_fixture(self) -> HandIn:
        return self.handed_in

    @pytest.fixture
    def submission(self, request: pytest.FixtureRequest) -> StudentCode:
        return StudentCode(self.callee, request.node.name)

    def pytest_configure(self, config: pytest.Config) -> None:
        config.addinivalue_line("markers", "points(question, points): a hidden test's question and points")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Note every test as not run, so that one without an outcome cannot pass."""
        for item in items:
            try:
                question, test = described(item)
            except SuiteError as error:
                self.errors.append(str(error))
                continue
            self.tests.setdefault(question, []).append(test)
        if self.errors:
            items.clear()

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.errors.append(str(report.longrepr))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        begun = time.perf_counter()
        self._outcome: tuple[Outcome, str] = ("not run", "")
        done = yield
        question, test = described(item)
        outcome, message = self._outcome
        seconds = round(time.perf_counter() - begun, 4)
        tests = self.tests[question]
        place = next(n for n, known in enumerate(tests) if known.name == test.name)
        tests[place] = HiddenTest(test.name, test.title, test.points, outcome, message, seconds)
        return done

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        question, _ = described(item)
        try:
            if question in self.forfeits:
                raise StudentFault(self.forfeits[question])
            with no_longer_than(PATIENCE):
                result = yield
            self._outcome = ("passed", "")
            return result
        except NotRun as reason:
            self._outcome = ("not run", str(reason))
            raise
        except Trapped as fault:
            self.forfeits[question] = f"{fault}, and this question is by hand"
            self._outcome = ("failed", self.forfeits[question])
            raise
        except AssertionError as fault:
            self._outcome = ("failed", _sentence(fault))
            if isinstance(fault, StudentFault) and fault.evidence is not None and fault.evidence.is_kept:
                self.evidence[item.name] = fault.evidence
            traceback.clear_frames(fault.__traceback__)  # they hold on to the answer, however large
            raise
        except Exception as error:
            self._outcome = ("broke", f"{item.name}: {type(error).__name__}: {error} ({_place(error)})")
            raise

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if call.when != "call" and call.excinfo is not None:
            self._outcome = ("broke", f"{call.when}: {call.excinfo.exconly()}")
        return report


@contextmanager
def no_longer_than(seconds: float) -> Iterator[None]:
    """Interrupt what takes longer, where that can be done: signals reach a process's main thread alone.

    Raises:
        SuiteError: it took longer. What student code may take is far less, so it is the suite that hangs.
    """

    def ring(*_: object) -> None:
        raise SuiteError(f"the hidden test did not end within {seconds:g} s")

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)


def _place(error: Exception) -> str:
    """Where it was raised, for whoever mends the suite."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}, line {frame.lineno}"


def _sentence(fault: AssertionError) -> str:
    """What a `StudentFault` says; an assertion's own text could quote hidden values."""
    return str(fault) if isinstance(fault, StudentFault) else "the answer is not right"


def described(item: pytest.Item) -> tuple[str, HiddenTest]:
    """The question of a hidden test, and the test without an outcome.

    Raises:
        SuiteError: it has no points or no title.
    """
    mark = item.get_closest_marker("points")
    if mark is None or len(mark.args) != 2:
        raise SuiteError(f"the hidden test {item.name} needs @pytest.mark.points(QUESTION, POINTS)")
    question, points = mark.args
    title = " ".join((getattr(item, "function", item).__doc__ or "").split())
    if not title:
        raise SuiteError(f"the hidden test {item.name} needs a docstring: the title that students read")
    return str(question), HiddenTest(item.name, title, float(points), "not run")


def score(suite: Path, scoring: Scoring, maxima: Mapping[str, float]) -> list[Question]:
    """Run the suite in that folder and return its questions in the notebook's order.

    Args:
        maxima: the points of each question in the notebook.

    Raises:
        SuiteError: the suite cannot be collected, or does not fit the notebook.
    """
    run(suite, scoring)
    if scoring.errors:
        raise SuiteError(f"the hidden suite {suite.name} cannot be collected: {scoring.errors[0]}")
    questions = []
    for name, points in maxima.items():
        tests = scoring.tests.get(name, [])
        total = sum(test.points for test in tests)
        if abs(total - points) > 1e-9:
            raise SuiteError(
                f"{name} has {points:g} points in the notebook and {total:g} in the hidden suite"
            )
        questions.append(_question(name, points, scoring))
    unknown = set(scoring.tests) - set(maxima)
    if unknown:
        raise SuiteError(
            f"the hidden suite {suite.name} scores {sorted(unknown)}, which the notebook does not have"
        )
    return questions


def _question(name: str, points: float, scoring: Scoring) -> Question:
    found = scoring.handed_in
    flags = (scoring.forfeits.get(name), scoring.doubts.get(name), found.doubts.get(name))
    return Question(
        name,
        points,
        scoring.tests.get(name, []),
        next(filter(None, flags), ""),
        name in scoring.forfeits,
        found.figures.get(name, []),
        found.remarks.get(name, []),
    )


def run(suite: Path, scoring: Scoring) -> None:
    """One pytest session over the suite, with nothing loaded that it does not need."""
    off = [argument for plugin in UNUSED_PLUGINS for argument in ("-p", f"no:{plugin}")]
    # below its parent a module is named after its suite, too: names are shared by sessions of one process
    settings = ["-c", os.devnull, "--rootdir", str(suite.parent), "--assert=plain", "--import-mode=importlib"]
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    code = pytest.main([*off, *settings, str(suite)], plugins=[scoring])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) and not scoring.errors:
        scoring.errors.append(f"pytest ended with {pytest.ExitCode(code).name}")
