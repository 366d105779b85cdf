"""The word lists keep their own rules, so that what is put together from them can be taken apart again."""

import re
from itertools import chain
from pathlib import Path

import pytest

from data.lexicon import WORDS, read_sections

LISTS = sorted(WORDS.glob("*.txt"))
ENTRY = re.compile(r"[a-z]+([-_/][a-z]+)*")
MADE = ("surname", "place", "brand")


@pytest.fixture(scope="module")
def names() -> dict[str, list[str]]:
    return read_sections(WORDS / "names.txt")


@pytest.mark.parametrize("path", LISTS, ids=[path.stem for path in LISTS])
def test_entries_are_lower_case_ascii(path: Path) -> None:
    """Letters with single hyphens, slashes or underscores between them; accented names have their section."""
    sections = read_sections(path)
    entries = [entry for name, section in sections.items() if name != "accented" for entry in section]
    assert entries
    assert [entry for entry in entries if not ENTRY.fullmatch(entry)] == []


@pytest.mark.parametrize("path", LISTS, ids=[path.stem for path in LISTS])
def test_no_entry_stands_twice_in_a_section(path: Path) -> None:
    """A second one would double the first one's weight."""
    for name, section in read_sections(path).items():
        assert len(set(section)) == len(section), name


def test_accented_names_have_one_or_two_accents(names: dict[str, list[str]]) -> None:
    """They are lower-case, and letters throughout."""
    for name in names["accented"]:
        assert 1 <= sum(not letter.isascii() for letter in name) <= 2, name
        assert name.isalpha(), name
        assert name == name.lower()


def test_accented_names_differ_after_the_replacement(names: dict[str, list[str]]) -> None:
    """With spaces for accented letters they are still no two alike, and none is another name."""
    spaced = ["".join(c if c.isascii() else " " for c in name).strip() for name in names["accented"]]
    assert len({*spaced, *names["first"], *names["places"]}) == sum(
        map(len, (spaced, names["first"], names["places"]))
    )


@pytest.mark.parametrize("kind", MADE)
def test_a_made_name_has_one_stem_and_one_ending(kind: str, names: dict[str, list[str]]) -> None:
    """No two pairs of a kind give the same name, or its probability would be the sum of both."""
    stems, endings = names[f"{kind}-stems"], names[f"{kind}-endings"]
    assert len({stem + ending for stem in stems for ending in endings}) == len(stems) * len(endings)


def test_made_names_are_of_one_kind(names: dict[str, list[str]]) -> None:
    """No surname is a town or a company, and none is a listed name or a form of a general word."""
    made = [{s + e for s in names[f"{kind}-stems"] for e in names[f"{kind}-endings"]} for kind in MADE]
    assert len(set().union(*made)) == sum(map(len, made))
    general = chain.from_iterable(read_sections(WORDS / "general.txt").values())
    listed = {form for entry in general for form in entry.split("/")}
    listed |= {*names["first"], *names["places"], *names["outlets"]}
    assert set().union(*made) & listed == set()
