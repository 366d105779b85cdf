"""Right answers of the banks as a student's notebook: run in the sandbox and scored by the hidden suite."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from autograder.course import KIT_ROOT, SUITES, TermKey
from autograder.execution import Execution
from autograder.rehearsal import hidden_tests
from autograder.sandbox import Sandbox
from autograder.scoring import Scoring, score
from autograder.submission import Cell
from bench.bank import banks

# the banks' modules as they are, with banks that only collect right answers
MODULES = """
import sys, types

class Bank:
    rights = {}
    def __init__(self, function, *_): self.function = function
    def right(self, answer):
        Bank.rights.setdefault(self.function, []).append(answer)
        return answer

def module(name, source):
    made = sys.modules[name] = types.ModuleType(name)
    made.__path__ = []
    exec(compile(source, name, "exec"), made.__dict__)

for name in ("bench", "bench.bank", "bench.variants"):
    module(name, "")
sys.modules["bench.bank"].Bank = Bank
"""


def score_styles(assignment: str, key: TermKey) -> dict[str, list[str]]:
    """The hidden tests that each right answer loses, beside plain right answers to all else."""
    modules = "\n".join([MODULES, *_modules(assignment)])
    lost = {}
    with Sandbox() as sandbox:
        for function, bank in banks(assignment).items():
            for number, variant in enumerate(bank.rights):
                chosen = {name: number if name == function else 0 for name in banks(assignment)}
                picked = [f"{name} = Bank.rights[{name!r}][{place}]" for name, place in chosen.items()]
                lost[str(variant)] = _lost(sandbox, assignment, "\n".join([modules, *picked]), key)
    return lost


def _lost(sandbox: Sandbox, assignment: str, source: str, key: TermKey) -> list[str]:
    cells = [Cell("code", source, "student", None, "styles")]
    execution = Execution(sandbox, cells, {}, lambda label: key.seed("student", label))
    maxima: dict[str, float] = defaultdict(float)
    for test in hidden_tests(assignment).values():
        maxima[test.question] += test.points
    try:
        execution.run()
        questions = score(SUITES / assignment, Scoring(execution, key), maxima)
    finally:
        execution.close()
    tests = [test for question in questions for test in question.tests]
    return [f"{test.name}: {test.message}" for test in tests if test.outcome != "passed"]


def _modules(assignment: str) -> Iterator[str]:
    """A line a module of the bank, each after those that it imports."""
    folder = KIT_ROOT / "bench" / "variants"
    waiting = {
        ".".join(path.relative_to(KIT_ROOT).with_suffix("").parts): path.read_text(encoding="utf-8")
        for path in sorted([*folder.glob("*.py"), *(folder / assignment).glob("*.py")])
        if path.stem != "__init__"
    }
    yield f'module("bench.variants.{assignment}", "")'
    while waiting:
        name = next(
            name
            for name, source in waiting.items()
            if not any(f"from {other} import" in source for other in waiting if other != name)
        )
        yield f"module({name!r}, {waiting.pop(name)!r})"
