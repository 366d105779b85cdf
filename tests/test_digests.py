"""What a score rests on, and what a diagnosis does: each file in one of the two."""

from __future__ import annotations

import pytest

from autograder.course import SUITES
from autograder.digests import SHARED, bank_files, suite_files

NAMES = sorted(path.parent.name for path in SUITES.glob("*/__init__.py"))


@pytest.mark.parametrize("name", NAMES)
def test_a_bank_of_mistakes_is_no_part_of_a_score(name: str) -> None:
    """A new mistake must not grade a class again, and a changed test must."""
    bank, suite = set(bank_files(name)), set(suite_files(name))
    assert not bank & suite
    assert set((SUITES / name).rglob("*.py")) <= bank | suite
    assert set(SUITES.glob("*.py")) <= bank | suite
    assert set(SHARED) <= bank


@pytest.mark.parametrize("name", NAMES)
def test_no_test_rests_on_a_bank(name: str) -> None:
    """What judges imports nothing of what names."""
    judging = [path for path in suite_files(name) if path.is_relative_to(SUITES)]
    assert judging
    assert [path for path in judging if "mistakes import" in path.read_text(encoding="utf-8")] == []
