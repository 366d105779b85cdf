"""What each command does."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from nbgrader.api import Gradebook
from nbgrader.converters import GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from tqdm import tqdm

from autograder import report as reports
from autograder.course import KIT_ROOT, Course, read_assignment
from autograder.demo import make_demo
from autograder.doctor import examine
from autograder.errors import CourseError, GraderError, ReleaseError
from autograder.execution import Limits
from autograder.export import export as export_table
from autograder.fleet import PROGRESS, Run, grade_class, processes
from autograder.grade import Options
from autograder.gradebook import is_recorded, is_registered, open_course, record
from autograder.groups import Group, answer_to, groups
from autograder.host import host_config, run_converter
from autograder.kept import read_evidence
from autograder.release import files_beside, make_release
from autograder.report import Report
from autograder.submission import read_release
from autograder.table import broken_tests, class_table, groups_listing, mistakes_listing
from autograder.taught import read_taught, write_stub


def run(command: str, options: argparse.Namespace) -> int:
    """Run the command of that name; its exit code.

    Raises:
        GraderError: something that a person has to mend.
    """
    commands: dict[str, Callable[[Course, argparse.Namespace], int]] = {
        "release": release,
        "grade": grade,
        "feedback": feedback,
        "export": export,
        "report": report,
        "mistake": mistake,
        "doctor": doctor,
        "key": key,
        "demo": demo,
    }
    root = options.course.resolve()
    if not root.is_dir():
        raise CourseError(f"there is no course folder {options.course}")
    return commands[command](open_course(root), options)


def release(course: Course, options: argparse.Namespace) -> int:
    """Make releases."""
    sources = sorted(
        path.stem for path in course.root.glob("source/*/*.ipynb") if path.stem == path.parent.name
    )
    for name in options.assignments or sources:
        missing = set(read_assignment(name).beside) - {path.name for path in files_beside(course, name)}
        if missing:
            raise CourseError(
                f"{', '.join(missing)} is not beside the source of {name}: run `make data` first"
            )
        paths = make_release(course, name)
        print(f"released {name}: {', '.join(path.name for path in paths)}")
    return 0


def grade(course: Course, options: argparse.Namespace) -> int:
    """Grade, record, print the class."""
    how = Options(
        isolation="none" if options.sandbox == "none" else options.isolation,
        figures=options.figures,
        full=options.full,
    )
    wanted = _students(course, _assignments(course, options), options.student)
    if not any(wanted.values()):
        raise CourseError(f"nothing to grade: no folder {course.root / 'submitted'}/STUDENT/ASSIGNMENT")
    return _grade_all(course, wanted, how, jobs=options.jobs, force=options.force)


def _grade_all(
    course: Course,
    wanted: Mapping[str, Sequence[str]],
    how: Options,
    *,
    jobs: int | None = None,
    force: bool = False,
) -> int:
    """Grade these students of each assignment, in the same processes, and say how it went."""
    code = 0
    with processes(jobs) as pool:
        for name, students in wanted.items():
            if not students:
                print(f"{name}: nobody to grade (no folder submitted/STUDENT/{name})")
                continue
            graded = grade_class(course, name, students, how, force=force, executor=pool)
            new, failures = record_class(course, graded)
            print_class(name, list(graded.reports.values()))
            again = f", {len(graded.diagnosed)} compared with new mistakes" if graded.diagnosed else ""
            done = f"{len(graded.graded)} graded now{again}, {new} recorded now"
            print(f"{name}: {len(students)} submissions, {done}")
            for each in read_taught(course, name):
                if not each.is_filled_in:
                    print(f"{each.path} waits for a name and a sentence")
            code = max(code, _say_what_broke(graded, failures))
    return code


def _assignments(course: Course, options: argparse.Namespace) -> list[str]:
    return [course.require(name) for name in options.assignments] or course.assignments()


def _students(
    course: Course, assignments: Sequence[str], asked: Sequence[str] | None
) -> dict[str, list[str]]:
    """Who has handed in what; of all students, or of those asked for."""
    known = {name: course.students(name) for name in assignments}
    unknown = sorted(set(asked or ()).difference(*known.values()))
    if unknown:
        folder = assignments[0] if len(assignments) == 1 else "ASSIGNMENT"
        raise CourseError(f"no folder submitted/STUDENT/{folder} for {', '.join(unknown)}")
    return {
        name: [each for each in students if not asked or each in asked] for name, students in known.items()
    }


def record_class(course: Course, graded: Run) -> tuple[int, list[str]]:
    """Bring nbgrader's gradebook up to date: how many reports are new there, and what kept one out."""
    stale = [entry for entry in graded.reports.values() if not is_recorded(course, entry)]
    if stale and not is_registered(course, stale[0].assignment):
        make_release(course, stale[0].assignment)  # a fresh clone has the release, and no gradebook yet
    failures = []
    for entry in tqdm(stale, desc="gradebook", bar_format=PROGRESS, disable=len(stale) < 2):
        try:
            record(course, entry)
        except GraderError as error:  # one student's folder must not keep the class from the gradebook
            failures.append(f"{entry.student} is graded but could not be recorded: {error}")
    return len(stale) - len(failures), failures


def _say_what_broke(graded: Run, failures: Sequence[str]) -> int:
    for failure in failures:
        print(failure, file=sys.stderr)
    broken = {student: tests for student, entry in graded.reports.items() if (tests := broken_tests(entry))}
    for student, tests in broken.items():
        print(f"the grader broke for {student}: {tests[0].message.strip()}", file=sys.stderr)
    undiagnosed = {entry.undiagnosed for entry in graded.reports.values()} - {""}
    for reason in undiagnosed:
        print(f"wrong answers could not be compared with known mistakes: {reason}", file=sys.stderr)
    return 1 if broken or failures or undiagnosed else 0


