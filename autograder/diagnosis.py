"""Which known mistake a failed answer equals.

Every candidate, a mistake or two together, goes through the hidden tests of the question as the student's
answer did. It explains a failed test if it fails there with the same numbers, and is out of question if it
fails anywhere else or with other numbers: so nothing is named that does not fit all that was seen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations

import msgspec

from autograder.course import TermKey
from autograder.evidence import Evidence, agree
from autograder.mistakes import Bank, Mistake, banks, right_answers
from autograder.rehearsal import SuiteTest, Tried, hidden_tests, tried
from autograder.relations import relation
from autograder.report import HiddenTest, Question

Candidate = tuple[Mistake, ...]
EITHER = 2  # mistakes that may be told as "either ... or"; of more, none is


@dataclass(frozen=True)
class Seen:
    """What a question's tests said of a student's answers.

    Args:
        failed: what the failed ones rest on, None where that is no numbers.
        passed: the names of the others.
    """

    failed: Mapping[str, Evidence | None]
    passed: frozenset[str]

    @property
    def numbers(self) -> dict[str, Evidence]:
        """The failed tests with numbers to compare."""
        return {name: evidence for name, evidence in self.failed.items() if evidence is not None}


@dataclass(frozen=True)
class Verdict:
    """What one failed test is put down to; several names where they cannot be told apart.

    Args:
        alternatives: each one mistake, or two together.
    """

    alternatives: tuple[Candidate, ...]

    @property
    def names(self) -> list[str]:
        """Of the mistakes, each once: `a or b` where it is one of the two."""
        told = [sorted({mistake.name for mistake in each}) for each in self.alternatives]
        return told[0] if len(told) == 1 else [" or ".join(" and ".join(each) for each in told)]

    @property
    def sentence(self) -> str:
        """For the student."""
        told = [" ".join(dict.fromkeys(mistake.sentence for mistake in each)) for each in self.alternatives]
        return told[0] if len(told) == 1 else f"It is one of two things. Either: {' Or: '.join(told)}"


class Rehearsals:
    """The hidden tests of one assignment with one key, tried on mistakes; each once."""

    def __init__(self, assignment: str, key: TermKey) -> None:
        self._key = key
        self._tests = hidden_tests(assignment)
        self._right = right_answers(assignment)
        self._known: dict[tuple[Candidate, str], Tried] = {}
        self.banks = {bank.function: bank for bank in banks(assignment)}

    def tried(self, candidate: Candidate, test: str) -> Tried:
        """What becomes of the test with these mistakes in otherwise right answers."""
        place = (candidate, test)
        if place not in self._known:
            self._known[place] = self._try(candidate, self._tests[test])
        return self._known[place]

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


@lru_cache(maxsize=16)
def rehearsals(assignment: str, key: TermKey) -> Rehearsals:
    """Those of this process."""
    return Rehearsals(assignment, key)


def diagnosed(
    assignment: str, key: TermKey, questions: Sequence[Question], evidence: Mapping[str, Evidence]
) -> list[Question]:
    """The questions again, each failed test with the mistakes of the suite's bank that it is put down to."""
    stage, named, done = rehearsals(assignment, key), dict[Mistake, None](), []
    for question in questions:
        verdicts = Diagnosis(stage, question, evidence, tuple(named)).verdicts
        for verdict in verdicts.values():
            if len(verdict.alternatives) == 1:
                named.update(dict.fromkeys(each for each in verdict.alternatives[0] if each.part))
        tests = [_told(test, verdicts.get(test.name)) for test in question.tests]
        done.append(msgspec.structs.replace(question, tests=tests))
    return done


def _told(test: HiddenTest, verdict: Verdict | None) -> HiddenTest:
    names, sentence = (verdict.names, verdict.sentence) if verdict else ([], "")
    return msgspec.structs.replace(test, mistakes=names, diagnosis=sentence)


