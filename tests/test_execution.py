"""A notebook's own run and the calls of hidden tests: what is kept, what is told, what never comes out."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch

from autograder.course import TermKey
from autograder.errors import StudentFault, Trapped
from autograder.execution import CellRun, Execution, Limits
from autograder.grade import TRAPPED
from autograder.sandbox import Sandbox, client, values, wire
from autograder.submission import Cell

QUICK = Limits(cell=1.0, notebook=60.0, call=1.0)
KEY = TermKey(b"the key of the kit's own tests")
CANARY = "c4n4ry7f3a"
CANARY_NUMBER = 271828182845


def code(source: str, grade_id: str | None = None, *tags: str, origin: Any = "student") -> Cell:
    """A code cell."""
    return Cell("code", source, origin, grade_id, "id", {"tags": list(tags)} if tags else {})


Run = Callable[..., Execution]


@pytest.fixture
def run(sandbox: Sandbox) -> Iterator[Run]:
    """Runs cells (their sources will do) to the end; the execution is closed after the test."""
    running = []

    def start(*cells: str | Cell, files: Any = None, box: Sandbox = sandbox, **settings: Any) -> Execution:
        listed = [cell if isinstance(cell, Cell) else code(cell) for cell in cells]
        settings.setdefault("limits", QUICK)
        running.append(Execution(box, listed, files or {}, KEY.seed, **settings))
        running[-1].run()
        return running[-1]

    yield start
    for execution in running:
        execution.close()


def said(done: CellRun) -> str:
    """All that a cell printed."""
    return "".join(output.get("text", "") for output in done.outputs)


def ends(execution: Execution) -> dict[int, str]:
    """How each cell ended."""
    return {number: done.ended for number, done in execution.runs.items()}


def fault(execution: Execution, function: str, *args: Any) -> str:
    """What the student reads after the call."""
    with pytest.raises(StudentFault) as told:
        execution.call(function, args, label="test")
    return str(told.value)


# --- The notebook's own run ---------------------------------------------------------------------------------


def test_cells_run_in_order_and_share_their_names(run: Run) -> None:
    """A cell sees what the ones above defined, as in Jupyter."""
    assert said(run("x = 40", "x += 2", "print(x)").runs[2]) == "42\n"


def test_an_error_in_a_cell_does_not_stop_the_next(run: Run) -> None:
    """A cell that raises is shown with its error, and the cells below still run."""
    execution = run("1 / 0", "print('below')")
    assert ends(execution) == {0: "error", 1: "ok"}
    assert execution.runs[0].outputs[-1]["ename"] == "ZeroDivisionError"


def test_a_cell_that_is_no_python_is_an_error_of_its_own(run: Run) -> None:
    """A cell that does not parse is shown with its error, and the cells below still run."""
    execution = run("def f(:", "print('below')")
    assert ends(execution) == {0: "error", 1: "ok"}
    assert execution.runs[0].outputs[-1]["ename"] == "SyntaxError"


SHOWN = {
    "print": ("print('seen')", "seen\n"),
    "standard error": ("import sys\nprint('seen', file=sys.stderr)", "seen\n"),
    "shell line": ("!echo seen", "seen\n"),
    "shell line's answer": ("lines = !echo seen\nprint(lines[0])", "seen\n"),
    "magic": ("%env SEEN=1\nimport os\nprint(os.environ['SEEN'])", "env: SEEN=1\n1\n"),
    "cell magic": ("%%capture kept\nprint('hidden')", ""),
    "cell magic of the shell": ("%%bash\necho seen", "seen\n"),
    "await": ("import asyncio\nawait asyncio.sleep(0)\nprint('seen')", "seen\n"),
    "child process": ("import os\nos.system('echo seen')\nNone", "seen\n"),
}


@pytest.mark.parametrize(("source", "shown"), SHOWN.values(), ids=SHOWN)
def test_what_jupyter_runs_runs_here(run: Run, source: str, shown: str) -> None:
    """Streams, shell lines, magics and top-level await do what they do in Jupyter."""
    done = run(source).runs[0]
    assert (done.ended, said(done)) == ("ok", shown)


def test_a_pip_line_costs_nothing_below_it(run: Run) -> None:
    """Without a network `!pip install` fails, and what stands below it in the cell still runs."""
    execution = run("!pip install nothing\n%matplotlib inline\nprint('below')")
    assert "below" in said(execution.runs[0])


def test_the_last_expression_is_shown(run: Run) -> None:
    """A cell's value is recorded as a result."""
    (output,) = run("40 + 2").runs[0].outputs
    assert (output["output_type"], output["data"]) == ("execute_result", {"text/plain": "42"})


def test_a_figure_is_recorded_as_a_png(run: Run) -> None:
    """What matplotlib draws comes out as a picture."""
    outputs = run("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()").runs[0].outputs
    (data,) = [output["data"] for output in outputs if output["output_type"] == "display_data"]
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "source", ["exit()", "quit()", "exit", "import sys\nsys.exit(1)", "raise SystemExit"]
)
def test_leaving_the_notebook_leaves_nothing(run: Run, source: str) -> None:
    """A cell that exits ends itself; the cells below still run."""
    assert said(run(source, "print('below')").runs[1]) == "below\n"


def test_asking_the_keyboard_is_an_error(run: Run) -> None:
    """Nobody types: `input()` raises instead of waiting."""
    assert ends(run("name = input('who? ')", "1")) == {0: "error", 1: "ok"}


