"""A question's outcome as its grade cell shows it: one number for nbgrader, the tests for people."""

from __future__ import annotations

import html

import nbformat
from nbformat import NotebookNode

from autograder.report import Figure, HiddenTest, Question

CELL = "padding: 2px 14px 6px 0; text-align: left; vertical-align: top"
MARKS = {"passed": "✓", "failed": "✗", "broke": "⚠", "not run": "–"}


def question_outputs(question: Question) -> list[NotebookNode]:
    """A grade cell's outputs: first the number that nbgrader takes for the score, then the tests.

    A question without a score has no number; `gradebook.SaveReport` does not let nbgrader take that for
    full marks.
    """
    shown = {"text/plain": _as_text(question), "text/html": _as_html(question)}
    tests = nbformat.v4.new_output("display_data", shown)
    if question.score is None:
        return [tests]
    number = {"text/plain": repr(float(question.score))}
    return [nbformat.v4.new_output("execute_result", number, execution_count=None), tests]


def _as_text(question: Question) -> str:
    common = _common(question)
    lines = [f"{question.name}: {_score(question)}", *([common] if common else [])]
    for test in question.tests:
        lines.append(f"{MARKS[test.outcome]} {_earned(test)}/{test.points:g}  {test.title}")
        lines += [f"      {told}"] if (told := _told(test)) not in ("", common) else []
    lines += [f"{figure.name}: {_number(figure)}" for figure in question.figures]
    return "\n".join([*lines, *question.remarks, *_diagnoses(question)])


def _as_html(question: Question) -> str:
    common = _common(question)
    heading = f"<p><strong>{html.escape(question.name)}: {_score(question)}</strong></p>"
    reason = f"<p><em>{html.escape(common)}</em></p>" if common else ""
    rows = "".join(_row(test, common) for test in question.tests)
    figures = "".join(_figure(figure) for figure in question.figures)
    measured = f"<table>{figures}</table>" if figures else ""
    remarks = "".join(
        f"<p>{html.escape(remark)}</p>" for remark in (*question.remarks, *_diagnoses(question))
    )
    return f"{heading}{reason}<table>{rows}</table>{measured}{remarks}"


def _figure(figure: Figure) -> str:
    cells = (html.escape(figure.name), _number(figure))
    return f"<tr>{''.join(f'<td style={CELL!r}>{cell}</td>' for cell in cells)}</tr>"


def _number(figure: Figure) -> str:
    if figure.error is None:
        return f"{figure.value:,.0f}" if figure.value == round(figure.value) else f"{figure.value:.4f}"
    return f"{figure.value:.4f} ± {figure.error:.4f}"


def _row(test: HiddenTest, common: str) -> str:
    told = _told(test)
    message = f"<br><em>{html.escape(told)}</em>" if told not in ("", common) else ""
    points = f"{_earned(test)}&nbsp;/&nbsp;{test.points:g}"
    cells = (MARKS[test.outcome], points, html.escape(test.title) + message)
    return f"<tr>{''.join(f'<td style={CELL!r}>{cell}</td>' for cell in cells)}</tr>"


def _diagnoses(question: Question) -> list[str]:
    """What the failed tests are put down to, each mistake once."""
    return list(dict.fromkeys(f"➜ {test.diagnosis}" for test in question.tests if test.diagnosis))


def _common(question: Question) -> str:
    """What is to be said of the whole question: its flag, or what all of its tests say."""
    told = {_told(test) for test in question.tests}
    return question.flag or (told.pop() if len(told) == 1 < len(question.tests) else "")


def _score(question: Question) -> str:
    if question.score is None:
        return "not scored yet, a person will look at it"
    return f"{question.score:g} of {question.max_score:g} points"


def _earned(test: HiddenTest) -> str:
    return f"{test.earned:g}" if test.outcome in ("passed", "failed") else "–"


def _told(test: HiddenTest) -> str:
    """What the student reads of a test; why the grader broke is for the instructor's report."""
    return "The grader broke here; this is not your fault." if test.outcome == "broke" else test.message
