"""Proves the hidden suites: every known mistake loses what it should, no right answer loses anything.

Run as `python -m bench.prove [ASSIGNMENT ...] [--keys N] [--draws N] [--long N] [--key HEX]`. With each key
all weights, states and inputs are others.

- Each mistake of the banks meets the hidden tests of its questions with that many keys, and loses the same
  points with all of them: a row a mistake has what is left, and the smallest error that lost a test.
- Each right answer in `bench/variants` meets as many keys as it takes for that many different inputs at small
  sizes, and for those of the tests of long sequences: a row a style has its largest error.
- Each right answer goes through the sandbox once.

Errors are in units of their thresholds: at most 1 passes. Ends with 1 if anything is not as it should be.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
import torch

from autograder.answers import watched
from autograder.course import TermKey
from autograder.mistakes import Mistake
from autograder.mistakes import banks as mistakes_of
from autograder.rehearsal import PlainFunctions, hidden_tests, tried, tried_on
from autograder.sandbox.values import pack_argument
from bench import bank as styles
from bench.matrix import PATH, earned, loss, table
from bench.through_sandbox import score_styles

TASKS = 40  # that the keys of one measurement are divided into, for two processes to end together
LONG = ("long", "thousand")  # in the name of a test that takes its time
Row = TypeVar("Row", "Right", "Wrong")


@dataclass
class Right:
    """What a right answer came to: its largest error, and the tests that it lost."""

    most: float = 0.0
    lost: int = 0

    def add(self, other: Right) -> None:
        self.most = max(self.most, other.most)
        self.lost += other.lost


@dataclass
class Wrong:
    """What a mistake came to: what it has left, in words, and its smallest error in a test that it lost."""

    left: set[str] = field(default_factory=set)
    least: float = math.inf

    def add(self, other: Wrong) -> None:
        self.left |= other.left
        self.least = min(self.least, other.least)


class Asked(PlainFunctions):
    """Notes what one function is given, or each object that is made of a class."""

    def __init__(self, functions: Any, function: str) -> None:
        super().__init__(functions)
        self._function = function
        self.inputs: set[object] = set()

    def call(self, function: str, args: Sequence[Any], *, label: str = "", on: Any = None) -> Any:
        if function == self._function:
            self.inputs.add(msgspec.msgpack.encode([pack_argument(arg) for arg in args]))
        return super().call(function, args, label=label, on=on)

    def make(self, function: str, args: Sequence[Any], *, label: str = "", on: Any = None) -> Any:
        made = super().make(function, args, label=label, on=on)
        self.inputs |= {made} if function == self._function else set()
        return made


def inputs_a_key(assignment: str, function: str, key: TermKey, *, long: bool) -> dict[str, int]:
    """How many different inputs the hidden tests draw for a function: the long ones, or the others."""
    drawn = {}
    for test in styles.hidden_tests_of(assignment, styles.banks(assignment)[function].rights[0]):
        if any(word in test.name for word in LONG) == long:
            asked = Asked(styles.solved(assignment), function)
            tried_on(asked, test, key)
            drawn[test.name] = len(asked.inputs)
    return {test: inputs for test, inputs in drawn.items() if inputs}


def keys(secret: bytes, numbers: range) -> Iterator[TermKey]:
    """Keys by number."""
    return (TermKey(secret + b"%d" % number) for number in numbers)


def try_styles(
    assignment: str, function: str, tests: Collection[str], secret: bytes, numbers: range
) -> list[Right]:
    """A function's right answers with these keys: each key's cases are drawn once for all of them."""
    torch.set_num_threads(1)
    rights = styles.banks(assignment)[function].rights
    rows = [Right() for _ in rights]
    for key in keys(secret, numbers):
        for variant, row in zip(rights, rows, strict=True):
            functions = {**styles.solved(assignment), function: variant.answer}
            for test in tests:
                with watched() as errors:
                    passed = tried(hidden_tests(assignment)[test], functions, key).passed
                row.add(Right(max(errors, default=0.0), not passed))
    return rows


def try_mistakes(assignment: str, secret: bytes, numbers: range) -> list[Wrong]:
    """All mistakes of an assignment with these keys."""
    torch.set_num_threads(1)
    mistakes = known_mistakes(assignment)
    rows = [Wrong() for _ in mistakes]
    for key in keys(secret, numbers):
        for mistake, row in zip(mistakes, rows, strict=True):
            lost = loss(assignment, mistake, key)
            row.add(Wrong({earned(assignment, lost.tests)}, lost.least))
    return rows


def known_mistakes(assignment: str) -> list[Mistake]:
    """Of all its banks, one after another."""
    return [mistake for bank in mistakes_of(assignment) for mistake in bank.mistakes]


class Proof:
    """Begins measurements in other processes; each is a function that waits, prints, and notes faults.

    All that is begun waits in one queue, so no process is ever idle while another ends a measurement.
    """

    def __init__(self, pool: ProcessPoolExecutor, options: argparse.Namespace) -> None:
        self._pool = pool
        self._options = options
        self._secret = bytes.fromhex(options.key)
        self.faults: list[str] = []

    def begin(self, assignment: str) -> Iterator[Callable[[], None]]:
        """All measurements of an assignment."""
        yield self._sandbox(assignment)
        yield self._mistakes(assignment)
        for function in styles.banks(assignment):
            yield from self._styles(assignment, function, self._options.draws, long=False)
            yield from self._styles(assignment, function, self._options.long, long=True)

    def _sandbox(self, assignment: str) -> Callable[[], None]:
        """Each right answer goes through the sandbox, with one key."""
        task = self._pool.submit(score_styles, assignment, next(keys(self._secret, range(1))))

        def tell() -> None:
            lost = task.result()
            losers = {name: tests for name, tests in lost.items() if tests}
            went = f"{len(lost)} right answers through the sandbox"
            print(f"\n{assignment}: {went}, {len(losers)} lost anything")
            self.faults += [f"{assignment}: {name} in the sandbox: {tests}" for name, tests in losers.items()]

        return tell

    def _mistakes(self, assignment: str) -> Callable[[], None]:
        """The matrix."""
        section = self._pool.submit(table, [assignment])
        tasks = self._divided(self._options.keys, try_mistakes, assignment, self._secret)

        def tell() -> None:
            print(f"\n{assignment}: mistakes, with {self._options.keys} keys")
            smallest: dict[str, tuple[float, str]] = {}
            for mistake, row in zip(known_mistakes(assignment), added_up(tasks), strict=True):
                left = "; or ".join(sorted(row.left))
                print(f"  {mistake.function:<30} {mistake.name:<40} {left:<40} from {row.least:.3g}")
                if len(row.left) > 1 or row.left == {"nothing lost"}:
                    self.faults.append(f"{assignment}: {mistake}: {left}")
                smallest[mistake.function] = min(
                    smallest.get(mistake.function, (math.inf, "")), (row.least, mistake.name)
                )
            page = PATH.read_text(encoding="utf-8") if PATH.is_file() else ""
            if section.result().split("\n## ")[1].strip() not in page:
                self.faults.append(f"{PATH.name} is not what the banks of {assignment} say")
            for function, (least, name) in smallest.items():
                print(f"  smallest of {function}: {least:.3g} ({name})")

        return tell

    def _styles(
        self, assignment: str, function: str, wanted: int, *, long: bool
    ) -> Iterator[Callable[[], None]]:
        """No right answer loses anything; no measurement where no such test asks for the function."""
        tests = inputs_a_key(assignment, function, next(keys(self._secret, range(1))), long=long)
        if not tests:
            return
        inputs, what = sum(tests.values()), "long" if long else "small"
        count = math.ceil(wanted / inputs)
        tasks = self._divided(count, try_styles, assignment, function, list(tests), self._secret)

        def tell() -> None:
            print(f"\n{assignment}: right answers to {function}, {count * inputs} {what} inputs")
            largest = (0.0, "")
            for variant, row in zip(styles.banks(assignment)[function].rights, added_up(tasks), strict=True):
                print(f"  {variant.name:<40} at most {row.most:.3g}")
                if row.lost:
                    self.faults.append(f"{assignment}: {variant} lost {row.lost} tests")
                largest = max(largest, (row.most, variant.name))
            print("  largest of {}: {:.3g} ({})".format(function, *largest))

        yield tell

    def _divided(self, count: int, work: Callable[..., list[Row]], *args: Any) -> list[Future[list[Row]]]:
        """The work for that many keys, some at a time."""
        size = math.ceil(count / TASKS)
        parts = [range(first, min(first + size, count)) for first in range(0, count, size)]
        return [self._pool.submit(work, *args, numbers) for numbers in parts]


def added_up(tasks: Sequence[Future[list[Row]]]) -> list[Row]:
    """What came of each answer in all tasks."""
    rows, *others = [task.result() for task in tasks]
    for more in others:
        for row, other in zip(rows, more, strict=True):
            row.add(other)
    return rows


def main() -> int:
    """Prove all; 1 if something is not as it should."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.prove", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("assignments", nargs="*", metavar="ASSIGNMENT", help="default: all")
    parser.add_argument("--keys", type=int, default=100, help="with which each mistake is tried")
    parser.add_argument(
        "--draws", type=int, default=10_000, help="that each right answer meets at small sizes"
    )
    parser.add_argument("--long", type=int, default=200, help="and in the tests of long sequences")
    parser.add_argument("--key", default="6d617267696e73", metavar="HEX", help="from which the keys derive")
    options = parser.parse_args()
    begun = time.perf_counter()
    pool = ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn"))
    try:
        proof = Proof(pool, options)
        names = options.assignments or styles.assignments()
        for tell in [measurement for name in names for measurement in proof.begin(name)]:
            tell()
            print(f"  {(time.perf_counter() - begun) / 60:.1f} minutes so far", flush=True)
    finally:
        pool.shutdown(cancel_futures=True)
    print("\nNOT AS IT SHOULD BE:" if proof.faults else "\nall is as it should be", *proof.faults, sep="\n")
    return 1 if proof.faults else 0


if __name__ == "__main__":
    sys.exit(main())