def test_reading_standard_input_gives_nothing(run: Run) -> None:
    """Standard input is at its end."""
    assert said(run("import sys\nprint(repr(sys.stdin.read()))").runs[0]) == "''\n"


def test_text_that_no_message_can_hold_is_mended(run: Run) -> None:
    """A lone surrogate becomes a question mark, and costs no other output."""
    execution = run("print('kept'); print('\\ud800'); display('\\ud800')\nraise ValueError('\\ud800')")
    assert said(execution.runs[0]) == "kept\n?\n"
    assert execution.runs[0].outputs[-1]["evalue"] == "?"


def test_outputs_are_bounded(run: Run) -> None:
    """A cell that prints and displays without measure is recorded in part."""
    done = run("print('x' * 10**6)\nfor n in range(1000):\n    display(n)").runs[0]
    assert done.ended == "ok"
    assert len(said(done)) < 100_000
    assert len(done.outputs) <= wire.MAX_OUTPUTS


def test_files_lie_in_the_working_folder(run: Run) -> None:
    """A declared file is opened by its name."""
    execution = run("print(open('model.pt', 'rb').read())", files={"model.pt": b"weights"})
    assert said(execution.runs[0]) == "b'weights'\n"


def test_a_file_named_like_a_library_shadows_nothing(run: Run) -> None:
    """The working folder is searched for imports after the libraries."""
    shadows = {"json.py": b"raise SystemExit", "numpy.py": b"raise SystemExit"}
    assert said(run("import json, numpy\nprint(numpy.ones(1))", files=shadows).runs[0]) == "[1.]\n"


def test_cells_that_train_are_not_run(run: Run) -> None:
    """A cell with the tag `skip-autograde` is left alone."""
    assert ends(run(code("1", "train", "skip-autograde"), "1")) == {1: "ok"}


@pytest.mark.parametrize("figures", [False, True])
def test_cells_that_only_draw_are_run_where_asked(run: Run, figures: bool) -> None:
    """A cell with the tag `skip-figures` is run when the report is to show it."""
    execution = run(code("1", "draw", "skip-figures"), figures=figures)
    assert (0 in execution.runs) == figures


def test_missing_and_question_cells_are_not_run(run: Run) -> None:
    """Neither a solution cell that was deleted nor a grade cell is run."""
    question = Cell("code", "1", "release", "Q1", "id", {"nbgrader": {"grade": True, "solution": False}})
    assert ends(run(code("1", "gone", origin="missing"), question, "1")) == {2: "ok"}


def test_two_runs_are_equal(run: Run) -> None:
    """What a notebook draws at random is the same in every run of it."""
    draws = (
        "import random, numpy, torch\nprint(random.random(), numpy.random.rand(), torch.rand(1), hash('x'))"
    )
    assert said(run(draws).runs[0]) == said(run(draws).runs[0])


def test_each_cell_draws_numbers_of_its_own(run: Run) -> None:
    """Two cells with the same source draw different numbers."""
    draws = "import torch\nprint(torch.rand(1))"
    execution = run(draws, draws)
    assert said(execution.runs[0]) != said(execution.runs[1])


def test_without_walls_a_notebook_runs_as_well(run: Run) -> None:
    """`--sandbox none` runs cells and calls the same way."""
    with Sandbox("none") as bare:
        execution = run("def double(x):\n    return 2 * x\nprint('seen')", box=bare)
        assert said(execution.runs[0]) == "seen\n"
        assert execution.call("double", [np.ones(2)], label="test").tolist() == [2.0, 2.0]
        execution.close()


# --- Cells that break ---------------------------------------------------------------------------------------

BREAKING = {
    "exits": "import os\nos._exit(0)",
    "crashes": "import ctypes\nctypes.string_at(0)",
    "floods": "import os\nwhile True:\n    os.write(1, b'x' * 2**20)",
    "writes to the grader": "import os\nos.write(3, b'\\xff' * 4)",
}


@pytest.mark.parametrize("source", BREAKING.values(), ids=BREAKING)
def test_a_cell_that_takes_its_worker_along_is_left_out(run: Run, source: str) -> None:
    """The rest is run in a new worker, what the cells above define included, and the student is told."""
    execution = run("x = 1", source, "print(x + 1)")
    assert ends(execution) == {0: "ok", 1: "died", 2: "ok"}
    assert said(execution.runs[2]) == "2\n"
    assert execution.notes[0].startswith("Your own cell number 2 was stopped: ")


def test_a_cell_that_was_left_out_shows_why(run: Run) -> None:
    """The cell's output says that it was stopped, in the note's words."""
    execution = run(code("import os\nos._exit(0)", "Q1_solution"))
    (output,) = execution.runs[0].outputs
    assert output["evalue"] == "it ended its own process"
    assert execution.notes == [
        "The cell 'Q1_solution' was stopped: it ended its own process. It was left out."
    ]


def test_deaths_are_bounded(run: Run) -> None:
    """After so many workers the notebook is given up, and every call says so."""
    execution = run(*["import os\nos._exit(0)"] * 5, limits=Limits(cell=1.0, deaths=2))
    assert [done.ended for done in execution.runs.values()].count("died") == 2
    assert execution.notes[-1] == "Your notebook ended its process 2 times and was not run any further."
    assert fault(execution, "f") == "your code ended its process 2 times and was not run any further"


