"""What no list can hold: surnames, towns, companies, abbreviations, sums, shares and scores."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterator, Mapping, Sequence

from data.grammar import Symbol, Words

# sounds of family names, the commonest first
ONSETS = "s t n h k r c th p w sh f m ch g l st tr j kr gr sk pr v y d b br z dr".split()
NUCLEI = "a o e i u ai ou ee".split()
MIDDLES = "n t s r th c k nt st sh p m nn l tt h rt ng nch g f v rk ss ll sp lt nk rs ch".split()
CLOSES = "o i a an en in is er on e as os et ic ov ini ano ito esh ot iso oro ith u es ar".split()
LETTERS = "sntcaipfrohegmuldwybkvjxzq"  # of abbreviations
FIRST_LETTERS = "jamrdsctkplebghnwfvoiyzuqx"

Pieces = tuple[Sequence[str], int]  # what may stand in one place, and how flat its frequencies are


def made_names(lists: Mapping[str, Sequence[str]], taken: Collection[str]) -> dict[Symbol, Words]:
    """Classes of names that rules make; no form is in two of them, and none is taken.

    Args:
        lists: stems and endings, by their section in the list of names.
    """
    kinds: dict[str, Sequence[Pieces]] = {
        "SURNAME": ((lists["surname-stems"], 400), (lists["surname-endings"], 40)),
        "TOWN": ((lists["place-stems"], 400), (lists["place-endings"], 40)),
        "BRAND": ((lists["brand-stems"], 400), (lists["brand-endings"], 40)),
        "FAMILY": ((ONSETS, 8), (NUCLEI, 3), (MIDDLES, 8), (CLOSES, 8)),
        "ACRONYM": ((LETTERS, 5),) * 3,
    }
    used = set(taken)
    classes = {}
    for kind, places in kinds.items():
        free: dict[str, int] = {}
        for form, weight in _joined(places):
            if form not in used:
                free.setdefault(form, weight)
        used |= free.keys()
        classes[Symbol(kind)] = Words(tuple(free), tuple(free.values()))
    return classes


def _joined(places: Sequence[Pieces]) -> Iterator[tuple[str, int]]:
    """Every choice of a piece a place, put together, and what it weighs."""
    parts = [[(piece, rank + flatness) for rank, piece in enumerate(pieces)] for pieces, flatness in places]
    for choice in itertools.product(*parts):
        yield "".join(piece for piece, _ in choice), 10**12 // math.prod(rank for _, rank in choice)


def numbers() -> dict[Symbol, Words]:
    """Counts, years, sums of money, percentages and scores; small and round ones are the likelier."""
    counts = [*range(2, 100), *range(100, 1000, 10), *range(1000, 10000, 250)]
    sums = [f"{n}{unit}" for unit in ("m", "bn", "k") for n in range(1, 100)]
    sums += [f"{n}.{tenth}{unit}" for unit in ("m", "bn") for n in range(1, 20) for tenth in range(1, 10)]
    shares = [*map(str, range(1, 100)), *(f"{n}.{tenth}" for n in range(10) for tenth in range(1, 10))]
    return {
        Symbol("NUMBER"): ranked([f"{n:,}" for n in counts], 12),
        Symbol("YEAR"): ranked([*map(str, range(2026, 1899, -1))], 6),
        Symbol("MONEY"): ranked(sums, 60),
        Symbol("PERCENT"): ranked(shares, 30),
        Symbol("SCORE"): ranked([f"{a}-{b}" for a in range(1, 12) for b in range(a)], 8),
    }


def initials() -> dict[Symbol, Words]:
    """First letters of first names."""
    return {Symbol("INITIAL"): ranked(FIRST_LETTERS, 8)}


def ranked(forms: Sequence[str], flatness: int) -> Words:
    """A class in which the form of rank r is drawn as often as 1 / (r + flatness) says."""
    return Words(tuple(forms), tuple(10**9 // (rank + flatness) for rank in range(len(forms))))
