"""What students are given to read a corpus, to make batches and to measure a loss."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from helpers import char_data

SENTENCES = ["abba\n", "a\n", "cab\n"]
VOCABULARY = {character: number for number, character in enumerate("\n abc")}
BEGIN, END, PAD = 5, 6, 7


class Bigram(torch.nn.Module):
    """Logits by the token before alone."""

    def __init__(self) -> None:
        super().__init__()
        self.table = torch.nn.Parameter(torch.randn(8, 8, generator=torch.Generator().manual_seed(4)))
        self.dropout = torch.nn.Dropout(0.5)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return self.dropout(self.table)[tokens]


def written(folder: Path, content: bytes) -> Path:
    path = folder / "train.csv"
    path.write_bytes(content)
    return path


def test_sentences_end_with_a_line_break(tmp_path: Path) -> None:
    """Each, whatever else the file has: other columns, quotes, a byte order mark."""
    content = '\ufefflabel,sentence\n0,"One, two"\n1,three\n'.encode()
    assert char_data.read_sentences(written(tmp_path, content)) == ["One, two\n", "three\n"]


def test_a_character_outside_of_ascii_becomes_one_space() -> None:
    """Letters, signs and pictures alike, each by itself."""
    assert char_data.clean("caf\u00e9 \u2013 \U0001f600!") == "caf     !\n"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"text,label\na,0\n", "no column 'sentence'"),
        (b"", "no column 'sentence'"),
        (b"sentence,label\n", "no sentence below it"),
        (b"sentence\n\xff\xfe\n", "no CSV file in UTF-8"),
        (b'sentence\n"one\ntwo"\n', "sentence 1 .* has a line break"),
        (b'sentence,label\none,0\n"",0\n', "sentence 2 .* is empty"),
        (b"label,sentence\n0,one\n1\n", "sentence 2 .* is empty"),
    ],
)
def test_a_file_that_is_no_corpus_is_told(tmp_path: Path, content: bytes, told: str) -> None:
    """By name, with what is wrong in it."""
    with pytest.raises(ValueError, match=told) as fault:
        char_data.read_sentences(written(tmp_path, content))
    assert "train.csv" in str(fault.value)


def test_a_missing_file_is_told_with_what_to_do(tmp_path: Path) -> None:
    """Students get the file with the notebook."""
    with pytest.raises(FileNotFoundError, match="put the file that came with the notebook beside it"):
        char_data.read_sentences(tmp_path / "train.csv")


def test_characters_are_sorted_and_counted() -> None:
    """In one order, each with its count."""
    str_voc, freq = char_data.count_characters(SENTENCES)
    assert str_voc == "\nabc"
    assert freq.tolist() == [3, 4, 3, 1]
    assert freq.dtype == np.int64


def test_a_batch_has_begin_end_and_padding() -> None:
    """On the right, up to the longest sentence."""
    batch = char_data.encode_batch(SENTENCES, VOCABULARY)
    assert batch.dtype == torch.int64
    assert batch.tolist() == [
        [BEGIN, 2, 3, 3, 2, 0, END],
        [BEGIN, 2, 0, END, PAD, PAD, PAD],
        [BEGIN, 4, 2, 3, 0, END, PAD],
    ]


def test_an_unknown_character_becomes_a_space() -> None:
    """A test set may hold what the training set does not."""
    assert char_data.encode_batch(["aZ\n"], VOCABULARY).tolist() == [[BEGIN, 2, 1, 0, END]]


@pytest.mark.parametrize(
    ("sentences", "vocabulary", "told"),
    [([], VOCABULARY, "at least one"), (["b\n"], {"\n": 0, "a": 1}, "nor a space")],
)
def test_what_cannot_be_encoded_is_told(sentences: list[str], vocabulary: dict[str, int], told: str) -> None:
    """No sentence, and a character for which there is no number."""
    with pytest.raises(ValueError, match=told):
        char_data.encode_batch(sentences, vocabulary)


def batches(seed: int) -> list[list[str]]:
    """Of 100 sentences, in tens."""
    sentences = [chr(97 + i % 26) * (1 + i % 7) + f"{i}\n" for i in range(103)]
    return char_data.batches_of_like_length(sentences, 10, torch.Generator().manual_seed(seed))


def test_batches_hold_every_sentence_once() -> None:
    """The last one is shorter."""
    flat = [sentence for batch in batches(1) for sentence in batch]
    assert len(set(flat)) == len(flat) == 103
    assert sorted(len(batch) for batch in batches(1)) == [3] + [10] * 10


def test_sentences_of_a_batch_are_of_like_length() -> None:
    """In order of their lengths, no two batches overlap."""
    spans = sorted((min(map(len, batch)), max(map(len, batch))) for batch in batches(1))
    assert all(longest <= shortest for (_, longest), (shortest, _) in itertools.pairwise(spans))


def test_batches_come_in_a_drawn_order() -> None:
    """Neither the sentences that meet nor the batches' order repeat; one seed gives the same again."""
    assert batches(1) == batches(1)
    assert {frozenset(batch) for batch in batches(1)} != {frozenset(batch) for batch in batches(2)}
    lengths = [len(batch[0]) for batch in batches(1)]
    assert lengths != sorted(lengths)


def test_evaluate_is_the_mean_over_characters() -> None:
    """As a plain loop over sentences and characters finds it: END counts, padding does not."""
    model = Bigram().eval()
    table = model.table.detach().double().log_softmax(-1)
    total, count = 0.0, 0
    for sentence in SENTENCES:
        tokens = [BEGIN, *(VOCABULARY[character] for character in sentence), END]
        for one, after in itertools.pairwise(tokens):
            total -= float(table[one, after])
            count += 1
    for size in (1, 2, 256):
        loss = char_data.evaluate(model, SENTENCES, VOCABULARY, size)
        assert loss == pytest.approx(total / count, abs=1e-6)


def test_evaluate_leaves_the_model_as_it_was() -> None:
    """Dropout is off meanwhile, and on again afterwards if it was."""
    model = Bigram()
    losses = {char_data.evaluate(model, SENTENCES, VOCABULARY) for _ in range(3)}
    assert len(losses) == 1
    assert model.training
    char_data.evaluate(model.eval(), SENTENCES, VOCABULARY)
    assert not model.training


def test_a_model_that_knows_nothing_costs_the_logarithm_of_its_classes() -> None:
    """Equal logits, eight classes."""

    class Nothing(torch.nn.Module):
        def forward(self, tokens: torch.Tensor) -> torch.Tensor:
            return torch.zeros(*tokens.shape, 8)

    assert char_data.evaluate(Nothing(), SENTENCES, VOCABULARY) == pytest.approx(math.log(8), abs=1e-6)


def test_statistics_have_a_line_a_quantity() -> None:
    """Three characters a sentence with the line break, one of them outside of ASCII; an END each."""
    lines = dict(line.split(" | ") for line in char_data.corpus_statistics(["ab", "\u00e9b"]))
    found = {name.strip(): value for name, value in lines.items()}
    assert found["sentences"] == "2"
    assert found["characters in a sentence"] == "3 to 3, 3.0 on average"
    assert (found["characters"], found["different characters"]) == ("6", "4")
    assert found["outside of ASCII, replaced"] == "1"
    entropy = 3 * (2 / 8) * math.log(4) + 2 * (1 / 8) * math.log(
        8
    )  # b, line break and END twice, a and space once
    assert found["loss of character frequencies"] == f"{entropy:.3f} nats a character"
