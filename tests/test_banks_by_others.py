"""The banks that others wrote: every mistake once more, beside answers that are right."""

import pytest

from autograder.course import TermKey
from autograder.mistakes import banks, right_answers
from autograder.rehearsal import hidden_tests, tried
from bench.matrix import bank_of
from bench.naming import assignments, families

KEY = TermKey(b"the second bank")
BANKS = ("held_out", "first_sight")
NAMES = [(bank, name) for bank in BANKS for name in assignments(bank)]
FAMILIES = [
    pytest.param(name, family, id=f"{bank} {name} {family.function} {family.style}")
    for bank, name in NAMES
    for family in families(bank, name)
]


@pytest.mark.parametrize(("bank", "name"), NAMES)
def test_every_mistake_is_written_again(bank, name):
    again = {(each.function, mistake) for each in families(bank, name) for mistake in each.ids}
    assert again == {(bank.function, mistake.name) for bank in banks(name) for mistake in bank.mistakes}


@pytest.mark.parametrize(("name", "family"), FAMILIES)
def test_an_answer_without_mistakes_is_right(name, family):
    functions = {**right_answers(name), family.function: family.make(frozenset())}
    questions = bank_of(name, family.function).questions
    tests = [test for test in hidden_tests(name).values() if test.question in questions]
    assert all(tried(test, functions, KEY).passed for test in tests)


@pytest.mark.parametrize(("name", "family"), FAMILIES)
def test_its_clashes_are_between_its_own_mistakes(name, family):
    assert all(pair <= set(family.ids) and len(pair) == 2 for pair in family.clashes)
