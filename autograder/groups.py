"""Wrong answers that no known mistake equals, grouped over a class by their numbers.

Hidden inputs are the same for all students of a run, so equal mistakes give equal answers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from autograder.evidence import AGREEMENT, Evidence, agree
from autograder.report import Report
from autograder.submission import Rebuilt

Signature = tuple[
    str, tuple[tuple[str, str, tuple[int, ...]], ...]
]  # what must be the same before numbers are


@dataclass
class Group:
    """Students with the same wrong answer to a question.

    Args:
        evidence: the numbers of the first of them, by the failed test's name.
        message: what the first failed test says to them.
    """

    question: str
    evidence: Mapping[str, Evidence]
    message: str
    students: list[str] = field(default_factory=list)

    @property
    def size(self) -> float:
        """A number that is nearly the same for equal answers."""
        return _size(self.evidence)

    def takes(self, evidence: Mapping[str, Evidence], size: float) -> bool:
        """Whether these numbers are the group's."""
        near = abs(size - self.size) <= 2 * AGREEMENT * max(size, 1e-12)
        return near and all(agree(evidence[test], own) for test, own in self.evidence.items())


def groups(class_of: Iterable[tuple[Report, Mapping[str, Evidence]]]) -> list[Group]:
    """The groups of a class, the largest first, from each student's report and evidence."""
    found: dict[Signature, list[Group]] = defaultdict(list)
    for report, evidence in class_of:
        for question in report.questions:
            open_tests = {
                test.name: evidence[test.name]
                for test in question.tests
                if test.is_unexplained and test.name in evidence
            }
            if open_tests:
                message = next(test.message for test in question.tests if test.name in open_tests)
                known = found[_signature(question.name, open_tests)]
                _join(known, Group(question.name, open_tests, message), report.student)
    every = [group for alike in found.values() for group in alike]
    return sorted(every, key=lambda group: (-len(group.students), group.question, group.students))


def _join(known: list[Group], own: Group, student: str) -> None:
    size = own.size
    group = next((group for group in known if group.takes(own.evidence, size)), None)
    if group is None:
        known.append(own)
        group = own
    group.students.append(student)


def _signature(question: str, evidence: Mapping[str, Evidence]) -> Signature:
    shapes = ((test, name, array.shape) for test in evidence for name, array in evidence[test].found.items())
    return question, tuple(shapes)


def _size(evidence: Mapping[str, Evidence]) -> float:
    arrays = (array for each in evidence.values() for array in each.found.values())
    with np.errstate(all="ignore"):
        sizes = [float(np.max(np.abs(array), initial=0)) for array in arrays]
    return max(filter(np.isfinite, sizes), default=0.0)


def answer_to(question: str, notebook: Rebuilt) -> str:
    """A student's solution cells for a question: those above its grade cell, back to the one before."""
    part: list[str] = []
    above: list[str] = []
    for cell in notebook.cells:
        if cell.is_question:
            above = part or above  # one cell may answer several questions
            if cell.grade_id == question:
                break
            part = []
        elif cell.kind == "code" and cell.is_solution:
            part.append(cell.source)
    return "\n\n".join(above)
