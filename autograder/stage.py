"""Where mistakes meet the hidden tests, with the inputs that students get; what was seen once is kept."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache

from autograder.course import TermKey
from autograder.errors import SuiteError
from autograder.mistakes import Bank, Mistake, banks, right_answers
from autograder.rehearsal import Answer, SuiteTest, Tried, hidden_tests, tried

Candidate = tuple[Mistake, ...]


class Stage:
    """The hidden tests of one assignment with one key, tried on mistakes; each once."""

    def __init__(self, assignment: str, key: TermKey) -> None:
        self._key = key
        self._tests = hidden_tests(assignment)
        self._right = right_answers(assignment)
        self._known: dict[tuple[Candidate, str], Tried] = {}
        self._seconds: dict[str, float] = defaultdict(float)
        self._called: dict[str, frozenset[str]] = {}
        self.banks = {bank.function: bank for bank in banks(assignment)}
        known = {test.question for test in self._tests.values()}
        for bank in self.banks.values():
            if unknown := set(bank.questions) - known:
                raise SuiteError(f"the bank of {bank.function} is for {sorted(unknown)}: no test is of it")

    def tried(self, candidate: Candidate, test: str) -> Tried:
        """What becomes of the test with these mistakes in otherwise right answers."""
        if not any(mistake.function in self.called(test) for mistake in candidate):
            return Tried(True)
        place = (candidate, test)
        if place not in self._known:
            begun = time.perf_counter()
            self._known[place] = self._try(candidate, self._tests[test])
            self._seconds[test] = max(self._seconds[test], time.perf_counter() - begun)
        return self._known[place]

    def called(self, test: str) -> frozenset[str]:
        """The functions and classes that a test asks for."""
        if test not in self._called:
            asked = _Asked(self._right)
            tried(self._tests[test], asked, self._key)
            self._called[test] = frozenset(asked.names)
        return self._called[test]

    def cheapest_first(self, tests: Iterable[str]) -> list[str]:
        """In the order in which to try them: most candidates fall in the first one."""
        return sorted(tests, key=lambda test: self._seconds[test])

    def _try(self, candidate: Candidate, test: SuiteTest) -> Tried:
        functions = dict(self._right)
        for name, bank in self.banks.items():
            parts = [mistake.part for mistake in candidate if mistake.function == name and mistake.part]
            answer = bank.answer(*parts)
            if answer is None:
                return Tried(True)  # two that exclude each other explain nothing
            functions[name] = answer
        return tried(test, functions, self._key)

    def of(self, question: str) -> list[Mistake]:
        """The mistakes that may show in a question, and can be tried."""
        return [each for bank in self._banks(question) for each in bank.mistakes if each.seen is None]

    def seen(self, question: str) -> list[Mistake]:
        """The mistakes of a question that only numbers show."""
        return [each for bank in self._banks(question) for each in bank.mistakes if each.seen is not None]

    def _banks(self, question: str) -> list[Bank]:
        return [bank for bank in self.banks.values() if question in bank.questions]


class _Asked(dict[str, Answer]):
    """Answers that note which of them are asked for."""

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        super().__init__(answers)
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> Answer:
        self.names.add(name)
        return super().__getitem__(name)


@lru_cache(maxsize=16)
def stage(assignment: str, key: TermKey) -> Stage:
    """This process's own."""
    return Stage(assignment, key)
