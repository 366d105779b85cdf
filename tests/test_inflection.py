"""English inflection by rule."""

from __future__ import annotations

import pytest

from autograder.errors import CourseError
from data.inflection import noun, verb


@pytest.mark.parametrize(
    ("entry", "plural"),
    [
        ("senator", "senators"),
        ("crash", "crashes"),
        ("box", "boxes"),
        ("policy", "policies"),
        ("survey", "surveys"),
        ("child/children", "children"),
    ],
)
def test_plurals(entry, plural):
    """Hisses take -es, consonant and y -ies, and what is written out stays."""
    assert noun(entry).plural == plural


@pytest.mark.parametrize(
    ("entry", "forms"),
    [
        ("back", "back backs backed backed backing"),
        ("scrap", "scrap scraps scrapped scrapped scrapping"),
        ("quiz", "quiz quizes quizzed quizzed quizzing"),
        ("visit", "visit visits visited visited visiting"),
        ("veto", "veto vetoes vetoed vetoed vetoing"),
        ("deny", "deny denies denied denied denying"),
        ("delay", "delay delays delayed delayed delaying"),
        ("tie", "tie ties tied tied tying"),
        ("raise", "raise raises raised raised raising"),
        ("free", "free frees freed freed freeing"),
        ("dye", "dye dyes dyed dyed dyeing"),
        ("fix", "fix fixes fixed fixed fixing"),
        ("sow", "sow sows sowed sowed sowing"),
        ("hold/holds/held/held/holding", "hold holds held held holding"),
    ],
)
def test_verbs(entry, forms):
    """The five forms: -e goes, consonants double after one short vowel, y becomes ie."""
    assert " ".join(verb(entry)) == forms


@pytest.mark.parametrize("entry", ["sheep/sheep", "a/b/c"])
def test_a_noun_needs_two_forms(entry):
    """One form for one and for many would make a headline ambiguous."""
    with pytest.raises(CourseError):
        noun(entry)


def test_a_verb_is_regular_or_written_in_full():
    """Half of an irregular verb is refused, and the message says how to write it."""
    with pytest.raises(CourseError, match="in full"):
        verb("hold/held")
