"""How far right and wrong answers are from the thresholds of the hidden suites.

Run as `python -m bench.margins [ASSIGNMENT ...] [--keys N] [--long N] [--key HEX]`. Every answer of the banks
in `bench/variants` meets the hidden tests of its questions with many keys, and with each key other weights,
states and inputs. An error is told in units of its threshold: what passes is at most 1, what has no right
form or is not finite is infinite. A right answer counts with the largest error of a test, a wrong one with
the largest up to where it lost the test, since one case is enough to lose it.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import torch

from autograder.answers import watched
from autograder.course import TermKey
from autograder.rehearsal import SuiteTest, hidden_tests
from bench.bank import Bank, Variant, assignments, banks, fails, hidden_tests_of

CHUNK = 10  # keys a task
LONG = ("long", "thousand")  # in the name of a test that takes its time


@dataclass
class Span:
    """The errors of one answer in one test, in units of the threshold.

    Args:
        lost: how many keys lost the test.
    """

    keys: int = 0
    lost: int = 0
    least: float = math.inf
    most: float = 0.0

    def add(self, other: Span) -> None:
        self.keys += other.keys
        self.lost += other.lost
        self.least = min(self.least, other.least)
        self.most = max(self.most, other.most)


Spans = defaultdict[tuple[str, str], Span]  # by variant and hidden test


def measure(assignment: str, function: str, first: int, last: int, long: bool, secret: bytes) -> Spans:
    """All answers of one bank with the keys from first to last, in the long tests or in the others."""
    torch.set_num_threads(1)
    spans: Spans = defaultdict(Span)
    for number in range(first, last):
        key = TermKey(secret + b"%d" % number)
        for _, variant in grouped(banks(assignment)[function]):
            for test in hidden_tests_of(assignment, variant):
                if is_long(test) == long:
                    spans[variant.name, test.name].add(tried(assignment, variant, test, key))
    return spans


def is_long(test: SuiteTest) -> bool:
    """Whether it is one of the tests that take their time."""
    return any(word in test.name for word in LONG)


def tried(assignment: str, variant: Variant, test: SuiteTest, key: TermKey) -> Span:
    """One answer in one test with one key."""
    with watched() as errors:
        lost = fails(assignment, variant, test, key)
    largest = max(errors, default=0.0)
    if lost and largest <= 1:  # it fell by its form, before or beside any number
        largest = math.inf
    return Span(1, int(lost), largest, largest)


def grouped(bank: Bank) -> Iterator[tuple[str, Variant]]:
    """All answers of a bank with what they are."""
    groups = {"right": bank.rights, "between": bank.between, "wrong": bank.wrongs}
    return ((group, variant) for group, variants in groups.items() for variant in variants)


def main() -> None:
    """Measure and print."""
    options = _options()
    begun = time.perf_counter()
    secret = bytes.fromhex(options.key)
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
        for assignment in options.assignments or assignments():
            for function in banks(assignment):
                tasks = [
                    pool.submit(measure, assignment, function, first, min(first + CHUNK, count), long, secret)
                    for long, count in ((False, options.keys), (True, options.long))
                    for first in range(0, count, CHUNK)
                ]
                spans: Spans = defaultdict(Span)
                for task in tasks:
                    for name, span in task.result().items():
                        spans[name].add(span)
                print_bank(assignment, banks(assignment)[function], spans)
    print(f"{(time.perf_counter() - begun) / 60:.1f} minutes")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.margins", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("assignments", nargs="*", metavar="ASSIGNMENT", help="default: all")
    parser.add_argument("--keys", type=int, default=500, help="with which each answer is tried")
    parser.add_argument("--long", type=int, default=50, help="the same for the tests of long sequences")
    parser.add_argument("--key", default="6d617267696e73", metavar="HEX", help="from which the keys derive")
    return parser.parse_args()


def print_bank(assignment: str, bank: Bank, spans: Spans) -> None:
    """A line an answer and test in which it is not plainly right or lost by its form, and the margins."""
    print(f"\n{assignment}, {bank.function}")
    for group, variant in grouped(bank):
        for test in hidden_tests_of(assignment, variant):
            span = spans[variant.name, test.name]
            if not span.keys:
                continue
            expected = span.keys * (test.name in variant.loses)
            remark = "" if group == "between" or span.lost == expected else "   NOT AS NOTED"
            if remark or group == "between":
                print(f"  {group:<8} {variant.name:<44} {test.name:<44} lost {span.lost}/{span.keys}{remark}")
    for test in hidden_tests(assignment).values():
        if test.question in bank.questions:
            print_margins(bank, test, spans)


def print_margins(bank: Bank, test: SuiteTest, spans: Spans) -> None:
    """The largest error of a right answer and the smallest of one that should lose the test."""
    rights = [(spans[each.name, test.name].most, each.name) for each in bank.rights]
    wrongs = [
        (spans[each.name, test.name].least, each.name) for each in bank.wrongs if test.name in each.loses
    ]
    keys = spans[bank.rights[0].name, test.name].keys
    right, wrong = max(rights), min(wrongs, default=(math.inf, "none by a number"))
    print(
        f"  {test.name:<44} {keys:>5} keys   right at most {right[0]:<9.3g} ({right[1]})   "
        f"wrong from {wrong[0]:<9.3g} ({wrong[1]})",
        flush=True,
    )


if __name__ == "__main__":
    main()