SPIN = "while True:\n    pass\n"
SLOW = {
    "computes": SPIN,
    "sleeps": "import time\nwhile True:\n    time.sleep(0.01)",
    "waits": "import threading\nthreading.Event().wait()",
    "swallows the interrupt once": "try:\n    import time\n    time.sleep(9)\nexcept BaseException:\n    1\n"
    + SPIN,
}


@pytest.mark.parametrize("source", SLOW.values(), ids=SLOW)
def test_a_slow_cell_is_interrupted_and_keeps_what_it_defined(run: Run, source: str) -> None:
    """An interrupted cell's definitions stay, the cells below run in the same worker, the student is told."""
    execution = run("import os", f"kept = 41\n{source}", "print(kept + 1)", limits=Limits(cell=0.5))
    assert ends(execution) == {0: "ok", 1: "timeout", 2: "ok"}
    assert said(execution.runs[2]) == "42\n"
    (note,) = execution.notes
    assert note.startswith("Your own cell number 2 was interrupted after")


DEAF = {
    "swallows every interrupt": """
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
""",
    "turns the alarms off": """
import signal
for number in (signal.SIGALRM, signal.SIGPROF):
    signal.signal(number, signal.SIG_IGN)
while True:
    pass
""",
    "hangs outside of Python": """
sum(range(10**15))
""",
}


