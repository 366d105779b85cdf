"""What a student gets back: the tests' titles, points and messages, nothing hidden, and nothing active."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from playwright.sync_api import Browser, sync_playwright

from autograder.commands import feedback as write_feedback
from autograder.course import SUITES, Course
from autograder.mistakes import right_answers
from autograder.rehearsal import PlainFunctions, hidden_tests
from autograder.report import Report
from autograder.scoring import StudentCode
from tests import e2e
from tests.conftest import ASSIGNMENT, RELEASE, SOURCE
from tests.e2e import CHROMIUM, DEMO_CLASS, Demo
from tests.test_clean_browser import MARKDOWN, OUTPUTS, Seen, visit

# --- The demo's pages ---------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The demo, made once in a session."""
    return e2e.demo_once(tmp_path_factory.getbasetemp())


def page_rows(course: Course, student: str) -> list[tuple[str, str, str]]:
    """(points, title, message) of each hidden test on the student's page, top to bottom."""
    rows = []
    for row in BeautifulSoup(e2e.feedback(course, student), "html.parser").select("td em, td:last-child"):
        if row.name == "td" and len(cells := row.find_parent("tr").find_all("td")) == 3:
            told = cells[2].em.extract().get_text() if cells[2].em else ""
            rows.append((cells[1].get_text().replace("\xa0", " "), cells[2].get_text(), told))
    return rows


@pytest.mark.parametrize("student", DEMO_CLASS)
def test_the_page_has_every_hidden_test(demo: Demo, student: str) -> None:
    """Its points, its title and why it failed."""
    tests = [test for question in e2e.report(demo.course, student).questions for test in question.tests]
    earned = [f"{test.earned:g}" if test.outcome != "not run" else "–" for test in tests]
    told = [(f"{mine} / {test.points:g}", test.title) for mine, test in zip(earned, tests, strict=True)]
    assert len(told) == len(hidden_tests(ASSIGNMENT))
    assert [row[:2] for row in page_rows(demo.course, student)] == told
    page = BeautifulSoup(e2e.feedback(demo.course, student), "html.parser").get_text()
    assert all(test.message in page for test in tests)


def test_what_holds_for_a_question_is_said_once(demo: Demo) -> None:
    """A sentence that all tests of a question share stands above them, and not beside each."""
    page = BeautifulSoup(e2e.feedback(demo.course, "ben_untouched"), "html.parser").get_text()
    assert page.count("`gru` is not written yet (NotImplementedError)") == 1
    assert not any(told for _, _, told in page_rows(demo.course, "ben_untouched"))


def test_a_failure_says_what_was_wrong(demo: Demo) -> None:
    """The wrong reset gate is told in words."""
    messages = {told for _, _, told in page_rows(demo.course, "dan_reset_gate") if told}
    assert "outputs: off torch.nn.GRU's by more than a relative error of 1e-05" in messages


def test_an_unreadable_notebook_is_told_its_fault(demo: Demo) -> None:
    """What to do is at the head of the page."""
    text = BeautifulSoup(e2e.feedback(demo.course, "jon_not_a_notebook"), "html.parser").get_text()
    assert "it is not JSON. Open it in Jupyter, save it, and hand it in again." in text


def test_an_unscored_question_has_no_number(demo: Demo) -> None:
    """Its cell says that a person will look, and no score."""
    text = BeautifulSoup(e2e.feedback(demo.course, "jon_not_a_notebook"), "html.parser").get_text()
    assert "Q3: not scored yet, a person will look at it" in text


# --- A class of spies ---------------------------------------------------------------------------------------

