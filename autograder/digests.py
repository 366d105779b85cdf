"""Digests of what a score rests on, and of what a diagnosis does: equal digests mean an equal one."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path

from autograder.course import KIT_ROOT, SUITES, read_assignment

JUDGES = ("answers", "scoring", "execution", "faults", "grade", "submission")  # modules that a score rests on
NAMERS = ("mistakes", "diagnosis", "evidence", "rehearsal", "relations", "stage")  # what a diagnosis rests on

SHARED = sorted(SUITES.glob("*mistakes*.py"))  # by several banks


@lru_cache
def suite_digest(assignment: str) -> str:
    """Of everything on the trusted side that a score depends on: the suite, and the modules that judge."""
    return _digest(suite_files(assignment), KIT_ROOT)


@lru_cache
def bank_digest(assignment: str) -> str:
    """Of the suite's known mistakes and of what compares answers with them; no score depends on it."""
    return _digest(bank_files(assignment), KIT_ROOT)


def suite_files(assignment: str) -> list[Path]:
    """What a score rests on."""
    suite = set((SUITES / assignment).rglob("*.py")) - set(_mistakes(assignment))
    shared = set(SUITES.glob("*.py")) - set(SHARED)
    own = [KIT_ROOT / "autograder" / f"{name}.py" for name in JUDGES]
    declared = [path for each in read_assignment(assignment).judges for path in sorted(KIT_ROOT.glob(each))]
    sandbox = sorted((KIT_ROOT / "autograder" / "sandbox").glob("*.py"))
    return [*sorted(suite), *own, KIT_ROOT / "helpers" / "by_hand.py", *sorted(shared), *sandbox, *declared]


def bank_files(assignment: str) -> list[Path]:
    """What a diagnosis rests on."""
    return [*SHARED, *_mistakes(assignment), *(KIT_ROOT / "autograder" / f"{name}.py" for name in NAMERS)]


def _mistakes(assignment: str) -> list[Path]:
    return sorted((SUITES / assignment).glob("mistakes/**/*.py"))


def release_digest(folder: Path, names: Collection[str]) -> str:
    """Of the released notebook and the given files; what else lies there changes no score."""
    return _digest(sorted(folder / name for name in names), folder)


def _digest(paths: list[Path], root: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root)}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:16]
