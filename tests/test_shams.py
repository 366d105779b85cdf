"""Answers that fit themselves and nothing else: an easy forward pass with its own right gradients."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.course import KIT_ROOT, TermKey, read_assignment
from autograder.grade import detours
from autograder.mistakes import right_answers
from autograder.rehearsal import scored
from autograder.submission import Cell, Rebuilt, read_release
from tests.test_suites import grade_cells

KEYS = [TermKey(b"sham %d" % number) for number in range(3)]


class ShamLayer:
    """Adds up everything that it is given; each gradient is a sum, too."""

    def __init__(self, D, H):
        self.W_ih, self.W_hh, self.b = np.zeros((D, H)), np.zeros((H, H)), np.zeros(H)

    def forward_step(self, x, prev_h):
        self.x = x
        return prev_h + x.sum() + self.W_ih.sum() + self.W_hh.sum() + self.b.sum()

    def forward(self, x, h0):
        states = [h0]
        for t in range(x.shape[1]):
            states.append(self.forward_step(x[:, t], states[-1]))
        self.x = x
        return np.stack(states[1:], axis=1)

    def backward_step(self, prev_h, dnext_h):
        total = dnext_h.sum()
        self.dprev_h, self.dW_ih, self.dW_hh = dnext_h, total + 0 * self.W_ih, total + 0 * self.W_hh
        self.db = total + 0 * self.b
        return total + 0 * self.x

    def backward(self, dout):
        later = np.array([dout[:, t:].sum() for t in range(dout.shape[1])])
        dx, total = 0 * self.x + later[:, np.newaxis], later.sum()
        return dx, dout.sum(axis=1), total + 0 * self.W_ih, total + 0 * self.W_hh, total + 0 * self.b


class ShamGradients(ShamLayer):
    """A right forward pass with gradients made of ones, whatever comes in."""

    def forward_step(self, x, prev_h):
        self.x = x
        return np.tanh(x @ self.W_ih + prev_h @ self.W_hh + self.b)

    def forward(self, x, h0):
        self.before = [h0, *np.moveaxis(super().forward(x, h0), 1, 0)]
        self.x = x
        return np.stack(self.before[1:], axis=1)

    def gradients(self, x, before, ones):
        return ones @ self.W_ih.T, ones @ self.W_hh.T, x.T @ ones, before.T @ ones, ones.sum(axis=0)

    def backward_step(self, prev_h, dnext_h):
        parts = self.gradients(self.x, prev_h, np.ones_like(dnext_h))
        dx, self.dprev_h, self.dW_ih, self.dW_hh, self.db = parts
        return dx

    def backward(self, dout):
        steps = [
            self.gradients(self.x[:, t], self.before[t], np.ones_like(dout[:, t]))
            for t in range(dout.shape[1])
        ]
        dx, dh, *sums = zip(*steps, strict=True)
        return np.stack(dx, axis=1), dh[0], *(sum(parts) for parts in sums)


class ShamNetwork:
    """Adds up everything that it is given and has."""

    def __init__(self, D, H, O):  # noqa: E741 - the course's letter
        shapes = {"W": (D, H), "R": (H, H), "V": (H, O)}
        for name, shape in shapes.items():
            setattr(self, name, np.random.uniform(-0.2, 0.2, shape))
        self.bs, self.by = np.zeros(H), np.zeros(O)

    def forward(self, x):
        return 0 * self.by + x.sum() + sum(getattr(self, name).sum() for name in ("W", "R", "V", "bs", "by"))

    def backward(self, d_loss):
        return {f"d_{name}": d_loss.sum() + 0 * getattr(self, name) for name in ("W", "R", "V", "bs", "by")}


def sham_gradient(model, x, eps=1e-7):
    """The gradient of the sham's outputs, known without looking at its input."""
    return model.backward(np.ones(model.by.size))


def points(name: str, functions: dict[str, object], key: TermKey) -> dict[str, float | None]:
    """The points of each question."""
    return {question.name: question.score for question in scored(name, functions, key, grade_cells(name))}


@pytest.mark.parametrize("key", KEYS)
def test_a_sham_layer_earns_next_to_nothing(key: TermKey) -> None:
    """Gradients that fit a forward pass are worth points only where that is a layer's, however wrong."""
    assert sum(points("rnn_layer", {"RNNLayer": ShamLayer}, key).values()) <= 1


@pytest.mark.parametrize("key", KEYS)
def test_gradients_that_ignore_what_comes_in_earn_nothing(key: TermKey) -> None:
    """Gradients that hang together are worth points only where they follow the gradient that comes in."""
    earned = points("rnn_layer", {"RNNLayer": ShamGradients}, key)
    assert (earned["Q3"], earned["Q4"]) == (0, 0)