@pytest.mark.parametrize("source", DEAF.values(), ids=DEAF)
def test_a_cell_that_cannot_be_interrupted_is_left_out(
    run: Run, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    """A cell that hears no interrupt ends with its worker, and the rest runs in a new one."""
    monkeypatch.setattr(client, "GRACE_SECONDS", 0.5)
    execution = run("x = 1", source, "print(x)", limits=Limits(cell=0.3))
    assert ends(execution) == {0: "ok", 1: "died", 2: "ok"}
    assert said(execution.runs[2]) == "1\n"


def test_a_program_that_waits_is_interrupted_as_in_jupyter(run: Run) -> None:
    """A shell line over the time ends, and what stands below it in the cell still runs."""
    execution = run("!sleep 1000\nprint('below')", limits=Limits(cell=0.3))
    assert ends(execution) == {0: "ok"}
    assert "below" in said(execution.runs[0])


def test_a_notebook_over_its_time_is_not_run_to_its_end(run: Run) -> None:
    """When the time for all cells is over, the rest is marked late and the student is told."""
    execution = run("while True:\n    pass", "print(1)", limits=Limits(cell=5.0, notebook=1.0))
    assert execution.runs[1].ended == "late"
    assert execution.notes[-1] == "Your own cell number 2 was not run: the notebook had run for 1 s."


# --- Calls --------------------------------------------------------------------------------------------------


def test_a_call_returns_plain_values(run: Run) -> None:
    """Arrays and tensors come back as arrays, tuples as tuples."""
    execution = run("import torch\ndef f(x, t):\n    return x + 1, torch.relu(t)")
    array, tensor = execution.call("f", [np.zeros(2), torch.tensor([-1.0, 2.0])], label="test")
    assert array.tolist() == [1.0, 1.0]
    assert type(tensor) is np.ndarray
    assert tensor.tolist() == [0.0, 2.0]


def test_a_tensor_arrives_as_a_tensor(run: Run) -> None:
    """What the hidden test passes as a tensor is one in the function."""
    execution = run("import torch\ndef f(x):\n    return isinstance(x, torch.Tensor)")
    assert execution.call("f", [torch.ones(1)], label="test") is True


def test_what_does_not_cross_comes_back_opaque(run: Run) -> None:
    """An object of the student's own class is named by nothing."""
    execution = run("class Mine: pass\ndef f():\n    return [Mine(), {1}]")
    assert execution.call("f", [], label="test") == [values.Opaque(""), values.Opaque("set")]


def test_the_same_label_draws_the_same_numbers(run: Run) -> None:
    """A call's random numbers depend on its label alone, not on the calls before."""
    execution = run("import torch\ndef f():\n    return torch.rand(3)")
    first = execution.call("f", [], label="one")
    other = execution.call("f", [], label="other")
    assert not np.array_equal(first, other)
    assert np.array_equal(first, execution.call("f", [], label="one"))


DEFINITIONS = """
import numpy as np
value = 3
def empty():
    pass
def unwritten():
    raise NotImplementedError("later")
def divides():
    # a comment
    return 1 / 0
class Own(Exception):
    pass
def raises_own():
    raise Own("message")
def raises_library_s():
    return np.linalg.inv(np.zeros((2, 2)))
def asserts():
    assert value == 4, "message"
def greedy():
    return np.ones(2**31)
def deep():
    value = []
    for _ in range(100):
        value = [value]
    return value
def large():
    return np.ones(2**24)
def surrogate():
    return chr(0xD800)
def leaves():
    raise SystemExit(5)
def takes(one):
    return one
"""

FOREIGN = "an exception that is not one of Python's own"
SENTENCES = {
    "missing": "is not defined after your notebook has run; keep the name that the question gives it",
    "value": "is no function any more after your notebook has run",
    "unwritten": "is not written yet (NotImplementedError)",
    "divides": "raised ZeroDivisionError in line 10 of the cell 'Q1_solution': return 1 / 0",
    "raises_own": f"raised {FOREIGN} in line 14 of the cell 'Q1_solution': raise Own(\"message\")",
    "raises_library_s": "raised ValueError in line 16 of the cell 'Q1_solution': "  # LinAlgError is one
    "return np.linalg.inv(np.zeros((2, 2)))",
    "asserts": "raised AssertionError in line 18 of the cell 'Q1_solution': assert value == 4, \"message\"",
    "takes": "raised TypeError",
    "greedy": "ran out of memory",
    "deep": "returned something too large or too deeply nested to read",
    "large": "returned something too large or too deeply nested to read",
    "surrogate": "returned something too large or too deeply nested to read",
    "leaves": "raised SystemExit in line 31 of the cell 'Q1_solution': raise SystemExit(5)",
}


@pytest.fixture(scope="module")
def defined(sandbox: Sandbox) -> Iterator[Execution]:
    """A notebook whose functions fail, each in its own way."""
    execution = Execution(sandbox, [code(DEFINITIONS, "Q1_solution")], {}, KEY.seed, limits=Limits(call=10.0))
    execution.run()
    yield execution
    execution.close()


@pytest.mark.parametrize("function", SENTENCES)
def test_each_failure_has_its_sentence(defined: Execution, function: str) -> None:
    """The student reads what happened, where, and in which line of their own."""
    assert fault(defined, function) == f"`{function}` {SENTENCES[function]}"


def test_a_call_that_ends_its_process_has_its_sentence(run: Run) -> None:
    """The student reads that the process ended, and no status."""
    execution = run("def ends():\n    import os\n    os._exit(5)")
    assert fault(execution, "ends") == "calling `ends` did not end well: it ended its own process"


def test_a_function_without_an_answer_returns_none(defined: Execution) -> None:
    """A function that returns nothing is no failure of the call."""
    assert defined.call("empty", [], label="test") is None


def test_a_function_that_died_is_called_in_a_new_worker(run: Run) -> None:
    """After a death the notebook is run again, and other functions answer as before."""
    execution = run(
        "x = [1]\nprint('once')", "def ends():\n    import os\n    os._exit(0)\ndef f():\n    return x"
    )
    fault(execution, "ends")
    assert execution.call("f", [], label="test") == [1]
    assert said(execution.runs[0]) == "once\n"


def test_a_missing_function_s_sentence_names_the_cell_that_failed(run: Run) -> None:
    """Where a cell of the student's did not run to its end, that is the thing to mend."""
    execution = run(code("def f(:", "Q1_solution", origin="student"))
    assert fault(execution, "f") == (
        "`f` is not defined after your notebook has run; the cell 'Q1_solution' did not run to its end, "
        "mend that first"
    )


def test_a_slow_call_is_interrupted(run: Run) -> None:
    """A call over its time fails, and the worker answers the next."""
    execution = run(
        "def slow():\n    while True:\n        pass\ndef f():\n    return 1", limits=Limits(call=0.5)
    )
    assert "`slow` did not return within" in fault(execution, "slow")
    assert execution.call("f", [], label="test") == 1


def test_a_function_that_hangs_twice_is_not_called_again(run: Run) -> None:
    """After two calls over time the third one is not tried."""
    execution = run("def slow():\n    while True:\n        pass", limits=Limits(call=0.3))
    fault(execution, "slow")
    fault(execution, "slow")
    assert fault(execution, "slow") == "`slow` was not called again: it ran out of time 2 times"


def test_deaths_in_calls_are_bounded(run: Run) -> None:
    """After so many deaths no function is called any more."""
    execution = run("def ends():\n    import os\n    os._exit(0)", limits=Limits(deaths=2, hangs=9))
    fault(execution, "ends")
    fault(execution, "ends")
    assert fault(execution, "ends") == "your code ended its process 2 times and was not run any further"


# --- Nothing of a hidden argument comes out -----------------------------------------------------------------

LEAKS = {
    "prints": "print(secret)",
    "prints to standard error": "import sys\nprint(secret, file=sys.stderr)",
    "writes to the pipe": "import os\nos.write(1, secret.encode())",
    "warns": "import warnings\nwarnings.warn(secret)",
    "displays": "from IPython.display import display\ndisplay(secret)",
    "logs": "import logging\nlogging.error(secret)",
    "runs a program": "import os\nos.system('echo ' + secret)",
    "draws": "import matplotlib.pyplot as plt\nplt.title(secret)\nplt.show()",
    "raises": "raise ValueError(secret)",
    "raises a type of that name": "raise type(secret, (Exception,), {})()",
    "raises a type that poses": "raise type(secret, (Exception,), {'__module__': 'builtins'})()",
    "raises a group": "raise ExceptionGroup(secret, [ValueError(secret)])",
    "asserts": "assert False, secret",
    "raises from a line of that text": "exec(compile('\\n' * 9 + '1 / 0 #' + secret, '<cell 0>', 'exec'))",
    "raises from a line of that number": "exec(compile('\\n' * (number % 99) + '1 / 0', '<cell 0>', 'exec'))",
    "raises from a file of that name": "exec(compile('1 / 0', secret, 'exec'))",
    "raises with a note": "error = ValueError()\nerror.add_note(secret)\nraise error",
    "exits": "raise SystemExit(secret)",
    "ends with a status": "import os\nos._exit(number % 200)",
    "ends with last words": "import os\nos.write(2, secret.encode())\nos._exit(1)",
    "crashes": "import ctypes\nctypes.string_at(0)",
    "hangs": "print(secret)\nwhile True:\n    pass",
    "recurses": "def again():\n    again()\nagain()",
    "answers itself": (
        "import os\nfrom autograder.sandbox import wire\n"
        "os.write(3, wire.frame(wire.Raised(2, [secret], 0, number, [secret])))\nos._exit(0)"
    ),
    "answers garbage": "import os\nos.write(3, secret.encode() * 10)",
    "poses as torch": "import torch\nerror = torch.linalg.LinAlgError(secret)\nraise error",
}


@pytest.mark.parametrize("body", LEAKS.values(), ids=LEAKS)
def test_nothing_of_a_hidden_argument_is_told(run: Run, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    """Whatever a function does with its arguments, they are in no message, note, output or later cell."""
    lines = "\n    ".join(body.splitlines())
    monkeypatch.setattr(client, "GRACE_SECONDS", 0.5)
    execution = run(f"def leak(secret, number):\n    {lines}", limits=Limits(call=0.5))
    told = []
    for _ in range(2):
        try:
            execution.call("leak", [CANARY, CANARY_NUMBER], label="test")
        except StudentFault as error:
            told.append(
                f"{error!r} {error.__cause__!r} {error.__notes__ if hasattr(error, '__notes__') else ''}"
            )
    record = repr([told, execution.notes, execution.runs])
    assert CANARY not in record
    assert str(CANARY_NUMBER) not in record


def test_exit_statuses_are_not_told(run: Run) -> None:
    """Two deaths with different statuses read the same."""
    execution = run(
        "def ends(status):\n    import os\n    os._exit(status)", limits=Limits(deaths=9, hangs=9)
    )
    assert fault(execution, "ends", 1) == fault(execution, "ends", 77)


def test_what_a_call_prints_is_not_found_in_a_later_output(run: Run) -> None:
    """What was printed during a call is dropped, and the record stays what the notebook's own run made."""
    execution = run("print('own')", "def leak(secret):\n    print(secret)\n    return 1")
    before = repr(execution.runs)
    execution.call("leak", [CANARY], label="test")
    execution.call("leak", [CANARY], label="test")
    assert repr(execution.runs) == before


def test_a_replayed_notebook_records_nothing(run: Run) -> None:
    """A notebook that is run again after a death adds nothing to the record of its first run."""
    execution = run("print('own')", "def ends():\n    import os\n    os._exit(0)\ndef f():\n    return 1")
    before = repr(execution.runs)
    fault(execution, "ends")
    execution.call("f", [], label="test")
    assert repr(execution.runs) == before


# --- Trapped functions --------------------------------------------------------------------------------------

IMPORTS = """
import torch
from torch import nn
from torch.nn.functional import scaled_dot_product_attention as mine
"""

TRAPS = {
    "layer built in the call": "def f(x):\n    return nn.GRU(3, 2)(x)[0]",
    "layer built before": "layer = nn.GRU(3, 2)\ndef f(x):\n    return layer(x)[0]",
    "layer in a closure": "def make(layer):\n    return lambda x: layer(x)[0]\nf = make(nn.RNN(3, 2))",
    "plain layer": "layer = nn.RNN(3, 2, nonlinearity='relu')\ndef f(x):\n    return layer(x)[0]",
    "cell": "layer = nn.GRUCell(3, 2)\ndef f(x):\n    return layer(x[0])",
    "long short-term memory": "layer = nn.LSTM(3, 2)\ndef f(x):\n    return layer(x)[0]",
    "attention under another name": "def f(x):\n    return mine(x, x, x)",
    "attention layer": "layer = nn.MultiheadAttention(3, 1)\ndef f(x):\n    return layer(x, x, x)[0]",
    "attention layer that only evaluates": "layer = nn.MultiheadAttention(3, 1, batch_first=True).eval()\n"
    "def f(x):\n    with torch.no_grad():\n        return layer(x, x, x, need_weights=False)[0]",
    "encoder layer": "layer = nn.TransformerEncoderLayer(3, 1).eval()\ndef f(x):\n    return layer(x)",
    "inner function": "def f(x):\n    return torch._C._nn.scaled_dot_product_attention(x, x, x)",
    "by its text": "def f(x):\n    return getattr(torch, 'gr' + 'u_cell')(x[0], torch.ones(4, 2), *ws)\n"
    "ws = [torch.ones(6, 3), torch.ones(6, 2)]",
    "before an error": "layer = nn.GRU(3, 2)\ndef f(x):\n    layer(x)\n    raise ValueError",
}


@pytest.mark.parametrize("source", TRAPS.values(), ids=TRAPS)
def test_a_ready_made_layer_is_caught_however_it_was_reached(run: Run, source: str) -> None:
    """A hidden call that ends in a trapped torch function says which, whatever the function returns."""
    execution = run(IMPORTS + source, trap=TRAPPED)
    with pytest.raises(Trapped, match="`f` uses torch's "):
        execution.call("f", [torch.ones(5, 4, 3)], label="test")


def test_what_the_notebook_itself_uses_is_not_trapped(run: Run) -> None:
    """A ready-made layer in a cell, for comparison, is allowed."""
    execution = run(
        IMPORTS + "y = nn.GRU(3, 2)(torch.ones(5, 4, 3))\ndef f(x):\n    return x @ x.T", trap=TRAPPED
    )
    assert execution.call("f", [torch.eye(2)], label="test").tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_plain_operations_are_not_trapped(run: Run) -> None:
    """Products, softmax, tanh and linear layers go through."""
    source = """
def f(x):
    weights = torch.softmax(nn.Linear(3, 3)(x) @ x.transpose(1, 2), -1)
    return torch.tanh(weights @ x).shape[0]
"""
    assert run(IMPORTS + source, trap=TRAPPED).call("f", [torch.ones(5, 4, 3)], label="test") == 5


def test_without_a_trap_ready_made_layers_answer(run: Run) -> None:
    """Where no function is named, none is caught."""
    execution = run(IMPORTS + "def f(x):\n    return nn.GRU(3, 2)(x)[0]")
    assert execution.call("f", [torch.ones(5, 4, 3)], label="test").shape == (5, 4, 2)


# --- Objects of the student's classes -----------------------------------------------------------------------


COUNTER = """
import numpy as np

class Counter:
    def __init__(self, start, *rest):
        self.count = start
        self.drawn = np.random.rand(3)
    def add(self, array):
        self.count = self.count + array.sum()
        return array * 2
    def scale(self, factor):
        self.count *= factor
    @property
    def half(self):
        return self.count / 2
    @property
    def broken(self):
        return self.nowhere
    @property
    def fixed(self):
        return 1
    def leave(self):
        import os
        os._exit(0)
    uncallable = 3

def total(counter, other=None):
    return counter.count + (other.count if other else 0)

class Moody:
    def __init__(self):
        raise ValueError("not today")
"""


def test_an_object_stays_and_its_methods_are_called(run: Run) -> None:
    """What a method leaves in its object is there for the next one; its answer crosses."""
    execution = run(COUNTER)
    counter = execution.make("Counter", [1], label="test")
    assert execution.call("add", [np.ones(2)], label="test", on=counter).tolist() == [2.0, 2.0]
    assert execution.call("scale", [10], label="test", on=counter) is None
    assert execution.read(counter, "count") == 30.0


def test_what_a_method_returns_may_stay(run: Run) -> None:
    """It is the very object that the student's code holds on to, so a later change shows."""
    source = "class C:\n    def get(self):\n        self.d = {'x': 1}\n        return self.d\n"
    execution = run(source + "    def spoil(self): self.d['x'] = 2")
    thing = execution.make("C", [], label="test")
    returned = execution.make("get", [], label="test", on=thing)
    assert execution.call("__getitem__", ["x"], label="test", on=returned) == 1
    execution.call("spoil", [], label="test", on=thing)
    assert execution.call("__getitem__", ["x"], label="test", on=returned) == 2


def test_objects_are_told_apart(run: Run) -> None:
    """Each has attributes of its own, which can be set, several at once."""
    execution = run(COUNTER)
    one, other = (execution.make("Counter", [start], label="test") for start in (1, 2))
    execution.assign(one, {"count": np.arange(3), "extra": [1, "x"]})
    assert execution.read(one, "count").tolist() == [0, 1, 2]
    assert (execution.read(one, "extra"), execution.read(other, "count")) == ([1, "x"], 2)


def test_a_property_is_read_like_an_attribute(run: Run) -> None:
    """How a student keeps a value is their own affair."""
    execution = run(COUNTER)
    assert execution.read(execution.make("Counter", [4], label="test"), "half") == 2.0


def test_an_object_is_an_argument(run: Run) -> None:
    """A function of the student's gets the object itself."""
    execution = run(COUNTER)
    one, other = (execution.make("Counter", [start], label="test") for start in (1, 2))
    assert execution.call("total", [one, other], label="test") == 3


def test_what_an_object_draws_depends_on_the_label(run: Run) -> None:
    """Two objects of one test differ, since its labels do, and the same label draws the same again."""
    execution = run(COUNTER)
    drawn = [execution.read(execution.make("Counter", [0], label=each), "drawn") for each in "aba"]
    assert np.array_equal(drawn[0], drawn[2])
    assert not np.array_equal(drawn[0], drawn[1])


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda e, c: e.make("Moody", [], label="t"), "`Moody` raised ValueError in line 32 of your own"),
        (lambda e, c: e.make("Absent", [], label="t"), "`Absent` is not defined after your notebook has run"),
        (lambda e, c: e.call("gone", [], label="t", on=c), "of your class `Counter` has no `gone`"),
        (lambda e, c: e.call("uncallable", [], label="t", on=c), "`Counter.uncallable` is no function any"),
        (lambda e, c: e.call("add", ["x"], label="t", on=c), "`Counter.add` raised AttributeError in line 9"),
        (lambda e, c: e.read(c, "gone"), "an object of your class `Counter` has no `gone`"),
        (lambda e, c: e.read(c, "broken"), "`Counter.broken` raised AttributeError in line 18"),
        (lambda e, c: e.assign(c, {"fixed": 2}), "`Counter.fixed` raised AttributeError"),
        (lambda e, c: e.call("leave", [], label="t", on=c), "calling `Counter.leave` did not end well"),
    ],
)
def test_an_object_that_fails_is_told_like_a_function(run: Run, ask: Any, told: str) -> None:
    """Which class, which method or attribute, and where."""
    execution = run(COUNTER)
    counter = execution.make("Counter", [1], label="test")
    with pytest.raises(StudentFault) as fault:
        ask(execution, counter)
    assert told in str(fault.value)


