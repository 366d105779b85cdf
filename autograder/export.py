"""The gradebook as a table: a line a student, a column a question."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.plugins import ExportPlugin

from autograder.errors import CourseError


class QuestionExport(ExportPlugin):
    """`nbgrader export`: one CSV file an assignment, in the folder that `--to` names."""

    def export(self, gradebook: Gradebook) -> None:
        folder = Path(self.to or "exports")
        known = [assignment.name for assignment in gradebook.assignments]
        for name in list(self.assignment) or known:
            path = export(gradebook, name, folder)
            self.log.info("Exported %s", path)


def export(gradebook: Gradebook, assignment: str, folder: Path) -> Path:
    """Write `folder/ASSIGNMENT.csv`; scores are the gradebook's, what a person changed included.

    Raises:
        CourseError: the gradebook has no such assignment.
    """
    try:
        cells = gradebook.find_notebook(assignment, assignment).grade_cells
    except MissingEntry:
        raise CourseError(
            f"the gradebook has no assignment {assignment!r}: `make release` and `make grade`"
        ) from None
    questions = {cell.name: cell.max_score for cell in sorted(cells, key=lambda cell: cell.name)}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{assignment}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["student", *questions, "late_penalty", "total", "max_score", "status"])
        writer.writerows(_rows(gradebook, assignment, questions))
    return path


def _rows(gradebook: Gradebook, assignment: str, questions: dict[str, float]) -> Iterator[list[object]]:
    maximum = sum(questions.values())
    for student in sorted(gradebook.students, key=lambda student: student.id):
        try:
            submission = gradebook.find_submission(assignment, student.id)
            grades = {grade.name: grade for grade in submission.notebooks[0].grades}
        except (MissingEntry, IndexError):
            yield [student.id, *["" for _ in questions], "", "", maximum, "no submission"]
            continue
        scored = [_points(grades.get(name)) for name in questions]
        waits = any(grade.needs_manual_grade for grade in grades.values())
        penalty = submission.late_submission_penalty or 0.0
        known = [points for points in scored if isinstance(points, float)]
        total = max(0.0, sum(known) - penalty) if known else ""
        yield [student.id, *scored, penalty, total, maximum, "waits for a person" if waits else "graded"]


def _points(grade: object) -> float | str:
    """The score, or nothing where there is none yet: an empty cell is no zero."""
    manual, auto = getattr(grade, "manual_score", None), getattr(grade, "auto_score", None)
    extra = getattr(grade, "extra_credit", None) or 0.0
    known = manual if manual is not None else auto
    return "" if known is None else float(known) + float(extra)
