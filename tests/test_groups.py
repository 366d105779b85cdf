"""Equal wrong answers of a class, and the names that an instructor gives them."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import numpy as np
import pytest

from autograder import report as reports
from autograder.cli import main
from autograder.course import Course
from autograder.errors import CourseError
from autograder.evidence import Evidence
from autograder.groups import Group, groups
from autograder.report import HiddenTest, Provenance, Question, Report
from autograder.taught import read_taught, write_stub
from tests.conftest import ASSIGNMENT

PROVENANCE = Provenance("s", "r", "t", "k", False, "warm", False)
# wrong in a way that no bank has, in two styles
SQUARED = """
def gru(linear_trans_r, linear_trans_z, linear_trans_n, init_state, input_data):
    def lin(p, x, h):
        return x @ p[0] + p[1] + h @ p[2] + p[3]
    sigmoid = lambda a: 1 / (1 + np.exp(-a))
    h, outputs = init_state[0].astype({dtype}), []
    for t in range(input_data.shape[1]):
        x = input_data[:, t].astype({dtype})
        r, z = sigmoid(lin(linear_trans_r, x, h)), sigmoid(lin(linear_trans_z, x, h)) ** 2
        wt_x, bias_x, wt_h, bias_h = linear_trans_n
        n = np.tanh(x @ wt_x + bias_x + r * (h @ wt_h + bias_h))
        h = (1 - z) * n + z * h
        outputs.append(h)
    return np.stack(outputs, axis=1), h
