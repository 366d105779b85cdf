"""Folders, assignments, and the term key."""

from __future__ import annotations

import pytest

from autograder.course import DEMO_KEY, Course, TermKey, read_assignment
from autograder.errors import CourseError
from tests.conftest import ASSIGNMENT


def test_key_is_written_once_and_private(tmp_path):
    """The term key is random, for its owner alone, and is never overwritten."""
    course = Course(tmp_path)
    path = course.write_key()
    secret = path.read_bytes()
    course.write_key()
    assert path.read_bytes() == secret
    assert path.stat().st_mode & 0o777 == 0o600
    assert Course(tmp_path).key == TermKey(secret)


def test_missing_key_says_how_to_make_one(tmp_path):
    """Without a key nothing is graded."""
    with pytest.raises(CourseError, match="make setup"):
        _ = Course(tmp_path).key


def test_key_that_others_may_read_is_refused(tmp_path):
    """A key that others may read is no secret."""
    course = Course(tmp_path)
    course.write_key().chmod(0o644)
    with pytest.raises(CourseError, match="chmod 600"):
        _ = course.key


def test_short_key_is_refused(tmp_path):
    """An empty file is no key."""
    course = Course(tmp_path)
    course.write_key().write_bytes(b"")
    with pytest.raises(CourseError, match="shorter"):
        _ = course.key


def test_demo_has_a_public_key(tmp_path):
    """The demo's key is everybody's, and says so."""
    assert Course(tmp_path, demo=True).key.public


def test_seeds_depend_on_key_and_labels():
    """Another key or another label is another seed; the same ones give the same."""
    key, other = TermKey(b"a" * 32), TermKey(b"b" * 32)
    seeds = [key.seed("x"), key.seed("y"), key.seed("x", "y"), other.seed("x"), key.seed("xy")]
    assert len(set(seeds)) == 5
    assert key.seed("x") == seeds[0]
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_digest_names_a_key_without_telling_it():
    """The digest is in every report."""
    key = TermKey(b"secret" * 4)
    assert b"secret".hex() not in key.digest
    assert key.digest != TermKey(b"secrets" * 4).digest


def test_unknown_assignment_names_the_known_ones(course):
    """A misspelt assignment is told with those that there are."""
    with pytest.raises(CourseError, match=f"'rnn'.*known: .*{ASSIGNMENT}"):
        course.require("rnn")
    with pytest.raises(CourseError, match=f"known: .*{ASSIGNMENT}"):
        read_assignment("rnn")


def test_students_are_the_folders(course, submit):
    """Who has a folder for the assignment has handed in."""
    submit("zoe", {})
    submit("al", {})
    assert course.students(ASSIGNMENT) == ["al", "zoe"]


def test_a_course_refuses_the_demo_s_key(tmp_path):
    """Everybody has it: what it draws is no secret."""
    course = Course(tmp_path)
    course.write_key().write_bytes(DEMO_KEY)
    with pytest.raises(CourseError, match="public"):
        _ = course.key


def test_a_course_with_a_key_is_no_demo(tmp_path):
    """A demo's mark in a real course would make its scores worthless, so nothing is graded."""
    Course(tmp_path).write_key()
    with pytest.raises(CourseError, match="marked as a demo"):
        _ = Course(tmp_path, demo=True).key
