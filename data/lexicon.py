"""The words of the headlines, by class: listed ones, inflected, and the names and numbers of `names`.

A form belongs to one class alone, so that a headline has one derivation; what would break that is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from autograder.errors import CourseError
from data.grammar import Symbol, Words, loaded
from data.inflection import noun, verb
from data.names import initials, made_names, numbers

WORDS = Path(__file__).parent / "words"
TOPICS = "politics courts business sport defence weather health science showbiz travel home school".split()
FLATNESS = 10  # the word of rank r is drawn as often as 1 / (r + FLATNESS) says
HYPHENATED = 15  # and a hyphenated one so many times more seldom


def read_classes(reserved: Collection[str] = (), folder: Path = WORDS) -> dict[Symbol, Words]:
    """Every class of words that the grammar refers to.

    Args:
        reserved: forms that the grammar writes itself, and which no name may have therefore.

    Raises:
        CourseError: a word list is not as it should be, or a form stands in two classes.
    """
    listed = _Listed()
    for topic in TOPICS:
        listed.add_topic(topic, read_sections(folder / f"{topic}.txt"))
    listed.add_general(read_sections(folder / "general.txt"))
    listed.add_function(read_sections(folder / "function.txt"))
    names = read_sections(folder / "names.txt")
    listed.add("FIRST", [*names["first"], *names["accented"]])
    listed.add("PLACE", names["places"])
    listed.add("OUTLET", names["outlets"])
    made = made_names(names, {*listed.owners, *reserved})
    return listed.classes | made | numbers() | initials()


def read_sections(path: Path) -> dict[str, list[str]]:
    """A word list's sections, each a list of entries.

    Raises:
        CourseError: an entry stands before the first section, or beside a section's name.
    """
    sections: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            name, _, beside = line[1:].partition("]")
            current = sections.setdefault(name, [])
            if beside.strip():
                raise CourseError(f"{path.name}: entries begin on the line after [{name}]")
        elif line.strip() and not line.startswith("#"):
            if current is None:
                raise CourseError(f"{path.name}: {line[:40]!r} stands before the first [section]")
            current.extend(line.split())
    return sections


def listed_words(forms: Iterable[str]) -> Words:
    """A class of listed words: the shorter a word, the likelier (Zipf's law of abbreviation)."""
    by_length = sorted(forms, key=len)
    weights = [
        10**9 // ((rank + FLATNESS) * (HYPHENATED if "-" in form else 1))
        for rank, form in enumerate(by_length)
    ]
    return Words(tuple(by_length), tuple(weights))


class _Listed:
    """Classes of listed words, and which entry each form belongs to."""

    def __init__(self) -> None:
        self.classes: dict[Symbol, Words] = {}
        self.owners: dict[str, str] = {}

    def add_topic(self, topic: str, sections: Mapping[str, list[str]]) -> None:
        self._add_nouns("AGENT@", "AGENTS@", sections["agents"], topic)
        self._add_nouns("THING@", "THINGS@", sections["things"], topic)
        self._add_nouns("EVENT@", "EVENTS@", sections["events"], topic)
        self.add("STUFF@", sections["stuff"], topic)
        self.add("MOD@", sections["modifiers"], topic)
        self._add_verbs({"V@": 0, "VS@": 1, "VEN@": 3, "VING@": 4}, sections["verbs"], topic)
        self._add_verbs({"DO@": 0, "DOS@": 1}, sections["doings"], topic)

    def add_general(self, sections: Mapping[str, list[str]]) -> None:
        self.add("ADJ", sections["adjectives"])
        self.add("ADV", sections["adverbs"])
        self.add("TIME", [entry.replace("_", " ") for entry in sections["times"]])
        self.add("SUFFIX", sections["suffixes"])
        self.add("MOOD", sections["moods"])
        self.add("ABSTRACT", sections["abstract"])
        self._add_nouns("PERSON", "PEOPLE", sections["people"])
        self._add_nouns("IDEA", "IDEAS", sections["ideas"])
        self._add_nouns("UNIT", "UNITS", sections["units"])
        self._add_pairs("SAYS", "SAID", sections["reporting"])
        self._add_pairs("GERUND", "DOIT", sections["gerunds"])

    def add_function(self, sections: Mapping[str, list[str]]) -> None:
        self.add("DETERMINER", sections["determiners"])
        self.add("PREPOSITION", sections["prepositions"])

    def add(self, name: str, entries: list[str], topic: str = "") -> None:
        self._claim({loaded(entry): f"{name} {entry}" for entry in entries}, topic)
        self.classes[Symbol(name, topic)] = listed_words(entries)

    def _add_nouns(self, singular: str, plural: str, entries: list[str], topic: str = "") -> None:
        nouns = [noun(entry) for entry in entries]
        self._claim({form: n.singular for n in nouns for form in n}, topic)
        self.classes[Symbol(singular, topic)] = listed_words(n.singular for n in nouns)
        self.classes[Symbol(plural, topic)] = listed_words(n.plural for n in nouns)

    def _add_verbs(self, forms: Mapping[str, int], entries: list[str], topic: str) -> None:
        verbs = [verb(entry) for entry in entries]
        self._claim({form: v.base for v in verbs for form in v}, topic)
        for name, which in forms.items():
            self.classes[Symbol(name, topic)] = listed_words(v[which] for v in verbs)

    def _add_pairs(self, first: str, second: str, entries: list[str]) -> None:
        pairs = [entry.split("/") for entry in entries]
        self._claim({form: pair[0] for pair in pairs for form in pair}, "")
        self.classes[Symbol(first)] = listed_words(pair[0] for pair in pairs)
        self.classes[Symbol(second)] = listed_words(pair[1] for pair in pairs)

    def _claim(self, forms: Mapping[str, str], topic: str) -> None:
        for form, entry in forms.items():
            owner = f"{topic} {entry}".strip()
            if self.owners.setdefault(form, owner) != owner:
                raise CourseError(f"{form!r} belongs to {self.owners[form]!r} and to {owner!r}: drop one")
