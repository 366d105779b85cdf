"""English inflection by rule.

What is irregular is written out: `child/children`, `hold/holds/held/held/holding`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from autograder.errors import CourseError

VOWELS = "aeiou"
_HISSES = re.compile(r"(s|x|z|ch|sh)$")
_CONSONANT_Y = re.compile(r"[^aeiou]y$")
_ONE_SHORT_SYLLABLE = re.compile(r"^[^aeiou]*(qu)?[aeiou][^aeiouwxy]$")


class Noun(NamedTuple):
    """A countable noun."""

    singular: str
    plural: str


class Verb(NamedTuple):
    """A verb's five forms."""

    base: str
    third: str
    past: str
    participle: str
    ing: str


def noun(entry: str) -> Noun:
    """A noun of a word list.

    Raises:
        CourseError: the entry is neither `word` nor `word/plural`.
    """
    forms = entry.split("/")
    if len(forms) > 2:
        raise CourseError(f"{entry!r} is no noun: write `word`, or `word/plural` where that is irregular")
    plural = forms[-1] if len(forms) == 2 else _with_s(entry)
    if plural == forms[0]:
        raise CourseError(f"{forms[0]!r} has one form for one and for many: a headline would be ambiguous")
    return Noun(forms[0], plural)


def verb(entry: str) -> Verb:
    """A verb of a word list.

    Raises:
        CourseError: the entry is neither `base` nor its five forms.
    """
    forms = entry.split("/")
    if len(forms) == 5:
        return Verb(*forms)
    if len(forms) != 1:
        raise CourseError(f"{entry!r} is no verb: write `base`, or base/third/past/participle/ing in full")
    third = entry + "es" if entry.endswith("o") else _with_s(entry)
    past = _with_ed(entry)
    return Verb(entry, third, past, past, _with_ing(entry))


def _with_s(word: str) -> str:
    if _HISSES.search(word):
        return word + "es"
    return word[:-1] + "ies" if _CONSONANT_Y.search(word) else word + "s"


def _with_ed(base: str) -> str:
    if base.endswith("e"):
        return base + "d"
    if _CONSONANT_Y.search(base):
        return base[:-1] + "ied"
    return _doubled(base) + "ed"


def _with_ing(base: str) -> str:
    if base.endswith("ie"):
        return base[:-2] + "ying"
    if base.endswith("e") and not base.endswith(("ee", "oe", "ye")):
        return base[:-1] + "ing"
    return _doubled(base) + "ing"


def _doubled(base: str) -> str:
    """With its last consonant doubled where one short syllable asks for it: `scrap`, `scrapp-`."""
    return base + base[-1] if _ONE_SHORT_SYLLABLE.match(base) else base
