"""The proof of the hidden suites, in a short form; `make prove` takes half an hour."""

from __future__ import annotations

import subprocess
import sys

import pytest

from autograder.course import KIT_ROOT

SHORT = ("--keys", "1", "--draws", "1", "--long", "1")


@pytest.fixture(scope="module")
def proof() -> subprocess.CompletedProcess[str]:
    """Of one assignment, with one key."""
    command = [sys.executable, "-m", "bench.prove", "rnn_layer", *SHORT]
    return subprocess.run(command, cwd=KIT_ROOT, capture_output=True, text=True, check=False)


def test_all_is_as_it_should_be(proof: subprocess.CompletedProcess[str]) -> None:
    """And so the command ends well."""
    assert proof.stdout.splitlines()[-1] == "all is as it should be", proof.stdout + proof.stderr
    assert proof.returncode == 0


def test_each_mistake_has_a_row(proof: subprocess.CompletedProcess[str]) -> None:
    """With what it has left, and by how much it lost the rest."""
    (row,) = (line for line in proof.stdout.splitlines() if line.split()[:3] == ["RNNLayer", "dh0", "zero"])
    assert "Q4 " in row
    assert " from " in row


def test_both_margins_are_told(proof: subprocess.CompletedProcess[str]) -> None:
    """The largest error of right answers is below 1, the smallest by which a mistake lost a test above."""
    sides = {}
    for line in proof.stdout.splitlines():
        words = line.replace(":", "").split()
        if words[:1] in (["smallest"], ["largest"]):
            sides.setdefault(words[0], []).append(float(words[3]))
    assert max(sides["largest"]) < 1 < min(sides["smallest"])


def test_right_answers_went_through_the_sandbox(proof: subprocess.CompletedProcess[str]) -> None:
    """Every style once."""
    assert "16 right answers through the sandbox, 0 lost anything" in proof.stdout
