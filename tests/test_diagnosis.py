"""Which mistake a failed answer is put down to: only one that fits all that was seen."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.diagnosis import Diagnosis
from autograder.evidence import Evidence
from autograder.mistakes import Mistake
from autograder.rehearsal import Tried
from autograder.report import HiddenTest, Question

RIGHT = np.array([0.3, -0.7, 0.9, 0.2])


class PartA:
    def one(self): ...


class PartB:
    def two(self): ...


class PartC:
    def three(self): ...


PARTS = {"a": PartA, "b": PartB, "c": PartC}
A, B, C = (Mistake("gru", name, f"This is {name}.", part) for name, part in PARTS.items())
SEEN = Mistake("gru", "negative", "All are negative.", PartA, lambda each: bool(np.all(each.found["y"] < 0)))


def off(*amounts: float) -> Evidence:
    """Numbers that are wrong by these, in as many ways."""
    return Evidence({"y": RIGHT + np.array([*amounts, *[0] * (4 - len(amounts))])}, {"y": RIGHT})


class Stage:
    """Says what each candidate's tests come to; every candidate that is not listed passes everything."""

    def __init__(self, outcomes, *mistakes):
        self.outcomes = outcomes
        self.mistakes = mistakes
        self.tries = []

    def of(self, question):
        return [each for each in self.mistakes if each.seen is None]

    def seen(self, question):
        return [each for each in self.mistakes if each.seen is not None]

    def concerned(self, candidate, test):
        return candidate

    def orders(self, one, other):
        return [(one, other)]

    def cheapest_first(self, tests):
        return sorted(tests)

    def tried(self, candidate, test):
        self.tries.append((candidate, test))
        evidence = self.outcomes.get("".join(sorted(each.name for each in candidate)), {}).get(test)
        return Tried(evidence is None, evidence)


def diagnosis(stage, failed, passed=(), named=()):
    tests = [HiddenTest(name, name, 1, "failed") for name in failed]
    tests += [HiddenTest(name, name, 1, "passed") for name in passed]
    evidence = {name: each for name, each in failed.items() if each is not None}
    found = Diagnosis(stage, Question("Q3", len(tests), tests), evidence, named).verdicts
    return {name: verdict.names for name, verdict in found.items()}


def test_an_answer_that_equals_one_mistake_is_named():
    """In each test that it fails."""
    stage = Stage({"a": {"t": off(1), "u": off(2)}, "b": {"t": off(3)}}, A, B)
    assert diagnosis(stage, {"t": off(1), "u": off(2)}) == {"t": ["a"], "u": ["a"]}


def test_what_speaks_against_a_mistake_counts():
    """It is not named where it would have failed a test that passed, or failed another one otherwise."""
    stage = Stage({"a": {"t": off(1), "u": off(2)}}, A)
    assert diagnosis(stage, {"t": off(1)}, passed=["u"]) == {}
    assert diagnosis(stage, {"t": off(1), "u": off(0, 0.5, 0.1)}) == {}


def test_a_test_without_numbers_says_nothing():
    """An exception in one test does not hide what another one shows."""
    stage = Stage({"a": {"t": off(1), "u": off(2)}}, A)
    assert diagnosis(stage, {"t": off(1), "u": None}) == {"t": ["a"]}


def test_two_mistakes_at_once_are_named_both():
    """Where none alone explains the numbers."""
    stage = Stage({"a": {"t": off(1)}, "b": {"t": off(2)}, "ab": {"t": off(1, 2)}}, A, B, C)
    assert diagnosis(stage, {"t": off(1, 2)}) == {"t": ["a", "b"]}


def test_mistakes_of_different_tests_are_named_each():
    """One that shows in one test and one that shows in another need not be tried together."""
    stage = Stage({"a": {"t": off(1)}, "b": {"u": off(2)}}, A, B)
    assert diagnosis(stage, {"t": off(1), "u": off(2)}) == {"t": ["a"], "u": ["b"]}


def test_two_that_cannot_be_told_apart_are_told_as_such():
    """As one or the other; of three, none is told."""
    alike = {name: {"t": off(1)} for name in "abc"}
    assert diagnosis(Stage(alike, A, B), {"t": off(1)}) == {"t": ["a or b"]}
    assert diagnosis(Stage(alike, A, B, C), {"t": off(1)}) == {}


