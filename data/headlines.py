"""Headlines of the user's own: read from a file, made usable, and split into a training and a test set."""

from __future__ import annotations

import csv
import gzip
import io
import json
import lzma
import random
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from autograder.errors import CourseError
from data.grammar import loaded
from data.headline import LONGEST, SHORTEST

USUAL_COLUMNS = ("sentence", "headline")
LEAST = 20_000  # a fifth is the test set, and scoring reads that in blocks of 4,000
SPLIT_SEED = 2  # public: the same file gives the same training set, and so the same digest, everywhere
XZ, GZIP = b"\xfd7zXZ\x00", b"\x1f\x8b"


def read_headlines(path: str | Path, column: str | None = None) -> list[str]:
    """The usable headlines of a CSV file or of JSON lines, in the file's order; .xz and .gz are unpacked.

    White space comes out as single spaces. A headline is usable if it has 32 to 100 characters with its line
    break, none of them a control character, and if the loader gives no earlier one the same.

    Args:
        column: the CSV column, or the field of each JSON object (default: `sentence`, else `headline`).

    Raises:
        CourseError: the file can't be read, is no text in UTF-8, has no such column, or holds too few
            headlines.
    """
    path = Path(path)
    text = _text(path)
    if text.startswith("["):
        raise CourseError(f"{path} is one JSON array: write an object a line, or a CSV file")
    fields = _json_fields(text, column, path) if text.startswith("{") else _csv_fields(text, column, path)
    found = [" ".join(field.split()) for field in fields]
    kept = list(usable(found))
    if len(kept) < LEAST:
        raise CourseError(
            f"{path} is too small: {len(kept):,} of its {len(found):,} headlines can be used ({SHORTEST} to "
            f"{LONGEST} characters, no two alike), and at least {LEAST:,} are needed, since a fifth of them "
            f"becomes the test set, which is scored in blocks of 4,000"
        )
    return kept


def usable(headlines: Iterable[str]) -> Iterator[str]:
    """Those of the right length that print, and the first of those that the loader makes alike."""
    seen: set[str] = set()
    for headline in headlines:
        known = loaded(headline)
        if SHORTEST <= len(known) + 1 <= LONGEST and known.isprintable() and known not in seen:
            seen.add(known)
            yield headline


def split(sentences: Sequence[str]) -> tuple[list[str], list[str]]:
    """Four fifths to train on and a fifth to test on, shuffled alike everywhere."""
    shuffled = list(sentences)
    random.Random(SPLIT_SEED).shuffle(shuffled)
    tests = len(shuffled) // 5
    return shuffled[tests:], shuffled[:tests]


def _text(path: Path) -> str:
    content = _unpacked(path)
    if b"\0" in content:
        raise CourseError(f"{path} is binary data or UTF-16: give a CSV file or JSON lines, as text in UTF-8")
    try:
        return content.decode("utf-8-sig").lstrip()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CourseError(
            f"{path} is not text in UTF-8 (byte 0x{content[error.start]:02x} in line {line}): "
            f"save it with the encoding UTF-8"
        ) from error


def _unpacked(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CourseError(f"{path} can't be read: {error.strerror}") from error
    try:
        if content.startswith(XZ):
            return lzma.decompress(content)
        if content.startswith(GZIP):
            return gzip.decompress(content)
    except (lzma.LZMAError, zlib.error, OSError, EOFError) as error:
        raise CourseError(f"{path} is packed and can't be unpacked ({error}): fetch it again") from error
    return content


def _csv_fields(text: str, column: str | None, path: Path) -> Iterator[str]:
    rows = csv.reader(io.StringIO(text, newline=""))
    try:
        columns = next(rows, [])
        place = columns.index(_chosen(columns, column, path, "column"))
        for row in rows:
            if len(row) > place:
                yield row[place]
    except csv.Error as error:
        raise CourseError(f"{path} is no CSV file: {error} in line {rows.line_num}") from error


def _json_fields(text: str, field: str | None, path: Path) -> Iterator[str]:
    """The texts in a field. A later object may lack it or hold no text there: not every article has one."""
    objects = _json_objects(text, path)
    first = next(objects)
    chosen = _chosen(list(first), field, path, "field")
    for entry in chain([first], objects):
        value = entry.get(chosen)
        if isinstance(value, str):
            yield value.encode(errors="replace").decode()  # JSON can escape half a character, UTF-8 has none


def _json_objects(text: str, path: Path) -> Iterator[Mapping[str, object]]:
    for number, line in enumerate(text.split("\n"), start=1):  # splitlines would split inside of a string
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except ValueError as error:
            raise CourseError(f"line {number} of {path} is no JSON object: {error}") from error
        if not isinstance(entry, dict):
            raise CourseError(f"line {number} of {path} is no JSON object: {line[:40]!r}")
        yield entry


def _chosen(names: Sequence[str], asked: str | None, path: Path, kind: str) -> str:
    wanted = USUAL_COLUMNS if asked is None else (asked,)
    for name in wanted:
        if name in names:
            return name
    there = ", ".join(repr(name[:40]) for name in names[:20]) or "none at all"
    missed = " or ".join(map(repr, wanted))
    raise CourseError(f"{path} has no {kind} {missed}: name one that it has ({there})")
