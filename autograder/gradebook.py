"""Reports into nbgrader: its autograde pipeline calls these classes in place of running the notebook.

`nbgrader autograde`, the form grader's button and `make grade` all take this road. The exporter hands the
pipeline the notebook that was graded (and grades it first where there is no report yet); the preprocessor
writes each question's score as the one number that nbgrader reads, and the tests below it for people.
"""

from __future__ import annotations

import hashlib
from glob import escape
from itertools import groupby
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import SaveAutoGrades

from autograder import report as reports
from autograder.course import Course, read_assignment
from autograder.errors import CourseError, GraderError
from autograder.fleet import grade_class
from autograder.grade import Options
from autograder.host import CONFIG, host_config, run_converter
from autograder.report import Report
from autograder.verdict import question_outputs


def open_course(root: Path) -> Course:
    """The course in a folder; a demo says so by a file of its own."""
    return Course(root, demo=(root / DEMO_FILE).exists())


DEMO_FILE = "THIS_IS_A_DEMO"


def choose_notebook(assignment: str, student: str, notebooks: list[str]) -> None:
    """Before conversion: of what a student handed in, go on with one notebook, under its proper name."""
    notebooks[:] = [str(Path(notebooks[0]).with_name(f"{assignment}.ipynb"))]


class SubmissionExporter(NotebookExporter):
    """Reads a submission as the notebook that was graded; what nobody could read becomes the release."""

    _up_to_date = False  # nbgrader makes one exporter a run

    def from_filename(self, filename: str, resources: Any = None, **options: Any) -> Any:
        if not getattr(self.parent, "_sanitizing", False):
            return super().from_filename(filename, resources, **options)
        course = open_course(Path(self.parent.coursedir.root).resolve())
        name, student = resources["nbgrader"]["assignment"], resources["nbgrader"]["student"]
        try:
            if not self._up_to_date and not isinstance(self.parent, Recorder):
                bring_up_to_date(course, name, self._students(course, name, student))
                self._up_to_date = True
            notebook = nbformat.read(course.report(name, student).with_suffix(".ipynb"), as_version=4)
        except Exception:  # whatever it is, no zero may stay behind; nbgrader goes on with the class
            leave_to_a_person(course, name, student)
            raise
        _keep_declared_files(course, name, student)
        return self.from_notebook_node(notebook, resources, **options)

    def _students(self, course: Course, assignment: str, student: str) -> list[str]:
        """All whom this run of nbgrader's is for: graded in parallel, before the first is recorded."""
        folders = {course.submitted(assignment, known): known for known in course.students(assignment)}
        asked = [folders.get(Path(folder).resolve()) for folder in self.parent.assignments]
        return sorted({student, *filter(None, asked)})


def bring_up_to_date(course: Course, assignment: str, students: list[str]) -> None:
    """Grade the submissions, each unless its report says that nothing has changed.

    `make grade` may have done so with options of its own, which are kept.
    """
    for options, group in groupby(students, lambda student: _options(course, assignment, student)):
        grade_class(course, assignment, list(group), options, quiet=len(students) == 1)


def _options(course: Course, assignment: str, student: str) -> Options:
    known = reports.read(course.report(assignment, student))
    if known is None:
        return Options()
    how = known.provenance
    return Options(isolation=how.isolation, figures=how.figures, full=how.full)


def _keep_declared_files(course: Course, assignment: str, student: str) -> None:
    """Remove what nbgrader copied of the student's folder but nobody asked for: links, caches, data."""
    declared = read_assignment(assignment)
    keep = {*declared.given, *declared.handed_in, "timestamp.txt", f"{assignment}.ipynb"}
    for path in course.autograded(assignment, student).rglob("*"):
        if not path.is_dir() and (path.name not in keep or path.is_symlink()):
            path.unlink()


def leave_to_a_person(course: Course, assignment: str, student: str) -> None:
    """Give back what nbgrader's pipeline may have zeroed before it met an error."""
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as gradebook:
        try:
            submission = gradebook.find_submission_notebook(assignment, assignment, student)
        except MissingEntry:
            return
        for grade in submission.grades:
            grade.auto_score = grade.auto_score or None
            grade.needs_manual_grade = True
        gradebook.db.commit()