def test_an_object_that_went_with_its_process_is_told(run: Run) -> None:
    """A new worker has the notebook's names, and none of the objects that a test had made."""
    execution = run(COUNTER)
    counter = execution.make("Counter", [1], label="test")
    with pytest.raises(StudentFault):
        execution.call("leave", [], label="test", on=counter)
    for ask in (
        lambda: execution.read(counter, "count"),
        lambda: execution.call("total", [counter], label="t"),
    ):
        with pytest.raises(StudentFault, match="`Counter` was lost with the process that held it"):
            ask()
    assert execution.read(execution.make("Counter", [5], label="test"), "count") == 5


def test_what_an_object_prints_and_raises_never_comes_out(run: Run) -> None:
    """Constructors, methods and properties have seen hidden inputs as functions have."""
    execution = run(f"class Spy:\n{SPY_METHODS}", figures=True)
    shown = []
    spy = execution.make("Spy", [CANARY], label="test")
    for ask in (
        lambda: execution.call("tell", [CANARY], label="test", on=spy),
        lambda: execution.read(spy, "word"),
        lambda: execution.make("Spy", [CANARY, CANARY], label="test"),
    ):
        with pytest.raises(StudentFault) as fault:
            ask()
        shown.append(str(fault.value))
    assert CANARY not in f"{shown} {execution.runs} {execution.notes}"


