"""What a mistake in the recurrent layer costs: its own points, and not those of what builds on it."""

import pytest

from autograder.course import TermKey
from autograder.mistakes import banks
from autograder.rehearsal import hidden_tests, tried

KEY = TermKey(b"what a mistake costs")
[BANK] = banks("rnn_layer")
COSTS = {  # of all variants of a mistake, at most
    "no activation": 2,
    "sigmoid for tanh": 2,
    "bias dropped": 0.75,
    "recurrent weights transposed": 2,
    "zero initial state": 1,
    "states one step late": 2,
    "slope missing": 1,
    "slope of a sigmoid": 1,
    "sign wrong": 1,
    "batch sum missing": 0.7,
    "carried gradient dropped": 1.55,
    "upstream of the last step only": 1,
    "step off by one": 0.55,
    "sums left over": 0.5,
    "dh0 zero": 0.55,
    "dx in reverse order": 0.55,
}


@pytest.mark.parametrize("name", COSTS)
def test_a_mistake_costs_its_own_points(name: str) -> None:
    """A wrong step keeps the points of the sequence that is made of it, and the other way round."""
    parts = [mistake.part for mistake in BANK.mistakes if mistake.name == name and mistake.part]
    assert parts
    for part in parts:
        answers = {"RNNLayer": BANK.answer(part)}
        lost = [
            test.points for test in hidden_tests("rnn_layer").values() if not tried(test, answers, KEY).passed
        ]
        assert 0 < sum(lost) <= COSTS[name] + 1e-9
