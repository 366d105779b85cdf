"""A course's corpus: `train.csv` for students, `test.csv` for nobody, `corpus.json`, which names it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

from tqdm import tqdm

from autograder.errors import CourseError
from data.grammar import loaded
from data.headline import Draw, Headline, draw_headlines
from data.headlines import read_headlines, split
from helpers.char_data import read_texts

DATA = Path(__file__).parent
TRAIN, TEST, DESCRIPTION = "train.csv", "test.csv", "corpus.json"
MADE_HERE = "headlines made here"
TRAIN_SEED = 1
TRAIN_SHA256 = "2350cdff51e3dc2a3b1d78685003a140f64c5c0ff9f08c151126a746a6550de3"  # of what that seed gives
TRAIN_SIZE, TEST_SIZE = 160_000, 40_000


@dataclass(frozen=True)
class Description:
    """Names a corpus.

    Args:
        name: for people.
        sentences: how many are in `train.csv`.
        sha256: of the bytes of `train.csv`.
    """

    name: str
    sentences: int
    sha256: str

    def write(self, folder: Path) -> None:
        (folder / DESCRIPTION).write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")


def read_description(folder: Path) -> Description:
    """What `corpus.json` in a folder says.

    Raises:
        CourseError: there is none, or it is not one of ours.
    """
    path = folder / DESCRIPTION
    try:
        return Description(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise CourseError(f"there is no {path}: `make data` writes the corpus and its description") from None
    except (ValueError, TypeError) as error:
        raise CourseError(f"{path} describes no corpus ({error}): `make data` writes it again") from error


def default_description() -> Description:
    """Of the corpus that the grammar gives."""
    return Description(MADE_HERE, TRAIN_SIZE, TRAIN_SHA256)


def make_default(seed: int, folder: Path = DATA) -> Description:
    """Write the corpus that the grammar gives: `train.csv` the same for all, `test.csv` from the seed."""
    train = draw_headlines(TRAIN_SEED, TRAIN_SIZE, progress=_bar(TRAIN))
    description = _write_train(folder, MADE_HERE, _rows(train.headlines))
    _write_test(folder, _rows(default_test(seed).headlines))
    return description


def make_from_headlines(file: Path, column: str | None = None, folder: Path = DATA) -> Description:
    """Write a corpus of the user's own headlines, split by a fixed seed.

    Raises:
        CourseError: the file is too small, no text, or has no such column.
    """
    train, test = ([(text, 0) for text in part] for part in split(read_headlines(file, column)))
    description = _write_train(folder, f"headlines of {file.name}", train)
    _write_test(folder, test)
    return description


@lru_cache(maxsize=1)
def default_train() -> tuple[str, ...]:
    """The training headlines that the grammar gives, as printed: read where they were written, else drawn."""
    path = DATA / TRAIN
    if path.is_file() and _sha256(path.read_bytes()) == TRAIN_SHA256:
        return tuple(read_texts(path))
    drawn = draw_headlines(TRAIN_SEED, TRAIN_SIZE, progress=_bar(TRAIN))
    return tuple(headline.text for headline in drawn.headlines)


@lru_cache(maxsize=2)
def default_test(seed: int) -> Draw:
    """Headlines of the seed, none of which is in the training set."""
    train = {loaded(text) for text in default_train()}
    return draw_headlines(seed, TEST_SIZE, train, progress=_bar(TEST))


def _bar(name: str) -> Callable[[Iterator[Headline], int], Iterator[Headline]]:
    def shown(drawn: Iterator[Headline], count: int) -> Iterator[Headline]:
        return iter(tqdm(drawn, total=count, desc=name, unit=" headlines", mininterval=0.5, disable=None))

    return shown


def _rows(headlines: Iterable[Headline]) -> list[tuple[str, int]]:
    return [(headline.text, 0 if headline.is_news else 1) for headline in headlines]


def _write_train(folder: Path, name: str, rows: Sequence[tuple[str, int]]) -> Description:
    content = _csv(rows)
    description = Description(name, len(rows), _sha256(content))
    _replace(folder / TRAIN, content, 0o644)
    description.write(folder)
    return description


def _write_test(folder: Path, rows: Sequence[tuple[str, int]]) -> None:
    _replace(folder / TEST, _csv(rows), 0o600)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _csv(rows: Sequence[tuple[str, int]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("sentence", "label"))
    writer.writerows(rows)
    return text.getvalue().encode()


def _replace(path: Path, content: bytes, mode: int) -> None:
    """All of a file or nothing."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(content)
    aside.replace(path)