SPY_METHODS = """
    def __init__(self, word, again=None):
        print(word)
        self.kept = word
        if again:
            raise type(word, (Exception,), {})(word)
    def tell(self, word):
        print(word)
        raise ValueError(word)
    @property
    def word(self):
        print(self.kept)
        return getattr(self, "x" + self.kept)
"""


@pytest.mark.parametrize("kind", [torch.nn.RNN, torch.nn.GRU])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_torch_layer_arrives_as_one(run: Run, kind: Any, dtype: torch.dtype) -> None:
    """A recurrent layer is built anew in the worker and computes there what it computes here."""
    layer, inputs = kind(3, 2, batch_first=True).to(dtype), torch.randn(4, 5, 3, dtype=dtype)
    source = "def f(layer, x):\n    return type(layer).__name__, layer(x)[0]"
    name, outputs = run(IMPORTS + source).call("f", [layer, inputs], label="test")
    assert name == kind.__name__
    assert np.allclose(outputs, layer(inputs)[0].detach().numpy(), atol=1e-7, rtol=0)


def test_a_generator_arrives_as_one(run: Run) -> None:
    """A random generator is built in the worker from its seed."""
    drawn = run("def f(rng):\n    return rng.normal(size=3)").call("f", [values.Random(7)], label="test")
    assert np.array_equal(drawn, np.random.default_rng(7).normal(size=3))


