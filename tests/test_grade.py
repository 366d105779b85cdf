"""One submission to one report, through the real sandbox: a small notebook a behaviour."""

from __future__ import annotations

import json

import nbformat
import pytest

from autograder.execution import Limits
from autograder.grade import Options
from autograder.report import Question, Report
from tests.conftest import RELEASE

QUICK = Options(limits=Limits(cell=2.0, call=1.5))

HEAD = "import numpy as np\nimport torch\n"
RNN = """
def rnn(wt_h, wt_x, bias, init_state, input_data):
    state = init_state[0]
    outputs = []
    for t in range(input_data.shape[1]):
        state = np.tanh(input_data[:, t] @ wt_x + state @ wt_h + bias)
        outputs.append(state)
    outputs = np.stack(outputs, axis=1)
"""
PLAIN = "    return outputs, state\n"


@pytest.fixture
def graded(hand_in, grade_notebook):
    """Grades the release with these answers by grade id."""

    def run(**answers: str) -> Report:
        return grade_notebook(hand_in({f"{name}_solution": text for name, text in answers.items()})).report

    return run


@pytest.fixture
def graded_fast(hand_in, grade_notebook):
    """The same with short time limits."""
    return lambda answers: grade_notebook(hand_in(answers), options=QUICK).report


def messages(report: Report, name: str) -> str:
    return " | ".join(test.message for test in question(report, name).tests)


def question(report: Report, name: str) -> Question:
    found = report.question(name)
    assert found is not None
    return found


def told(report: Report) -> list[tuple[str, str, str]]:
    return [(test.name, test.outcome, test.message) for each in report.questions for test in each.tests]


def score(report: Report, name: str) -> float | None:
    return question(report, name).score


def test_solution_earns_everything(hand_in, solutions, grade_notebook):
    """The instructor's solution has all 17 points."""
    report = grade_notebook(hand_in(solutions)).report
    assert (report.score, report.max_score, report.status, report.notes) == (17, 17, "graded", [])


def test_untouched_release_earns_nothing(graded):
    """The release as it is has no point, and each test says that nothing was written."""
    report = graded()
    assert (report.score, report.status) == (0, "graded")
    assert "`gru` is not written yet" in messages(report, "Q3")


def test_report_says_what_it_rests_on(hand_in, solutions, grade_notebook):
    """Digests of key, suite, release and submission, how it was isolated, and how long it took."""
    report = grade_notebook(hand_in(solutions)).report
    assert all([report.provenance.submission, report.provenance.release, report.provenance.suite])
    assert report.provenance.key
    assert (report.provenance.isolation, report.provenance.demo_key) == ("warm", False)
    assert {"total", "worker", "cells", "calls"} <= set(report.seconds)


def test_grading_is_repeatable(hand_in, solutions, grade_notebook):
    """The same submission has the same outcomes and the same recorded notebook."""
    first, second = (grade_notebook(hand_in({**solutions, "Q6_solution": "import random"})) for _ in range(2))
    assert first.notebook == second.notebook
    same = [
        [(t.name, t.outcome, t.message) for q in each.report.questions for t in q.tests]
        for each in (first, second)
    ]
    assert same[0] == same[1]


@pytest.mark.parametrize(
    "ending",
    [
        "    return outputs, state[np.newaxis]\n",
        "    return [outputs, state]\n",
        "    return outputs.tolist(), state.tolist()\n",
        "    return torch.from_numpy(outputs), torch.from_numpy(state).requires_grad_()\n",
        "    return outputs.astype(np.float64), state.astype(np.float64)\n",
        "    return np.asfortranarray(outputs), state[None][:, ::1]\n",
        "    print('noise'); import sys; print('noise', file=sys.stderr)\n    return outputs, state\n",
        "    import warnings; warnings.warn('noise'); np.float32(1) / np.float32(0); return outputs, state\n",
        "    input_data *= 0; wt_h *= 0\n    return outputs, state\n",
    ],
)
def test_honest_styles_earn_everything(ending, graded):
    """Types, warnings, a leading axis, changed arguments: none costs a point."""
    assert score(graded(Q2=HEAD + RNN + ending), "Q2") == 3