# Tells all that it is given, on every way out that a function has; what it returns is the answer, so that
# the tests after the first are run as well. `TOLD` is where another process, or a later one, may find it.
TELLS = """\
import json, os, pathlib, subprocess, sys, warnings
import numpy as np
from IPython.display import HTML, Javascript, Markdown, display

np.set_printoptions(threshold=10**9, precision=12)
TOLD = ["/tmp/work/told.txt", "/tmp/told.txt", "rnn_gru_mha.ipynb", "visible_check.py", "/dev/shm/told.txt"]
KEPT = []


def plain(value):
    if hasattr(value, "tolist"):
        return value.tolist()
    return [plain(part) for part in value] if isinstance(value, (list, tuple)) else value


def tell(*args):
    text = json.dumps(plain(args))
    KEPT.append(text)
    print(text)
    print(args)
    print(text, file=sys.stderr)
    print(text, file=sys.__stdout__, flush=True)
    display(text, HTML(text), Markdown(text), Javascript(text))
    warnings.warn(text[:2000])
    for fd in (1, 2):
        os.write(fd, text.encode())
    subprocess.run(["sh", "-c", "cat; cat >&2"], input=text[:60000], text=True)
    get_ipython().user_ns["_last"] = text
    get_ipython().set_next_input(text)
    get_ipython().showtraceback((ValueError, ValueError(text), None))
    for name in TOLD:
        try:
            pathlib.Path(name).write_text(text)
        except OSError:
            pass
    return text
"""
# Raises it: as the message, as the name of the exception, as its notes, as its cause.
RAISES = """\
def raising(*args):
    text = tell(*args)
    first = args[0][0] if isinstance(args[0], (list, tuple)) else args[0]
    number = repr(np.ravel(np.asarray(first))[0].item())
    kind = type(number, (Exception,), {"__module__": "builtins", "__qualname__": number})
    error = kind(text)
    error.add_note(text)
    raise error from ValueError(text)


rnn = gru = mha = init_gru_with_rnn = init_gru_with_long_term_memory = raising
"""
# Returns it: as text, as keys, as the name of a type, as the words of an object.
RETURNS = """\
def returning(*args):
    text = tell(*args)
    kind = type(text[:200], (), {"__module__": "builtins", "__repr__": lambda self: text})
    RETURNED.append(text)
    return [text, {text: text}, kind(), np.asarray([text]), (text, text, text)][len(RETURNED) % 5]


RETURNED = []
rnn = gru = mha = init_gru_with_rnn = init_gru_with_long_term_memory = returning
"""
# Dies of it, and looks afterwards, when the notebook is run again, whether something has stayed.
DIES = """\
def dying(*args):
    print(tell(*args), flush=True)
    os._exit(int(abs(float(np.ravel(np.asarray(args[0]))[0])) * 200) % 256)


rnn = gru = mha = init_gru_with_rnn = init_gru_with_long_term_memory = dying
for name in TOLD:
    if pathlib.Path(name).exists():
        print(name, pathlib.Path(name).read_text())
"""
WRAPS = """\
def telling(function):
    def wrapped(*args):
        tell(*args)
        return function(*args)
    return wrapped


rnn, gru, mha = telling(rnn), telling(gru), telling(mha)
init_gru_with_rnn = telling(init_gru_with_rnn)
init_gru_with_long_term_memory = telling(init_gru_with_long_term_memory)
"""
SPIES = {"spy_answers": WRAPS, "spy_dies": DIES, "spy_raises": RAISES, "spy_returns": RETURNS}

HOSTILE_NAME = "<img src=x onerror=ran('name')> [x](javascript:ran('name%20link')).ipynb"
PWN = """\
from IPython.display import HTML, SVG, Javascript, Latex, Markdown, display

display(HTML("<script>ran('shown html')</script><img src=/no/shown onerror=ran('shown')>"))
display(Javascript("ran('shown script')"), Markdown("[x](javascript:ran('shown%20link'))"))
svg = "<svg xmlns='http://www.w3.org/2000/svg' onload=\\"ran('shown drawing')\\"/>"
display({"image/svg+xml": svg}, raw=True)
display({"text/plain": "<script>ran('shown text')</script>"}, raw=True)
print("<script>ran('printed')</script> \\x1b]8;;javascript:ran('terminal')\\x07x\\x1b]8;;\\x07")
raise type("<script>ran('error')</script>", (Exception,), {})("<img src=/no onerror=ran('message')>")
"""
PWNING_FUNCTION = (
    "def gru(*args):\n    raise ValueError  # <script>ran('line')</script><img src=/no onerror=ran('line')>\n"
)


