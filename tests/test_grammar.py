"""The grammar's notation, what it draws, and the way back from a text to its derivations."""

from __future__ import annotations

import math
import random
from collections import Counter

import pytest

from autograder.errors import CourseError
from data.grammar import Symbol, Words, read_grammar, written_words
from data.parse import derivations

TOPICS = ["sea", "land"]
CLASSES = {
    Symbol("ANIMAL@", "sea"): Words(("eel", "crab"), (3, 1)),
    Symbol("ANIMAL@", "land"): Words(("ox", "cat"), (1, 1)),
}
TEXT = """\
# a comment
headline
    3|<scene*>
    1|<a> <ANIMAL*>, <a> <ANIMAL*>

scene@
    1|<ANIMAL@> meets <ANIMAL!>
"""


@pytest.fixture
def grammar():
    return read_grammar(TEXT, CLASSES, TOPICS)


def test_topics_stay_change_or_are_any(grammar):
    """`@` stays in its topic, `!` leaves it, `*` is any."""
    chance = random.Random(0)
    drawn = {grammar.draw(chance)[0] for _ in range(2000)}
    scenes = {text for text in drawn if "meets" in text}
    sea, land = {"eel", "crab"}, {"ox", "cat"}
    assert scenes == {f"{a} meets {b}" for x, y in ((sea, land), (land, sea)) for a in x for b in y}
    assert {"an ox, an eel", "a cat, a crab", "an eel, an eel"} <= drawn


def test_draws_are_as_likely_as_they_say(grammar):
    """The share of a text among many draws is the probability that each draw of it states."""
    chance = random.Random(0)
    draws = [grammar.draw(chance) for _ in range(20_000)]
    counts = Counter(text for text, *_ in draws)
    for text, nats in {(text, round(nats, 9)) for text, nats, _ in draws}:
        expected = math.exp(-nats)
        assert abs(counts[text] / 20_000 - expected) < 5 * math.sqrt(expected / 20_000)


def test_probabilities_add_up_to_one(grammar):
    """Over all texts that a small grammar has."""
    chance = random.Random(0)
    nats = {text: nats for text, nats, _ in (grammar.draw(chance) for _ in range(20_000))}
    assert sum(math.exp(-n) for n in nats.values()) == pytest.approx(1)


def test_parsing_finds_the_derivation_that_was_drawn(grammar):
    """One derivation, of the probability that the draw had."""
    for seed in range(50):
        text, nats, _ = grammar.draw(random.Random(seed))
        assert derivations(grammar, text) == (1, pytest.approx(nats))


@pytest.mark.parametrize("text", ["a ox, a cat", "an cat, a cat", "eel meets crab", "eel meets", ""])
def test_what_the_grammar_does_not_give_has_no_derivation(grammar, text):
    """A wrong article, a topic that should change, half a sentence."""
    assert derivations(grammar, text) == (0, math.inf)


def test_two_ways_to_one_text_are_counted():
    """An ambiguous grammar is found out, and the probability is that of both ways together."""
    grammar = read_grammar("headline\n    1|<x><y>\nx\n    1|a\n    1|aa\ny\n    1|a\n    1|aa\n", {}, [])
    assert derivations(grammar, "aaa") == (2, pytest.approx(math.log(2)))
    assert derivations(grammar, "aa") == (1, pytest.approx(math.log(4)))


def test_texts_are_compared_as_they_are_loaded():
    """A letter outside of ASCII is a space to a model, and so to the parser."""
    grammar = read_grammar("headline\n    1|£<N>\n", {Symbol("N"): Words(("josé",), (1,))}, [])
    assert derivations(grammar, " jos ") == (1, pytest.approx(0))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("headline\n    1|<nothing>\n", "nothing"),
        ("headline\n    one\n", "weight"),
        ("headline\n    x|y\n", "weight"),
    ],
)
def test_a_broken_grammar_is_refused(text, told):
    """With the line or the name that is wrong."""
    with pytest.raises(CourseError, match=told):
        read_grammar(text, {}, [])


def test_words_that_the_grammar_writes_itself():
    """Names of rules, weights and classes are none of them."""
    assert written_words(TEXT) == {"meets"}
