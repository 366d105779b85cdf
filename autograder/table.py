"""A class as a table in the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from textwrap import shorten

from autograder.groups import Group
from autograder.report import Figure, HiddenTest, Question, Report

LONGEST = 80  # characters of a reason; the report has all of it
PUBLIC = "Made with a public key, which everybody has: these scores prove nothing."


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
    lines = [_line(row, widths) for row in rows]
    return "\n".join([*lines, PUBLIC] if any(report.provenance.demo_key for report in reports) else lines)


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
    figures = [_short(each.figures[0]) for each in report.questions if each.figures]
    told = "; ".join([*[shorten(reason, LONGEST, placeholder=" ...") for reason in reasons[:1]], *figures])
    return f"{report.status}: {told}" if told else report.status


def _short(figure: Figure) -> str:
    """The figure that decides, without its unit: `loss 1.412`."""
    return f"{figure.name.partition(',')[0]} {figure.value:.3f}"


def broken_tests(report: Report) -> list[HiddenTest]:
    """The hidden tests that broke on the grader's side."""
    return [test for question in report.questions for test in question.tests if test.outcome == "broke"]


def mistakes_listing(reports: Sequence[Report]) -> list[str]:
    """A line a known mistake, with how many students made it, the most frequent first in each question."""
    counts = Counter(
        (question.name, name)
        for report in reports
        for question in report.questions
        for name in {name for test in question.tests for name in test.mistakes}
    )
    ordered = sorted(counts, key=lambda place: (place[0], -counts[place], place[1]))
    return [f"  {question}  {counts[question, name]:>4}  {name}" for question, name in ordered]


def groups_listing(groups: Sequence[Group], example: Callable[[Group], tuple[str, str]]) -> list[str]:
    """Equal wrong answers without a name: each group of two or more with what one of its members wrote.

    Args:
        example: gives one member and their cells.
    """
    lines = []
    for number, group in enumerate(groups, start=1):
        if len(group.students) < 2:
            continue
        shown = shorten(", ".join(group.students), LONGEST, placeholder=" ...")
        lines += ["", f"group {number}: {len(group.students)} students in {group.question}: {shown}"]
        student, cells = example(group)
        lines += [f"  {group.message}", f"  {student} wrote:"]
        lines += [f"  | {line}".rstrip() for line in cells.splitlines()]
    alone = sum(len(group.students) == 1 for group in groups)
    if alone and lines:
        lines += ["", f"like nobody else's: {alone}"]
    return lines


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *middle, last = row
    cells = [
        first.ljust(widths[0]),
        *[cell.rjust(width) for cell, width in zip(middle, widths[1:-1], strict=True)],
    ]
    return "  ".join([*cells, last]).rstrip()
