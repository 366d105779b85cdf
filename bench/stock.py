"""The same assignment for stock nbgrader: hidden tests inside of the notebook, everything by its defaults."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat

from autograder.course import Course

ASSIGNMENT = "rnn_gru_mha"  # the one that is written for stock nbgrader, too

CONFIG = """\
c = get_config()
c.CourseDirectory.course_id = "stock"
c.CourseDirectory.root = {root!r}
"""

HELPERS = """\
def off(x, y):
    x, y = np.asarray(x), np.asarray(y)
    large = np.abs(y) >= 0.05
    rel_error = np.max(np.abs(x - y)[large] / np.maximum(1e-8, np.abs(x) + np.abs(y))[large], initial=0)
    return max(rel_error, np.max(np.abs(x - y)[~large], initial=0))

def sequence(kind, B, T, I, H):
    layer = kind(I, H, batch_first=True)
    init_state, input_data = torch.randn(1, B, H), torch.randn(B, T, I)
    with torch.no_grad():
        outputs, final_state = layer(input_data, init_state)
    return layer, init_state.numpy(), input_data.numpy(), outputs.numpy(), final_state.numpy()[0]
"""

# the hidden suite's sizes, its number of cases, and torch as the oracle
SIZES = """\
sizes = [(3, 7, 5, 4), (5, 6, 2, 9), (2, 12, 7, 64), (1, 6, 3, 4), (4, 1, 3, 2), (3, 5, 1, 2), (2, 4, 3, 1)]
sizes += [(1, 1, 1, 1), (3, 100, 2, 8), (2, 1000, 3, 5)]
"""
RECURRENT = (
    HELPERS
    + SIZES
    + """\
for each in sizes:
    layer, init_state, input_data, outputs, final_state = sequence(torch.nn.{kind}, *each)
    mine, state = {name}(*get_{name}_params(layer), init_state, input_data)
    assert mine.shape == outputs.shape and off(mine, outputs) < 1e-4
    assert off(np.reshape(state, final_state.shape), final_state) < 1e-4
"""
)
IMITATION = (
    HELPERS
    + """\
for each in [(4, 9, 3, 5), (3, 8, 6, 2), (2, 7, 1, 4), (5, 6, 3, 1), (3, 100, 2, 7), (2, 1000, 4, 3)]:
    layer, init_state, input_data, outputs, _ = sequence(torch.nn.RNN, *each)
    gru_layer = torch.nn.GRU(each[2], each[3], batch_first=True)
    load_gru_params(gru_layer, *init_gru_with_rnn(*get_rnn_params(layer)))
    with torch.no_grad():
        mine, _ = gru_layer(torch.from_numpy(input_data), torch.from_numpy(init_state))
    assert off(mine, outputs) < 1e-4
"""
)
MEMORY = """\
for B, I, H in [(3, 5, 4), (2, 1, 6), (4, 7, 1)]:
    for steps, scale in [(10, 1), (999, 1), (999, 10)]:
        gru_layer = torch.nn.GRU(I, H, batch_first=True)
        load_gru_params(gru_layer, *init_gru_with_long_term_memory(I, H))
        init_state = torch.randn(1, B, H)
        with torch.no_grad():
            outputs, _ = gru_layer(scale * torch.randn(B, steps + 1, I), init_state)
        assert (outputs[:, steps] - init_state[0]).abs().mean() <= 1e-5
"""
ATTENTION = (
    HELPERS
    + """\
sizes = [(2, 7, 12, 4), (5, 6, 8, 2), (3, 9, 10, 5), (1, 6, 8, 4), (4, 1, 6, 2), (3, 5, 4, 1), (2, 3, 4, 4)]
for B, T, E, heads in [*sizes, (1, 1, 1, 1), (2, 100, 16, 4), (3, 300, 20, 5)]:
    layer = torch.nn.MultiheadAttention(E, heads, bias=False, batch_first=True)
    input_data = torch.randn(B, T, E) + torch.randn(B, 1, E)
    with torch.no_grad():
        outputs, _ = layer(input_data, input_data, input_data)
    assert off(mha(*get_mha_params(layer), input_data), outputs) < 1e-3
"""
)
TESTS = {
    "Q2": RECURRENT.format(kind="RNN", name="rnn"),
    "Q3": RECURRENT.format(kind="GRU", name="gru"),
    "Q4": IMITATION,
    "Q5": MEMORY,
    "Q6": ATTENTION,
}


def stock_course(root: Path, kit: Course) -> None:
    """A course for stock nbgrader with the submissions of one of the kit's courses."""
    shutil.copytree(kit.root / "source", root / "source")
    shutil.copytree(kit.root / "submitted", root / "submitted")
    (root / "nbgrader_config.py").write_text(CONFIG.format(root=str(root)))
    path = root / "source" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        tests = TESTS.get(cell.metadata.get("nbgrader", {}).get("grade_id", ""))
        if tests is not None:
            cell.source += f"\n### BEGIN HIDDEN TESTS\n{tests}### END HIDDEN TESTS"
    nbformat.write(notebook, path)
    for student in (root / "submitted").iterdir():
        for helper in path.parent.glob("*.py"):
            shutil.copy(helper, student / ASSIGNMENT)
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", ASSIGNMENT]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"stock nbgrader could not make the assignment:\n{done.stderr}")
