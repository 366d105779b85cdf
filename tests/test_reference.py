"""The committed reference weights earn what they should, and there is more to learn than words."""

from __future__ import annotations

import os
import random
from functools import lru_cache
from pathlib import Path

import pytest
import torch

from autograder import demo
from autograder.course import KIT_ROOT
from bench.reference import NOTEBOOK, REFERENCE
from data import testset
from data.corpus import TRAIN_SHA256, make_from_headlines
from helpers.char_data import count_characters, evaluate, read_sentences
from helpers.char_weights import load_model, read_weights

SENTENCES = 800  # a standard error of about 0.01 nats
SEED = 11


@lru_cache
def solution() -> type[torch.nn.Module]:
    """The class of the instructor's notebook."""
    names: dict[str, object] = {"torch": torch, "nn": torch.nn}
    exec(demo.solutions(NOTEBOOK)["Q1_solution"], names)
    model = names["SentenceModel"]
    assert isinstance(model, type)
    return model


def reference(name: str, freq: object) -> torch.nn.Module:
    """The solution with the committed weights."""
    model = solution()(freq)
    load_model(model, REFERENCE / f"{name}.safetensors")
    return model


@pytest.fixture(scope="module")
def default():
    """The reference on the default corpus, its vocabulary, and sentences that it has not seen."""
    str_voc, freq, _ = testset.public_sentences(TRAIN_SHA256)
    vocabulary = {character: number for number, character in enumerate(str_voc)}
    return reference("default", freq), vocabulary, testset.load(TRAIN_SHA256, SEED).sentences[:SENTENCES]


def test_the_reference_earns_full_points_on_the_default_corpus(default):
    """Its loss on unseen sentences is that of a good model on real headlines: 1.25 to 1.45."""
    model, vocabulary, sentences = default
    assert 1.25 < evaluate(model, sentences, vocabulary) < 1.45


def test_the_order_of_words_matters(default):
    """With each sentence's words shuffled the reference loses at least 0.1 nats a character more."""
    model, vocabulary, sentences = default
    chance = random.Random(0)
    shuffled = []
    for sentence in sentences:
        words = sentence[:-1].split(" ")
        chance.shuffle(words)
        shuffled.append(" ".join(words) + "\n")
    gap = evaluate(model, shuffled, vocabulary) - evaluate(model, sentences, vocabulary)
    assert gap > 0.1


@pytest.mark.parametrize("name", ["default", "headlines"])
def test_the_log_of_the_training_is_kept(name):
    """It names the corpus by the digest that the weights carry, and every epoch's losses."""
    log = (REFERENCE / f"{name}.log").read_text()
    weights = read_weights(REFERENCE / f"{name}.safetensors")
    assert weights.digest in log
    assert "epoch 1:" in log
    assert "test: 1." in log


def test_the_weights_name_the_default_corpus():
    """So a student who hands in others is told."""
    assert read_weights(REFERENCE / "default.safetensors").digest == TRAIN_SHA256


def test_the_reference_is_not_released():
    """Students get no trained weights."""
    assert not list((KIT_ROOT / "release" / "char_lm").glob("**/*.safetensors"))


@pytest.mark.real_headlines
def test_the_reference_earns_full_points_on_real_headlines(tmp_path):
    """On the split that `make data HEADLINES=FILE` gives, of the file that it was trained on."""
    made = make_from_headlines(Path(os.environ["HEADLINES"]), folder=tmp_path)
    assert read_weights(REFERENCE / "headlines.safetensors").digest == made.sha256
    str_voc, freq = count_characters(read_sentences(tmp_path / "train.csv"))
    vocabulary = {character: number for number, character in enumerate(str_voc)}
    sentences = read_sentences(tmp_path / "test.csv")[:4000]
    assert evaluate(reference("headlines", freq), sentences, vocabulary) < 1.5
