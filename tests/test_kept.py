"""What is kept of a graded submission, and diagnoses that follow the bank of mistakes."""

from __future__ import annotations

import pytest

from autograder import diagnosis, grade, kept
from autograder import report as reports
from autograder.cli import main
from autograder.fleet import grade_class
from autograder.sandbox import Sandbox
from autograder.verdict import question_outputs
from tests.conftest import ASSIGNMENT
from tests.test_fleet import Here

TIMES_TWO = """
def rnn(wt_h, wt_x, bias, init_state, input_data):
    h, outputs = init_state[0], []
    for t in range(input_data.shape[1]):
        h = np.tanh(input_data[:, t] @ wt_x + h @ wt_h + 2 * bias)
        outputs.append(h)
    return np.stack(outputs, axis=1), h
"""
NAME = "bias counted twice"


def run(course, *arguments: str) -> int:
    return main(["--course", str(course.root), *arguments])


def question(course, student="ada"):
    return reports.read(course.report(ASSIGNMENT, student)).question("Q2")


def names(course) -> set[str]:
    return {name for test in question(course).tests for name in test.mistakes}


@pytest.fixture
def handed_in(course, submit, solutions):
    """One submission with a known mistake."""
    submit("ada", {**solutions, "Q2_solution": TIMES_TWO})
    return course


def test_a_known_mistake_is_named_in_report_and_feedback(handed_in):
    """The sentence stands once below the question's tests, however many it explains."""
    assert run(handed_in, "grade", ASSIGNMENT, "--jobs", "1") == 0
    assert names(handed_in) == {NAME}
    (sentence,) = {test.diagnosis for test in question(handed_in).tests} - {""}
    shown = question_outputs(question(handed_in))[-1]["data"]
    assert shown["text/plain"].count(sentence) == 1
    assert run(handed_in, "feedback", ASSIGNMENT) == 0
    page = handed_in.root / "feedback" / "ada" / ASSIGNMENT / f"{ASSIGNMENT}.html"
    assert sentence.split(".")[0] in page.read_text()


def test_a_bank_that_has_changed_is_asked_again(handed_in, monkeypatch, capsys):
    """Nothing is graded again for it, and the scores stay."""
    run(handed_in, "grade", ASSIGNMENT, "--jobs", "1")
    before = reports.read(handed_in.report(ASSIGNMENT, "ada"))
    monkeypatch.setattr(kept, "bank_digest", lambda _: "another")
    monkeypatch.setattr(kept, "diagnose", lambda report, key, evidence: report)
    capsys.readouterr()
    assert run(handed_in, "grade", ASSIGNMENT, "--jobs", "1") == 0
    assert "0 graded now, 1 compared with new mistakes" in capsys.readouterr().out
    after = reports.read(handed_in.report(ASSIGNMENT, "ada"))
    assert (after.bank, after.score, after.finished) == ("another", before.score, before.finished)


def test_a_bank_that_breaks_costs_nobody_a_grade(handed_in, monkeypatch, capsys):
    """The submission is graded, the instructor is told, and the next run diagnoses it."""

    def broken(*_):
        raise ValueError("no such gate")

    monkeypatch.setattr(grade, "diagnosed", broken)
    report = grade_here(handed_in)
    assert (report.status, report.undiagnosed, report.bank) == ("graded", "ValueError: no such gate", "")
    assert run(handed_in, "report", ASSIGNMENT) == 0
    assert run(handed_in, "grade", ASSIGNMENT) == 1
    assert "could not be compared with known mistakes: ValueError: no such gate" in capsys.readouterr().err
    monkeypatch.setattr(grade, "diagnosed", diagnosis.diagnosed)
    assert run(handed_in, "grade", ASSIGNMENT) == 0
    assert names(handed_in) == {NAME}


def grade_here(course):
    """Graded in this process, where the bank is the broken one."""
    with Sandbox() as sandbox:
        done = grade_class(course, ASSIGNMENT, ["ada"], grade.Options(), executor=Here(sandbox), quiet=True)
    return done.reports["ada"]


def test_a_report_of_before_is_read(handed_in):
    """One without evidence beside it is only brought up to date."""
    run(handed_in, "grade", ASSIGNMENT, "--jobs", "1")
    handed_in.report(ASSIGNMENT, "ada").with_suffix(kept.EVIDENCE).unlink()
    report = reports.read(handed_in.report(ASSIGNMENT, "ada"))
    assert kept.read_evidence(handed_in, report) == {}
    assert run(handed_in, "report", ASSIGNMENT) == 0
