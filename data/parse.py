"""Back from a headline to its derivations: how many there are, and the probability of them together."""

from __future__ import annotations

import math
from dataclasses import dataclass

from data.grammar import MARK, Grammar, Symbol, article, loaded

Ends = dict[int, tuple[int, float]]  # where a part may end: in how many ways, with what probability


@dataclass
class _Chart:
    """Derivations of the parts of one text, each part worked out once."""

    grammar: Grammar
    text: str
    known: dict[tuple[Symbol, int], Ends]

    def symbol(self, symbol: Symbol, start: int) -> Ends:
        place = (symbol, start)
        if place not in self.known:
            in_class = symbol in self.grammar.classes
            self.known[place] = self._word(symbol, start) if in_class else self._rule(symbol, start)
        return self.known[place]

    def _word(self, symbol: Symbol, start: int) -> Ends:
        words = self.grammar.classes[symbol]
        ends: Ends = {}
        for end in (start + length for length in words.lengths):
            nats = words.nats_of.get(self.text[start:end])
            if nats is not None:
                ends[end] = (1, math.exp(-nats))
        return ends

    def _rule(self, symbol: Symbol, start: int) -> Ends:
        rule = self.grammar.rules[symbol]
        ends: Ends = {}
        for parts, nats in zip(rule.alternatives, rule.nats, strict=True):
            for end, (ways, chance) in self._sequence(parts, start).items():
                before = ends.get(end, (0, 0.0))
                ends[end] = (before[0] + ways, before[1] + chance * math.exp(-nats))
        return ends

    def _sequence(self, parts: tuple[str | Symbol, ...], start: int) -> Ends:
        ends: Ends = {start: (1, 1.0)}
        for part in parts:
            following: Ends = {}
            for middle, (ways, chance) in ends.items():
                for end, (more, times) in self._part(part, middle).items():
                    before = following.get(end, (0, 0.0))
                    following[end] = (before[0] + ways * more, before[1] + chance * times)
            ends = following
        return ends

    def _part(self, part: str | Symbol, start: int) -> Ends:
        if isinstance(part, Symbol):
            return self.symbol(part, start)
        if part == MARK:
            written = next((a for a in ("a", "an") if self.text.startswith(a + " ", start)), "")
            fits = written and article(self.text[start + len(written) :]) == written
            return {start + len(written): (1, 1.0)} if fits else {}
        part = loaded(part)
        return {start + len(part): (1, 1.0)} if self.text.startswith(part, start) else {}


def derivations(grammar: Grammar, text: str) -> tuple[int, float]:
    """How many derivations a text has, and minus the logarithm of their probability together, in nats.

    Args:
        text: as the loader gives it, with a small letter first and no newline.
    """
    ways, chance = _Chart(grammar, text, {}).symbol(grammar.start, 0).get(len(text), (0, 0.0))
    return ways, -math.log(chance) if chance else math.inf
