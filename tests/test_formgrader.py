"""nbgrader's form grader, in a real JupyterLab server and a real browser, over the demo's class."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from playwright.sync_api import Browser, Page, Route, sync_playwright

from autograder.course import Course
from autograder.grade import Options, make_task
from tests import e2e
from tests.conftest import ASSIGNMENT
from tests.e2e import BIN, CHROMIUM, DEMO_CLASS, Demo
from tests.test_clean_browser import MARKDOWN, OUTPUTS
from tests.test_feedback import PWN, PWNING_FUNCTION

TOKEN = "the-tests-own-token"
STARTS = 90  # seconds: a bound for a server that does not start
SLOW = 60_000  # ms: a bound for what a page waits for
# Handed in after the demo; the last is graded by the button.
HOSTILE, READY_MADE, LATE = "kim_hostile", "lea_ready_made", "moe_late"
WAITS = {"ida_ready_made", "jon_not_a_notebook"}
RECORDER = "window.pieces = []; window.ran = piece => { pieces.push(piece); };"


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The demo, made once in a session."""
    return e2e.demo_once(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="module")
def term(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A copy of the demo with a hostile notebook, one for a person, and one that is not graded yet."""
    course = e2e.copied(demo.course, tmp_path_factory.mktemp("formgrader") / "course")
    answers = {**e2e.solutions(), "Q3_solution": PWNING_FUNCTION}
    e2e.hand_in(course, HOSTILE, e2e.notebook(answers, code=PWN, prose=list(MARKDOWN.values())))
    ready_made = demo.course.submitted(ASSIGNMENT, "ida_ready_made") / f"{ASSIGNMENT}.ipynb"
    e2e.hand_in(course, READY_MADE, ready_made.read_text(encoding="utf-8"))
    done = e2e.kit(course.root, "grade", "--student", HOSTILE, "--student", READY_MADE)
    assert done.returncode == 0, done.stderr
    e2e.hand_in(course, LATE, e2e.notebook({"Q2_solution": e2e.solutions()["Q2_solution"]}))
    return course


@pytest.fixture(scope="module")
def server(term: Course, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a JupyterLab server in the course's folder, as `jupyter lab` starts it there."""
    home = tmp_path_factory.mktemp("home")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = ["--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}", "--port-retries=0"]
    command = [str(BIN / "jupyter"), "lab", *settings, f"--IdentityProvider.token={TOKEN}"]
    log = home / "server.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            command,
            cwd=term.root,
            env=e2e.host_environment(home),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    try:
        _wait_until_it_answers(process, f"http://127.0.0.1:{port}", log)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_until_it_answers(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + STARTS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{address}/api/status?token={TOKEN}", timeout=5):
                return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.1)  # between two questions; the answer is what is waited for
    pytest.fail(f"the server does not answer:\n{log.read_text()}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, which asks for nothing by itself."""
    if CHROMIUM is None:
        pytest.skip("needs Debian's chromium package")
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=quiet)
        yield chromium
        chromium.close()


@dataclass
class Grader:
    """A person who grades: a page that is logged in, and what it did.

    Args:
        foreign: what was asked for elsewhere than at the server; it is not fetched.
        dialogs: what was asked of the person.
    """

    page: Page
    server: str
    foreign: set[str]
    asked: set[str]
    dialogs: list[str]

    def open(self, path: str) -> Page:
        """Go to a page of the form grader."""
        self.page.goto(f"{self.server}/formgrader/{path}")
        return self.page

    def open_list(self) -> Page:
        """The list of submissions for manual grading, with the students' names."""
        page = self.open(f"gradebook/{ASSIGNMENT}/{ASSIGNMENT}")
        page.locator("#main-table td.score").first.wait_for()
        return page

    def open_submission(self, course: Course, student: str, assignment: str = ASSIGNMENT) -> Page:
        """A student's submission, ready for scores and comments."""
        page = self.open(f"submissions/{submission_id(course, student, assignment)}/")
        for part in (
            "grades",
            "comments",
        ):  # not for all: without a network MathJax, and so the rest, is missing
            page.wait_for_function(f"formgrader.{part} && formgrader.{part}.loaded")
        return page

    def autograde(self, student: str) -> str:
        """Press the student's button; what the server says in the end."""
        page = self.open(f"manage_submissions/{ASSIGNMENT}")
        row = page.locator("#main-table tr").filter(has=page.get_by_text(student, exact=True))
        row.locator(".autograde a").click()
        page.locator(".modal-title").wait_for()
        return page.locator(".modal-title").inner_text()


@pytest.fixture
def grader(browser: Browser, server: str) -> Iterator[Grader]:
    """A grader with a session of their own."""
    context = browser.new_context(viewport={"width": 1200, "height": 1000})
    context.set_default_timeout(SLOW)
    context.add_init_script(RECORDER)
    page = context.new_page()
    made = Grader(page, server, set(), set(), [])

    def answer(route: Route) -> None:
        made.asked.add(route.request.url)
        if route.request.url.startswith(f"{server}/"):
            route.continue_()
        else:
            made.foreign.add(route.request.url)
            route.abort()

    def dismiss(dialog: object) -> None:
        made.dialogs.append(dialog.message)
        dialog.dismiss()

    context.route("**/*", answer)
    page.on("dialog", dismiss)
    page.goto(f"{server}/login?token={TOKEN}", wait_until="commit")
    yield made
    context.close()


def submission_id(course: Course, student: str, assignment: str = ASSIGNMENT) -> str:
    """The gradebook's name of a student's notebook."""
    with e2e.Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as gradebook:
        return str(gradebook.find_submission_notebook(assignment, assignment, student).id)


# --- The list -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def listed(browser: Browser, server: str) -> dict[str, tuple[str, bool]]:
    """(total, whether a person is needed) by student, as the list shows them."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{server}/login?token={TOKEN}", wait_until="commit")
    page.goto(f"{server}/formgrader/gradebook/{ASSIGNMENT}/{ASSIGNMENT}")
    page.locator("#main-table td.score").first.wait_for()
    rows = {}
    for row in page.locator("#main-table tr").all():
        waits = row.locator(".needs-manual-grade .glyphicon-ok").count() > 0
        name = row.locator("a.name-shown").text_content() or ""
        rows[name] = (row.locator("td.score").inner_text(), waits)
    context.close()
    return rows


@pytest.mark.parametrize("student", DEMO_CLASS)
def test_the_list_has_the_total(listed: dict[str, tuple[str, bool]], student: str) -> None:
    """What the table in the terminal said."""
    assert listed[student][0] == f"{DEMO_CLASS[student][5]} / 17"


def test_the_list_marks_those_who_need_a_person(listed: dict[str, tuple[str, bool]]) -> None:
    """The ready-made layer and the unreadable notebook, and nobody else."""
    assert {student for student in DEMO_CLASS if listed[student][1]} == WAITS


# --- A submission -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("student", ["dan_reset_gate", "ida_ready_made", "jon_not_a_notebook"])
def test_a_submission_shows_the_hidden_tests(grader: Grader, term: Course, student: str) -> None:
    """Each test's title and message are there to be read."""
    page = grader.open_submission(term, student)
    text = page.locator("#notebook").first.inner_text()
    tests = [test for question in e2e.report(term, student).questions for test in question.tests]
    told = {test.title for test in tests} | {test.message for test in tests}
    assert {part for part in told if part not in text} == set()


def test_scores_are_shown_as_recorded(grader: Grader, term: Course) -> None:
    """The field of a question suggests its automatic score."""
    page = grader.open_submission(term, "cleo_half")
    shown = [page.locator(f"#{question}").get_attribute("placeholder") for question in e2e.QUESTIONS]
    assert shown == list(DEMO_CLASS["cleo_half"][:5])


def test_an_unscored_question_suggests_nothing(grader: Grader, term: Course) -> None:
    """Not even 0: the field is empty, and marked."""
    page = grader.open_submission(term, "jon_not_a_notebook")
    field = page.locator("#Q2")
    assert field.get_attribute("placeholder") in (None, "")
    assert "needs_manual_grade" in (field.get_attribute("class") or "")


def test_a_manual_score_is_kept(grader: Grader, term: Course) -> None:
    """What the grader types is in the gradebook, beside the automatic score."""
    page = grader.open_submission(term, READY_MADE)
    with page.expect_response(lambda response: "/api/grade/" in response.url) as saved:
        page.locator("#Q3").fill("2")
        page.locator("#Q3").blur()
    assert saved.value.ok
    assert e2e.gradebook_rows(term)[READY_MADE, "Q3"] == (0, 2, False)


def test_a_derivation_is_scored_by_a_person(grader: Grader, term: Course) -> None:
    """The written answer can be read, suggests no score, and takes the one that the grader types."""
    page = grader.open_submission(term, "ada_solution", "bptt")
    assert "Going back in time" in page.locator("#notebook").first.inner_text()
    field = page.locator("#Q1_derivation")
    assert field.get_attribute("placeholder") in (None, "")
    with page.expect_response(lambda response: "/api/grade/" in response.url) as saved:
        field.fill("0.5")
        field.blur()
    assert saved.value.ok
    assert e2e.gradebook_rows(term, "bptt")["ada_solution", "Q1_derivation"] == (None, 0.5, False)


def test_an_untouched_derivation_suggests_zero(grader: Grader, term: Course) -> None:
    """Nobody has to look at what is as released."""
    page = grader.open_submission(term, "ben_untouched", "bptt")
    field = page.locator("#Q1_derivation")
    assert field.get_attribute("placeholder") == "0"
    assert "needs_manual_grade" not in (field.get_attribute("class") or "")


def test_a_comment_is_kept(grader: Grader, term: Course) -> None:
    """What the grader types is in the gradebook."""
    page = grader.open_submission(term, READY_MADE)
    with page.expect_response(lambda response: "/api/comment/" in response.url) as saved:
        page.locator("#Q3_solution-comment").fill("Write the gates yourself.")
        page.locator("#Q3_solution-comment").blur()
    assert saved.value.ok
    with e2e.Gradebook(f"sqlite:///{term.root / 'gradebook.db'}") as gradebook:
        kept = gradebook.find_comment("Q3_solution", ASSIGNMENT, ASSIGNMENT, READY_MADE)
        assert kept.manual_comment == "Write the gates yourself."


# --- The Autograde button -----------------------------------------------------------------------------------


def test_the_button_grades_as_the_command_does(grader: Grader, term: Course) -> None:
    """The report rests on the same tests, key and options as one that the command would write."""
    assert grader.autograde(LATE) == "Success"
    assert e2e.report(term, LATE).provenance == make_task(term, ASSIGNMENT, LATE, Options()).provenance


def test_the_button_records_the_score(grader: Grader, term: Course) -> None:
    """Whoever presses it again finds the score of the report in the gradebook."""
    grader.autograde(LATE)
    scores = [row[0] for (student, _), row in e2e.gradebook_rows(term).items() if student == LATE]
    assert sorted(scores) == [0, 0, 0, 0, 3]


def test_the_button_changes_nothing_of_what_is_graded(grader: Grader, term: Course) -> None:
    """An unchanged submission keeps its report, byte for byte, and its row."""
    path = term.report(ASSIGNMENT, "gus_exits")
    before = (path.read_bytes(), _rows(term, "gus_exits"))
    assert grader.autograde("gus_exits") == "Success"
    assert (path.read_bytes(), _rows(term, "gus_exits")) == before


def test_the_button_gives_the_same_score_without_a_report(grader: Grader, term: Course) -> None:
    """A report that was lost is computed again, to the same outcome of every test."""
    before, rows = e2e.report(term, "dan_reset_gate"), _rows(term, "dan_reset_gate")
    term.report(ASSIGNMENT, "dan_reset_gate").unlink()
    assert grader.autograde("dan_reset_gate") == "Success"
    after = e2e.report(term, "dan_reset_gate")
    told = [
        [(test.name, test.outcome, test.message) for question in report.questions for test in question.tests]
        for report in (before, after)
    ]
    assert (told[0], rows) == (told[1], _rows(term, "dan_reset_gate"))
    assert msgspec.structs.replace(before.provenance, figures=False) == after.provenance


def test_the_button_takes_an_unreadable_notebook(grader: Grader, term: Course) -> None:
    """It says so, writes no zero, and leaves the submission to a person."""
    assert grader.autograde("jon_not_a_notebook") == "Success"
    assert set(_rows(term, "jon_not_a_notebook").values()) == {(None, None, True)}


def _rows(course: Course, student: str) -> dict[str, tuple[float | None, float | None, bool]]:
    return {name: row for (who, name), row in e2e.gradebook_rows(course).items() if who == student}


# --- A hostile notebook -------------------------------------------------------------------------------------


def settle(page: Page) -> list[str]:
    """Let what waits in the page run, and follow every link of the notebook; the pieces that ran."""
    page.evaluate(
        """async () => {
            const turn = () => new Promise(done => requestAnimationFrame(() => setTimeout(done, 100)));
            await turn();
            for (const link of document.querySelectorAll("#notebook a, #notebook button, #notebook [href]")) {
                if (/^(https?|mailto):/.test(link.protocol || "")) continue;  // would leave the page
                if (link.matches(".scoring-buttons *")) continue;  // the form grader's own
                link.setAttribute("target", "_self");
                if (link.click) link.click();
            }
            await turn();
        }"""
    )
    return page.evaluate("pieces")


def test_the_hostile_submission_runs_nothing(grader: Grader, term: Course) -> None:
    """No script, no event, no link of the student's in the origin of the instructor's server."""
    page = grader.open_submission(term, HOSTILE)
    assert (settle(page), grader.dialogs) == ([], [])


def test_the_hostile_submission_asks_for_nothing(grader: Grader, term: Course) -> None:
    """Neither elsewhere nor at the server, beyond what an honest submission's page asks for."""
    grader.open_submission(term, "ada_solution")
    honest, grader.asked = _named(grader.asked), set()
    grader.open_submission(term, HOSTILE)
    assert _named(grader.asked) <= honest


def _named(addresses: set[str]) -> set[str]:
    """Addresses without what differs from submission to submission."""
    return {re.sub(r"(/submissions/|submission_id=)[0-9a-f]{32}", r"\1ID", address) for address in addresses}


def test_without_the_cleaning_the_submission_would_run(grader: Grader, term: Course) -> None:
    """The same pieces, put into the autograded notebook as they were handed in, do run in that page."""
    path = term.autograded(ASSIGNMENT, HOSTILE) / f"{ASSIGNMENT}.ipynb"
    clean = path.read_bytes()
    dirty = nbformat.reads(clean.decode(), as_version=4)
    dirty.cells += [new_markdown_cell(source) for source in MARKDOWN.values()]
    outputs = [
        new_output("display_data", data=bundle) for name, bundle in OUTPUTS.items() if name != "widget"
    ]
    dirty.cells.append(new_code_cell("", outputs=outputs))
    path.chmod(0o644)
    try:
        nbformat.write(dirty, path)
        grader.open(f"submissions/{submission_id(term, HOSTILE)}/")
        grader.page.wait_for_function("pieces.includes('html output') && pieces.includes('event')")
        assert {"script", "event", "link", "html output"} <= set(settle(grader.page))
    finally:
        path.write_bytes(clean)


# --- To look at ---------------------------------------------------------------------------------------------


def test_pictures_of_the_pages_can_be_taken(grader: Grader, term: Course, tmp_path: Path) -> None:
    """The feedback and the form grader's page are drawn at their whole length."""
    page = grader.open_submission(term, "finn_loops")
    page.screenshot(path=tmp_path / "formgrader.png", full_page=True)
    page.set_content(e2e.feedback(term, "finn_loops"))
    page.screenshot(path=tmp_path / "feedback.png", full_page=True)
    assert min(picture.stat().st_size for picture in tmp_path.glob("*.png")) > 100_000
