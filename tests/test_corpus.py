"""The corpus that is made here: the same for everyone, unlike for every key, one derivation a headline."""

from __future__ import annotations

import json
import math
import random
from itertools import islice

import pytest

from autograder.errors import CourseError
from bench.ngrams import profile
from data import __main__ as command
from data import corpus, testset
from data.grammar import loaded
from data.headline import LONGEST, SHORTEST, default_grammar, draw_headlines
from data.parse import derivations
from helpers.char_data import clean, read_sentences

SEED = 7
# nats a character by order: what headlines that people wrote cost, give or take
PROFILE = [(3.13, 3.20), (2.52, 2.70), (2.06, 2.35), (1.65, 1.95), (1.45, 1.70), (1.35, 1.58)]


@pytest.fixture(scope="module")
def train() -> list[str]:
    return [clean(text) for text in corpus.default_train()]


@pytest.fixture(scope="module")
def test_draw():
    return corpus.default_test(SEED)


def test_the_training_set_has_one_digest_everywhere():
    """Drawn anew, its file has the bytes that the digest in the repository names."""
    drawn = draw_headlines(corpus.TRAIN_SEED, corpus.TRAIN_SIZE)
    content = corpus._csv(corpus._rows(drawn.headlines))
    assert corpus._sha256(content) == corpus.TRAIN_SHA256


def test_sentences_have_the_published_lengths_and_characters(train):
    """32 to 100 characters, 68 or so on average, 95 different ones, all ASCII."""
    lengths = [len(sentence) for sentence in train]
    assert (min(lengths), max(lengths)) == (SHORTEST, LONGEST)
    assert 64 < sum(lengths) / len(lengths) < 72
    assert len(set("".join(train))) == 95
    assert "".join(train).isascii()


def test_no_sentence_comes_twice(train, test_draw):
    """None twice in the training set or in the test set, and none in both."""
    test = {loaded(headline.text) + "\n" for headline in test_draw.headlines}
    assert (len(set(train)), len(test)) == (corpus.TRAIN_SIZE, corpus.TEST_SIZE)
    assert not test & set(train)


def test_a_key_draws_its_own_test_set(test_draw):
    """The same for the same seed, others for another."""
    texts = {headline.text for headline in test_draw.headlines}
    known = {loaded(text) for text in corpus.default_train()}
    again = draw_headlines(SEED, 500, known)
    other = draw_headlines(SEED + 1, 500, known)
    assert [h.text for h in again.headlines] == [h.text for h in test_draw.headlines[:500]]
    assert len(texts & {headline.text for headline in other.headlines}) < 5


def test_every_headline_has_one_derivation(test_draw):
    """Parsed back it has exactly one, of the probability that it was drawn with."""
    grammar = default_grammar()
    for headline in test_draw.headlines[:1200]:
        text = loaded(headline.text)
        assert derivations(grammar, text[0].lower() + text[1:]) == (1, pytest.approx(headline.nats))


def test_the_profile_is_that_of_real_headlines(train, test_draw):
    """n-gram models of every order lose about what they lose on headlines that people wrote."""
    test = [clean(headline.text) for headline in test_draw.headlines]
    for loss, (least, most) in zip(profile(train, test), PROFILE, strict=True):
        assert least <= loss <= most


def test_the_floor_is_below_what_any_model_reaches(train, test_draw):
    """It is the entropy of the grammar: positive, and well under the best n-gram model."""
    characters = sum(len(headline.text) + 2 for headline in test_draw.headlines)
    floor = sum(test_draw.floors) / characters
    assert 0.9 < floor < 1.1
    assert all(nats > 0 for nats in test_draw.floors)


def test_rejected_headlines_raise_the_probability_of_the_others():
    """The floor of a headline is its derivation's -log P plus log of the share that is accepted."""
    drawn = draw_headlines(SEED, 2000)
    assert 0.7 < drawn.accepted < 0.9
    assert drawn.floors[0] == pytest.approx(drawn.headlines[0].nats + math.log(drawn.accepted))