class Diagnosis:
    """The mistakes in one question of one student.

    Args:
        named: mistakes that were found in the student's answers to earlier questions.
    """

    def __init__(
        self, stage: Rehearsals, question: Question, evidence: Mapping[str, Evidence], named: Candidate
    ) -> None:
        self._stage = stage
        self._question = question.name
        self._named = named
        self._seen = Seen(
            {test.name: evidence.get(test.name) for test in question.tests if test.outcome == "failed"},
            frozenset(test.name for test in question.tests if test.outcome == "passed"),
        )

    @cached_property
    def verdicts(self) -> dict[str, Verdict]:
        """By the failed test's name; those that nothing explains are left out."""
        found: dict[str, Verdict] = {}
        for candidates in (self._singles, self._pairs):
            left = self._seen.numbers.keys() - found.keys()
            if left:
                found |= self._best(candidates(left), left)
        for name, evidence in self._seen.numbers.items():
            shown = [mistake for mistake in self._stage.seen(self._question) if mistake.seen(evidence)]  # type: ignore[misc]
            if name not in found and shown:
                found[name] = Verdict((tuple(shown),))
            if name not in found and (plain := relation(evidence)):
                found[name] = Verdict(((plain,),))
        return found

    def _singles(self, left: Collection[str]) -> Iterable[Candidate]:
        mistakes = self._stage.of(self._question)
        yield from ((each,) for each in mistakes)
        if self._named:
            yield self._named
            yield from ((*self._named, each) for each in mistakes if each not in self._named)

    def _pairs(self, left: Collection[str]) -> Iterable[Candidate]:
        """Two mistakes at once, each of which may be there as far as the passed tests say."""
        possible = [each for each in self._stage.of(self._question) if self._may_be(each, left)]
        for one, other in combinations(possible, 2):
            if one.name != other.name or one.function != other.function:
                yield one, other
                if one.function == other.function and _overlap(one, other):
                    yield other, one

    def _may_be(self, mistake: Mistake, left: Collection[str]) -> bool:
        return all(self._stage.tried((mistake,), test).passed for test in self._seen.passed)

    def _best(self, candidates: Iterable[Candidate], left: Collection[str]) -> dict[str, Verdict]:
        """For each test the candidate that explains the most, if there is one alone or one of two."""
        explained = {each: tests for each in candidates if (tests := self._explained(each, left))}
        found = {}
        for test in left:
            most = max((len(tests) for tests in explained.values() if test in tests), default=0)
            fitting = [each for each, tests in explained.items() if test in tests and len(tests) == most]
            verdict = _one_of(fitting)
            if verdict is not None:
                found[test] = verdict
        return found

    def _explained(self, candidate: Candidate, left: Collection[str]) -> frozenset[str]:
        """The failed tests that the candidate explains; none if anything speaks against it."""
        numbers = self._seen.numbers
        if not any(self._agrees(candidate, test, numbers[test]) for test in left):
            return frozenset()
        if not all(self._stage.tried(candidate, test).passed for test in self._seen.passed):
            return frozenset()
        explained = set()
        for test, evidence in numbers.items():
            if self._stage.tried(candidate, test).passed:
                continue
            if not self._agrees(candidate, test, evidence):
                return frozenset()
            explained.add(test)
        return frozenset(explained)

    def _agrees(self, candidate: Candidate, test: str, evidence: Evidence) -> bool:
        own = self._stage.tried(candidate, test).evidence
        return own is not None and agree(evidence, own)


def _overlap(one: Mistake, other: Mistake) -> bool:
    """Whether both replace the same part of the answer, so that their order matters."""
    return bool((vars(one.part).keys() & vars(other.part).keys()) - vars(object).keys() - {"__dict__"})


def _one_of(fitting: Sequence[Candidate]) -> Verdict | None:
    """What to tell of candidates that explain equally much: what all have in common, or one of two."""
    by_names = {frozenset(_name(each) for each in candidate): candidate for candidate in fitting}
    least = [names for names in by_names if not any(other < names for other in by_names)]
    if not least:
        return None
    if len(least) <= EITHER:
        return Verdict(tuple(by_names[names] for names in least))
    common = frozenset.intersection(*least)
    shared = tuple(each for each in by_names[least[0]] if _name(each) in common)
    return Verdict((shared,)) if shared else None


def _name(mistake: Mistake) -> tuple[str, str]:
    """Mistakes with the same name are one to the student."""
    return mistake.function, mistake.name
