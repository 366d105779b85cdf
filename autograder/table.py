"""A class as a table in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import shorten

from autograder.report import HiddenTest, Question, Report

LONGEST = 80  # characters of a reason; the report has all of it


def class_table(reports: Sequence[Report]) -> str:
    """A line a student: a column a question, the total, the status."""
    if not reports:
        return "no submissions"
    maxima = {**reports[0].maxima, "total": reports[0].max_score}
    rows = [
        ["student", *maxima, "status"],
        ["", *[f"/{points:g}" for points in maxima.values()], ""],
        *[_row(report, list(reports[0].maxima)) for report in reports],
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(_line(row, widths) for row in rows)


def _row(report: Report, names: Sequence[str]) -> list[str]:
    cells = {question.name: _cell(question) for question in report.questions}
    total = f"{report.score:g}"
    if report.status != "ungraded":
        # what is as released is worth 0 and waits for nobody
        cells |= {each.name: f"(+{each.max_score:g})" if each.touched else "0" for each in report.written}
        total += f" (+{report.waiting:g})" if report.waiting else ""
    return [report.student, *[cells.get(name, "?") for name in names], total, _status(report)]


def _cell(question: Question) -> str:
    if question.score is None:
        return "?"
    return f"{question.score:g}{'!' if question.flag else ''}"


def _status(report: Report) -> str:
    reasons = [report.fault] if report.fault else []
    reasons += [question.flag for question in report.questions if question.flag]
    reasons += [test.message.strip().splitlines()[-1] for test in broken_tests(report)][:1]
    reasons += [f"{answer.name} is graded by hand" for answer in report.written if answer.touched]
    if not reasons:
        return report.status
    return f"{report.status}: {shorten(reasons[0], LONGEST, placeholder=' ...')}"


def broken_tests(report: Report) -> list[HiddenTest]:
    """The hidden tests that broke on the grader's side."""
    return [test for question in report.questions for test in question.tests if test.outcome == "broke"]


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *middle, last = row
    cells = [
        first.ljust(widths[0]),
        *[cell.rjust(width) for cell, width in zip(middle, widths[1:-1], strict=True)],
    ]
    return "  ".join([*cells, last]).rstrip()