def test_the_default_corpus_is_written_with_its_description(tmp_path, monkeypatch):
    """train.csv for students, test.csv that only its owner may read, corpus.json that names the first."""
    monkeypatch.setattr(corpus, "TRAIN_SIZE", 300)
    monkeypatch.setattr(corpus, "TEST_SIZE", 100)
    monkeypatch.setattr(corpus, "default_test", lambda seed: draw_headlines(seed, 100))
    made = corpus.make_default(SEED, tmp_path)
    assert corpus.read_description(tmp_path) == made
    assert (made.name, made.sentences) == (corpus.MADE_HERE, 300)
    assert made.sha256 == corpus._sha256((tmp_path / "train.csv").read_bytes())
    assert len(read_sentences(tmp_path / "train.csv")) == 300
    assert len(read_sentences(tmp_path / "test.csv")) == 100
    assert (tmp_path / "test.csv").stat().st_mode & 0o777 == 0o600
    assert {path.name for path in tmp_path.iterdir()} == {"train.csv", "test.csv", "corpus.json"}


@pytest.fixture
def headlines(tmp_path):
    """A file of headlines of the user's own, just large enough."""
    chance = random.Random(0)
    path = tmp_path / "news.csv"
    rows = ("".join(chance.choices("abcdefgh ", k=50)).strip() + " and so on" for _ in range(21_000))
    path.write_text("sentence\n" + "\n".join(rows))
    return path


def test_headlines_of_the_users_own_become_a_corpus(headlines, tmp_path):
    """Named after their file, four fifths to train on, and the test set is found by the digest."""
    made = corpus.make_from_headlines(headlines, folder=tmp_path)
    assert made.name == "headlines of news.csv"
    train, test = read_sentences(tmp_path / "train.csv"), read_sentences(tmp_path / "test.csv")
    assert len(train) == made.sentences == 4 * len(test)
    assert not set(train) & set(test)


def test_the_test_set_goes_by_the_digest_of_the_training_set(headlines, tmp_path, monkeypatch):
    """Of headlines of the user's own it is the file that was split off, and nobody knows its floor."""
    made = corpus.make_from_headlines(headlines, folder=tmp_path)
    monkeypatch.setattr(testset, "DATA", tmp_path)
    found = testset.load(made.sha256, SEED)
    assert found.sentences == tuple(read_sentences(tmp_path / "test.csv"))
    assert found.floors is None
    str_voc, freq, sentences = testset.public_sentences(made.sha256)
    assert sentences == tuple(islice(read_sentences(tmp_path / "train.csv"), 100))
    assert len(freq) == len(str_voc)


def test_the_default_test_set_comes_with_its_floors(test_draw):
    """A floor a sentence, from the draw of that seed."""
    found = testset.load(corpus.TRAIN_SHA256, SEED)
    assert len(found.sentences) == len(found.floors) == corpus.TEST_SIZE
    assert found.sentences[0] == clean(test_draw.headlines[0].text)
    assert found.floors.tolist() == test_draw.floors


def test_another_corpus_than_the_one_here_is_told(tmp_path, monkeypatch):
    """A release for headlines that are not on this machine says what to run."""
    corpus.Description("headlines of a.csv", 5, "0" * 64).write(tmp_path)
    monkeypatch.setattr(testset, "DATA", tmp_path)
    with pytest.raises(CourseError, match="make data"):
        testset.load("1" * 64, SEED)


@pytest.mark.parametrize("content", [None, "{", "[]", json.dumps({"name": "x"})])
def test_a_broken_description_is_told(tmp_path, content):
    """Missing, cut off, or of another kind: the message says how to write it again."""
    if content is not None:
        (tmp_path / "corpus.json").write_text(content)
    with pytest.raises(CourseError, match="make data"):
        corpus.read_description(tmp_path)


def test_the_command_refuses_a_bad_file_in_one_line(tmp_path, capsys):
    """No traceback, and nothing is written."""
    before = sorted(path.name for path in corpus.DATA.iterdir())
    assert command.main(["--headlines", str(tmp_path / "none.csv")]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert sorted(path.name for path in corpus.DATA.iterdir()) == before
