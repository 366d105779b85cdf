"""What a solution of each assignment costs to grade, side by side in one process.

Run as `python -m bench.assignments [--times N]`. Every assignment's solution is graded N times in turn,
without figures; the medians of the wall-clock times that the reports keep are printed.
"""

from __future__ import annotations

import argparse
import statistics

import nbformat

from autograder.course import KIT_ROOT, Course, TermKey
from autograder.demo import filled, solutions
from autograder.grade import Options, Task, grade
from autograder.report import Report
from autograder.sandbox import Sandbox
from autograder.submission import Submission

PARTS = ("total", "worker", "cells", "calls")
KEY = TermKey(b"the key of the measurements")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.assignments")
    parser.add_argument("--times", type=int, default=10, help="that each solution is graded (default: 10)")
    times = parser.parse_args().times
    course, options = Course(KIT_ROOT), Options()
    reports: dict[str, list[Report]] = {name: [] for name in course.assignments()}
    with Sandbox() as sandbox:
        for _ in range(times + 1):
            for name, known in reports.items():
                notebook = nbformat.read(course.release(name), as_version=4)
                content = filled(notebook, solutions(course.source(name))).encode()
                task = Task(name, Submission("solution", content), course.release(name), KEY, options)
                known.append(grade(task, sandbox).report)
    print(f"{'ms a submission':<16}" + "".join(f"{part:>9}" for part in PARTS) + f"{'points':>9}")
    for name, known in reports.items():
        medians = [statistics.median(report.seconds[part] for report in known[1:]) for part in PARTS]
        print(
            f"{name:<16}" + "".join(f"{1000 * median:>9.0f}" for median in medians) + f"{known[0].score:>9g}"
        )


if __name__ == "__main__":
    main()
