"""`python -m data`: make the corpus of the course, from the grammar or from headlines of your own."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from autograder.course import KIT_ROOT, Course
from autograder.errors import GraderError
from data.corpus import DATA, TRAIN, Description, make_default, make_from_headlines
from data.testset import seed_of
from helpers.char_data import corpus_statistics, read_texts

NOTEBOOK = KIT_ROOT / "source" / "char_lm"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m data", description=__doc__)
    parser.add_argument("--headlines", type=Path, metavar="FILE", help="CSV or JSON lines, also .xz or .gz")
    parser.add_argument("--column", metavar="NAME", help="where FILE has the headlines")
    options = parser.parse_args(arguments)
    try:
        made = make(options.headlines, options.column)
    except GraderError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{made.name}: {DATA / TRAIN}, sha256 {made.sha256}")
    print(*corpus_statistics(read_texts(DATA / TRAIN)), sep="\n")
    return 0


def make(headlines: Path | None, column: str | None) -> Description:
    """The corpus in `data/`, and beside the source notebook, where `make release` takes it from."""
    if headlines is not None:
        made = make_from_headlines(headlines, column)
    else:
        made = make_default(seed_of(Course(KIT_ROOT).key))
    made.write(NOTEBOOK)
    beside = NOTEBOOK / TRAIN
    beside.unlink(missing_ok=True)
    beside.symlink_to(os.path.relpath(DATA / TRAIN, NOTEBOOK))
    return made


if __name__ == "__main__":
    sys.exit(main())
