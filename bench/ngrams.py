"""What n-gram models make of a corpus: nats a character on held-out sentences, by order.

Run as `python -m bench.ngrams TRAIN.csv TEST.csv [--orders N]`. It is the profile by which a
corpus that a grammar gives is compared with headlines that people wrote. The models are interpolated, with
absolute discounting: every n-gram that was seen gives up 0.75 of its count, and what an (n-1)-character
context collects so is shared out as the model of the next lower order would; below order 1 all characters are
alike. Line breaks and END are predicted like any character; END counts once a sentence.

Method: Ney, Essen and Kneser, "On structuring probabilistic dependences in stochastic language modelling",
Computer Speech and Language 8 (1994), pages 1 to 38.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from helpers.char_data import read_sentences

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Symbols = NDArray[np.uint8]

DISCOUNT = 0.75
ORDERS = 6
BEGIN, END = "\xff", "\xfe"  # in Latin-1, outside of the ASCII of the sentences


def profile(train: Sequence[str], test: Sequence[str], orders: int = ORDERS) -> Iterator[float]:
    """The mean loss on the test sentences, in nats a character, of the models of order 1, 2, ... `orders`.

    Args:
        train, test: sentences in ASCII, with their line breaks. A test character that no training sentence
            has becomes a space.

    Raises:
        ValueError: no sentence at all, or so long n-grams that they can't be numbered in 64 bits.
    """
    if not (train and test):
        raise ValueError("a profile needs training and test sentences")
    alphabet = "".join(sorted(set("".join(train))))
    base = len(alphabet) + 2  # with END and BEGIN
    if base**orders > np.iinfo(np.int64).max:
        raise ValueError(f"n-grams of order {orders} over {base} symbols can't be numbered in 64 bits")
    known, asked = symbols(train, alphabet, orders), symbols(test, alphabet, orders)
    predicted = np.count_nonzero(asked != base - 1)
    probability: Floats = np.full(predicted, 1 / (base - 1))  # BEGIN is never predicted
    for order in range(1, orders + 1):
        model = Counts.of(ngrams(known, order, base), base)
        probability = model.interpolate(ngrams(asked, order, base), probability)
        yield float(-np.log(probability).mean())


def symbols(sentences: Sequence[str], alphabet: str, orders: int) -> Symbols:
    """All sentences in a row, numbered by place in the alphabet; END and BEGIN come after its last.

    Each sentence follows as many BEGIN as the longest context has symbols, so that none reaches another.
    """
    numbers = np.full(256, max(alphabet.find(" "), 0), dtype=np.uint8)
    for number, symbol in enumerate(alphabet + END + BEGIN):
        numbers[ord(symbol)] = number
    text = "".join(f"{BEGIN * (orders - 1)}{sentence}{END}" for sentence in sentences)
    return numbers[np.frombuffer(text.encode("latin-1"), dtype=np.uint8)]


def ngrams(row: Symbols, order: int, base: int) -> Integers:
    """For every symbol but BEGIN the n-gram that ends there, as a number whose last digit is the symbol."""
    places = np.flatnonzero(row != base - 1)
    code = np.zeros(len(places), dtype=np.int64)
    for back in reversed(range(order)):
        code *= base
        code += row[places - back]
    return code


@dataclass(frozen=True)
class Counts:
    """How often each n-gram of one order was seen; M different ones, in C different contexts.

    Args:
        base: of the numbers: an n-gram's context is its number without the last digit.
        grams: int64 [M], sorted.
        times: int64 [M].
        contexts: int64 [C], sorted.
        followed: int64 [C], how often a symbol came after the context.
        followers: int64 [C], how many different ones did.
    """

    base: int
    grams: Integers
    times: Integers
    contexts: Integers
    followed: Integers
    followers: Integers

    @classmethod
    def of(cls, seen: Integers, base: int) -> Counts:
        grams, times = np.unique(seen, return_counts=True)
        contexts, first, followers = np.unique(grams // base, return_index=True, return_counts=True)
        return cls(base, grams, times, contexts, np.add.reduceat(times, first), followers)

    def interpolate(self, wanted: Integers, lower: Floats) -> Floats:
        """The probability of each wanted n-gram's last symbol, given that of the next lower order."""
        place, is_known = _places(self.grams, wanted)
        times = np.where(is_known, self.times[place], 0)
        place, is_known = _places(self.contexts, wanted // self.base)
        kept = np.maximum(times - DISCOUNT, 0) / self.followed[place]
        shared = DISCOUNT * self.followers[place] / self.followed[place]
        return np.where(is_known, kept + shared * lower, lower)


def _places(ordered: Integers, wanted: Integers) -> tuple[Integers, NDArray[np.bool_]]:
    """Where each wanted number stands, and whether it does."""
    place = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)
    return place, ordered[place] == wanted


def main() -> None:
    parser = argparse.ArgumentParser(description="Losses of n-gram models, nats a character, by order.")
    parser.add_argument("train", type=Path, metavar="TRAIN.csv")
    parser.add_argument("test", type=Path, metavar="TEST.csv")
    parser.add_argument("--orders", type=int, default=ORDERS, metavar="N", help=f"default: {ORDERS}")
    options = parser.parse_args()
    losses = profile(read_sentences(options.train), read_sentences(options.test), options.orders)
    print("order | nats a character")
    for order, loss in enumerate(losses, start=1):
        print(f"{order:>5} | {loss:.4f}", flush=True)


if __name__ == "__main__":
    main()
