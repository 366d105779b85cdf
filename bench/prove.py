"""Proves the hidden suites: every known mistake loses what it should, no right answer loses anything.

Run as `python -m bench.prove [ASSIGNMENT ...] [--keys N] [--draws N] [--long N] [--key HEX]`. With each key
all weights, states and inputs are others.

- Each mistake of the banks meets the hidden tests of its questions with that many keys, and loses the same
  points with all of them: a row a mistake has what is left, and the smallest error that lost a test.
- Each right answer in `bench/variants` meets as many keys as it takes for that many draws of inputs at small
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
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

import torch

from autograder.answers import watched
from autograder.course import TermKey
from autograder.mistakes import banks as mistakes_of
from autograder.rehearsal import Answer, SuiteTest, tried
from bench import bank as styles
from bench.matrix import PATH, bank_of, earned, loss, table
from bench.through_sandbox import score_styles

CHUNK = 10  # keys a task
LONG = ("long", "thousand")  # in the name of a test that takes its time


@dataclass
class Style:
    """What a right answer came to: draws that it met, its largest error, the tests that it lost."""

    draws: int = 0
    most: float = 0.0
    lost: int = 0

    def add(self, other: Style) -> None:
        self.draws += other.draws
        self.most = max(self.most, other.most)
        self.lost += other.lost


def is_long(test: SuiteTest) -> bool:
    """Whether it is one of the tests that take their time."""
    return any(word in test.name for word in LONG)


def keys(secret: bytes, first: int, last: int) -> Iterator[TermKey]:
    """Keys by number."""
    return (TermKey(secret + b"%d" % number) for number in range(first, last))


def counting(answer: Answer, style: Style) -> Answer:
    """The answer, counting its calls: each is for inputs of its own."""

    def counted(*args: Any) -> Any:
        style.draws += 1
        return answer(*args)

    return counted


def try_style(assignment: str, function: str, number: int, long: bool, secret: bytes, first: int) -> Style:
    """One right answer with some keys, in the long tests or in the others."""
    torch.set_num_threads(1)
    variant, style = styles.banks(assignment)[function].rights[number], Style()
    functions = {**styles.solved(assignment), function: counting(variant.answer, style)}
    for key in keys(secret, first, first + CHUNK):
        for test in styles.hidden_tests_of(assignment, variant):
            if is_long(test) == long:
                with watched() as errors:
                    style.lost += not tried(test, functions, key).passed
                style.most = max(style.most, max(errors, default=0.0))
    return style


def try_mistake(
    assignment: str, function: str, number: int, secret: bytes, count: int
) -> tuple[set[str], float]:
    """What one mistake has left with these keys, in words, and its smallest error in a test that it lost."""
    torch.set_num_threads(1)
    mistake = bank_of(assignment, function).mistakes[number]
    losses = [loss(assignment, mistake, key) for key in keys(secret, 0, count)]
    return {earned(assignment, each.tests) for each in losses}, min(each.least for each in losses)


class Proof:
    """Runs and prints; `faults` has what is not as it should be."""

    def __init__(self, pool: ProcessPoolExecutor, options: argparse.Namespace) -> None:
        self._pool = pool
        self._options = options
        self._secret = bytes.fromhex(options.key)
        self.faults: list[str] = []

    def mistakes(self, assignment: str) -> None:
        """The matrix."""
        print(f"\n{assignment}: mistakes, with {self._options.keys} keys", flush=True)
        page = PATH.read_text(encoding="utf-8") if PATH.is_file() else ""
        if table([assignment]).split("\n## ")[1].strip() not in page:
            self.faults.append(f"{PATH.name} is not what the banks of {assignment} say")
        tasks = [
            (
                bank.function,
                mistake.name,
                self._pool.submit(
                    try_mistake, assignment, bank.function, number, self._secret, self._options.keys
                ),
            )
            for bank in mistakes_of(assignment)
            for number, mistake in enumerate(bank.mistakes)
        ]
        smallest: dict[str, tuple[float, str]] = {}
        for function, name, task in tasks:
            left, least = task.result()
            print(
                f"  {function:<30} {name:<40} {'; or '.join(sorted(left)):<40} from {least:.3g}", flush=True
            )
            if len(left) > 1 or left == {"nothing lost"}:
                self.faults.append(f"{assignment}: {function}, {name}: {'; or '.join(sorted(left))}")
            smallest[function] = min(smallest.get(function, (math.inf, "")), (least, name))
        for function, (least, name) in smallest.items():
            print(f"  smallest of {function}: {least:.3g} ({name})")

    def styles(self, assignment: str) -> None:
        """No right answer loses anything."""
        print(f"\n{assignment}: right answers")
        for function, bank in styles.banks(assignment).items():
            largest = {"small": (0.0, ""), "long": (0.0, "")}
            for number, variant in enumerate(bank.rights):
                for what, wanted in (("small", self._options.draws), ("long", self._options.long)):
                    style = self._style(assignment, function, number, what == "long", wanted)
                    largest[what] = max(largest[what], (style.most, variant.name))
                    if style.draws:
                        met = f"{style.draws:>7} {what} draws, at most {style.most:.3g}"
                        print(f"  {function:<30} {variant.name:<40} {met}", flush=True)
                    if style.lost:
                        self.faults.append(f"{assignment}: {variant} lost {style.lost} tests")
            for what, (most, name) in largest.items():
                print(f"  largest of {function}, {what} draws: {most:.3g} ({name})")

    def _style(self, assignment: str, function: str, number: int, long: bool, wanted: int) -> Style:
        """As many keys as it takes; the first few tell how many."""

        def submit(first: int) -> Future[Style]:
            return self._pool.submit(try_style, assignment, function, number, long, self._secret, first)

        total = submit(0).result()
        if total.draws:
            chunks = math.ceil(wanted / total.draws)
            for task in [submit(CHUNK * chunk) for chunk in range(1, chunks)]:
                total.add(task.result())
        return total

    def sandbox(self, assignment: str) -> None:
        """One key through the sandbox."""
        lost = self._pool.submit(score_styles, assignment, next(keys(self._secret, 0, 1))).result()
        losers = {name: tests for name, tests in lost.items() if tests}
        print(f"\n{assignment}: {len(lost)} right answers through the sandbox, {len(losers)} lost anything")
        self.faults += [f"{assignment}: {name} in the sandbox: {tests}" for name, tests in losers.items()]


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
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
        proof = Proof(pool, options)
        for assignment in options.assignments or styles.assignments():
            for part in (proof.mistakes, proof.styles, proof.sandbox):
                part(assignment)
    print(f"\n{(time.perf_counter() - begun) / 60:.1f} minutes")
    print("\n".join(["NOT AS IT SHOULD BE:", *proof.faults]) if proof.faults else "all is as it should be")
    return 1 if proof.faults else 0


if __name__ == "__main__":
    sys.exit(main())
