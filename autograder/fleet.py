"""Many submissions: local processes by default, any `concurrent.futures.Executor` that is handed in.

A report is written as soon as it is there, so a run that is killed goes on where it stopped, and what
has not changed is not graded again.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from dataclasses import dataclass, field

from tqdm import tqdm

from autograder import report as reports
from autograder.course import Course
from autograder.errors import SandboxLost
from autograder.grade import Graded, Options, Task, grade, make_task
from autograder.kept import ClassBank
from autograder.report import Report
from autograder.sandbox import Sandbox

PROGRESS = "{l_bar}{bar}| {n_fmt}/{total_fmt} in {elapsed}"


@dataclass
class Run:
    """What grading a class came to.

    Args:
        reports: every student's, in the order asked for.
        graded: the students whose reports are new.
        diagnosed: those whose failed answers were compared again with a bank that has changed.
    """

    reports: dict[str, Report] = field(default_factory=dict)
    graded: list[str] = field(default_factory=list)
    diagnosed: list[str] = field(default_factory=list)


def grade_class(
    course: Course,
    assignment: str,
    students: Sequence[str],
    options: Options,
    *,
    jobs: int | None = None,
    force: bool = False,
    executor: Executor | None = None,
    quiet: bool = False,
) -> Run:
    """Bring the reports of these students up to date.

    Args:
        jobs: local processes; None for one a core.
        force: grade again what has not changed.
        executor: where to compute instead of in local processes of this call.
        quiet: no progress bar.
    """
    run, tasks, bank = Run(), [], ClassBank(course, assignment)
    for student in students:
        task = make_task(course, assignment, student, options)
        known = None if force else reports.read(course.report(assignment, student))
        if known is not None and known.provenance.satisfies(task.provenance) and not known.is_broken:
            run.reports[student] = bank.up_to_date(known)
            if run.reports[student] is not known and known.failed:
                run.diagnosed.append(student)
        else:
            tasks.append(task)
    if tasks:
        with nullcontext(executor) if executor is not None else processes(jobs) as pool:
            done = _completed(pool, tasks)
            for graded in tqdm(done, total=len(tasks), desc=assignment, bar_format=PROGRESS, disable=quiet):
                run.reports[graded.report.student] = bank.keep(graded)
                run.graded.append(graded.report.student)
    run.reports = {student: run.reports[student] for student in students}
    return run


def _completed(pool: Executor, tasks: Sequence[Task]) -> Iterator[Graded]:
    """What comes back, as it comes; after a failure no more is begun, and what was finished still comes."""
    futures = [pool.submit(grade_here, task) for task in tasks]
    failure: BaseException | None = None
    try:
        for future in as_completed(futures):
            error = None if future.cancelled() else future.exception()
            if error is not None:
                failure = failure or error
                _cancel(futures)
            elif not future.cancelled():
                yield future.result()
    finally:
        _cancel(futures)
    if isinstance(failure, BrokenProcessPool):
        raise SandboxLost(
            "a grading process was killed, perhaps for lack of memory; "
            "run the same command again to go on where it stopped, with fewer --jobs if it happens again"
        ) from failure
    if failure is not None:
        raise failure


def _cancel(futures: Sequence[Future[Graded]]) -> None:
    for future in futures:
        future.cancel()


def processes(jobs: int | None = None) -> ProcessPoolExecutor:
    """Local processes to grade in, one a core by default; each begins with its first submission."""
    # spawned, not forked: torch and its threads do not survive a fork
    return ProcessPoolExecutor(jobs or os.cpu_count() or 1, mp_context=multiprocessing.get_context("spawn"))


_sandboxes: dict[str, Sandbox] = {}


def grade_here(task: Task) -> Graded:
    """Grade in this process, with a sandbox that is kept for the next task."""
    isolation = task.options.isolation
    if isolation not in _sandboxes:
        _sandboxes[isolation] = Sandbox(isolation)
    return grade(task, _sandboxes[isolation])