def test_helper_in_an_own_cell_counts(hand_in, grade_notebook):
    """A function in a cell of the student's own is found."""
    tree = json.loads(hand_in({"Q2_solution": HEAD + RNN + "    return finish(outputs, state)\n"}))
    own = nbformat.v4.new_code_cell("def finish(outputs, state): return outputs, state", id="mine")
    tree["cells"].insert(5, own)
    assert score(grade_notebook(json.dumps(tree).encode()).report, "Q2") == 3


def test_answer_in_an_own_cell_counts(hand_in, grade_notebook):
    """A solution cell that was deleted and written anew loses nothing."""
    tree = json.loads(hand_in({}))
    cells = tree["cells"]
    place = next(
        n for n, c in enumerate(cells) if c["metadata"].get("nbgrader", {}).get("grade_id") == "Q2_solution"
    )
    cells[place] = nbformat.v4.new_code_cell(HEAD + RNN + PLAIN, id="mine")
    assert score(grade_notebook(json.dumps(tree).encode()).report, "Q2") == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1", "`rnn` is not defined after your notebook has run"),
        ("rnn = 3", "`rnn` is no function any more"),
        ("def rnn(: pass", "did not run to its end, mend that first"),
        (
            "def rnn(*a):\n    raise ValueError(str(a))",
            "`rnn` raised ValueError in line 2 of the cell 'Q2_solution'",
        ),
        ("def rnn(wt_h): return 1", "`rnn` raised TypeError"),
        ("def rnn(*a): return 1", "outputs"),
        ("def rnn(*a): return None", "outputs should be an array of numbers, not None"),
        ("def rnn(*a): return 'a', 'b'", "outputs should be an array of numbers, not a text"),
        ("def rnn(*a): return object(), 1", "not an object"),
        ("def rnn(*a): raise SystemExit", "`rnn` raised SystemExit"),
        ("def rnn(*a):\n    return bytearray(1 << 33)", "`rnn` ran out of memory"),
        ("def rnn(*a):\n    x = []\n    x.append(x)\n    return x, x", "too large or too deeply nested"),
        ("import os\ndef rnn(*a): os._exit(3)", "it ended its own process"),
        ("import os\ndef rnn(*a): os.kill(os.getpid(), 9); os.abort()", "did not end well"),
        (HEAD + RNN + "    return (outputs,)\n", "not fewer"),
    ],
)
def test_wrong_answers_are_told(text, said, graded):
    """Each way of being wrong has its sentence, and no points."""
    report = graded(Q2=text)
    assert said in messages(report, "Q2")
    assert score(report, "Q2") == 0


@pytest.mark.parametrize(
    ("outputs", "said", "points"),
    [
        ("outputs.swapaxes(0, 1)", "yours is [T, B, H]", 2.5),
        ("outputs[..., None]", "axis of size 1 too many", 0.25),
        ("outputs * np.nan", "outputs has elements that are NaN", 0.25),
        ("outputs * 1j", "complex", 0.25),
        ("outputs > 0", "off torch.nn.RNN's", 0.25),
    ],
)
def test_wrong_outputs_leave_the_final_state(outputs, said, points, graded):
    """Outputs of a wrong shape, type or value are told, and the final state has its points."""
    report = graded(Q2=HEAD + RNN + f"    return {outputs}, state\n")
    assert said in messages(report, "Q2")
    assert score(report, "Q2") == points


def test_wrong_final_state_costs_itself_alone(graded):
    """The outputs' points stay."""
    report = graded(Q2=HEAD + RNN + "    return outputs, outputs[:, 0]\n")
    assert score(report, "Q2") == 2.75


def test_dropped_axis_costs_its_test_alone(graded):
    """`squeeze()` is right where no size is 1."""
    report = graded(Q2=HEAD + RNN.replace("init_state[0]", "init_state.squeeze()") + PLAIN)
    assert score(report, "Q2") == 2.75
    failed = [test.name for test in question(report, "Q2").tests if test.outcome == "failed"]
    assert failed == ["test_rnn_sizes_of_one"]


