"""The corpus that a release was made for, what of it is public, and its hidden test set.

The one door to `data/`; whatever is known of a corpus goes by the digest that `corpus.json` names.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autograder.course import TermKey
from data import testset
from data.corpus import read_description
from data.testset import TestSet

NAME = "char_lm"


@dataclass(frozen=True)
class Corpus:
    """What students have of a corpus.

    Args:
        name: for people.
        sha256: of `train.csv`.
        str_voc: the characters of the vocabulary, V of them.
        freq: int64 [V], how often each occurs.
        sentences: a hundred of its sentences.
    """

    name: str
    sha256: str
    str_voc: str
    freq: NDArray[np.int64]
    sentences: tuple[str, ...]


def corpus_of(release: Path) -> Corpus:
    """The corpus of the release in that folder.

    Raises:
        CourseError: the release names none, or one that is not on this machine.
    """
    known = read_description(release)
    return Corpus(known.name, known.sha256, *_public(known.sha256))


@lru_cache(maxsize=2)
def _public(sha256: str) -> tuple[str, NDArray[np.int64], tuple[str, ...]]:
    str_voc, freq, sentences = testset.public_sentences(sha256)
    return str_voc, np.asarray(freq, dtype=np.int64), tuple(sentences)


def hidden_sentences(release: Path, key: TermKey) -> TestSet:
    """The test set that the key draws for the release's corpus; raises as `corpus_of` does."""
    return _hidden(read_description(release).sha256, testset.seed_of(key))


@lru_cache(maxsize=2)
def _hidden(sha256: str, seed: int) -> TestSet:
    return testset.load(sha256, seed)


def digests(release: Path, key: TermKey) -> dict[str, str]:
    """Digests of the training and the test sentences, without which a score cannot be repeated."""
    sha256 = read_description(release).sha256
    return {"corpus": sha256[:16], "test set": _digest(sha256, testset.seed_of(key))}


@lru_cache(maxsize=2)
def _digest(sha256: str, seed: int) -> str:
    return hashlib.sha256("".join(_hidden(sha256, seed).sentences).encode()).hexdigest()[:16]


def stand_in(release: Path) -> str:
    """Code for what the notebook's data cell defines, from public sentences: the corpus is not in there."""
    corpus = corpus_of(release)
    return STAND_IN.format(
        sentences=list(corpus.sentences), str_voc=corpus.str_voc, freq=corpus.freq.tolist()
    )


STAND_IN = """\
import numpy as np

device = "cpu"
sentences = {sentences!r}
str_voc = {str_voc!r}
freq = np.array({freq!r}, dtype=np.int64)
vocabulary = {{character: number for number, character in enumerate(str_voc)}}
BEGIN_ID, END_ID, PAD_ID = range(len(str_voc), len(str_voc) + 3)

held_back = len(sentences) // 20
train_sentences, valid_sentences = sentences[held_back:], sentences[:held_back]
"""
