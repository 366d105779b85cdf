"""A corpus for tests whose true probabilities are known: a Markov chain over characters.

Each character is drawn by the one before it alone, so a table of two characters is the best model there is,
and the entropy floor of every sentence can be added up from the chain.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import nbformat
import numpy as np
from nbformat import NotebookNode
from numpy.typing import NDArray

from autograder.charlm import corpus as corpora
from data.testset import TestSet

LETTERS = "abcdefghijklmnopqrstuvwxyz -"
SHORTEST = 32  # characters; from there on a sentence may end
ENDS = 1 / 36  # the probability that it does, at each place
SHARPNESS = 3.0  # of the chain: its entropy comes to 1.68 nats a character
DIGEST = "c" * 64


@lru_cache
def chain() -> NDArray[np.float64]:
    """The probability of each letter after each, [27 + 2, 27 + 2]."""
    drawn = np.exp(SHARPNESS * np.random.default_rng(0).standard_normal((len(LETTERS), len(LETTERS))))
    return np.asarray(drawn / drawn.sum(axis=1, keepdims=True))


@lru_cache
def sentences(count: int, seed: int) -> TestSet:
    """So many sentences with their floors: -log P of the whole, its end counted."""
    rng = np.random.default_rng(seed)
    table = chain()
    cumulative = table.cumsum(axis=1)
    lengths = SHORTEST + np.minimum(rng.geometric(ENDS, count) - 1, 99 - SHORTEST)
    rows = np.zeros((count, lengths.max()), dtype=np.int64)
    rows[:, 0] = rng.integers(len(LETTERS), size=count)
    for t in range(1, rows.shape[1]):
        rows[:, t] = (cumulative[rows[:, t - 1]] < rng.random((count, 1))).sum(axis=1)
    rows = np.minimum(rows, len(LETTERS) - 1)
    costs = np.concatenate(
        [np.full((count, 1), np.log(len(LETTERS))), -np.log(table[rows[:, :-1], rows[:, 1:]])], axis=1
    )
    there = np.arange(rows.shape[1]) < lengths[:, None]
    extra = lengths - SHORTEST
    ending = -extra * np.log(1 - ENDS) - np.where(lengths < 99, np.log(ENDS), 0.0)
    floors = (costs * there).sum(axis=1) + ending
    letters = np.array(list(LETTERS))
    made = tuple("".join(letters[row[:length]]) + "\n" for row, length in zip(rows, lengths, strict=True))
    return TestSet(made, floors)


STR_VOC = "".join(sorted(LETTERS + "\n"))


@lru_cache
def train() -> tuple[str, ...]:
    """What a model may learn from."""
    return sentences(6_000, 1).sentences


@lru_cache
def freq() -> NDArray[np.int64]:
    """Counts of the characters of `STR_VOC` in it."""
    text = "".join(train())
    return np.array([text.count(character) for character in STR_VOC], dtype=np.int64)


def door(monkeypatch: object, hidden: TestSet) -> None:
    """Lets grading take this corpus, with these hidden sentences, for the release's."""
    public = (STR_VOC, freq(), train()[:100])
    monkeypatch.setattr(corpora, "_public", lambda sha256: public)  # type: ignore[attr-defined]
    monkeypatch.setattr(corpora, "_hidden", lambda sha256, seed: hidden)  # type: ignore[attr-defined]
    monkeypatch.setattr(corpora, "_digest", lambda sha256, seed: "hidden")  # type: ignore[attr-defined]


def release(folder: Path, given: tuple[str, ...], helpers: Path) -> Path:
    """A small released notebook with its files; its path."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in given:
        if (helpers / name).is_file():
            (folder / name).write_bytes((helpers / name).read_bytes())
    described = {"name": "a chain", "sentences": len(train()), "sha256": DIGEST}
    (folder / "corpus.json").write_text(json.dumps(described))
    path = folder / "char_lm.ipynb"
    nbformat.write(notebook("raise NotImplementedError"), path)
    return path


def notebook(model: str) -> NotebookNode:
    """The notebook with this text in the cell of Q1."""
    cells = [
        _cell("setup", "import torch"),
        _cell("data", "sentences = open('train.csv').read()"),
        _cell("Q1_solution", model, solution=True, locked=False),
        _cell("Q1", "# Q1", grade=True, points=10),
    ]
    return nbformat.v4.new_notebook(cells=cells)


def _cell(name: str, source: str, **mark: object) -> NotebookNode:
    common = {"grade_id": name, "locked": True, "grade": False, "solution": False, "schema_version": 3}
    return nbformat.v4.new_code_cell(source, metadata={"nbgrader": common | mark}, id=name)
