"""Odd answers: whatever a student's code returns, a hidden test passes or fails, and breaks never."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from autograder.course import TermKey
from autograder.mistakes import banks, right_answers
from autograder.rehearsal import Answer, hidden_tests, tried

KEY = TermKey(b"odd")
EACH = 4  # of the odd answers to a function or a method
NAMES = ["rnn_gru_mha", "long_term", "rnn_layer", "bptt"]
METHODS = {
    "RNNLayer": ("forward_step", "forward", "backward_step", "backward"),
    "RNN": ("forward", "backward", "update", "get_weights", "set_weights"),
}
ATTRIBUTES = {"RNNLayer": ("dW_ih", "db", "dprev_h"), "RNN": ("W", "R", "bs")}
PARTS = [f"{lead}{name}" for lead in ("", "d_") for name in ("W", "R", "V", "bs", "by")]
RAGGED = [[1.0], [1.0, 2.0]]
VALUES: list[Any] = [
    *(None, "a text", b"bytes", True, 1e308, np.nan, 10**400, 1j, [], (), {}, {1}, len, object(), RAGGED),
    *(np.zeros(0), np.zeros((3, 0, 2)), np.float32(3), np.zeros((1,) * 8), np.array(["a"]), np.zeros(10**6)),
    *(
        (RAGGED, RAGGED),
        (np.zeros(0), np.zeros(0)),
        (None,) * 3,
        (None,) * 5,
        ((RAGGED,) * 4,) * 3,
        ((0.0,) * 4,) * 3,
        [{"a": np.ones(3)}],
    ),
    *(dict.fromkeys(PARTS, each) for each in (None, 1.0, RAGGED, np.zeros(0))),
]
Change = Callable[[Any], Any]


def each_number(change: Callable[[Any], Any]) -> Change:
    """The change made to every array of an answer."""

    def changed(answer: Any) -> Any:
        if isinstance(answer, (tuple, list)):
            return type(answer)(map(changed, answer))
        if isinstance(answer, dict):
            return {name: changed(value) for name, value in answer.items()}
        with np.errstate(all="ignore"):
            return answer if answer is None else change(np.asarray(answer, dtype=np.float64))

    return changed


CHANGES: list[Change] = [
    *(each_number(lambda a, by=by: a * by) for by in (0.0, -1.0, 1e300, 1e160, 1e-9, 1e-160, 1e-318, np.inf)),
    *(each_number(lambda a, to=to: np.full(a.shape, to)) for to in (1.0, 1e308, np.nan, 1e-12)),
    *map(each_number, (np.transpose, np.ravel, np.squeeze, np.sum, np.sign)),
    each_number(lambda a: a[None]),
    each_number(lambda a: a.ravel()[:0]),
    each_number(lambda a: a[..., :0] if a.ndim else a),
    each_number(lambda a: a[..., None]),
    each_number(lambda a: np.concatenate([a, a], axis=-1) if a.ndim else a),
    each_number(lambda a: a[:-1] if a.ndim else a),
    each_number(lambda a: a > 0),
    each_number(lambda a: a.astype(complex)),
    each_number(lambda a: a.astype(str)),
    each_number(lambda a: RAGGED),
    lambda answer: dict(list(answer.items())[:-1]) if isinstance(answer, dict) else (answer, answer),
    lambda answer: answer[:-1] if isinstance(answer, tuple) else {"a": answer},
]


def sometimes(right: Answer, change: Change) -> Answer:
    """The change made to every other answer."""
    calls = 0

    def answer(*args: Any) -> Any:
        nonlocal calls
        calls += 1
        return change(right(*args)) if calls % 2 else right(*args)

    return answer


def odd(right: Answer) -> Iterator[Answer]:
    """Odd answers of a function or a method whose right one is known."""

    def raises(*args: Any) -> Any:
        raise RuntimeError("odd")

    def constant(value: Any) -> Answer:
        def answer(*args: Any) -> Any:
            right(*args)  # for what a method does beside
            return value

        return answer

    yield raises
    yield from map(constant, VALUES)
    yield from ((lambda *args, change=change: change(right(*args))) for change in CHANGES)
    yield from (sometimes(right, change) for change in CHANGES)


def odd_answers(function: str, right: Any) -> Iterator[Answer]:
    """Some of the odd answers to a function, or of classes with an odd method or attribute."""
    rng = random.Random(function)
    if function not in METHODS:
        yield from rng.sample(list(odd(right)), 3 * EACH)
        return
    for name in METHODS[function]:
        some = rng.sample(list(odd(getattr(right, name))), EACH)
        yield from (type(function, (right,), {name: method}) for method in some)
    for name in ATTRIBUTES[function]:
        for value in rng.sample(VALUES, EACH // 2):
            lying = property(lambda self, value=value: value, lambda self, given: None)
            yield type(function, (right,), {name: lying})


def broken(assignment: str, function: str, answers: Iterator[Answer]) -> list[str]:
    """What breaks in the hidden tests of these answers."""
    right, found = right_answers(assignment), []
    questions = next(bank for bank in banks(assignment) if bank.function == function).questions
    for answer in answers:
        for test in hidden_tests(assignment).values():
            if test.question in questions:
                try:
                    tried(test, {**right, function: answer}, KEY)
                except Exception as error:  # noqa: BLE001 - of any kind
                    found.append(f"{test.name}: {error!r}")
    return found


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # an overflow in what a student answered
@pytest.mark.parametrize(
    ("assignment", "function"), [(name, bank.function) for name in NAMES for bank in banks(name)]
)
def test_no_odd_answer_breaks_a_hidden_test(assignment: str, function: str) -> None:
    """It passes or fails; a test that broke would leave the question to a person."""
    answers = odd_answers(function, right_answers(assignment)[function])
    assert broken(assignment, function, answers) == []


class Ragged(right_answers("bptt")["RNN"]):  # type: ignore[misc] # the bank's, a class
    """Outputs that are no array."""

    def forward(self, x: Any) -> Any:
        super().forward(x)
        return RAGGED


class AllSteps(right_answers("bptt")["RNN"]):  # type: ignore[misc]
    """Outputs of every step."""

    def forward(self, x: Any) -> Any:
        outputs = super().forward(x)
        return np.stack([outputs] * len(x))


class NeverForgets(right_answers("bptt")["RNN"]):  # type: ignore[misc]
    """Each sequence starts from the last state of the one before."""

    def start(self) -> Any:
        return self.a[-1] if hasattr(self, "a") else super().start()


def of_minus_ones(model: Any, x: Any) -> Any:
    """The gradient of the negative sum."""
    model.forward(x)
    return model.backward(-np.ones(model.by.size))


def forgetful() -> Answer:
    """A gradient that lacks a key every other time."""
    right = right_answers("bptt")["get_analytical_gradient"]
    return sometimes(right, lambda answer: {name: answer[name] for name in list(answer)[:-1]})


@pytest.mark.parametrize(
    "functions",
    [
        {"RNN": Ragged},
        {"RNN": AllSteps, "get_analytical_gradient": of_minus_ones},
        {"get_analytical_gradient": forgetful()},
        {"RNN": NeverForgets},
    ],
    ids=[
        "ragged outputs",
        "outputs of every step and a wrong gradient",
        "a key that comes and goes",
        "a state that is kept",
    ],
)
@pytest.mark.parametrize("key", [KEY, TermKey(b"k2")], ids=["some key", "one with no weights that live"])
def test_these_have_broken_a_hidden_test_before(functions: dict[str, Answer], key: TermKey) -> None:
    """A few that random ones may not meet; the last one's test had no end."""
    for test in hidden_tests("bptt").values():
        tried(test, {**right_answers("bptt"), **functions}, key)
