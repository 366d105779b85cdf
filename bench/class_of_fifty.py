"""What a class costs, and what stock nbgrader costs for the same submissions, side by side.

Run as `python -m bench.class_of_fifty [--students N] [--stock N]`; `make bench` does. All submissions are the
solution with a comment of their own. Processor time (user and system) is that of all processes: of this one
by its clock, of a command by what its children used, and of a sandbox by what the kernel says of its zygote
and the workers that ended, read from outside before the sandbox is closed. Stock nbgrader runs the same
notebook with hidden tests of the same sizes in it.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat
import psutil
import torch
from nbgrader.api import Gradebook

from autograder import grade as grading
from autograder import gradebook
from autograder import report as reports
from autograder.course import KIT_ROOT, SUITES, Course
from autograder.demo import filled, make_demo, solutions
from autograder.execution import Execution
from autograder.grade import Options
from autograder.kept import ClassBank
from autograder.sandbox import Sandbox
from autograder.scoring import score
from autograder.submission import read_release, rebuild
from bench.stages import Stages
from bench.stock import ASSIGNMENT, stock_course

PYTHON_FOLDER = Path(sys.executable).parent
POLL = 0.05  # seconds between two looks at a sandbox that another process owns
FULL = 17.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.class_of_fifty")
    parser.add_argument("--students", type=int, default=50, help="submissions for the kit (default: 50)")
    parser.add_argument("--stock", type=int, default=10, help="of them, for stock nbgrader too (default: 10)")
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        print_stages(make_course(root / "stages", options.students))
        print_commands(root, options.students, options.stock)


def make_course(root: Path, count: int) -> Course:
    """A course whose students all hand in the solution."""
    course = make_demo(root)
    shutil.rmtree(root / "submitted")
    answers = solutions(course.source(ASSIGNMENT))
    for number in range(count):
        own = answers | {"Q2_solution": f"# student {number}\n{answers['Q2_solution']}"}
        path = course.submitted(ASSIGNMENT, f"student_{number:03}") / f"{ASSIGNMENT}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(filled(nbformat.read(course.release(ASSIGNMENT), as_version=4), own))
    return course


# --- one process, stage by stage


def print_stages(course: Course) -> None:
    """Grade and record the class in this process and print where the processor time goes."""
    students = course.students(ASSIGNMENT)
    stages = Stages()
    with Sandbox() as sandbox:
        bare = bare_worker(sandbox)
        own, outside, wall = inside(course, students[:10], sandbox), sandbox_seconds(), time.perf_counter()
        with watched(stages):
            for student in students:
                with stages.stage("report"):
                    task = grading.make_task(course, ASSIGNMENT, student, Options())
                graded = grading.grade(task, sandbox)
                with stages.stage("report"):
                    ClassBank(course, ASSIGNMENT).keep(graded)
        workers = sandbox_seconds() - outside
        with stages.stage("recording"):
            for student in students:
                gradebook.record(course, expected(course, student))
        wall = time.perf_counter() - wall
    print_table(len(students), stages, workers, own, bare, wall)


def bare_worker(sandbox: Sandbox, count: int = 20) -> float:
    """What a worker costs that is asked nothing: fork, walls, end."""
    sandbox.worker().close()
    before = sandbox_seconds()
    for _ in range(count):
        sandbox.worker().close()
    return (sandbox_seconds() - before) / count


@contextmanager
def watched(stages: Stages) -> Iterator[None]:
    """Tell apart what `grade` does; a call of a hidden test counts as the wire, not as the test."""
    before = {name: getattr(Execution, name) for name in ("run", "call", "make", "read", "assign", "close")}
    score = grading.score
    for name, method in before.items():
        setattr(Execution, name, stages.timed("wire", method))
    grading.score = stages.timed("tests", score)
    whole = grading._grade
    grading._grade = stages.timed("report", whole)
    try:
        yield
    finally:
        for name, method in before.items():
            setattr(Execution, name, method)
        grading.score, grading._grade = score, whole


def expected(course: Course, student: str) -> reports.Report:
    """The student's report, which has full points."""
    report = reports.read(course.report(ASSIGNMENT, student))
    assert report is not None
    assert report.score == FULL, f"{student} has {report.score:g} points of {FULL:g}"
    return report


