"""Which known mistake a failed answer equals.

Every candidate, a mistake or two together, goes through the hidden tests of the question as the student's
answer did. It explains a failed test if it fails there with the same numbers, and is out of question if it
fails anywhere else or with other numbers: so nothing is named that does not fit all that was seen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import msgspec

from autograder.course import TermKey
from autograder.evidence import Evidence, agree
from autograder.mistakes import Mistake
from autograder.relations import relation
from autograder.report import HiddenTest, Question
from autograder.stage import Candidate, Stage, stage

MOST_PAIRS = 1500  # that are tried for one question; the first of them takes some milliseconds each
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


def diagnosed(
    assignment: str, key: TermKey, questions: Sequence[Question], evidence: Mapping[str, Evidence]
) -> list[Question]:
    """The questions again, each failed test with the mistakes of the suite's bank that it is put down to."""
    on, named, done = stage(assignment, key), dict[Mistake, None](), []
    for question in questions:
        verdicts = Diagnosis(on, question, evidence, tuple(named)).verdicts
        named.update(dict.fromkeys(certain(verdicts.values())))
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
        self, on: Stage, question: Question, evidence: Mapping[str, Evidence], named: Candidate
    ) -> None:
        self._stage = on
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
        for explain in (self._by_one, self._beside_others, self._by_sight):
            if left := self._left(found):
                found |= explain(left, found)
        left = self._left(found)
        if left or not self._holds(found):
            found |= self._all_by_two() or (self._by_two(left) if left else {})
        found = self._borne_out(self._fewest(found))
        return found | self._plainly(self._left(found))

    def _left(self, found: Mapping[str, Verdict]) -> frozenset[str]:
        """The failed tests that nothing explains yet."""
        return frozenset(self._seen.numbers.keys() - found.keys())

    def _by_one(self, left: Collection[str], found: Mapping[str, Verdict]) -> dict[str, Verdict]:
        """One mistake alone."""
        return self._best([(each,) for each in self._stage.of(self._question)], left)

    def _beside_others(self, left: Collection[str], found: Mapping[str, Verdict]) -> dict[str, Verdict]:
        """One beside what is known already, of this question and of earlier ones: all of it, or one of it."""
        known = tuple(dict.fromkeys((*self._named, *certain(found.values()))))
        if not known:
            return {}
        more = [each for each in self._showing(left) if each not in known]
        together = [known, *((*known, each) for each in more)]
        in_twos = [(one, each) for one in known for each in more if len(known) > 1]
        return self._best([*together, *in_twos], left)

    def _by_sight(self, left: Collection[str], found: Mapping[str, Verdict]) -> dict[str, Verdict]:
        """What the numbers show without being equal to others."""
        shows = {test: self._seen.numbers[test] for test in left}
        mistakes = self._stage.seen(self._question)
        every = {
            test: tuple(each for each in mistakes if each.seen and each.seen(evidence))
            for test, evidence in shows.items()
        }
        return {test: Verdict((shown,)) for test, shown in every.items() if shown}

    def _holds(self, found: Mapping[str, Verdict]) -> bool:
        """Whether all that is named explains, side by side, what each of it explains alone."""
        named = tuple(certain(found.values()))
        if len(named) < 2:
            return True
        tests = [test for test, told in found.items() if {*sum(told.alternatives, ())} <= {*named}]
        orders = (named, named[::-1])
        return any(self._explains(each, tests) for each in orders)

    def _all_by_two(self) -> dict[str, Verdict]:
        """Two mistakes that explain every failed test; in each, those of the two that it takes."""
        return {
            test: Verdict(tuple(dict.fromkeys(self._as_few(each, test) for each in verdict.alternatives)))
            for test, verdict in self._by_two(self._seen.numbers.keys()).items()
        }

    def _as_few(self, candidate: Candidate, test: str) -> Candidate:
        """One of the mistakes, if it explains the test alone."""
        alone = [(each,) for each in candidate if self._agrees((each,), test, self._seen.numbers[test])]
        return alone[0] if alone else candidate

    def _by_two(self, left: Collection[str]) -> dict[str, Verdict]:
        """Two mistakes at once, each of which shows and may be there as far as the passed tests say.

        They have to explain all that is left: of hundreds of pairs, one fits a single test by chance.
        """
        possible = [each for each in self._showing(self._seen.failed.keys()) if self._may_be(each)]
        tests = self._stage.cheapest_first(left)
        pairs = [
            (one, other)
            for one, other in combinations(possible, 2)
            if _name(one) != _name(other) and any(self._meet(one, other, test) for test in tests)
        ]
        # first those that show in a test either both or as the student's answer does
        pairs.sort(key=lambda pair: not all(self._may_meet(pair[0], pair[1], test) for test in tests))
        tried = [each for pair in pairs[:MOST_PAIRS] for each in self._stage.orders(*pair)]
        return self._best([each for each in tried if self._explains(each, left)], left)

    def _borne_out(self, found: Mapping[str, Verdict]) -> dict[str, Verdict]:
        """Without what explains fewer tests than it leaves unexplained of those that come across it.

        Those fail by something unknown, of which one test's numbers may be like a known mistake's by chance.
        """
        left = self._left(found)
        told = [each for verdict in found.values() for each in verdict.alternatives]

        def is_borne_out(candidate: Candidate) -> bool:
            if any(each.seen for each in candidate):  # by itself, and not by equal numbers
                return True
            explained = sum({*candidate} <= {*each} for each in told)
            return explained >= sum(bool(self._stage.concerned(candidate, test)) for test in left)

        return {
            test: verdict
            for test, verdict in found.items()
            if any(is_borne_out(each) for each in verdict.alternatives)
        }

    def _plainly(self, left: Collection[str]) -> dict[str, Verdict]:
        """How the numbers follow from the right ones."""
        plain = {test: relation(self._seen.numbers[test]) for test in left}
        return {test: Verdict(((each,),)) for test, each in plain.items() if each}

    def _fewest(self, found: Mapping[str, Verdict]) -> dict[str, Verdict]:
        """Without the mistakes for which the others that were found account as well."""
        fewest, named = dict(found), certain(found.values())
        for each in reversed(named):
            others = (*self._named, *(other for other in named if other is not each))
            blamed = [test for test, told in fewest.items() if any(each in one for one in told.alternatives)]
            if others and self._explains(others, blamed):
                fewest |= {test: Verdict((self._showing_in(others, test),)) for test in blamed}
                named.remove(each)
        return fewest

    def _showing_in(self, candidate: Candidate, test: str) -> Candidate:
        """Those of the mistakes that show in a test alone, or all that it comes across."""
        alone = tuple(each for each in candidate if not self._passes(each, test))
        return alone or self._stage.concerned(candidate, test)

    def _showing(self, tests: Collection[str]) -> list[Mistake]:
        """The mistakes that show in one of these tests."""
        return [each for each in self._stage.of(self._question) if self._shows(each, tests)]

    def _shows(self, mistake: Mistake, tests: Collection[str]) -> bool:
        return any(not self._passes(mistake, test) for test in self._stage.cheapest_first(tests))

    def _may_be(self, mistake: Mistake) -> bool:
        return all(self._passes(mistake, test) for test in self._stage.cheapest_first(self._seen.passed))

    def _meet(self, one: Mistake, other: Mistake, test: str) -> bool:
        """Whether a test comes across both, and one of them shows in it."""
        if len(self._stage.concerned((one, other), test)) < 2:
            return False
        return not (self._passes(one, test) and self._passes(other, test))

    def _may_meet(self, one: Mistake, other: Mistake, test: str) -> bool:
        """Whether a test may have come of both: one shows alone, and as the answer did, or both show."""
        shows = [each for each in (one, other) if not self._passes(each, test)]
        return len(shows) == 2 or any(self._agrees((each,), test, self._seen.numbers[test]) for each in shows)

    def _passes(self, mistake: Mistake, test: str) -> bool:
        return self._stage.tried((mistake,), test).passed

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

    def _explains(self, candidate: Candidate, tests: Collection[str]) -> bool:
        """Whether it explains all of these, and nothing speaks against it."""
        return self._explained(candidate, tests).issuperset(tests)

    def _explained(self, candidate: Candidate, left: Collection[str]) -> frozenset[str]:
        """The failed tests that the candidate explains; none if anything speaks against it."""
        numbers, explained = self._seen.numbers, set()
        for test in self._stage.cheapest_first(numbers):
            if self._stage.tried(candidate, test).passed:
                continue
            if not self._agrees(candidate, test, numbers[test]):
                return frozenset()
            explained.add(test)
        if not explained.intersection(left):
            return frozenset()
        passed = self._stage.cheapest_first(self._seen.passed)
        fits = all(self._stage.tried(candidate, test).passed for test in passed)
        return frozenset(explained) if fits else frozenset()

    def _agrees(self, candidate: Candidate, test: str, evidence: Evidence) -> bool:
        own = self._stage.tried(candidate, test).evidence
        return own is not None and agree(evidence, own)


def certain(verdicts: Iterable[Verdict]) -> list[Mistake]:
    """The mistakes that are named without an alternative, and that can be tried beside others."""
    alone = (verdict.alternatives[0] for verdict in verdicts if len(verdict.alternatives) == 1)
    return list(
        dict.fromkeys(each for candidate in alone for each in candidate if each.part and not each.seen)
    )


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
