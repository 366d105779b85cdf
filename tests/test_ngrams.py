"""The n-gram profile equals a slow model of plain dictionaries, and behaves as probabilities do."""

import math
import random
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
import pytest

from bench.ngrams import Counts, ngrams, profile, symbols

ORDERS = 5  # a context of four would reach a sentence's end if nothing kept it off
END = "END"


class SlowModel:
    """Interpolated absolute discounting, a dictionary of counters a context."""

    def __init__(self, sentences: Sequence[str], discount: float = 0.75) -> None:
        self.alphabet = {*"".join(sentences), END}
        self.discount = discount
        self.after: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        for sentence in sentences:
            for history, symbol in steps(sentence):
                for length in range(ORDERS):
                    self.after[history[len(history) - length :]][symbol] += 1

    def probability(self, symbol: str, context: tuple[str, ...]) -> float:
        shorter = self.probability(symbol, context[1:]) if context else 1 / len(self.alphabet)
        seen = self.after.get(context)
        if seen is None:
            return shorter
        total = sum(seen.values())
        return max(seen[symbol] - self.discount, 0) / total + self.discount * len(seen) / total * shorter

    def loss(self, sentences: Sequence[str], order: int) -> float:
        losses = [
            -math.log(self.probability(symbol, history[ORDERS - order :]))
            for sentence in sentences
            for history, symbol in steps(sentence)
        ]
        return sum(losses) / len(losses)


def steps(sentence: str) -> list[tuple[tuple[str, ...], str]]:
    """Every symbol to predict, END too, with the ORDERS - 1 symbols before it."""
    row = [*["BEGIN"] * (ORDERS - 1), *sentence, END]
    return [(tuple(row[i - ORDERS + 1 : i]), row[i]) for i in range(ORDERS - 1, len(row))]


def sentences(seed: int, count: int, letters: str = "aab bc.") -> list[str]:
    chance = random.Random(seed)
    return ["".join(chance.choices(letters, k=chance.randint(0, 9))) + "\n" for _ in range(count)]


@pytest.mark.parametrize("seed", range(5))
def test_every_order_equals_a_slow_model(seed: int) -> None:
    """Orders 1 to 5 on small random sentences, some of whose contexts were never seen."""
    train, test = sentences(seed, 30), sentences(seed + 100, 20)
    slow = SlowModel(train)
    assert list(profile(train, test, ORDERS)) == pytest.approx(
        [slow.loss(test, order) for order in range(1, ORDERS + 1)], rel=1e-12
    )


def test_probabilities_of_a_context_add_up_to_one() -> None:
    """For contexts that were seen and for such that were not, over all characters and END."""
    train = sentences(7, 20)
    alphabet = "".join(sorted(set("".join(train))))
    base = len(alphabet) + 2
    row = symbols(train, alphabet, 3)
    contexts = np.arange(base * base)  # all, also such with BEGIN or END anywhere
    total = np.zeros(len(contexts))
    for symbol in range(base - 1):
        probability = np.full(len(contexts), 1 / (base - 1))
        for order in (1, 2, 3):
            wanted = contexts % base ** (order - 1) * base + symbol
            probability = Counts.of(ngrams(row, order, base), base).interpolate(wanted, probability)
        total += probability
    assert total == pytest.approx(np.ones(len(contexts)))


def test_no_context_reaches_into_another_sentence() -> None:
    """The order of the training sentences changes nothing."""
    train, test = sentences(1, 40), sentences(2, 10)
    assert list(profile(train, test, ORDERS)) == list(profile(train[::-1], test, ORDERS))


def test_an_unknown_character_is_a_space() -> None:
    """As the notebook's vocabulary has it."""
    train = sentences(3, 40)
    assert list(profile(train, ["a~b\n"], ORDERS)) == list(profile(train, ["a b\n"], ORDERS))


def test_a_fixed_text_is_soon_known() -> None:
    """Where each character has one successor, two of context leave next to nothing to pay."""
    losses = list(profile(["abcd\n"] * 1000, ["abcd\n"], 3))
    assert losses[0] == pytest.approx(math.log(6), rel=1e-3)
    assert losses[1] < 0.01


def test_numbers_over_64_bits_are_refused() -> None:
    """An order too high would count two n-grams as one."""
    with pytest.raises(ValueError, match="order 40 over 5 symbols"):
        list(profile(["ab\n"], ["ab\n"], 40))


@pytest.mark.parametrize(("train", "test"), [([], ["a\n"]), (["a\n"], [])])
def test_a_profile_needs_sentences(train: list[str], test: list[str]) -> None:
    """Both sets."""
    with pytest.raises(ValueError, match="training and test sentences"):
        list(profile(train, test))