class SaveReport(SaveAutoGrades):
    """Writes a report's scores into the notebook's grade cells and into the gradebook."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> Any:
        marks = resources["nbgrader"]
        course = open_course(Path(self.parent.parent.coursedir.root).resolve())
        report = reports.read(course.report(marks["assignment"], marks["student"]))
        if report is None:
            raise CourseError(
                f"there is no report of {marks['student']} for {marks['assignment']}: grade it first"
            )
        self.report = report
        for cell in nb.cells:
            question = report.question(cell.metadata.get("nbgrader", {}).get("grade_id", ""))
            if question is not None:
                cell.outputs = question_outputs(question)
        return super().preprocess(nb, resources)

    def _add_score(self, cell: NotebookNode, resources: Any) -> None:
        name = cell.metadata.nbgrader["grade_id"]
        question = self.report.question(name)
        if question is None and self.report.status != "ungraded":  # an answer that a person grades
            super()._add_score(cell, resources)
            return
        grade = self.gradebook.find_grade(name, self.notebook_id, self.assignment_id, self.student_id)
        if question is None or question.score is None:
            # never 0 and never full: the former score where there was one, and a person has to look
            grade.auto_score = None if self.report.fault else grade.auto_score
            grade.needs_manual_grade = True
        else:
            super()._add_score(cell, resources)
            grade.needs_manual_grade = grade.needs_manual_grade or bool(question.flag)
        self.gradebook.db.commit()


class Recorder(Autograde):
    """nbgrader's converter for a report that is there; it also takes a folder without any notebook."""

    def init_notebooks(self) -> None:
        folder = self._format_source(self.coursedir.assignment_id, self.coursedir.student_id)
        self.assignments = {folder: [str(Path(folder) / f"{self.coursedir.assignment_id}.ipynb")]}

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """nbgrader copies the folder first, and stops at a pipe or a broken link: such are left out."""
        folder = Path(self._format_source(assignment_id, student_id))
        odd = [
            path.name
            for path in folder.rglob("*")
            if path.is_symlink() or not (path.is_file() or path.is_dir())
        ]
        self.coursedir.ignore = [*self.coursedir.ignore, *map(escape, odd)]
        super().init_assignment(assignment_id, student_id)


def record(course: Course, report: Report) -> None:
    """Put one report into the gradebook and write the autograded notebook.

    Raises:
        CourseError: the course's configuration leaves grading to nbgrader, which would run student code here.
        GraderError: nbgrader refused; the text has its log.
    """
    config = host_config(course)
    if config.Autograde.get("exporter_class") is not SubmissionExporter:
        raise CourseError(f"{course.root / CONFIG} does not load the kit's {CONFIG}: copy the kit's there")
    coursedir = CourseDirectory(config=config, assignment_id=report.assignment, student_id=report.student)
    run_converter(Recorder(coursedir=coursedir, config=config, force=True), GraderError)
    _stamp(course, report).write_text(_stamp_text(report))


def is_recorded(course: Course, report: Report) -> bool:
    """Whether the gradebook has this very report."""
    stamp = _stamp(course, report)
    return (
        stamp.is_file()
        and stamp.read_text() == _stamp_text(report)
        and (course.autograded(report.assignment, report.student) / f"{report.assignment}.ipynb").is_file()
    )


def _stamp(course: Course, report: Report) -> Path:
    path = course.report(report.assignment, report.student)
    return path.with_name(f".{path.stem}.recorded")


def _stamp_text(report: Report) -> str:
    told = [test.diagnosis for question in report.questions for test in question.tests]
    diagnoses = hashlib.sha256("\0".join(told).encode()).hexdigest()[:16]
    return f"{report.finished} {report.provenance.submission} {diagnoses}"


def is_registered(course: Course, assignment: str) -> bool:
    """Whether the gradebook knows the assignment's notebook."""
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as gradebook:
        try:
            gradebook.find_notebook(assignment, assignment)
        except MissingEntry:
            return False
    return True