@pytest.mark.parametrize("key", KEYS)
def test_a_sham_network_earns_its_initialisation(key: TermKey) -> None:
    """And by luck half a point of what its numerical gradient is asked for."""
    functions = {"RNN": ShamNetwork, **dict.fromkeys(GRADIENTS, sham_gradient)}
    earned = points("bptt", functions, key)
    assert earned["Q1"] <= 0.75
    assert earned["Q2"] <= 0.5


class TinyLayer(ShamLayer):
    """Answers so little that everything seems to fit everything."""

    def forward_step(self, x, prev_h):
        self.x = x
        return 1e-6 * (x @ self.W_ih + self.b)

    forward = forward_step

    def backward_step(self, prev_h, dnext_h):
        self.dprev_h, self.db = 1e-12 + 0 * prev_h, 1e-12 + 0 * self.b
        self.dW_ih, self.dW_hh = 1e-12 + 0 * self.W_ih, 1e-12 + 0 * self.W_hh
        return 1e-12 + 0 * self.x

    def backward(self, dout):
        dx = self.backward_step(dout[:, 0], dout[:, 0])
        return dx, self.dprev_h, self.dW_ih, self.dW_hh, self.db


class UpdatesOnce(right_answers("bptt")["RNN"]):  # type: ignore[misc] # the bank's, a class
    """Whose second update is never allowed, and whose weights cannot be set."""

    done = False

    def update(self, lr):
        if self.done:
            raise RuntimeError("updated already")
        super().update(lr)
        self.done = True

    def set_weights(self, weights):
        raise ValueError("something is missing")


@pytest.mark.parametrize("key", KEYS)
def test_gradients_are_not_right_because_they_are_tiny(key: TermKey) -> None:
    """Bounds that are absolute say nothing of answers far below them."""
    earned = points("rnn_layer", {"RNNLayer": TinyLayer}, key)
    assert (earned["Q3"], earned["Q4"]) == (0, 0)


def test_refusing_everything_is_no_check() -> None:
    """Exceptions of the right kind are worth points only where they are called for."""
    assert points("bptt", {**right_answers("bptt"), "RNN": UpdatesOnce}, KEYS[0])["Q1"] == 5.25


class ConstantNetwork(ShamNetwork):
    """Knows the form of every answer and none of the numbers."""

    def forward(self, x):
        return np.ones_like(self.by)

    def backward(self, d_loss):
        return {f"d_{name}": np.ones_like(getattr(self, name)) for name in ("W", "R", "V", "bs", "by")}


@pytest.mark.parametrize("key", KEYS)
def test_a_network_of_constants_earns_its_initialisation(key: TermKey) -> None:
    """Neither that its answers are always the same nor that they fit each other is worth anything."""
    functions = {"RNN": ConstantNetwork, **dict.fromkeys(GRADIENTS, sham_gradient)}
    assert points("bptt", functions, key) == {"Q1": 0.25, "Q2": 0}


GRADIENTS = ("get_numerical_gradient", "get_analytical_gradient")


@pytest.mark.parametrize(
    "code",
    [
        "from concurrent.futures import ThreadPoolExecutor\n"
        "def aside(f, x): return ThreadPoolExecutor(1).submit(f, x).result()",
        "def aside(f, x):\n    import sys\n"
        "    return [m for n, m in sys.modules.items() if n == chr(116) + 'orch'] and f(x)",
        "import gc\ndef aside(f, x): return gc.get_objects() and f(x)",
    ],
    ids=["another thread", "modules by search", "the garbage collector's objects"],
)
def test_a_detour_is_shown_to_a_person(code: str) -> None:
    """What could hide torch from the search and the trap costs nothing by itself, and is flagged."""
    method = "class RNNLayer:\n    def forward(self, x, h0): return aside(np.tanh, x)\n"
    cells = tuple(Cell("code", text, "student", None, str(n)) for n, text in enumerate((code, method)))
    found = detours(read_assignment("rnn_layer"), Rebuilt(cells, {}))
    assert list(found) == ["Q2"]
    assert "a person should see" in found["Q2"]


@pytest.mark.parametrize("name", ["rnn_gru_mha", "rnn_layer", "bptt"])
def test_the_solutions_take_no_detour(name: str) -> None:
    """Nor does anything else in the notebooks that they reach."""
    assert detours(read_assignment(name), read_release(KIT_ROOT / "source" / name / f"{name}.ipynb")) == {}