def feedback(course: Course, options: argparse.Namespace) -> int:
    """Write nbgrader's feedback pages for what is in the gradebook."""
    for name in _assignments(course, options):
        if not any(course.root.glob(f"autograded/{options.student}/{name}/*.ipynb")):
            if options.assignments:
                raise CourseError(f"nothing of {name} is graded yet: `make grade ASSIGNMENT={name}`")
            continue
        config = host_config(course)
        coursedir = CourseDirectory(config=config, assignment_id=name, student_id=options.student)
        run_converter(GenerateFeedback(coursedir=coursedir, config=config, force=True), GraderError)
        print(f"feedback of {name}: {course.root}/feedback/STUDENT/{name}/{name}.html")
    return 0


def export(course: Course, options: argparse.Namespace) -> int:
    """Write CSV tables."""
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as gradebook:
        names = options.assignments or [assignment.name for assignment in gradebook.assignments]
        if not names:
            raise CourseError("the gradebook is empty: `make grade` first")
        for name in names:
            print(export_table(gradebook, name, options.to or course.root / "exports"))
    return 0


def report(course: Course, options: argparse.Namespace) -> int:
    """Print classes as tables, from their reports, with the mistakes that were made."""
    for name in _assignments(course, options):
        known = class_reports(course, name)
        print_class(name, known)
        told = mistakes_listing(known)
        print("\n".join(["", "known mistakes, by question:", *told] if told else []))
        unnamed = groups_listing(class_groups(course, known), partial(example, course, name))
        if unnamed:
            print("\n".join(["", "wrong answers that no known mistake equals:", *unnamed]))
            print(f"\nGive one a name: make mistake ASSIGNMENT={name} GROUP=1")
    return 0


def mistake(course: Course, options: argparse.Namespace) -> int:
    """Write a stub for a group of equal wrong answers, to be filled in."""
    name = course.require(options.assignment)
    found = class_groups(course, class_reports(course, name))
    if not 1 <= options.group <= len(found):
        raise CourseError(f"{name} has {len(found)} groups of wrong answers without a name: `make report`")
    group = found[options.group - 1]
    waiting = [
        each
        for each in read_taught(course, name)
        if each.question == group.question and all(each.equals(*part) for part in group.evidence.items())
    ]
    if waiting:
        print(f"this group has a stub already: fill in name and sentence in {waiting[0].path}")
        return 0
    path = write_stub(course, name, group, *example(course, name, group))
    print(f"{path}\nFill in name and sentence; then `make grade ASSIGNMENT={name}` tells all of the group.")
    return 0


def class_reports(course: Course, assignment: str) -> list[Report]:
    """The reports that there are."""
    known = (reports.read(course.report(assignment, student)) for student in course.students(assignment))
    return [entry for entry in known if entry is not None]


def class_groups(course: Course, graded: Sequence[Report]) -> list[Group]:
    """The equal wrong answers that nothing names."""
    return groups((entry, read_evidence(course, entry)) for entry in graded)


def example(course: Course, assignment: str, group: Group) -> tuple[str, str]:
    """One member of a group and what they wrote, as it stands in the notebook that was graded."""
    student = group.students[0]
    path = course.report(assignment, student).with_suffix(".ipynb")
    try:
        return student, answer_to(group.question, read_release(path))
    except (OSError, ReleaseError):
        return student, f"(there is no {path})"


def print_class(assignment: str, graded: Sequence[Report]) -> None:
    """One assignment's table, under its name."""
    print(f"\n{assignment}\n{class_table(graded)}")


def doctor(course: Course, options: argparse.Namespace) -> int:
    """Print what the doctor finds."""
    healthy = True
    for well, line in examine(course):
        print(f"{'ok  ' if well else 'FAIL'}  {line}")
        healthy = healthy and well
    print(
        "This machine can grade." if healthy else "This machine cannot grade yet: see the lines marked FAIL."
    )
    return 0 if healthy else 1


def key(course: Course, options: argparse.Namespace) -> int:
    """Write the term key."""
    print(f"term key: {course.write_key()} (a secret; keep a copy, or scores cannot be repeated)")
    return 0


def demo(course: Course, options: argparse.Namespace) -> int:
    """Make the demo course, grade it, and say what to open."""
    made = make_demo(options.folder.resolve())
    wanted = {name: made.students(name) for name in made.assignments()}
    count = sum(map(len, wanted.values()))
    print(f"{count} sample submissions in {options.folder}/submitted; one loops for ever and is stopped")
    code = _grade_all(made, wanted, Options(figures=True, limits=Limits(cell=10, call=5)))
    for each in (feedback, export):
        each(made, argparse.Namespace(assignments=list(wanted), student="*", to=None))
    kit = os.path.relpath(KIT_ROOT, made.root)
    print(NEXT.format(folder=options.folder, kit=kit, python=os.path.relpath(sys.executable)))
    return code


NEXT = """
These scores are made with a public key and prove nothing. What to open next:
  a student's feedback   {folder}/feedback/dan_reset_gate/rnn_gru_mha/rnn_gru_mha.html
  a report               {folder}/reports/rnn_gru_mha/hal_tampers.json
  mistakes of the class  {python} -m autograder --course {folder} report rnn_gru_mha
  the form grader        cd {folder} && {kit}/.venv/bin/jupyter lab, then the menu Nbgrader > Formgrader"""