@pytest.fixture(scope="module")
def spied(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A real course with spies, a hostile notebook and one with files beside it, graded by one command."""
    course = e2e.real_course(tmp_path_factory.mktemp("spied"))
    for student, last in SPIES.items():
        e2e.hand_in(course, student, e2e.notebook(e2e.solutions(), code=TELLS, last=last))
    answers = {**e2e.solutions(), "Q3_solution": PWNING_FUNCTION}
    e2e.hand_in(
        course, "hostile", e2e.notebook(answers, code=PWN, prose=list(MARKDOWN.values())), HOSTILE_NAME
    )
    _with_files(course, e2e.hand_in(course, "shipper", e2e.notebook(e2e.solutions())))
    for command in ("grade", "feedback"):
        done = e2e.kit(course.root, command)
        assert done.returncode == 0, done.stderr
    return course


def _with_files(course: Course, folder: Path) -> None:
    """What a student may ship beside the notebook."""
    (folder / "numpy.py").write_text("raise SystemExit('shadowed')\n")
    (folder / "visible_check.py").write_text("raise SystemExit('replaced')\n")
    (folder / "secret.txt").write_text("SECRET OF THE SHIPPER")
    (folder / "page.html").write_text("<script>ran('shipped')</script>")
    (folder / "<img src=x onerror=ran('shipped')>.png").write_text("no picture")
    (folder / "book.db").symlink_to(course.root / "gradebook.db")
    (folder / "key").symlink_to(course.root / ".term_key")
    (folder / "others").symlink_to(course.root / "submitted")
    (folder / "deep" / "deeper").mkdir(parents=True)
    (folder / "deep" / "deeper" / "secret.txt").write_text("SECRET OF THE SHIPPER")


def texts(course: Course, student: str) -> dict[str, str]:
    """All that is kept of a student's submission, by where it is."""
    path = course.report(ASSIGNMENT, student)
    recorded = course.autograded(ASSIGNMENT, student) / f"{ASSIGNMENT}.ipynb"
    return {
        "report": path.read_text(),
        "recorded": path.with_suffix(".ipynb").read_text(),
        "autograded": recorded.read_text(),
        "gradebook": e2e.gradebook_dump(course),
        "feedback": html.unescape(e2e.feedback(course, student)),
    }


class Noting(PlainFunctions):
    """Right answers; what they are handed and what they give stays in `seen`."""

    def __init__(self) -> None:
        super().__init__(right_answers(ASSIGNMENT))
        self.seen: list[object] = []

    def call(self, function: str, args: Sequence[object], *, label: str = "", on: object = None) -> object:
        answer = super().call(function, args, label=label, on=on)
        self.seen.append((args, answer))
        return answer


def hidden_arrays(course: Course) -> Iterator[np.ndarray]:
    """The arrays that hidden tests hand over or expect back, in every test."""
    noting = Noting()
    for test in hidden_tests(ASSIGNMENT).values():
        test.function(StudentCode(noting, test.name), course.key)
    yield from _arrays(noting.seen)


def _arrays(value: object) -> Iterator[np.ndarray]:
    if isinstance(value, (list, tuple)):
        for part in value:
            yield from _arrays(part)
    else:
        yield np.asarray(value)


def canaries(course: Course) -> set[str]:
    """How some of the hidden numbers begin in whatever way they are printed, and the arrays' bytes.

    Six decimals are enough to tell a hidden number from those that a notebook shows on its own account, and
    few enough to be the same in `repr`, `str`, JSON and NumPy's print of float32 and float64.
    """
    found = set()
    for array in hidden_arrays(course):
        large = [abs(value) for value in array.ravel()[:40].tolist() if abs(value) > 0.1][:3]
        found |= {f"{value:.9f}"[:-3] for value in large}
        data = array.tobytes()[:12]
        found |= {data.hex(), base64.b64encode(data).decode()} if len(data) == 12 else set()
    return found


def leaks(text: str, secrets: set[str]) -> set[str]:
    """The canaries in a text; a number that merely ends like one is none."""
    numbers = set(re.findall(r"\d+\.\d{6}", text))
    return {secret for secret in secrets if secret in numbers or ("." not in secret and secret in text)}


def test_a_canary_would_be_found(spied: Course) -> None:
    """In every way that numbers are printed, else the next tests prove nothing."""
    value = max((array for array in hidden_arrays(spied) if array.dtype == "f4"), key=np.size)
    ways = [repr(value), str(value.tolist()), repr(value.ravel()[0]), value.tobytes().hex()]
    ways += [base64.b64encode(value.tobytes()).decode(), str(value.astype(np.float64))]
    assert all(leaks(way, canaries(spied)) for way in ways)


@pytest.mark.parametrize("student", SPIES)
def test_the_spy_was_called(spied: Course, student: str) -> None:
    """The functions that tell were in place: every hidden test has an outcome, and its own words for it."""
    report = e2e.report(spied, student)
    begins = {
        "spy_answers": "",
        "spy_dies": "calling `gru` did not end well|your code ended its process",
        "spy_raises": "`gru` raised an exception that is not one of Python's own",
        "spy_returns": "`gru` should return two values|outputs|final_state",
    }[student]
    question = report.question("Q3")
    assert question is not None
    assert all(re.match(begins, test.message) for test in question.tests)


@pytest.mark.parametrize("place", ["report", "recorded", "autograded", "gradebook", "feedback"])
@pytest.mark.parametrize("student", SPIES)
def test_no_hidden_number_comes_out(spied: Course, student: str, place: str) -> None:
    """Whatever a function prints, shows, raises, returns, writes or dies of."""
    assert leaks(texts(spied, student)[place], canaries(spied)) == set()


def suite_lines() -> set[str]:
    """The lines of the hidden suite that are long enough to know again, but for what students may read."""
    given = "".join(path.read_text() for path in (*RELEASE.parent.iterdir(), SOURCE))  # solutions, too
    lines = {
        line.strip() for path in (SUITES / ASSIGNMENT).glob("*.py") for line in path.read_text().splitlines()
    }
    return {line for line in lines if len(line) >= 20 and not line.startswith('"""') and line not in given}


@pytest.mark.parametrize("place", ["report", "recorded", "autograded", "gradebook", "feedback"])
def test_no_line_of_the_suite_comes_out(spied: Course, place: str) -> None:
    """Neither by a failure nor by a traceback; titles are meant to be read."""
    lines = suite_lines()
    assert len(lines) > 100
    shown = "".join(texts(spied, student)[place] for student in (*SPIES, "hostile", "shipper"))
    assert {line for line in lines if line in shown} == set()


# --- Files beside the notebook ------------------------------------------------------------------------------


@pytest.mark.parametrize("room", ["autograded", "feedback"])
def test_files_beside_the_notebook_are_left_behind(spied: Course, room: str) -> None:
    """Only what the assignment declares is taken along: no module, no link, no page, no folder's content."""
    folder = spied.root / room / "shipper" / ASSIGNMENT
    found = {path.name for path in folder.rglob("*") if not path.is_dir() or path.is_symlink()}
    given = {"rnn_param_helper.py", "visible_check.py", "by_hand.py"}
    assert found <= {f"{ASSIGNMENT}.ipynb", f"{ASSIGNMENT}.html", *given}


@pytest.mark.parametrize("room", ["autograded", "feedback", "reports"])
def test_nothing_of_those_files_is_quoted(spied: Course, room: str) -> None:
    """Their content is nowhere."""
    files = [path for path in (spied.root / room).rglob("*") if path.is_file()]
    assert [path for path in files if b"SECRET OF THE SHIPPER" in path.read_bytes()] == []


def test_a_students_module_shadows_none(spied: Course) -> None:
    """A numpy.py beside the notebook changes no import, and a changed helper comes from the release."""
    assert e2e.report(spied, "shipper").score == 17


# --- In a browser -------------------------------------------------------------------------------------------


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


@pytest.fixture(scope="module")
def harmless(browser: Browser, spied: Course) -> Seen:
    """What the page of an honest student asks for."""
    return visit(browser, e2e.feedback(spied, "shipper"))


def test_the_hostile_page_runs_nothing(browser: Browser, spied: Course) -> None:
    """No script, no event, no link of the student's, wherever it was put."""
    seen = visit(browser, e2e.feedback(spied, "hostile"))
    assert (seen.ran, seen.dialogs) == (set(), [])


def test_the_hostile_page_asks_for_nothing(browser: Browser, spied: Course, harmless: Seen) -> None:
    """Opening it tells nobody that it was opened."""
    assert visit(browser, e2e.feedback(spied, "hostile")).requests <= harmless.requests


def test_the_hostile_page_is_still_a_page(spied: Course) -> None:
    """The student's own text is there to be read, and the misnamed file is told."""
    text = BeautifulSoup(e2e.feedback(spied, "hostile"), "html.parser").get_text()
    assert "ran('name')" in text
    assert "its name should be 'rnn_gru_mha.ipynb'" in text


def test_without_the_cleaning_it_would_run(browser: Browser, spied: Course, tmp_path: Path) -> None:
    """The same pieces, put into the autograded notebook as they were handed in, do run in nbgrader's page."""
    course = e2e.copied(spied, tmp_path / "uncleaned")
    path = course.autograded(ASSIGNMENT, "hostile") / f"{ASSIGNMENT}.ipynb"
    dirty = nbformat.read(path, as_version=4)
    dirty.cells += [new_markdown_cell(source) for source in MARKDOWN.values()]
    outputs = [
        new_output("display_data", data=bundle) for name, bundle in OUTPUTS.items() if name != "widget"
    ]
    dirty.cells.append(new_code_cell("", outputs=outputs))
    path.chmod(0o644)
    nbformat.write(dirty, path)
    write_feedback(course, SimpleNamespace(assignments=[ASSIGNMENT], student="hostile"))
    seen = visit(browser, e2e.feedback(course, "hostile"))
    assert seen.ran >= {"script", "event", "link", "html output", "script output"}


def test_the_hostile_submission_is_graded(spied: Course) -> None:
    """Only the question whose function does harm loses its points."""
    report: Report = e2e.report(spied, "hostile")
    assert {question.name: question.score for question in report.questions} == {
        "Q2": 3,
        "Q3": 0,
        "Q4": 2,
        "Q5": 2,
        "Q6": 5,
    }