def sandbox_seconds() -> float:
    """Processor time of all processes below this one: the sandbox and its ended workers."""
    return sum(sum(child.cpu_times()[:4]) for child in psutil.Process().children(recursive=True))


# the thread's clock: the process's is coarse while the worker's time limit runs on it
TIMER = """\
import time as _time

_spent = {"cells": 0.0, "calls": 0.0}


def _begin(*_):
    _spent["begun"] = _time.thread_time()


def _end(*_):
    if "begun" in _spent:
        _spent["cells"] += _time.thread_time() - _spent.pop("begun")


get_ipython().events.register("pre_run_cell", _begin)
get_ipython().events.register("post_run_cell", _end)
"""
TIMED = """\
def _timed(function):
    def call(*args):
        begun = _time.thread_time()
        try:
            return function(*args)
        finally:
            _spent["calls"] += _time.thread_time() - begun
    return call


for _name in ("rnn", "gru", "init_gru_with_rnn", "init_gru_with_long_term_memory", "mha"):
    globals()[_name] = _timed(globals()[_name])


def spent():
    return _spent["cells"], _spent["calls"]
"""


def inside(course: Course, students: Sequence[str], sandbox: Sandbox) -> tuple[float, float]:
    """Processor time of the notebook's cells and of its functions, measured in the worker, a submission."""
    cells = calls = 0.0
    for student in students:
        task = grading.make_task(course, ASSIGNMENT, student, Options())
        rebuilt = rebuild(task.submission, read_release(task.release))
        execution = execution_of(task, with_timers(rebuilt.cells), sandbox)
        try:
            execution.run()
            scoring = grading._scoring(task, grading.read_assignment(ASSIGNMENT), rebuilt, execution)
            score(SUITES / ASSIGNMENT, scoring, rebuilt.questions())
            spent = execution.call("spent", [], label="spent")
        finally:
            execution.close()
        cells, calls = cells + spent[0], calls + spent[1]
    return cells / len(students), calls / len(students)


def execution_of(task: grading.Task, cells: list, sandbox: Sandbox) -> Execution:
    """An execution as `grade` makes it."""
    given = grading.read_assignment(ASSIGNMENT).given
    files = {name: (task.release.parent / name).read_bytes() for name in given}
    return Execution(sandbox, cells, files, lambda label: task.key.seed(label), trap=grading.TRAPPED)


def with_timers(cells: Sequence) -> list:
    """The notebook between two cells of the measurement's own."""
    cell = type(cells[0])
    return [
        cell("code", TIMER, "student", None, "timer"),
        *cells,
        cell("code", TIMED, "student", None, "timed"),
    ]


def print_table(
    count: int, stages: Stages, workers: float, own: tuple[float, float], bare: float, wall: float
) -> None:
    """Milliseconds of processor time a submission."""
    cells, calls = own
    rows = [
        ("worker: fork, walls, cells, calls", workers / count),
        ("  the student's cells (measured inside)", cells),
        ("  the student's functions in hidden tests (inside)", calls),
        ("  the worker's own share", workers / count - cells - calls),
        ("    of it fork, walls and end", bare),
        ("wire, trusted side", stages.seconds["wire"] / count),
        ("tests: pytest session, oracle, judging", stages.seconds["tests"] / count),
        ("report: read, rebuild, clean, JSON", stages.seconds["report"] / count),
        ("recording: nbgrader", stages.seconds["recording"] / count),
        ("all of it", (workers + sum(stages.seconds.values())) / count),
    ]
    print(f"{count} submissions one after another in one process: processor time a submission{_load()}")
    for name, seconds in rows:
        print(f"  {name:<52} {1000 * seconds:>8.1f} ms")
    print(f"  {'wall-clock time a submission':<52} {1000 * wall / count:>8.1f} ms")


def _load() -> str:
    return f" (load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores)"


# --- whole commands


@dataclass(frozen=True)
class Cost:
    """Of one command."""

    name: str
    count: int
    wall: float
    processor: float


