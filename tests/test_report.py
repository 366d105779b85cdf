"""A report's sums, and its file."""

from __future__ import annotations

import json

import msgspec
import pytest

from autograder import report as reports
from autograder.errors import CourseError
from autograder.report import HiddenTest, Provenance, Question, Report
from autograder.table import class_table

PROVENANCE = Provenance("s", "r", "u", "k", False, "warm", False)


def question(*outcomes: str, flag: str = "", forfeited: bool = False, name: str = "Q1") -> Question:
    tests = [HiddenTest(f"t{n}", "A title.", 1.0, outcome) for n, outcome in enumerate(outcomes)]
    return Question(name, len(tests), tests, flag, forfeited)


def report(*questions: Question, fault: str = "") -> Report:
    return Report("ada", "rnn", list(questions), PROVENANCE, [], fault, "2026-01-01", {})


def test_score_is_the_sum_of_what_passed():
    """A passed test earns its points, a failed one nothing."""
    assert question("passed", "failed", "passed").score == 2
    assert report(question("passed"), question("passed", "failed")).score == 2


@pytest.mark.parametrize("outcome", ["broke", "not run"])
def test_no_outcome_is_no_score(outcome):
    """A test that broke or was not run leaves its question without a score, neither 0 nor full."""
    assert question("passed", outcome).score is None
    assert report(question("passed"), question(outcome)).status == "ungraded"


def test_forfeited_question_waits_for_a_person():
    """A forfeited question scores 0 whatever passed, and a person looks at it."""
    made = report(question("passed", flag="layer", forfeited=True))
    assert (made.score, made.status) == (0, "waits for a person")


def test_file_has_scores_and_reads_back(tmp_path):
    """The JSON says the sums for whoever reads it without this module."""
    made = report(question("passed", "failed"))
    path = tmp_path / "deep" / "ada.json"
    reports.write(made, path)
    tree = json.loads(path.read_text())
    assert (tree["score"], tree["max_score"], tree["status"], tree["questions"][0]["score"]) == (
        1,
        2,
        "graded",
        1,
    )
    assert reports.read(path) == made


def test_missing_file_is_no_report(tmp_path):
    """Nothing there is nothing known."""
    assert reports.read(tmp_path / "none.json") is None


def test_older_schema_is_no_report(tmp_path):
    """A report of another schema is made anew."""
    path = tmp_path / "ada.json"
    path.write_bytes(msgspec.json.encode({"schema": 0}))
    assert reports.read(path) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"schema": 1}'])
def test_damaged_file_says_what_to_do(content, tmp_path):
    """A damaged report is told with its path."""
    path = tmp_path / "ada.json"
    path.write_bytes(content)
    with pytest.raises(CourseError, match=r"ada\.json is no report"):
        reports.read(path)


def test_failed_write_leaves_the_old_file(tmp_path):
    """A file is there whole or not at all."""
    path = tmp_path / "file"
    reports.write_atomically(path, b"old")
    with pytest.raises(TypeError):
        reports.write_atomically(path, "no bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_table_has_a_line_a_student():
    """Scores, a mark for what is flagged, a question mark for what has no score, and why."""
    lines = class_table(
        [
            report(question("passed", "failed"), question("passed", name="Q2")),
            report(question("not run", "not run"), question("passed", name="Q2"), fault="no notebook"),
            report(
                question("passed", "failed", flag="a layer", forfeited=True), question("passed", name="Q2")
            ),
        ]
    ).splitlines()
    assert lines[0].split() == ["student", "Q1", "Q2", "total", "status"]
    assert lines[2].split() == ["ada", "1", "1", "2", "graded"]
    assert lines[3].split(maxsplit=4) == ["ada", "?", "1", "1", "ungraded: no notebook"]
    assert lines[4].split(maxsplit=4) == ["ada", "0!", "1", "1", "waits for a person: a layer"]