def test_function_that_hangs_is_told(graded_fast):
    """A call has a time limit; the rest of the notebook is graded."""
    report = graded_fast({"Q2_solution": "def rnn(*a):\n    while True: pass", "Q5_solution": MEMORY})
    assert "did not return within" in messages(report, "Q2")
    assert "was not called again" in messages(report, "Q2")
    assert score(report, "Q5") == 2
    assert any("'Q2_check' was interrupted" in note for note in report.notes)


MEMORY = """
import numpy as np
def init_gru_with_long_term_memory(I, H):
    nothing = np.zeros((I, H)).tolist(), np.zeros(H), np.zeros((H, H)), [0] * H
    keep = np.zeros((I, H)), [1e10] * H, np.zeros((H, H)), np.zeros((1, H))
    return nothing, keep, nothing
"""


def test_cell_that_hangs_is_told(graded_fast):
    """A cell over its time is interrupted, what it had defined stays, the cells below run."""
    text = HEAD + RNN + PLAIN + "while True:\n    pass\n"
    report = graded_fast({"Q2_solution": text, "Q5_solution": MEMORY})
    assert score(report, "Q2") == 3
    assert score(report, "Q5") == 2
    assert any("'Q2_solution' was interrupted" in note for note in report.notes)


def test_cell_that_exits_costs_itself_alone(graded):
    """The cell that ends the process is left out, the others are graded."""
    report = graded(Q2="import os\nos._exit(0)", Q5=MEMORY)
    assert score(report, "Q2") == 0
    assert score(report, "Q5") == 2
    assert any("'Q2_solution' was stopped" in note for note in report.notes)


READY_MADE = """
def mine(I, H): return torch.nn.RNN(I, H, batch_first=True)
def rnn(wt_h, wt_x, bias, init_state, input_data):
    layer = mine(*wt_x.shape)
    with torch.no_grad():
        for p, v in zip(layer.parameters(), (wt_x.T, wt_h.T, bias, 0 * bias)):
            p.copy_(torch.as_tensor(v))
        return layer(torch.as_tensor(input_data), torch.as_tensor(init_state))
"""


def test_ready_made_layer_scores_nothing(graded):
    """A layer in a helper is found by reading, the question scores 0 and waits for a person."""
    report = graded(Q2=HEAD + READY_MADE)
    assert score(report, "Q2") == 0
    assert "torch.nn.RNN" in question(report, "Q2").flag
    assert report.status == "waits for a person"


def test_hidden_ready_made_layer_is_trapped(graded):
    """A layer that no reading finds is caught while the hidden tests run."""
    hidden = READY_MADE.replace("torch.nn.RNN(", "vars(torch.nn)[''.join(map(chr, (82, 78, 78)))](")
    report = graded(Q2=HEAD + hidden)
    assert score(report, "Q2") == 0
    assert "by hand" in question(report, "Q2").flag


def test_comparing_with_torch_is_allowed(hand_in, solutions, grade_notebook):
    """A cell of one's own that compares with torch's layer costs nothing."""
    tree = json.loads(hand_in(solutions))
    compare = "import torch\nreference = torch.nn.GRU(3, 2)\nprint(reference, 'nn.GRU', gru)"
    tree["cells"].append(nbformat.v4.new_code_cell(compare, id="mine"))
    report = grade_notebook(json.dumps(tree).encode()).report
    assert (report.score, report.status) == (17, "graded")


def test_another_assignments_notebook_is_ungraded(hand_in, grade_notebook):
    """Nothing of it is run, every question is without a score, and the student is told."""
    tree = json.loads(hand_in({}))
    for cell in tree["cells"]:
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"]["grade_id"] = "x" + cell["metadata"]["nbgrader"]["grade_id"]
    report = grade_notebook(json.dumps(tree).encode()).report
    assert report.status == "ungraded"
    assert "another assignment" in report.fault
    assert [each.score for each in report.questions] == [None] * 5