def print_commands(root: Path, students: int, stock: int) -> None:
    """The commands that a person types, start-up and recording included, and what stock nbgrader takes."""
    kit = [sys.executable, "-m", "autograder", "--course"]
    make_course(root / "class", students)
    make_course(root / "few", stock)
    make_course(root / "figures", stock)
    stock_course(root / "stock", make_course(root / "template", stock))
    plan = [
        ("the kit", students, [*kit, str(root / "class"), "grade"]),
        ("the kit", stock, [*kit, str(root / "few"), "grade"]),
        ("the kit, figures drawn too", stock, [*kit, str(root / "figures"), "grade", "--figures"]),
        ("stock nbgrader", stock, [sys.executable, "-m", "nbgrader", "autograde", ASSIGNMENT]),
    ]
    costs = []
    for name, count, command in plan:
        costs.append(cost(name, count, command, root / "stock" if name.startswith("stock") else KIT_ROOT))
    for folder, count in (("class", students), ("few", stock), ("figures", stock), ("stock", stock)):
        check_scores(root / folder, count)
    print(
        f"\n{'command, with its start':<32} {'submissions':>11} {'wall a submission':>18} {'processor':>12}"
    )
    for each in costs:
        print(
            f"  {each.name:<30} {each.count:>11} {each.wall / each.count:>16.3f} s "
            f"{each.processor / each.count:>10.3f} s"
        )
    print_ratio(costs)


def print_ratio(costs: Sequence[Cost]) -> None:
    """Stock nbgrader against the kit, both a submission."""
    kit, few, _, stock = costs
    wall = stock.wall / stock.count / (kit.wall / kit.count)
    processor = stock.processor / stock.count / (kit.processor / kit.count)
    print(
        f"\n{kit.count} submissions in {kit.wall:.0f} s on {os.cpu_count()} cores, "
        f"{kit.wall / kit.count:.2f} s each; stock nbgrader {stock.wall / stock.count:.2f} s each: "
        f"{wall:.1f} times the wall-clock time, {processor:.1f} times the processor time "
        f"(on the same {few.count} submissions {stock.wall / few.wall:.1f} and "
        f"{stock.processor / few.processor:.1f} times)"
    )


def cost(name: str, count: int, command: Sequence[str], folder: Path) -> Cost:
    """Run a command and take its time; its sandboxes are watched, since nobody waits for what is killed."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    path = f"{PYTHON_FOLDER}{os.pathsep}{os.environ['PATH']}"
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, cwd=folder, stdout=log, stderr=log, env=os.environ | {"PATH": path}
        )
        watch = SandboxWatch(process.pid)
        code = process.wait()
        wall = time.perf_counter() - begun
        watch.stop()
        log.seek(0)
        if code:
            raise SystemExit(f"{name} ended with {code}:\n{log.read().decode(errors='replace')}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(name, count, wall, used + watch.seconds)


class SandboxWatch:
    """Processor time of the zygotes, with their ended workers, below a process."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._seen: dict[int, float] = {}
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    @property
    def seconds(self) -> float:
        """What the last looks saw."""
        return sum(self._seen.values())

    def stop(self) -> None:
        self._done.set()
        self._thread.join()

    def _look(self) -> None:
        zygotes: dict[int, psutil.Process] = {}
        looks = 0
        while not self._done.wait(POLL):
            if looks % 20 == 0:
                zygotes |= {process.pid: process for process in self._find()}
            looks += 1
            for pid, process in list(zygotes.items()):
                try:
                    self._seen[pid] = sum(process.cpu_times()[:4])
                except psutil.NoSuchProcess:
                    del zygotes[pid]

    def _find(self) -> list[psutil.Process]:
        try:
            below = self._process.children(recursive=True)
            walls = {process.pid for process in below if process.name() == "bwrap"}
            return [process for process in below if process.ppid() in walls and process.pid not in walls]
        except psutil.NoSuchProcess:
            return []  # one ended while we looked


def check_scores(root: Path, count: int) -> None:
    """Every submission has full points in the gradebook.

    Raises:
        SystemExit: one has not, and the times compare nothing.
    """
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        scores = [submission.score for submission in book.assignment_submissions(ASSIGNMENT)]
    if scores != [FULL] * count:
        raise SystemExit(f"{root.name}: scores {scores}, expected {count} times {FULL:g}")


if __name__ == "__main__":
    main()
