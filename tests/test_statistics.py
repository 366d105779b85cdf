"""The published statistics of a corpus are what they say: `make data` and the notebook print these lines."""

from __future__ import annotations

import math
import random
import zlib

from helpers.char_data import corpus_statistics

TEXTS = ["Ab a", "Café “b” closes", "a"]


def figures(texts: list[str]) -> dict[str, str]:
    """The printed values by their names."""
    return dict(map(str.strip, line.split("|")) for line in corpus_statistics(texts))


def test_lengths_count_the_line_break():
    """4, 16 and 1 characters and a line break each."""
    printed = figures(TEXTS)
    assert printed["characters in a sentence"] == "2 to 16, 7.7 on average"
    assert (printed["sentences"], printed["characters"]) == ("3", "23")


def test_the_vocabulary_is_that_after_the_replacement():
    """An accent and two quotation marks become spaces; the line break is a character of the vocabulary."""
    printed = figures(TEXTS)
    assert printed["outside of ASCII, replaced"] == "3"
    assert printed["different characters"] == str(len(set("Ab a\nCaf   b  closes\na\n")))


def test_frequencies_cost_their_entropy_with_one_end_a_sentence():
    """The mean over all characters, line breaks and END of -log of its share, by a slow loop."""
    row = [*"Ab a\nCaf   b  closes\na\n", "END", "END", "END"]
    loss = sum(-math.log(row.count(symbol) / len(row)) for symbol in row) / len(row)
    assert figures(TEXTS)["loss of character frequencies"] == f"{loss:.3f} nats a character"


def test_zip_takes_the_whole_text_at_its_best_level():
    """Its bytes, header and checksum too, over the characters; nats are bits times log 2."""
    chance = random.Random(4)
    words = ["".join(chance.choices("abcde", k=chance.randint(2, 6))) for _ in range(60)]
    texts = [" ".join(chance.choices(words, k=8)) for _ in range(300)]
    content = "".join(f"{text}\n" for text in texts).encode()
    assert len(zlib.compress(content, 6)) != len(zlib.compress(content, 9))  # or the level would not show
    bits = 8 * len(zlib.compress(content, 9)) / len(content)
    assert figures(texts)["loss of zip"] == f"{bits * math.log(2):.3f} nats ({bits:.3f} bits) a character"


def test_lines_are_aligned():
    """One quantity a line, the values below each other."""
    assert {line.index("|") for line in corpus_statistics(TEXTS)} == {31}
