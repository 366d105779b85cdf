"""What is kept of a graded submission: its report, its notebook, and what its failed tests rest on.

A report's diagnoses follow the bank of mistakes: when that changes, failed answers are compared again, and no
student's code is run for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from autograder import evidence as evidences
from autograder import report as reports
from autograder.course import Course
from autograder.digests import bank_digest
from autograder.evidence import Evidence
from autograder.grade import Graded, diagnose
from autograder.report import HiddenTest, Question, Report
from autograder.taught import Taught, read_taught, taught_digest

EVIDENCE = ".evidence"  # beside a report


class ClassBank:
    """Keeps reports, and their diagnoses in step with the suite's bank and the course's own."""

    def __init__(self, course: Course, assignment: str) -> None:
        self._course = course
        self._taught = read_taught(course, assignment)
        self._digest = bank_digest(assignment) + taught_digest(self._taught)

    def keep(self, graded: Graded) -> Report:
        """Write all of a graded submission; the report last, since it says that the rest is there."""
        report = self._teach(graded.report, graded.evidence)
        path = self._path(report)
        reports.write_atomically(path.with_suffix(".ipynb"), graded.notebook.encode())
        reports.write_atomically(path.with_suffix(EVIDENCE), evidences.write(graded.evidence))
        reports.write(report, path)
        return report

    def up_to_date(self, report: Report) -> Report:
        """The report again, compared with the bank as it is now; nobody's code is run for that."""
        if report.bank == self._digest:
            return report
        evidence = read_evidence(self._course, report)
        report = self._teach(diagnose(report, self._course.key, evidence), evidence)
        reports.write(report, self._path(report))
        return report

    def _teach(self, report: Report, evidence: Mapping[str, Evidence]) -> Report:
        """The report with what the course's own bank names; without a digest where the suite's bank broke."""
        taught = [each for each in self._taught if each.is_filled_in]
        questions = [_taught_question(question, evidence, taught) for question in report.questions]
        bank = self._digest if not report.undiagnosed else ""
        return msgspec.structs.replace(report, questions=questions, bank=bank)

    def _path(self, report: Report) -> Path:
        return self._course.report(report.assignment, report.student)


def read_evidence(course: Course, report: Report) -> dict[str, Evidence]:
    """What the report's failed tests rest on."""
    return evidences.read(course.report(report.assignment, report.student).with_suffix(EVIDENCE))


def _taught_question(
    question: Question, evidence: Mapping[str, Evidence], taught: Sequence[Taught]
) -> Question:
    tests = [
        _taught_test(test, evidence[test.name], [each for each in taught if each.question == question.name])
        if test.is_unexplained and test.name in evidence
        else test
        for test in question.tests
    ]
    return msgspec.structs.replace(question, tests=tests)


def _taught_test(test: HiddenTest, evidence: Evidence, taught: Sequence[Taught]) -> HiddenTest:
    mistake = next((each for each in taught if each.equals(test.name, evidence)), None)
    if mistake is None:
        return test
    return msgspec.structs.replace(test, mistakes=[mistake.name], diagnosis=mistake.sentence)