def test_a_trap_for_all_of_torch(run: Run) -> None:
    """Where a question is in NumPy, any torch function is noted, in methods too, and NumPy never."""
    source = "class C:\n    def f(self, x): return torch.from_numpy(x) + 1\n    def g(self, x): return x + 1"
    execution = run(f"import torch\n{source}", trap=[wire.ANY_TORCH])
    thing = execution.make("C", [], label="test")
    assert execution.call("g", [np.ones(1)], label="test", on=thing).tolist() == [2.0]
    with pytest.raises(Trapped, match=r"`C\.f` uses torch$"):
        execution.call("f", [np.ones(1)], label="test", on=thing)


def test_all_calls_together_have_a_limit(run: Run) -> None:
    """A function that takes its time a thousand times does not hold the class up."""
    execution = run("def f():\n    return 1", limits=Limits(calls=0.0))
    assert execution.call("f", [], label="test") == 1
    assert "was not called again: the hidden tests' calls had taken 0 s" in fault(execution, "f")


def test_an_answer_that_computes_with_torch_is_trapped(run: Run) -> None:
    """A list of the student's own making is run through while it is read."""
    source = "class L(list):\n    def __iter__(self):\n        yield float(torch.ones(1).sum())"
    execution = run(f"import torch\n{source}\ndef f(): return L([0])", trap=[wire.ANY_TORCH])
    with pytest.raises(Trapped):
        execution.call("f", [], label="test")


# --- Workers of their own, public calls, loaded modules -----------------------------------------------------

MODULE = """
import torch
class Net(torch.nn.Module):
    def __init__(self, size):
        super().__init__()
        self.first = torch.nn.Linear(size, size)
        self.second = torch.nn.Linear(size, size)
        self.second.weight = self.first.weight
        self.drop = torch.nn.Dropout(0.5)
    def forward(self, x):
        return self.drop(self.first(x)), torch.is_grad_enabled()
class Plain:
    def __init__(self): pass
"""


def test_a_fresh_execution_has_a_worker_of_its_own(run: Run) -> None:
    """It has the notebook's definitions, and nothing of what a call left behind."""
    execution = run("seen = []\ndef f(x):\n    seen.append(x)\n    return seen")
    execution.call("f", [1], label="test")
    other = execution.fresh(QUICK)
    assert other.call("f", [2], label="test") == [2]
    assert execution.call("f", [3], label="test") == [1, 3]


