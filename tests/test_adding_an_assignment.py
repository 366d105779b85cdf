"""The page on adding an assignment, followed word for word in a copy of the kit.

Files, cells, commands and what they print are taken out of the page. Only the class is made here: a solution,
the stub, each mistake of the page's bank as a student may write it, and mistakes that the bank does not have.
"""

from __future__ import annotations

import html
import re
import shlex
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder import report as reports
from autograder.course import KIT_ROOT, Course
from autograder.demo import filled, solutions
from autograder.report import HiddenTest, Question
from tests.e2e import BIN, PATIENCE, host_environment

PAGE = KIT_ROOT / "docs" / "adding-an-assignment.md"
NAME, QUESTION, ANSWER = "layer_norm", "Q1", "Q1_solution"

# A heading in bold, and a block: a file, a cell, commands, or what the commands before it print.
BLOCK = re.compile(r"(?:^\*\*([^\n]+)\*\*\n\n)?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"`([\w./-]+)`")
CELL = re.compile(r"Cell `(\w+)`: ([\w -]+?)(?:, (\d+) points)?")
TYPES = {  # of nbgrader's toolbar, with what it writes into a cell
    "Read-only": {"grade": False, "locked": True, "solution": False},
    "Autograded answer": {"grade": False, "locked": False, "solution": True},
    "Autograder tests": {"grade": True, "locked": True, "solution": False},
}

MEAN, VARIANCE = "x.mean(axis=-1, keepdims=True)", "x.var(axis=-1, keepdims=True)"
FORMULA = "gamma * (x - mean) / np.sqrt(variance + eps) + beta"
# The class: what stands in the solution, with what they wrote instead.
KNOWN = {
    "cleo_batch": {MEAN: "x.mean(0)", VARIANCE: "((x - x.mean(0)) ** 2).mean(0)"},
    "dan_sample": {VARIANCE: "x.std(-1, ddof=1, keepdims=True) ** 2"},
    "eve_mean": {FORMULA: "x / np.sqrt(variance + eps) * gamma + beta"},
    "finn_root": {FORMULA: "(x - mean) / (variance + eps) * gamma + beta"},
    "gus_eps": {FORMULA: "(x - mean) / (variance**0.5 + eps) * gamma + beta"},
    "hal_order": {FORMULA: "gamma * ((x - mean) / np.sqrt(variance + eps) + beta)"},
}
PAIR = {  # a whole sequence is normalised, in different words
    "ida_sequence": {"axis=-1": "axis=(1, 2)"},
    "jon_sequence": {
        MEAN: "np.array([each.mean() for each in x])[:, None, None]",
        VARIANCE: "np.array([each.std() ** 2 for each in x])[:, None, None]",
    },
}
ALONE = {"kim_no_eps": {"variance + eps": "variance"}}
SCORES = {"ada_solution": 3, "ben_untouched": 0, **dict.fromkeys((*KNOWN, *PAIR), 1.5)}
SCORES |= {"finn_root": 1, "gus_eps": 2.5, "hal_order": 2, "kim_no_eps": 2.5}
MISTAKES = {
    "cleo_batch": "over the batch",
    "dan_sample": "variance of a sample",
    "eve_mean": "mean not taken off",
    "finn_root": "variance for its root",
    "gus_eps": "eps outside of the root",
    "hal_order": "shifted before scaled",
}


class Walk:
    """A copy of the kit in which the page is followed.

    Args:
        printed: what each of the kit's commands printed, every time that it was run.
        stub: what `mistake` wrote, before it was filled in.
    """

    def __init__(self, root: Path, home: Path) -> None:
        self.course = Course(root)
        self.cells: list[nbformat.NotebookNode] = []
        self.printed: dict[str, list[str]] = defaultdict(list)
        self.stub = ""
        self._environment = {**host_environment(home), "OMP_NUM_THREADS": "1"}

    def follow(self) -> None:
        """Do what the blocks say, one after the other."""
        said: list[str] = []
        for heading, kind, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
            if kind == "sh":
                said = [line for command in text.splitlines() for line in self._run(command).splitlines()]
            elif kind == "text":
                assert [line for line in text.splitlines() if line not in (*said, "...")] == []
            elif cell := CELL.fullmatch(heading):
                self._add_cell(*cell.groups(), text.removesuffix("\n"))
            else:
                file = FILE.fullmatch(heading)
                assert file, f"a block that is no file and no cell: {heading or text}"
                self._write(self.course.root / file[1], text)

    def _run(self, line: str) -> str:
        """What a command prints; it has to end well."""
        program, *arguments = shlex.split(line)
        done = subprocess.run(
            [sys.executable if program == ".venv/bin/python" else program, *arguments],
            cwd=self.course.root,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        if arguments[:2] == ["-m", "autograder"]:
            self.printed[arguments[2]].append(done.stdout)
        if "release" in arguments:
            self._hand_in()
        return done.stdout

    def _add_cell(self, name: str, kind: str, points: str | None, text: str) -> None:
        """Put another cell into the notebook and save it."""
        if kind == "Markdown":
            self.cells.append(new_markdown_cell(text, id=name))
        else:
            mark = {**TYPES[kind], "grade_id": name, "schema_version": 3, "task": False}
            mark |= {"points": int(points)} if points else {}
            self.cells.append(new_code_cell(text, id=name, metadata={"nbgrader": mark}))
        metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        nbformat.write(new_notebook(cells=self.cells, metadata=metadata), self.course.source(NAME))

    def _write(self, path: Path, text: str) -> None:
        """Write a file; of a stub only the lines that the text has, which are empty there."""
        if path.suffix == ".toml":
            self.stub = path.read_text(encoding="utf-8")
            filled_in = self.stub
            for line in text.splitlines():
                empty = f'{line.partition(" = ")[0]} = ""\n'
                assert empty in filled_in
                filled_in = filled_in.replace(empty, f"{line}\n")
            text = filled_in
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def _hand_in(self) -> None:
        """Put the class into `submitted`."""
        solution = solutions(self.course.source(NAME))[ANSWER]
        slips = {"ada_solution": {}, **KNOWN, **PAIR, **ALONE}
        answers = {student: {ANSWER: slipped(solution, each)} for student, each in slips.items()}
        for student, answer in {"ben_untouched": {}, **answers}.items():
            folder = self.course.submitted(NAME, student)
            folder.mkdir(parents=True)
            notebook = nbformat.read(self.course.release(NAME), as_version=4)
            (folder / f"{NAME}.ipynb").write_text(filled(notebook, answer), encoding="utf-8")

    def question(self, student: str) -> Question:
        """Of the student's report."""
        report = reports.read(self.course.report(NAME, student))
        assert report is not None
        return report.questions[0]

    def failed(self, student: str) -> list[HiddenTest]:
        """The hidden tests that the student lost."""
        return [test for test in self.question(student).tests if test.outcome == "failed"]

    def feedback(self, student: str) -> str:
        """The student's page."""
        page = self.course.root / "feedback" / student / NAME / f"{NAME}.html"
        return html.unescape(page.read_text(encoding="utf-8"))


def slipped(solution: str, slips: Mapping[str, str]) -> str:
    """The solution with these pieces replaced, each of which has to be there."""
    for right, wrong in slips.items():
        assert right in solution
        solution = solution.replace(right, wrong)
    return solution


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    """The page, followed to its end."""
    root = tmp_path_factory.mktemp("kit")
    for room in ("autograder", "helpers", "data"):
        shutil.copytree(KIT_ROOT / room, root / room, ignore=shutil.ignore_patterns("*.csv"))
    shutil.copy(KIT_ROOT / "nbgrader_config.py", root)
    made = Walk(root, tmp_path_factory.mktemp("home"))
    made.follow()
    return made


def test_each_submission_has_its_score(walk: Walk) -> None:
    """The solution earns everything, the stub nothing, and a mistake costs its own tests alone."""
    assert {student: walk.question(student).score for student in walk.course.students(NAME)} == SCORES


def test_the_check_finds_the_solution_right(walk: Walk) -> None:
    """What the notebook printed while it was graded: no line of the check is over its limit."""
    path = walk.course.report(NAME, "ada_solution").with_suffix(".ipynb")
    outputs = [cell.get("outputs", []) for cell in nbformat.read(path, as_version=4).cells]
    printed = "".join(output.get("text", "") for cell in outputs for output in cell)
    assert "by hand: no torch found" in printed
    assert all(f"{case}y[" in printed for case in ("", "B = 1: ", "T = 1: "))
    assert "is over" not in printed


@pytest.mark.parametrize("student", KNOWN)
def test_a_known_mistake_is_told(walk: Walk, student: str) -> None:
    """In the class's report by its name, on the student's page by its sentence."""
    failed = walk.failed(student)
    assert failed
    assert all(test.mistakes == [MISTAKES[student]] for test in failed)
    assert f"  {QUESTION}     1  {MISTAKES[student]}" in walk.printed["report"][0].splitlines()
    assert failed[0].diagnosis in walk.feedback(student)


def test_every_mistake_of_the_page_is_made(walk: Walk) -> None:
    """The class has all of the page's bank."""
    bank = walk.course.root / "autograder" / "suites" / NAME / "mistakes" / "__init__.py"
    assert bank.read_text(encoding="utf-8").count("@bank.mistake()") == len(KNOWN)


def test_equal_unknown_mistakes_are_a_group(walk: Walk) -> None:
    """The two who share one are named together; the third is like nobody else's."""
    lines = walk.printed["report"][0].splitlines()
    assert f"group 1: 2 students in {QUESTION}: {', '.join(PAIR)}" in lines
    assert "like nobody else's: 1" in lines


def test_a_stub_is_written(walk: Walk) -> None:
    """It shows what one of the group wrote, and is told where it lies."""
    assert str(walk.course.root / "mistakes" / NAME / "Q1-1.toml") in walk.printed["mistake"][0]
    written = next(iter(PAIR.values()))
    for line in slipped(solutions(walk.course.source(NAME))[ANSWER], written).strip().splitlines():
        assert f"#   {line}".rstrip() in walk.stub.splitlines()


@pytest.mark.parametrize("student", PAIR)
def test_naming_a_group_tells_its_members(walk: Walk, student: str) -> None:
    """Both read the instructor's sentence, and nothing was graded again for it."""
    assert ", 0 graded now, " in walk.printed["grade"][1]
    (test,) = walk.failed(student)
    assert test.mistakes == ["over the sequence"]
    assert test.diagnosis.startswith("Your mean and variance are taken over a whole sequence.")
    assert test.diagnosis in walk.feedback(student)


def test_nobody_else_is_told_anything(walk: Walk) -> None:
    """Neither who is right, nor who wrote nothing, nor whose mistake has no name."""
    for student in ("ada_solution", "ben_untouched", *ALONE):
        assert [test.mistakes for test in walk.question(student).tests] == [[], [], [], []]
        assert "➜" not in walk.feedback(student)


def test_the_page_keeps_the_style(walk: Walk) -> None:
    """Its code is as the kit's own."""
    for command in (["check"], ["format", "--check"]):
        rooms = [walk.course.source(NAME), walk.course.root / "autograder" / "suites" / NAME]
        settings = ["--config", str(KIT_ROOT / "pyproject.toml"), "--no-cache"]
        done = subprocess.run([BIN / "ruff", *command, *settings, *rooms], capture_output=True, check=False)
        assert done.returncode == 0, done.stdout.decode()
