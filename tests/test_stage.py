"""Where mistakes meet hidden tests: only where they come across each other, and each once."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.answers import expect_close
from autograder.course import TermKey
from autograder.errors import SuiteError
from autograder.mistakes import Bank, Formula
from autograder.rehearsal import SuiteTest
from autograder.stage import Stage

KEY = TermKey(b"stage")


class Sum(Formula):
    """One number and twice another."""

    def __init__(self, one, other):
        self.given, self.other = one, other

    def first(self):
        return self.given

    def second(self):
        return 2 * self.other

    def rest(self):
        return 0.0

    def answer(self):
        return self.first() + (self.second() if self.other else 0.0)


def expect(submission, one, other):
    found = np.array([submission.total(one, other)])
    expect_close(found, np.array([one + 2 * other]), 1e-9, "the sum", "the oracle")


def of_one(submission, key):
    expect(submission, 1.0, 0.0)


def of_both(submission, key):
    expect(submission, 1.0, 3.0)


class Course:
    """A course of one function, whose tests count how often they run."""

    def __init__(self, monkeypatch, questions=("Q1",)):
        self.bank = Bank("total", Sum, questions)
        self.runs = []
        tests = {test.__name__: self._test(test) for test in (of_one, of_both)}
        monkeypatch.setattr("autograder.stage.hidden_tests", lambda name: tests)
        monkeypatch.setattr("autograder.stage.banks", lambda name: [self.bank])

    def _test(self, test):
        def counted(submission, key):
            self.runs.append(test.__name__)
            test(submission, key)

        return SuiteTest(test.__name__, "Q1", 1.0, counted)

    def note(self, name, *kinds, **parts):
        self.bank.mistake(name)(type(name, kinds or (Sum,), {"__doc__": f"This is {name}.", **parts}))
        return self.bank.mistakes[-1]


@pytest.fixture
def course(monkeypatch):
    return Course(monkeypatch)


def test_a_mistake_shows_where_its_part_is_asked_for(course):
    """And its numbers are kept."""
    wrong = course.note("wrong", second=lambda self: self.other)
    stage = Stage("course", KEY)
    assert stage.tried((wrong,), "of_one").passed
    became = stage.tried((wrong,), "of_both")
    assert not became.passed
    assert became.evidence.found["the sum"] == 4.0


def test_a_test_that_does_not_ask_for_a_part_is_not_run_on_its_mistakes(course):
    """It is run on the right answer alone, and once."""
    wrong = [course.note(f"wrong{n}", second=lambda self, n=n: n) for n in range(3)]
    stage = Stage("course", KEY)
    assert all(stage.tried((each,), "of_one").passed for each in wrong * 2)
    assert course.runs == ["of_one"]


def test_each_is_tried_once(course):
    """What was seen is not run again."""
    wrong = course.note("wrong", second=lambda self: self.other)
    stage = Stage("course", KEY)
    assert [stage.tried((wrong,), "of_both").passed for _ in range(3)] == [False] * 3
    assert course.runs == ["of_both"] * 2  # on the right answer and on the wrong one


def test_a_part_may_be_asked_for_beside_another_mistake_alone(course):
    """Then both are concerned, and neither the one by itself."""
    asks = course.note("asks", first=lambda self: self.given + self.rest())
    hidden = course.note("hidden", rest=lambda self: 5.0)
    stage = Stage("course", KEY)
    assert stage.concerned((hidden,), "of_one") == ()
    assert stage.concerned((asks, hidden), "of_one") == (asks, hidden)
    assert stage.tried((asks, hidden), "of_one").evidence.found["the sum"] == 6.0


def test_a_pair_is_not_run_where_only_one_is_come_across(course):
    """With the other it runs as without it."""
    first = course.note("first", first=lambda self: 7.0)
    second = course.note("second", second=lambda self: 7.0)
    stage = Stage("course", KEY)
    assert stage.concerned((first, second), "of_one") == (first,)
    assert stage.concerned((first, second), "of_both") == (first, second)


def test_a_mistake_in_the_making_is_always_come_across(course):
    """`__init__` is called, though no part of that name is asked for."""

    def made(self, one, other):
        self.given, self.other = -one, other

    wrong = course.note("wrong", __init__=made)
    assert not Stage("course", KEY).tried((wrong,), "of_one").passed


def test_two_that_exclude_each_other_explain_nothing(course):
    """One is a kind of the other: there is no answer with both."""
    wrong = course.note("wrong", first=lambda self: 7.0)
    more = course.note("more", wrong.part, second=lambda self: 7.0)
    assert Stage("course", KEY).tried((wrong, more), "of_both").passed


def test_a_bank_for_a_question_without_tests_is_refused(monkeypatch):
    """The instructor is told which."""
    Course(monkeypatch, questions=("Q1", "Q7"))
    with pytest.raises(SuiteError, match="bank of total is for \\['Q7'\\]"):
        Stage("course", KEY)
