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
    questions = [question.name for question in reports[0].questions]
    header = ["student", *questions, "total", "status"]
    maxima = [question.max_score for question in reports[0].questions] + [reports[0].max_score]
    rows = [
        header,
        ["", *[f"/{points:g}" for points in maxima], ""],
        *[_row(report, questions) for report in reports],
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(header))]
    return "\n".join(_line(row, widths) for row in rows)


def _row(report: Report, questions: Sequence[str]) -> list[str]:
    cells = [_cell(report.question(name)) for name in questions]
    return [report.student, *cells, f"{report.score:g}", _status(report)]


def _cell(question: Question | None) -> str:
    if question is None or question.score is None:
        return "?"
    return f"{question.score:g}{'!' if question.flag else ''}"


def _status(report: Report) -> str:
    reasons = [report.fault] if report.fault else []
    reasons += [question.flag for question in report.questions if question.flag]
    reasons += [test.message.strip().splitlines()[-1] for test in broken_tests(report)][:1]
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