def test_the_one_that_explains_more_is_named():
    """A mistake that fits two tests, before one that fits only the first."""
    stage = Stage({"a": {"t": off(1)}, "b": {"t": off(1), "u": off(2)}}, A, B)
    assert diagnosis(stage, {"t": off(1), "u": off(2)}) == {"t": ["b"], "u": ["b"]}


def test_mistakes_of_earlier_questions_are_tried_beside_others():
    """What an earlier question showed may show here as well, alone or with something new."""
    stage = Stage({"ab": {"t": off(1, 2)}, "a": {"t": off(1)}, "b": {"t": off(0, 2)}}, A, B, C)
    assert diagnosis(stage, {"t": off(1, 2)}, named=(B,)) == {"t": ["a", "b"]}


def test_a_mistake_for_which_others_account_is_not_named():
    """One fits a test by itself, but two that are there anyway make the same numbers: no third is told."""
    alone = {"a": {"t": off(1)}, "b": {"u": off(2)}, "c": {"v": off(3)}}
    stage = Stage({**alone, "ab": {"t": off(1), "u": off(2), "v": off(3)}}, A, B, C)
    told = diagnosis(stage, {"t": off(1), "u": off(2), "v": off(3)})
    assert told == {"t": ["a"], "u": ["b"], "v": ["a", "b"]}


def test_two_that_explain_everything_come_before_one_that_explains_a_part():
    """What fits a single test alone is not told where two mistakes fit all of them."""
    alone = {"a": {"t": off(1), "u": off(2)}, "b": {"t": off(0, 3)}, "c": {"t": off(1, 3)}}
    stage = Stage({**alone, "ab": {"t": off(1, 3), "u": off(2, 3)}}, A, B, C)
    assert diagnosis(stage, {"t": off(1, 3), "u": off(2, 3)}) == {"t": ["a", "b"], "u": ["a", "b"]}


def test_what_explains_less_than_it_leaves_unexplained_is_not_named():
    """One test of three may fail with a known mistake's numbers by chance; one of two is believed."""
    stage = Stage({"a": {"t": off(1)}}, A)
    unknown = {"u": off(0.3, 0.1), "v": off(0.2, 0.7)}
    assert diagnosis(stage, {"t": off(1), **unknown}) == {}
    assert diagnosis(stage, {"t": off(1), "u": unknown["u"]}) == {"t": ["a"]}


def test_a_mistake_for_which_earlier_questions_account_is_not_named():
    """What an earlier question showed makes the same numbers beside another mistake."""
    outcomes = {"b": {"u": off(2)}, "c": {"t": off(1)}, "ab": {"t": off(1), "u": off(2)}}
    stage = Stage(outcomes, A, B, C)
    told = diagnosis(stage, {"t": off(1), "u": off(2)}, named=(A,))
    assert told == {"t": ["a", "b"], "u": ["b"]}


def test_a_mistake_that_is_seen_in_the_numbers():
    """Parameters that a student chooses freely are recognised by what they are like."""
    assert diagnosis(Stage({}, SEEN), {"t": off(-5, -6, -7, -8)}) == {"t": ["negative"]}


@pytest.mark.parametrize(
    ("found", "name"),
    [
        (-RIGHT, "sign"),
        (3 * RIGHT, "factor"),
        (0 * RIGHT, "zero"),
        (RIGHT.astype(np.float16) + 0.0, "half precision"),
        (np.round(RIGHT + 0.0123, 3), "rounded"),
        (RIGHT + 0.1, None),
        (np.where(RIGHT > 0.5, np.nan, RIGHT), None),
    ],
)
def test_plain_relations_are_told_of_anything(found, name):
    """A sign, a factor or zeros need no bank."""
    expected = {"t": [name]} if name else {}
    assert diagnosis(Stage({}), {"t": Evidence({"y": found}, {"y": RIGHT})}) == expected


def test_large_numbers_are_not_taken_for_rounded_ones():
    """The digits behind their point are few in float32."""
    right = 1000 * RIGHT
    found = right + np.array([0.0123, 0.4567, 0.8912, 0.3456])
    assert diagnosis(Stage({}), {"t": Evidence({"y": found}, {"y": right})}) == {}


def test_nothing_is_said_of_what_nothing_explains():
    """An answer of its own has no name."""
    stage = Stage({"a": {"t": off(1)}, "b": {"t": off(2)}, "ab": {"t": off(1, 2)}}, A, B)
    assert diagnosis(stage, {"t": off(0.3, 0.1, 0.7)}) == {}