def test_output_is_recorded_and_locked_cells_are_the_releases(hand_in, grade_notebook):
    """The recorded notebook shows what the student's code printed, in the release's frame."""
    graded = grade_notebook(hand_in({"Q2_solution": "print('hello from a cell')\n1 / 0"}))
    notebook = nbformat.reads(graded.notebook, as_version=4)
    nbformat.validate(notebook)
    cell = next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "Q2_solution")
    assert cell.outputs[0].text == "hello from a cell\n"
    assert cell.outputs[1].ename == "ZeroDivisionError"
    released = nbformat.read(RELEASE, as_version=4)
    assert notebook.metadata == released.metadata


@pytest.mark.parametrize("figures", [False, True])
def test_figures_are_drawn_on_request(figures, hand_in, solutions, grade_notebook):
    """Cells that only draw cost time: they are run when the report is to show them."""
    graded = grade_notebook(hand_in(solutions), options=Options(figures=figures))
    assert ("image/png" in graded.notebook) == figures
    assert graded.report.score == 17


@pytest.mark.parametrize("isolation", ["fresh", "none"])
def test_other_isolations_give_the_same_score(isolation, hand_in, solutions, grade_notebook):
    """How student code is kept apart changes no score, and the report says how it was."""
    from autograder.sandbox import Sandbox

    with Sandbox(isolation) as box:
        report = grade_notebook(hand_in(solutions), options=Options(isolation=isolation), box=box).report
    assert report.score == 17
    assert report.provenance.isolation == isolation
    assert any("without a sandbox" in note for note in report.notes) == (isolation == "none")


TAMPERINGS = {
    "an object smaller than everything": """
class Least(float):
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __eq__ = __ne__ = __lt__
    def __sub__(self, other): return self
    __abs__ = __rsub__ = __array__ = lambda self, *a: self
def rnn(*a): return Least(0), Least(0)
""",
    "NumPy replaced": """
import numpy as np
np.max = np.mean = np.abs = np.asarray = lambda *a, **k: 0.0
np.testing.assert_allclose = lambda *a, **k: None
def rnn(*a): return 0.0, 0.0
""",
    "the caller's frames searched": """
import sys, gc
def rnn(*a):
    frame = sys._getframe()
    while frame:
        for value in frame.f_locals.values():
            if hasattr(value, 'outputs'): return value.outputs, value.outputs[:, -1]
        frame = frame.f_back
    found = [o for o in gc.get_objects() if type(o).__name__ in ('Recurrent', 'Execution', 'Scoring')]
    return found[0].outputs, found[0].final_state
""",
    "the grader's answer forged on its own connection": """
import os
from autograder.sandbox import values, wire
def rnn(*a):
    for id in range(1, 400):
        os.write(3, wire.frame(wire.Returned(id, values.pack((0.0, 0.0)), [])))
    return 0.0, 0.0
""",
    "the tests looked for on disk": """
import glob, re
def rnn(*a):
    suites = [p for p in glob.glob('/opt/kit/**/test_*.py', recursive=True) if 'rnn_gru_mha' in p]
    keys = glob.glob('/tmp/**/.term_key', recursive=True)
    return (suites + keys)[0]
""",
    "pytest and the wire rewritten": """
import sys
from autograder.sandbox import values, worker
values.pack = lambda value: values.Table({'outcome': 'passed', 'points': 17})
worker.Trap.hits = []
def rnn(*a): return 0, 0
""",
}


SELF_INFLICTED = ("pytest and the wire rewritten",)  # spoils its own answers on their way


@pytest.mark.parametrize("name", TAMPERINGS)
def test_tampering_earns_what_its_honest_part_deserves(name, graded):
    """Nothing to tamper with: the tampered question scores 0, the honest one has its points."""
    report = graded(Q2=TAMPERINGS[name], Q5=MEMORY)
    assert score(report, "Q2") == 0
    assert score(report, "Q5") == (0 if name in SELF_INFLICTED else 2)
    assert all(each.is_graded for each in report.questions)
