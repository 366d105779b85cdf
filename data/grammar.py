"""A grammar of headlines: rules in a text file, words by class, a derivation drawn and its probability.

A rule is a name and, indented below it, its alternatives: a weight, `|`, and a text. In a text `<name>` is
another rule, `<NAME>` a class of words, `<a>` is `a` or `an` as what follows asks for; everything else is
itself, spaces included. A name that ends in `@` belongs to a topic: `<name@>` stays in it, `<name!>` goes to
another, `<name*>` to any.
"""

from __future__ import annotations

import itertools
import math
import random
import re
from bisect import bisect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from autograder.errors import CourseError

ARTICLE = "a"  # the one symbol that looks at what follows it
_REFERENCE = re.compile(r"<([A-Za-z-]+[@!*]?)>")
MARK = "\0"  # an article not yet decided


@dataclass(frozen=True)
class Symbol:
    """Stands for what a rule or a class of words may become.

    Args:
        name: of the rule or class, with its mark (`@`, `!`, `*`) where it has one.
        topic: which topic's, or empty.
    """

    name: str
    topic: str = ""


class Weighted:
    """Has whole numbers as weights, so that every machine draws alike."""

    weights: tuple[int, ...]

    @cached_property
    def cumulative(self) -> list[int]:
        return list(itertools.accumulate(self.weights))

    @cached_property
    def nats(self) -> list[float]:
        """Minus the logarithm of each one's probability."""
        total = math.log(self.cumulative[-1])
        return [total - math.log(weight) for weight in self.weights]

    def pick(self, chance: random.Random) -> int:
        """The number of one, drawn."""
        return bisect(self.cumulative, int(chance.random() * self.cumulative[-1]))


@dataclass(frozen=True)
class Words(Weighted):
    """A class of words.

    Args:
        forms: as they are written.
        weights: how likely each is.
    """

    forms: tuple[str, ...]
    weights: tuple[int, ...]

    @cached_property
    def nats_of(self) -> dict[str, float]:
        """Minus the logarithm of each form's probability, by the form as it is loaded."""
        return dict(zip(map(loaded, self.forms), self.nats, strict=True))

    @cached_property
    def lengths(self) -> list[int]:
        """Of the forms, in characters."""
        return sorted({len(form) for form in self.forms})


@dataclass(frozen=True)
class Rule(Weighted):
    """What a symbol becomes: each alternative a sequence of texts and symbols."""

    alternatives: tuple[tuple[str | Symbol, ...], ...]
    weights: tuple[int, ...]


@dataclass(frozen=True)
class Grammar:
    """Rules and classes of words, a topic at a time.

    Args:
        start: where every derivation begins.
    """

    rules: Mapping[Symbol, Rule]
    classes: Mapping[Symbol, Words]
    start: Symbol

    def draw(self, chance: random.Random) -> tuple[str, float, int]:
        """A text, minus the logarithm of its derivation's probability in nats, and its first choice."""
        written: list[str] = []
        choices: list[int] = []
        nats = 0.0
        waiting: list[str | Symbol] = [self.start]
        while waiting:
            part = waiting.pop()
            if isinstance(part, str):
                written.append(part)
            elif part in self.classes:
                words = self.classes[part]
                chosen = words.pick(chance)
                written.append(words.forms[chosen])
                nats += words.nats[chosen]
            else:
                rule = self.rules[part]
                chosen = rule.pick(chance)
                choices.append(chosen)
                nats += rule.nats[chosen]
                waiting.extend(reversed(rule.alternatives[chosen]))
        return _with_articles("".join(written)), nats, choices[0]


def loaded(text: str) -> str:
    """As the notebook's loader gives it: a space for every character that is not ASCII."""
    return text if text.isascii() else "".join(c if c.isascii() else " " for c in text)


def article(following: str) -> str:
    """`an` before a vowel letter, `a` before all else; `following` begins with a space."""
    return "an" if following[1:2] in set("aeiou") else "a"


def _with_articles(text: str) -> str:
    if MARK not in text:
        return text
    head, *rest = text.split(MARK)
    return head + "".join(article(piece) + piece for piece in rest)


def read_grammar(text: str, classes: Mapping[Symbol, Words], topics: list[str]) -> Grammar:
    """The grammar that a text describes, each topical rule once a topic.

    Raises:
        CourseError: a line is no rule, or something is referred to that there is not.
    """
    rules: dict[Symbol, Rule] = {}
    for name, alternatives in _blocks(text):
        for topic in topics if name.endswith("@") else [""]:
            rules[Symbol(name, topic)] = _rule(alternatives, topic)
    for symbol in [s for rule in rules.values() for s in _references(rule)]:
        if symbol.name[-1] in "!*":
            others = [Symbol(symbol.name[:-1] + "@", topic) for topic in topics if topic != symbol.topic]
            rules[symbol] = Rule(tuple((other,) for other in others), (1,) * len(others))
    unknown = {s for rule in rules.values() for s in _references(rule)} - rules.keys() - classes.keys()
    if unknown:
        raise CourseError(f"the grammar refers to {sorted(str(s) for s in unknown)}, and there is none")
    return Grammar(rules, classes, Symbol("headline"))


def _blocks(text: str) -> Iterator[tuple[str, list[str]]]:
    name, alternatives = "", list[str]()
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith(" "):
            alternatives.append(line.lstrip())
            continue
        if name:
            yield name, alternatives
        name, alternatives = line.strip(), []
    yield name, alternatives


def _rule(alternatives: list[str], topic: str) -> Rule:
    weights, bodies = [], []
    for line in alternatives:
        weight, bar, body = line.partition("|")
        if not bar or not weight.strip().isdigit():
            raise CourseError(f"no alternative of a rule: {line!r}; write a weight, `|` and a text")
        weights.append(int(weight))
        bodies.append(tuple(_parts(body, topic)))
    return Rule(tuple(bodies), tuple(weights))


def _parts(body: str, topic: str) -> Iterator[str | Symbol]:
    for number, piece in enumerate(_REFERENCE.split(body)):
        if number % 2 == 0:
            if piece:
                yield piece
        elif piece == ARTICLE:
            yield MARK
        else:
            yield Symbol(piece, topic if piece[-1] in "@!" else "")


def _references(rule: Rule) -> Iterator[Symbol]:
    return (part for body in rule.alternatives for part in body if isinstance(part, Symbol))


def written_words(text: str) -> set[str]:
    """The words that a grammar writes itself, outside of its rules and classes."""
    bodies = [line.partition("|")[2] for _, lines in _blocks(text) for line in lines]
    return {
        word
        for body in bodies
        for piece in _REFERENCE.split(body)[::2]
        for word in re.findall(r"[a-z]+", piece)
    }
