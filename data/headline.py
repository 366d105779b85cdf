"""Headlines drawn from the grammar: of the right length, none twice, with the probability that each has."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from data.grammar import Grammar, loaded, read_grammar, written_words
from data.lexicon import TOPICS, read_classes

GRAMMAR = Path(__file__).with_name("headlines.grammar")
SHORTEST, LONGEST = 32, 100  # characters, the line break counted


@dataclass(frozen=True)
class Headline:
    """One headline.

    Args:
        text: as it is printed, without a line break.
        nats: minus the logarithm of its probability among all derivations.
        is_news: whether it is a clause that reports, and no feature, list or result.
    """

    text: str
    nats: float
    is_news: bool


@dataclass(frozen=True)
class Draw:
    """Headlines of one draw.

    Args:
        headlines: those that were kept.
        accepted: the share of all drawn that was kept.
    """

    headlines: tuple[Headline, ...]
    accepted: float

    @property
    def floors(self) -> list[float]:
        """Nats of each headline among those that may be kept: no model can do better on average."""
        correction = math.log(self.accepted)
        return [headline.nats + correction for headline in self.headlines]


@lru_cache(maxsize=1)
def default_grammar() -> Grammar:
    """The grammar with its words; takes about a second."""
    text = GRAMMAR.read_text(encoding="utf-8")
    return read_grammar(text, read_classes(written_words(text)), TOPICS)


def draw_headlines(
    seed: int,
    count: int,
    without: Collection[str] = (),
    progress: Callable[[Iterator[Headline], int], Iterator[Headline]] = lambda drawn, _: drawn,
) -> Draw:
    """So many different headlines of 32 to 100 characters; the same for a seed on every machine.

    Args:
        without: headlines, as the loader gives them, that may not come again.
        progress: wraps what is drawn, to show how far it is.
    """
    drawn = _Drawn(random.Random(seed), set(without))
    headlines = tuple(progress(drawn.headlines(count), count))
    return Draw(headlines, count / drawn.attempts)


class _Drawn:
    def __init__(self, chance: random.Random, seen: set[str]) -> None:
        self.attempts = 0
        self._chance = chance
        self._seen = seen

    def headlines(self, count: int) -> Iterator[Headline]:
        grammar = default_grammar()
        while count:
            self.attempts += 1
            text, nats, kind = grammar.draw(self._chance)
            if SHORTEST <= len(text) + 1 <= LONGEST:
                text = text[0].upper() + text[1:]
                known = loaded(text)
                if known not in self._seen:
                    self._seen.add(known)
                    count -= 1
                    yield Headline(text, nats, kind == 0)
