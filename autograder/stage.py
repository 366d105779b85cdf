"""Where mistakes meet the hidden tests, with the inputs that students get; what was seen once is kept."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from autograder.course import TermKey
from autograder.errors import SuiteError
from autograder.mistakes import MAKING, Bank, Mistake, banks
from autograder.rehearsal import Answer, SuiteTest, Tried, hidden_tests, tried

Candidate = tuple[Mistake, ...]


@dataclass(frozen=True)
class Run:
    """What became of a hidden test.

    Args:
        asked: the functions and their parts that it asked for, noted with one mistake at most: it takes time.
    """

    became: Tried
    asked: frozenset[tuple[str, str]] | None = None


class Stage:
    """The hidden tests of one assignment with one key, tried on mistakes; each once."""

    def __init__(self, assignment: str, key: TermKey) -> None:
        self._key = key
        self._tests = hidden_tests(assignment)
        self._runs: dict[tuple[Candidate, str], Run] = {}
        self._seconds: dict[str, float] = defaultdict(float)
        self.banks = {bank.function: bank for bank in banks(assignment)}
        self._replaced: dict[Mistake, frozenset[tuple[str, str]]] = {}
        known = {test.question for test in self._tests.values()}
        for bank in self.banks.values():
            if unknown := set(bank.questions) - known:
                raise SuiteError(f"the bank of {bank.function} is for {sorted(unknown)}: no test is of it")

    def tried(self, candidate: Candidate, test: str) -> Tried:
        """What becomes of the test with these mistakes in otherwise right answers."""
        return self._run(self.concerned(candidate, test), test).became

    def concerned(self, candidate: Candidate, test: str) -> Candidate:
        """Those of the mistakes that the test comes across: with the others it runs as without them."""
        found: Candidate = ()
        while found != candidate:
            asked = self._run(found, test).asked
            if asked is None:
                return candidate
            more = tuple(
                each for each in candidate if each in found or not asked.isdisjoint(self._parts(each))
            )
            if more == found:
                break
            found = more
        return found

    def orders(self, one: Mistake, other: Mistake) -> list[Candidate]:
        """Two together; in both orders, where both replace the same part of the answer."""
        shared = self._parts(one) & self._parts(other)
        return [(one, other), (other, one)] if shared else [(one, other)]

    def cheapest_first(self, tests: Iterable[str]) -> list[str]:
        """In the order in which to try them: most candidates fall in the first one."""
        return sorted(tests, key=lambda test: self._seconds[test])

    def _parts(self, mistake: Mistake) -> frozenset[tuple[str, str]]:
        """What of the right answers the mistake replaces."""
        if mistake not in self._replaced:
            names = self.banks[mistake.function].replaced(mistake.part) if mistake.part else ()
            self._replaced[mistake] = frozenset((mistake.function, name) for name in names)
        return self._replaced[mistake]

    def _run(self, candidate: Candidate, test: str) -> Run:
        place = (candidate, test)
        if place not in self._runs:
            begun = time.perf_counter()
            self._runs[place] = self._play(candidate, self._tests[test])
            self._seconds[test] = max(self._seconds[test], time.perf_counter() - begun)
        return self._runs[place]

    def _play(self, candidate: Candidate, test: SuiteTest) -> Run:
        answers = _Answers(self.banks, candidate, noting=len(candidate) < 2)
        if not answers.exist:
            return Run(Tried(True))  # two that exclude each other explain nothing
        became = tried(test, answers, self._key)
        return Run(became, answers.parts)

    def of(self, question: str) -> list[Mistake]:
        """The mistakes that may show in a question, and can be tried."""
        return [each for bank in self._banks(question) for each in bank.mistakes if each.seen is None]

    def seen(self, question: str) -> list[Mistake]:
        """The mistakes of a question that only numbers show."""
        return [each for bank in self._banks(question) for each in bank.mistakes if each.seen is not None]

    def _banks(self, question: str) -> list[Bank]:
        return [bank for bank in self.banks.values() if question in bank.questions]


class _Answers(dict[str, Answer]):
    """Right answers with some mistakes in them.

    Args:
        noting: whether it is noted what they are asked for.
    """

    def __init__(self, banks: Mapping[str, Bank], candidate: Candidate, *, noting: bool) -> None:
        super().__init__()
        self._asked: dict[str, set[str]] | None = {name: set() for name in banks} if noting else None
        self.exist = True
        for name, bank in banks.items():
            parts = [mistake.part for mistake in candidate if mistake.function == name and mistake.part]
            answer = bank.answer(*parts, asked=None if self._asked is None else self._asked[name])
            if answer is not None:
                self[name] = answer
            elif bank.right is not None:
                self.exist = False

    def __getitem__(self, name: str) -> Answer:
        answer = super().__getitem__(name)
        if self._asked is not None:
            self._asked[name].add(MAKING)
        return answer

    @property
    def parts(self) -> frozenset[tuple[str, str]] | None:
        """What was asked for, by function; of each that was asked at all, `MAKING`."""
        if self._asked is None:
            return None
        return frozenset((name, part) for name, parts in self._asked.items() for part in parts)


@lru_cache(maxsize=16)
def stage(assignment: str, key: TermKey) -> Stage:
    """This process's own."""
    return Stage(assignment, key)