def test_a_fresh_execution_has_limits_of_its_own(run: Run) -> None:
    """Its calls have their own time, and a worker that it loses is no loss of the first."""
    execution = run("import os\ndef f():\n    os._exit(0)\ndef g():\n    while True: pass")
    other = execution.fresh(Limits(call=0.2, hangs=1))
    assert "did not return within" in fault(other, "g")
    assert "ended its own process" in fault(other, "f")
    assert execution._worker is not None


def test_fresh_executions_are_closed_with_the_first(sandbox: Sandbox) -> None:
    """No worker stays behind."""
    execution = Execution(sandbox, [code("def f(): return 1")], {}, KEY.seed)
    execution.run()
    other = execution.fresh(QUICK)
    other.call("f", [], label="test")
    execution.close()
    assert other._worker is None


def test_a_public_call_s_exception_is_told(run: Run) -> None:
    """Where nothing hidden was sent the text may be read; else never."""
    execution = run("def f(x):\n    raise ValueError(f'saw {x}')")
    with pytest.raises(StudentFault, match=r"\(saw 7\)"):
        execution.call("f", [7], label="test", public=True)
    assert "saw 7" not in fault(execution, "f", 7)


@pytest.mark.parametrize("text", ["'a' * 10**7", "'\\ud800'", "'a\\n\\x1b[2J\\u202e'", "Worse()"])
def test_what_a_public_exception_says_is_made_readable(run: Run, text: str) -> None:
    """Bounded, on one line, without control characters; one that cannot say anything says nothing."""
    worse = "class Worse:\n    def __str__(self): raise RuntimeError"
    execution = run(f"{worse}\ndef f():\n    raise ValueError({text})")
    with pytest.raises(StudentFault) as told:
        execution.call("f", [], label="test", public=True)
    assert len(str(told.value)) < 500
    assert str(told.value).isprintable()


def test_a_state_is_loaded_into_a_module(run: Run) -> None:
    """It is in eval mode then, no gradient is kept, and its tensors are described, tied ones alike."""
    execution = run(MODULE)
    net = execution.make("Net", [2], label="test")
    state = {"first.weight": torch.eye(2), "first.bias": torch.ones(2), "second.bias": torch.ones(2)}
    tensors = {name: (shape, place) for name, shape, place in execution.load(net, state)}
    assert tensors["first.weight"] == tensors["second.weight"]
    assert tensors["first.bias"] != tensors["second.bias"]
    outputs, keeps_gradients = execution.call("__call__", [torch.zeros(1, 2)], label="test", on=net)
    assert (outputs.tolist(), keeps_gradients) == ([[1.0, 1.0]], False)


def test_a_state_of_other_shapes_is_not_loaded(run: Run) -> None:
    """The shapes that the module has are told instead."""
    execution = run(MODULE)
    net = execution.make("Net", [2], label="test")
    described = execution.load(net, {"first.weight": torch.eye(3)})
    assert ["first.weight", [2, 2]] in [each[:2] for each in described]


def test_what_is_no_module_cannot_be_loaded(run: Run) -> None:
    """The student reads what the class should be."""
    execution = run(MODULE)
    with pytest.raises(StudentFault, match=r"`Plain` makes no torch\.nn\.Module"):
        execution.load(execution.make("Plain", [], label="test"), {})


def test_of_an_answer_a_step_a_row_can_be_asked_for(run: Run) -> None:
    """The rest of it does not cross."""
    execution = run("def f(x): return x")
    steps = execution.call("f", [torch.arange(12).reshape(2, 3, 2)], label="test", steps=[2, 0])
    assert steps.tolist() == [[4, 5], [6, 7]]


def test_a_call_of_an_object_is_known_by_its_class(run: Run) -> None:
    """A student knows no `__call__`."""
    execution = run("class C:\n    def __init__(self): pass\n    def __call__(self): return 1 / 0")
    thing = execution.make("C", [], label="test")
    with pytest.raises(StudentFault, match="`C` raised ZeroDivisionError"):
        execution.call("__call__", [], label="test", on=thing)


def test_a_file_without_room_is_left_out(run: Run) -> None:
    """The notebook runs with the others, and the student is told."""
    files = {"a": bytes(64 << 20), "b": bytes(65 << 20), "c": b"small"}
    execution = run("import os\nprint(sorted(os.listdir()))", files=files)
    assert said(execution.runs[0]) == "['a', 'c']\n"
    assert execution.notes == ["There was no room for the file 'b' beside your notebook; it was left out."]


def test_what_a_cell_defines_that_is_not_run_is_told(run):
    """A class in the training cell works for its student, and grading does not run that cell."""
    training = code("SIZE = 5\n\ndef made():\n    return 1", "training", "skip-autograde")
    stub = code("def made():\n    raise NotImplementedError")
    needs = code("def sized():\n    return SIZE")
    for function, cells in (("made", [training]), ("made", [stub, training]), ("sized", [training, needs])):
        with pytest.raises(StudentFault, match="the cell 'training' defines it, which grading does not run"):
            run(*cells).call(function, [], label="t", public=True)


def test_a_name_in_a_hidden_exception_is_not_told(run):
    """It could be chosen by what the code has seen."""
    training = code("SIZE = 5", "training", "skip-autograde")
    with pytest.raises(StudentFault) as fault:
        run(training, "def sized():\n    return SIZE").call("sized", [], label="t")
    assert "training" not in str(fault.value)
