"""Sentences as numbers: reading a corpus, counting its characters, batches, and the loss on sentences.

A sentence is text of ASCII characters that ends with a line break. Its characters are numbered by
`vocabulary`, which holds V of them; three more numbers follow: BEGIN is V, END is V + 1 and PAD is V + 2.
A batch is BEGIN + sentence + END a row, padded with PAD on the right: int64 [B, T]. A model reads
`batch[:, :-1]` and predicts `batch[:, 1:]`; END is predicted like any character, PAD is not.
"""

import csv
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.functional import cross_entropy

Counts = np.ndarray[Any, np.dtype[np.int64]]

COLUMN = "sentence"
NON_ASCII = re.compile(r"[^\x00-\x7f]")


def read_sentences(path: str | Path) -> list[str]:
    """The sentences of a CSV file as a model sees them: in ASCII, each with its line break at the end.

    Raises FileNotFoundError or ValueError as `read_texts` does.
    """
    return [clean(text) for text in read_texts(path)]


def read_texts(path: str | Path) -> list[str]:
    """The column `sentence` of a CSV file in UTF-8, as it is written there.

    Raises FileNotFoundError if there is no such file, ValueError if it holds no such column, no text or an
    empty sentence; the message says what to do.
    """
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file, strict=True)
            if COLUMN not in (rows.fieldnames or ()):
                raise ValueError(f"{path} has no column {COLUMN!r} in its first line: {rows.fieldnames}")
            texts = [row[COLUMN] for row in rows]
    except FileNotFoundError:
        raise FileNotFoundError(
            f"there is no {path} here ({Path.cwd()}): put the file that came with the notebook beside it"
        ) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} is no CSV file in UTF-8 ({error}): fetch it again") from error
    if not texts:
        raise ValueError(f"{path} has a first line and no sentence below it: fetch it again")
    for number, text in enumerate(texts, start=1):
        if not text or "\n" in text or "\r" in text:
            raise ValueError(f"sentence {number} of {path} is empty or has a line break in it: {text!r}")
    return texts


def clean(text: str) -> str:
    """The text with a space for every character outside of ASCII, and a line break at the end."""
    return NON_ASCII.sub(" ", text) + "\n"


def count_characters(sentences: Iterable[str]) -> tuple[str, Counts]:
    """The characters that occur, sorted, as one text of length V, and how often each does: int64 [V]."""
    counts = Counter[str]()
    for sentence in sentences:
        counts.update(sentence)
    str_voc = "".join(sorted(counts))
    return str_voc, np.array([counts[character] for character in str_voc], dtype=np.int64)


def corpus_statistics(texts: Sequence[str]) -> list[str]:
    """What is known of a corpus before any model reads it: a line a quantity, for `read_texts`' sentences.

    The loss of character frequencies is their own entropy, with one END a sentence; zip's is what the bytes
    take when compressed. Both in nats a character.
    """
    sentences = [clean(text) for text in texts]
    str_voc, freq = count_characters(sentences)
    lengths = [len(sentence) for sentence in sentences]
    characters, mean = sum(lengths), sum(lengths) / len(lengths)
    non_ascii = sum(len(NON_ASCII.findall(text)) for text in texts)
    share = np.append(freq, len(sentences)) / (characters + len(sentences))  # END comes once a sentence
    compressed = zlib.compress("".join(sentences).encode(), level=9)
    bits = 8 * len(compressed) / characters
    lines = {
        "sentences": f"{len(sentences):,}",
        "characters in a sentence": f"{min(lengths)} to {max(lengths)}, {mean:.1f} on average",
        "characters": f"{characters:,}",
        "different characters": f"{len(str_voc)}",
        "outside of ASCII, replaced": f"{non_ascii:,}",
        "loss of character frequencies": f"{-(share * np.log(share)).sum():.3f} nats a character",
        "loss of zip": f"{bits * np.log(2):.3f} nats ({bits:.3f} bits) a character",
    }
    return [f"{name:<30} | {value}" for name, value in lines.items()]


def encode_batch(sentences: Sequence[str], vocabulary: Mapping[str, int]) -> torch.Tensor:
    """BEGIN + sentence + END a row, padded with PAD on the right: int64 [B, T].

    T is the longest sentence's length plus 2. A character that is not in the vocabulary becomes a space.
    Raises ValueError if there is no sentence, or such a character and no space in the vocabulary.
    """
    if not sentences:
        raise ValueError("a batch needs at least one sentence")
    begin, end, pad = range(len(vocabulary), len(vocabulary) + 3)
    space = vocabulary.get(" ")
    longest = max(len(sentence) for sentence in sentences)
    batch = torch.full((len(sentences), longest + 2), pad, dtype=torch.int64)  # [B, T]
    for row, sentence in zip(batch, sentences, strict=True):
        numbers = [vocabulary.get(character, space) for character in sentence]
        if None in numbers:
            raise ValueError(f"the vocabulary has neither every character of {sentence!r} nor a space")
        row[: len(sentence) + 2] = torch.tensor([begin, *numbers, end])
    return batch


def batches_of_like_length(
    sentences: Sequence[str], batch_size: int, generator: torch.Generator
) -> list[list[str]]:
    """All sentences in batches of about one length each, so that next to nothing is padded.

    Which sentences of a length meet, and the order of the batches, are drawn from the generator.
    """
    order = torch.randperm(len(sentences), generator=generator).tolist()
    order.sort(key=lambda number: len(sentences[number]))  # stable: within a length it stays as drawn
    batches = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
    places = torch.randperm(len(batches), generator=generator).tolist()
    return [[sentences[number] for number in batches[place]] for place in places]


def evaluate(
    model: torch.nn.Module, sentences: Sequence[str], vocabulary: Mapping[str, int], batch_size: int = 256
) -> float:
    """The cross-entropy in nats a character: the mean over all characters, END counted and PAD not.

    It is no mean over batches or sentences: those weigh a character of a short sentence more than another.
    The model is put in eval mode meanwhile, and gives logits [B, T, V + 3] for tokens [B, T].
    """
    pad = len(vocabulary) + 2
    device = next((tensor.device for tensor in model.state_dict().values()), torch.device("cpu"))
    ordered = sorted(sentences, key=len)
    was_training = model.training
    model.eval()
    total, characters = 0.0, 0
    with torch.no_grad():
        for start in range(0, len(ordered), batch_size):
            batch = encode_batch(ordered[start : start + batch_size], vocabulary).to(device)  # [B, T]
            inputs, targets = batch[:, :-1], batch[:, 1:]  # [B, T - 1] each
            logits = model(inputs)  # [B, T - 1, V + 3]
            losses = cross_entropy(logits.transpose(1, 2), targets, ignore_index=pad, reduction="none")
            total += float(losses.double().sum())
            characters += int((targets != pad).sum())
    model.train(was_training)
    return total / characters