"""
FLOAT64, FLOAT32 = SQUARED.format(dtype="float"), SQUARED.format(dtype="np.float32")
NAME, SENTENCE = "update gate squared", "Your update gate is squared; the formula has it as it is."


def test_students_with_the_same_numbers_are_one_group():
    """Whatever their type; the largest group comes first, and other numbers make another one."""
    numbers = {"ada": 1.0, "ben": 1.0 + 1e-7, "cleo": 2.0, "dan": 1.0}
    tests = [HiddenTest("t", "T", 1, "failed", "off"), HiddenTest("u", "U", 1, "passed")]
    class_of = [
        (
            Report(student, ASSIGNMENT, [Question("Q3", 2, tests)], PROVENANCE, [], "", "", {}),
            {"t": Evidence({"y": np.array([value, 3.0])})},
        )
        for student, value in numbers.items()
    ]
    assert [group.students for group in groups(class_of)] == [["ada", "ben", "dan"], ["cleo"]]


def test_what_has_a_name_is_in_no_group():
    """Nor is a test that failed without numbers."""
    named = HiddenTest("t", "T", 1, "failed", "off", mistakes=["no reset"])
    bare = HiddenTest("u", "U", 1, "failed", "raised")
    report = Report("ada", ASSIGNMENT, [Question("Q3", 2, [named, bare])], PROVENANCE, [], "", "", {})
    assert groups([(report, {"t": Evidence({"y": np.ones(2)})})]) == []


def run(course, *arguments: str) -> int:
    return main(["--course", str(course.root), *arguments])


def diagnoses(course, student: str) -> set[str]:
    report = reports.read(course.report(ASSIGNMENT, student))
    tests = report.question("Q3").tests
    return {test.diagnosis for test in tests if test.outcome == "failed" and test.diagnosis}


@pytest.fixture(scope="module")
def graded_template(course_template, hand_in, solutions, tmp_path_factory):
    """A class in which two made the same mistake, and one another."""
    root = shutil.copytree(course_template, tmp_path_factory.mktemp("graded") / "course")
    course = Course(Path(root))
    cubed = SQUARED.replace("** 2", "** 3")
    for student, answer in {"ada": FLOAT64, "ben": FLOAT32, "cleo": cubed.format(dtype="float")}.items():
        submit(course, student, hand_in({**solutions, "Q3_solution": answer}))
    assert run(course, "grade", ASSIGNMENT) == 0
    return root


def submit(course, student, notebook):
    folder = course.submitted(ASSIGNMENT, student)
    folder.mkdir(parents=True)
    (folder / f"{ASSIGNMENT}.ipynb").write_bytes(notebook)


@pytest.fixture
def graded(graded_template, tmp_path):
    """The class, for one test alone."""
    return Course(Path(shutil.copytree(graded_template, tmp_path / "course")))


def stub_of(course):
    return course.root / "mistakes" / ASSIGNMENT / "Q3-1.toml"


def fill_in(path):
    stub = path.read_text().replace('name = ""', f'name = "{NAME}"')
    path.write_text(stub.replace('sentence = ""', f'sentence = "{SENTENCE}"'))


def test_a_group_gets_a_name_and_the_class_is_told(graded, capsys):
    """The report shows the group, a stub is filled in, and all members are told without running again."""
    assert run(graded, "report", ASSIGNMENT) == 0
    shown = capsys.readouterr().out
    assert "group 1: 2 students in Q3: ada, ben" in shown
    assert "** 2" in shown
    assert "like nobody else's: 1" in shown

    assert run(graded, "mistake", ASSIGNMENT, "1") == 0
    path = graded.root / "mistakes" / ASSIGNMENT / "Q3-1.toml"
    assert str(path) in capsys.readouterr().out
    assert (
        stat.S_IMODE(path.stat().st_mode)
        == stat.S_IMODE(path.with_suffix(".evidence").stat().st_mode)
        == 0o600
    )
    assert "#   def gru(" in path.read_text()

    assert run(graded, "grade", ASSIGNMENT) == 0
    assert f"{path} waits for a name and a sentence" in capsys.readouterr().out
    fill_in(path)
    assert run(graded, "grade", ASSIGNMENT) == 0
    assert "0 graded now, 3 compared with new mistakes" in capsys.readouterr().out
    assert diagnoses(graded, "ada") == diagnoses(graded, "ben") == {SENTENCE}
    assert diagnoses(graded, "cleo") == set()

    assert run(graded, "feedback", ASSIGNMENT) == 0
    page = graded.root / "feedback" / "ben" / ASSIGNMENT / f"{ASSIGNMENT}.html"
    assert SENTENCE in page.read_text()
    assert run(graded, "report", ASSIGNMENT) == 0
    assert f"2  {NAME}" in capsys.readouterr().out


def test_the_same_group_gets_one_stub(graded, capsys):
    """Asking twice points to the stub that is there."""
    run(graded, "mistake", ASSIGNMENT, "1")
    capsys.readouterr()
    assert run(graded, "mistake", ASSIGNMENT, "1") == 0
    assert "has a stub already" in capsys.readouterr().out
    assert len(list((graded.root / "mistakes" / ASSIGNMENT).glob("*.toml"))) == 1


def test_there_is_no_such_group(graded, capsys):
    """A wrong number is told with how many there are."""
    assert run(graded, "mistake", ASSIGNMENT, "7") == 1
    assert "has 2 groups" in capsys.readouterr().err


def test_a_later_student_is_told_at_once(graded, hand_in, solutions):
    """Who hands in after the name was given gets it when first graded."""
    run(graded, "mistake", ASSIGNMENT, "1")
    fill_in(stub_of(graded))
    submit(graded, "dan", hand_in({**solutions, "Q3_solution": FLOAT64 + "\n# mine"}))
    assert run(graded, "grade", ASSIGNMENT) == 0
    assert diagnoses(graded, "dan") == {SENTENCE}


def test_evidence_is_kept_for_the_instructor_alone(graded):
    """What was wrong lies beside the report, and others may not read it; the report has no numbers of it."""
    path = graded.report(ASSIGNMENT, "ada").with_suffix(".evidence")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.stat().st_size > 1000
    assert "found" not in graded.report(ASSIGNMENT, "ada").read_text()


@pytest.fixture
def stub(course):
    """A stub's path."""
    group = Group("Q3", {"t": Evidence({"y": np.ones(3)})}, "off", ["ada", "ben"])
    return write_stub(course, ASSIGNMENT, group, "ada", 'x = """a"""\n# "quoted" \\ \'\'\'')


def test_a_stub_can_be_read(course, stub):
    """Whatever the student wrote, it is a comment; what is not filled in names nobody."""
    (taught,) = read_taught(course, ASSIGNMENT)
    assert (taught.path, taught.question, taught.is_filled_in) == (stub, "Q3", False)
    assert taught.equals("t", Evidence({"y": np.ones(3)}))
    assert not taught.equals("t", Evidence({"y": np.zeros(3)}))
    assert not taught.equals("u", Evidence({"y": np.ones(3)}))


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ('name = ""', 'name = "a', "cannot be read"),
        ('name = ""', "", "has no line for 'name'"),
        ('name = ""', "name = 3", "are texts"),
    ],
)
def test_a_broken_stub_says_what_to_do(course, stub, before, after, says):
    """And where."""
    stub.write_text(stub.read_text().replace(before, after))
    with pytest.raises(CourseError, match=says) as error:
        read_taught(course, ASSIGNMENT)
    assert str(stub) in str(error.value)


def test_a_name_holds_for_its_term_key(course, stub):
    """With another key there are other inputs, and the numbers say nothing."""
    stub.write_text(stub.read_text().replace(course.key.digest, "0" * 16))
    assert read_taught(course, ASSIGNMENT) == []
