"""Mistakes of language models that show in the logits of public sentences."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.evidence import Evidence
from autograder.suites.char_lm.mistakes import BANKS

CLASSES, PAD = 12, 11
RNG = np.random.default_rng(0)
TOKENS = np.full((4, 31), PAD)
for row, length in zip(TOKENS, (31, 20, 26, 30), strict=True):
    row[:length] = RNG.integers(0, 9, length)
READS = TOKENS[:, :-1]


def sure_of(targets, strength=6.0):
    """Logits of a model that knows these targets."""
    return strength * np.eye(CLASSES)[targets]


def moved(ahead):
    """The token so far ahead of each that is read; PAD where there is none."""
    targets = np.full_like(READS, PAD)
    for t in range(READS.shape[1]):
        if 0 <= t + ahead < TOKENS.shape[1]:
            targets[:, t] = TOKENS[:, t + ahead]
    return targets


def names(logits) -> set[str]:
    evidence = Evidence({"logits": logits}, {"tokens": TOKENS.astype(float)})
    return {mistake.name for bank in BANKS for mistake in bank.mistakes if mistake.seen(evidence)}


PROBABILITIES = np.exp(sure_of(moved(1))) / np.exp(sure_of(moved(1))).sum(axis=-1, keepdims=True)
NOISE = 0.05 * RNG.standard_normal((4, 30, CLASSES))
SHOWN = {
    "nothing": (sure_of(moved(1)), set()),
    "a weak model": (sure_of(moved(1), 2.0) + NOISE, set()),
    "log-probabilities": (np.log(PROBABILITIES), set()),
    "probabilities": (PROBABILITIES, {"probabilities for logits"}),
    "reads": (sure_of(READS), {"predicts what it reads"}),
    "two ahead": (sure_of(moved(2)), {"predicts the one after the next"}),
    "one before": (sure_of(moved(-1)), {"predicts the one before"}),
    "untrained": (NOISE, {"weights of a model that is not trained"}),
    "frequencies": (
        np.broadcast_to(np.linspace(-3, 3, CLASSES), (4, 30, CLASSES)),
        {"ignores what it reads"},
    ),
    "infinite": (np.where(sure_of(moved(1)) > 0, np.inf, 0.0), set()),
    "not a number": (np.full((4, 30, CLASSES), np.nan), set()),
}


@pytest.mark.parametrize("shown", SHOWN)
def test_each_mistake_is_seen_and_no_other(shown):
    """A model that is only weak has none."""
    logits, expected = SHOWN[shown]
    assert names(np.asarray(logits, dtype=float)) == expected
