"""Whether wrong answers get the right name: mistakes written once more, in other styles and numeric types.

Run as `python -m bench.naming [ASSIGNMENT ...] [--bank BANK] [--pairs N] [--show]`. Every mistake of a bank,
`unseen`, `held_out` or `first_sight`, alone, and every two that can be seen together, meet the hidden tests
of their questions; the failed tests are diagnosed as a student's would be. Counted by answer: named with all
of its mistakes, with some of them, as one of two, by what its numbers plainly are (a sign, a factor), not at
all, or wrongly.
"""

from __future__ import annotations

import argparse
import importlib
import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import torch

from autograder.course import TermKey
from autograder.diagnosis import diagnosed
from autograder.evidence import Evidence
from autograder.mistakes import right_answers
from autograder.rehearsal import Answer, hidden_tests, tried
from autograder.relations import RELATIONS
from autograder.report import HiddenTest, Outcome, Question
from bench.family import Family
from bench.matrix import bank_of

PLAIN = {name for name, *_ in RELATIONS}  # what is said of any numbers, without a cause: never wrong
KINDS = ("named", "in part", "one of two", "plainly", "not named", "WRONGLY", "not seen")


def families(bank: str, assignment: str) -> list[Family]:
    """The assignment's answers in a bank."""
    return list(importlib.import_module(f"bench.{bank}.{assignment}").FAMILIES)


def assignments(bank: str) -> list[str]:
    """All that have some there."""
    folder = Path(__file__).parent / bank
    packages = {path.parent.name for path in folder.glob("*/__init__.py")}
    return sorted(packages | {path.stem for path in folder.glob("*.py")} - {"family", "__init__"})


def rehearsed(
    assignment: str, functions: Mapping[str, Answer], key: TermKey, names: Collection[str]
) -> tuple[list[Question], dict[str, Evidence]]:
    """These questions with the outcomes of their hidden tests, and what the failed ones rest on."""
    tests: dict[str, list[HiddenTest]] = {name: [] for name in sorted(names)}
    evidence = {}
    for test in hidden_tests(assignment).values():
        if test.question in names:
            done = tried(test, functions, key)
            outcome: Outcome = "passed" if done.passed else "failed"
            tests[test.question].append(HiddenTest(test.name, test.name, test.points, outcome))
            if done.evidence is not None:
                evidence[test.name] = done.evidence
    questions = [Question(name, sum(test.points for test in own), own) for name, own in tests.items()]
    return questions, evidence


def named(assignment: str, family: Family, mistakes: frozenset[str], key: TermKey) -> tuple[str, float, str]:
    """How an answer with these mistakes was named, in how many seconds, and what was said."""
    bank = bank_of(assignment, family.function)
    functions = {**right_answers(assignment), family.function: family.make(mistakes)}
    questions, evidence = rehearsed(assignment, functions, key, bank.questions)
    if all(test.outcome == "passed" for question in questions for test in question.tests):
        return "not seen", 0.0, ""
    begun = time.perf_counter()
    told = diagnosed(assignment, key, questions, evidence)
    seconds = time.perf_counter() - begun
    names = {name for question in told for test in question.tests for name in test.mistakes}
    failed = [f"{test.name} {test.mistakes}" for q in told for test in q.tests if test.outcome == "failed"]
    return _kind(names, mistakes), seconds, "; ".join(failed)


def _kind(names: set[str], truth: frozenset[str]) -> str:
    certain = {name for name in names if " or " not in name} - PLAIN
    either = [set(name.replace(" or ", " and ").split(" and ")) for name in names if " or " in name]
    if certain - truth or any(not one & truth for one in either):
        return "WRONGLY"
    if certain == truth:
        return "named"
    if certain:
        return "in part"
    if either:
        return "one of two"
    return "plainly" if names & PLAIN else "not named"


@dataclass(frozen=True)
class Row:
    """What became of one answer.

    Args:
        seconds: of its diagnosis.
        said: its failed tests with the names that they got.
    """

    function: str
    mistakes: frozenset[str]
    kind: str
    seconds: float
    said: str


def measure(bank: str, assignment: str, number: int, pairs: int) -> list[Row]:
    """All singles, and some pairs, of one family."""
    torch.set_num_threads(1)
    family = families(bank, assignment)[number]
    key = TermKey(f"naming {assignment} {number}".encode())
    every = [frozenset(pair) for pair in combinations(family.ids, 2)]
    possible = [pair for pair in every if pair not in family.clashes]
    chosen = random.Random(number).sample(possible, min(pairs, len(possible)))
    tasks = [frozenset({each}) for each in family.ids] + chosen
    return [Row(family.function, each, *named(assignment, family, each, key)) for each in tasks]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.naming")
    parser.add_argument("assignments", nargs="*", metavar="ASSIGNMENT", help="default: all")
    parser.add_argument("--bank", default="unseen", choices=("unseen", "held_out", "first_sight"))
    parser.add_argument("--pairs", type=int, default=10_000, help="at most, a family (default: all)")
    parser.add_argument("--show", action="store_true", help="say what became of each that was not named")
    options = parser.parse_args()
    counts: dict[tuple[str, str, int], Counter[str]] = {}
    seconds: list[float] = []
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
        tasks = [
            (name, family.style, pool.submit(measure, options.bank, name, number, options.pairs))
            for name in options.assignments or assignments(options.bank)
            for number, family in enumerate(families(options.bank, name))
        ]
        for name, style, task in tasks:
            for row in task.result():
                counts.setdefault((name, row.function, len(row.mistakes)), Counter())[row.kind] += 1
                seconds.append(row.seconds)
                if options.show and row.kind != "named":
                    what = " + ".join(sorted(row.mistakes))
                    print(f"{row.kind:<10} {row.function} ({style}): {what}: {row.said}", flush=True)
    _print(counts, seconds)


def _print(counts: Mapping[tuple[str, str, int], Counter[str]], seconds: list[float]) -> None:
    print(f"\n{'':<56}" + "".join(f"{kind:>12}" for kind in KINDS))
    for size, what in ((1, "one mistake"), (2, "two mistakes")):
        total: Counter[str] = Counter()
        for (name, function, of), count in sorted(counts.items()):
            if of == size:
                total += count
                print(f"{what:<14}{name + ' ' + function:<42}" + _row(count, str))
        seen = total.total() - total["not seen"]
        print(f"{what:<14}{'all':<42}" + _row(total, lambda n: str(n)))
        print(f"{'':<56}" + _row(total, lambda n, seen=seen: f"{100 * n / max(seen, 1):.1f} %") + "\n")
    ordered = sorted(seconds)
    middle, most, last = (ordered[int(share * (len(ordered) - 1))] for share in (0.5, 0.95, 1))
    print(
        f"diagnosis of one wrong answer: median {1000 * middle:.1f} ms, 95 of 100 at most {most:.2f} s, "
        f"the longest {last:.2f} s: the first of its kind in a process, for which mistakes are tried"
    )


def _row(count: Counter[str], show: Callable[[int], str]) -> str:
    return "".join(f"{show(count[kind]):>12}" for kind in KINDS)


if __name__ == "__main__":
    main()
