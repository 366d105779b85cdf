"""A report's sums, and its file."""

from __future__ import annotations

import json

import msgspec
import pytest

from autograder import report as reports
from autograder.errors import CourseError
from autograder.report import Figure, HiddenTest, Provenance, Question, Report
from autograder.table import class_table
from autograder.verdict import question_outputs

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


MEASURED = [Figure("loss, nats a character", 1.23456, 0.005), Figure("sentences read", 4000)]


def test_figures_are_shown_with_the_tests():
    """Each with its error, and what a student should know in words; a remark is shown as text."""
    made = Question("Q1", 1, question("passed").tests, figures=MEASURED, remarks=["It <b>looks</b> ahead."])
    shown = question_outputs(made)[-1]["data"]
    for text in (shown["text/plain"], shown["text/html"]):
        assert "1.2346 ± 0.0050" in text
        assert "4,000" in text
    assert "&lt;b&gt;" in shown["text/html"]


def test_the_table_has_the_figure_that_decides():
    """Behind the status, shortly."""
    made = Question("Q1", 1, question("passed").tests, figures=MEASURED)
    assert class_table([report(made)]).splitlines()[-1].endswith("graded: loss 1.235")


def test_the_table_says_that_a_public_key_proves_nothing():
    """Below the class, once."""
    public = msgspec.structs.replace(PROVENANCE, demo_key=True)
    made = [msgspec.structs.replace(report(question("passed")), provenance=public)] * 2
    assert class_table(made).count("prove nothing") == 1
    assert "prove nothing" not in class_table([report(question("passed"))])


def test_a_report_from_before_is_still_read(tmp_path):
    """What has no figures, no data and no word of reading all is as it was."""
    path = tmp_path / "ada.json"
    reports.write(report(question("passed")), path)
    tree = json.loads(path.read_text())
    for name in ("figures", "remarks"):
        del tree["questions"][0][name]
    for name in ("full", "data"):
        del tree["provenance"][name]
    path.write_text(json.dumps(tree))
    assert reports.read(path) == report(question("passed"))


@pytest.mark.parametrize("more", ["figures", "full"])
def test_more_than_was_asked_for_will_do(more):
    """A report made with figures, or of all hidden data, serves a run without, and not the other way."""
    rich = msgspec.structs.replace(PROVENANCE, **{more: True})
    assert rich.satisfies(PROVENANCE)
    assert not PROVENANCE.satisfies(rich)
    assert not rich.satisfies(msgspec.structs.replace(PROVENANCE, data={"corpus": "another"}))
