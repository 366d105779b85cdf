"""What each known mistake loses: the matrix of mistakes and hidden tests, and the points that remain.

Run as `python -m bench.matrix` to write `docs/mistakes.md` anew, after a bank or a suite has changed.
"""

from __future__ import annotations

import argparse
import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch

from autograder.answers import watched
from autograder.course import KIT_ROOT, TermKey
from autograder.mistakes import Bank, Mistake, banks, right_answers
from autograder.rehearsal import hidden_tests, tried
from autograder.stage import stage
from bench.bank import assignments

PATH = KIT_ROOT / "docs" / "mistakes.md"
KEY = TermKey(b"the key of the table of mistakes")
HEAD = """\
# What known mistakes earn

Made by `python -m bench.matrix` from the banks in `autograder/suites/NAME/mistakes/`; a test compares it with
them. A row is a mistake in otherwise right answers: the questions in which it loses points, and what is left.
Mistakes of one name that students write in several ways may differ in what they lose.
"""


@dataclass(frozen=True)
class Loss:
    """What one mistake loses with one key.

    Args:
        least: the smallest error by which a test was lost, in units of its threshold; infinite where all were
            lost by their form.
    """

    tests: frozenset[str]
    least: float


def bank_of(assignment: str, function: str) -> Bank:
    """The bank of a function or class."""
    return next(bank for bank in banks(assignment) if bank.function == function)


@cache
def loss(assignment: str, mistake: Mistake, key: TermKey) -> Loss:
    """Try the hidden tests of the bank's questions on the mistake."""
    assert mistake.part is not None
    bank, on = bank_of(assignment, mistake.function), stage(assignment, key)
    functions = {**right_answers(assignment), bank.function: bank.answer(mistake.part)}
    lost, least = set(), math.inf
    for test in hidden_tests(assignment).values():
        if test.question in bank.questions and on.concerned((mistake,), test.name):
            with watched() as errors:
                passed = tried(test, functions, key).passed
            if not passed:
                lost.add(test.name)
                over = [error for error in errors if error > 1]
                least = min(least, max(over, default=math.inf))
    return Loss(frozenset(lost), least)


def earned(assignment: str, lost: Iterable[str]) -> str:
    """What is left in the questions that lose something: `Q3 4 of 5`."""
    tests, missing = hidden_tests(assignment), set(lost)
    maxima: dict[str, float] = defaultdict(float)
    left: dict[str, float] = defaultdict(float)
    for test in tests.values():
        maxima[test.question] += test.points
        left[test.question] += test.points * (test.name not in missing)
    concerned = sorted({tests[name].question for name in missing})
    return ", ".join(f"{name} {left[name]:.4g} of {maxima[name]:.4g}" for name in concerned) or "nothing lost"


def table(names: Iterable[str], key: TermKey = KEY) -> str:
    """The page of the documentation."""
    lines = [HEAD]
    for name in names:
        lines += [f"\n## `{name}`\n", "| function | mistake | earns |", "| --- | --- | --- |"]
        for bank in banks(name):
            rows: dict[str, dict[str, None]] = {}
            for mistake in bank.mistakes:
                left = earned(name, loss(name, mistake, key).tests)
                rows.setdefault(mistake.name, {})[left] = None
            lines += [f"| `{bank.function}` | {told} | {'; or '.join(left)} |" for told, left in rows.items()]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(prog="python -m bench.matrix")
    parser.add_argument("--to", type=Path, default=PATH)
    torch.set_num_threads(1)
    parser.parse_args().to.write_text(table(assignments()), encoding="utf-8")


if __name__ == "__main__":
    main()
