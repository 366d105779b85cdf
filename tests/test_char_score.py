"""The score of a language model: its estimates, what shows that it peeks, when it stops, what it says."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import torch

from data.testset import TestSet
from helpers import char_score
from helpers.char_logits import ModelFault
from helpers.char_score import (
    BANDS,
    Estimate,
    Score,
    at_places,
    check_before_handing_in,
    examine,
    in_words,
    points,
    score,
    score_in_turn,
)
from helpers.char_weights import save_model
from tests import charlm_corpus as corpus
from tests.charlm_models import (
    MEMORISED,
    NEXT,
    PEEKS,
    REMEMBERS,
    SEEN,
    TIED,
    HandedIn,
    bigram,
    bigram_weights,
    counted,
    made,
    memorised,
    recurrent,
    transformer,
    untrained,
)

CLASSES = len(corpus.STR_VOC) + 3
HIDDEN = corpus.sentences(1500, 2)
WEIGHTS = bigram_weights(corpus.train(), corpus.STR_VOC)
BIGRAM = HandedIn(bigram(), WEIGHTS)
Make = Callable[[], torch.nn.Module]


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Small models wait for threads longer than they compute."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def scored(handed_in: HandedIn, hidden: TestSet = HIDDEN, seed: int = 5, **options: object) -> Score:
    """The score of a model, made twice as grading does."""
    models = (at_places(made(handed_in, CLASSES)), made(handed_in, CLASSES))
    return score(*models, hidden.sentences, corpus.STR_VOC, seed, floors=hidden.floors, **options)


# --- What is estimated --------------------------------------------------------------------------------------


def exact_loss(handed_in: HandedIn) -> float:
    """The mean over characters by a plain loop, a sentence at a time."""
    model, total, characters = made(handed_in, CLASSES), 0.0, 0
    for sentence in HIDDEN.sentences[:300]:
        numbers = [corpus.STR_VOC.index(character) for character in sentence]
        tokens = [CLASSES - 3, *numbers, CLASSES - 2]
        logs = model(torch.tensor([tokens[:-1]])).double().log_softmax(-1)[0]
        total -= sum(float(logs[t, target]) for t, target in enumerate(tokens[1:]))
        characters += len(tokens) - 1
    return total / characters


@pytest.mark.parametrize("order", [1, 2, 3])
def test_the_loss_is_the_mean_over_characters(order: int) -> None:
    """END counts as a character, PAD does not, and batches do not matter."""
    handed_in = counted(corpus.train(), corpus.STR_VOC, order)
    few = TestSet(HIDDEN.sentences[:300], None)
    assert scored(handed_in, few).loss.mean == pytest.approx(exact_loss(handed_in), abs=1e-6)


def test_the_cut_pass_is_an_unbiased_estimate_with_its_error() -> None:
    """Over many draws of the cuts its mean is the loss, and it scatters as its standard error says."""
    draws = [scored(BIGRAM, seed=seed) for seed in range(40)]
    off = np.array([(each.cut.mean - each.whole.mean) / each.cut.error for each in draws])
    assert abs(off.mean()) < 4 / math.sqrt(len(off))
    assert 0.7 < off.std() < 1.3


def test_the_standard_error_is_that_of_other_test_sets() -> None:
    """Losses on other sentences of the same kind scatter as the standard error says."""
    draws = [scored(BIGRAM, corpus.sentences(500, seed)) for seed in range(100, 130)]
    spread = np.std([each.loss.mean for each in draws])
    assert 0.6 < spread / np.mean([each.loss.error for each in draws]) < 1.5


def test_the_best_model_is_at_the_floor() -> None:
    """A table of the chain's own probabilities is within a hundredth of a nat, and not below."""
    above = scored(BIGRAM).above_floor
    assert above is not None
    assert -3 * above.error < above.mean < 0.05
    assert above.error < 0.002  # of the difference, which is far smaller than that of the loss


def test_a_seed_fixes_order_and_cuts() -> None:
    """The same seed gives the same score to the last bit, another one does not."""
    assert scored(BIGRAM, seed=1) == scored(BIGRAM, seed=1)
    assert scored(BIGRAM, seed=1).cut != scored(BIGRAM, seed=2).cut


def test_a_beginning_tells_nothing_of_what_follows() -> None:
    """In the cut pass rows are as long as their beginnings, and padding alone stands behind these."""
    seen: list[torch.Tensor] = []
    model = made(BIGRAM, CLASSES)

    def watched(tokens: torch.Tensor) -> torch.Tensor:
        seen.append(tokens)
        return model(tokens)

    known = score(at_places(watched), model, HIDDEN.sentences, corpus.STR_VOC, 5)
    pad = CLASSES - 1
    lengths = [(tokens != pad).sum(dim=1) for tokens in seen]
    assert sum(map(len, seen)) == known.read
    assert all(int(length.max()) == tokens.shape[1] for length, tokens in zip(lengths, seen, strict=True))
    assert all((tokens != CLASSES - 2).all() for tokens in seen)  # END is never shown
    assert torch.cat(lengths).diff().min() >= 0  # sorted by what is shown, not by the sentence
    assert all(len(tokens) <= char_score.BATCH and tokens.shape[1] <= 101 for tokens in seen)


# --- Peeking ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PEEKS)
def test_a_model_that_peeks_gets_its_honest_figure(name: str) -> None:
    """It is told, and its loss is that of the model that it would be without."""
    known = scored(HandedIn(bigram(PEEKS[name]), WEIGHTS))
    assert known.looks_ahead
    assert known.loss == known.cut
    honest = scored(BIGRAM).cut.mean
    assert known.loss.mean > honest - (0.05 if "through the batch" not in name else 0.2)
    assert "looks ahead" in " ".join(in_words(known))


NETWORKS = {
    "bidirectional LSTM": recurrent("LSTM", "bidirectional=True", width=48),
    "bidirectional GRU": recurrent("GRU", "bidirectional=True", width=48),
    "transformer without a mask": transformer(masked=False),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_that_reads_both_ways_looks_ahead(name: str) -> None:
    """Even untrained, what it says at a cut depends on what follows."""
    known = scored(HandedIn(NETWORKS[name], untrained(NETWORKS[name], CLASSES)))
    assert (known.looks_ahead, known.loss) == (True, known.cut)


def test_a_model_that_remembers_gains_nothing() -> None:
    """Whole sentences go to another worker: what it saw of them is not there when beginnings are asked."""
    known = scored(HandedIn(bigram(REMEMBERS, "self.memory, self.earlier = {}, {}"), WEIGHTS))
    assert known.loss.mean > scored(BIGRAM).cut.mean - 1e-6


def test_a_model_that_remembers_would_gain_in_one_process() -> None:
    """The fixture has teeth: were both passes one process, with the whole sentences first, it would win."""
    model = made(HandedIn(bigram(REMEMBERS, "self.memory, self.earlier = {}, {}"), WEIGHTS), CLASSES)
    score(at_places(model), model, HIDDEN.sentences, corpus.STR_VOC, 5)
    again = score(at_places(model), model, HIDDEN.sentences, corpus.STR_VOC, 5)
    assert again.cut.mean < scored(BIGRAM).cut.mean - 0.5


def test_one_sentence_in_a_thousand_may_differ() -> None:
    """A difference at fewer cuts is arithmetic, at more it is looking ahead."""
    few, many = (f"{NEXT}if self.calls == {n}:\n    {SEEN}" for n in (0, 3))
    assert not scored(HandedIn(bigram(few), WEIGHTS)).looks_ahead
    assert scored(HandedIn(bigram(many), WEIGHTS)).looks_ahead


HONEST = {
    "LSTM": recurrent("LSTM"),
    "GRU": recurrent("GRU"),
    "RNN": recurrent("RNN"),
    "two layers with dropout": recurrent("LSTM", "num_layers=2, dropout=0.5"),
    "causal transformer": transformer(),
    "tied": TIED,
    "float16": recurrent("GRU", ending=".half()"),
    "bfloat16": recurrent("GRU", ending=".bfloat16()"),
    "bfloat16, returned as float32": recurrent("GRU", ending=".bfloat16().float()"),
    "float64": recurrent("LSTM", ending=".double()"),
    "classes that never come masked": recurrent(
        "RNN", ending=" + torch.tensor([0.0] * 29 + [-1e9, 0, -1e9])"
    ),
    "the same with infinities": recurrent(
        "RNN", ending=" + torch.tensor([0.0] * 29 + [-torch.inf, 0, -torch.inf])"
    ),
    "numerics that depend on the batch": recurrent("LSTM", ending=" * (1 + 1e-6 * tokens.shape[0] / 256)"),
}


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_model_is_not_accused(name: str) -> None:
    """Its loss is the closer estimate, and it is asked for the whole sentences alone."""
    known = scored(HandedIn(HONEST[name], untrained(HONEST[name], CLASSES)))
    assert (known.looks_ahead, known.share) == (False, 0.0)
    assert known.loss.mean == pytest.approx(known.whole.mean, abs=1e-5)
    assert known.loss.error == pytest.approx(known.whole.error, abs=1e-5)


def test_a_model_that_knows_the_test_set_is_below_the_floor() -> None:
    """It passes for honest in both passes, and its loss is lower than the text's own entropy."""
    known = scored(memorised(HIDDEN.sentences, corpus.STR_VOC))
    assert (known.looks_ahead, known.knows_the_test_set) == (False, True)
    assert not scored(BIGRAM).knows_the_test_set
    assert "codes" in MEMORISED


# --- Bands and stopping -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "earned"),
    [
        (3.2, 0),
        (2.5, 0),
        (2.4999, 5),
        (2.0, 5),
        (1.9999, 8),
        (1.5, 8),
        (1.4999, 10),
        (math.nan, 0),
        (math.inf, 0),
    ],
)
def test_bands(loss: float, earned: float) -> None:
    """Below a limit means below it."""
    assert points(loss) == earned


def test_scoring_stops_where_the_points_are_certain(monkeypatch: pytest.MonkeyPatch) -> None:
    """A block is enough far from every limit; `full` reads on to the end."""
    monkeypatch.setattr(char_score, "BLOCK", 300)
    assert scored(BIGRAM).read == 300
    assert scored(BIGRAM, full=True).read == len(HIDDEN.sentences)


def test_near_a_limit_everything_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within six standard errors of a limit the next block is read, too."""
    monkeypatch.setattr(char_score, "BLOCK", 300)
    near = scored(BIGRAM, full=True).loss.mean
    monkeypatch.setattr(char_score, "BANDS", ((near + 0.001, 5.0),))
    assert scored(BIGRAM).read == len(HIDDEN.sentences)


def test_scoring_ends_when_its_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """No further block is begun, and what was read decides."""
    monkeypatch.setattr(char_score, "BLOCK", 300)
    assert scored(BIGRAM, full=True, go_on=lambda: False).read == 300


def test_a_model_that_looks_ahead_is_given_no_more_whole_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the block that shows it, the cut pass goes on alone."""
    monkeypatch.setattr(char_score, "BLOCK", 500)
    cut, whole = (made(HandedIn(bigram(PEEKS["shifts its targets in"]), WEIGHTS), CLASSES) for _ in range(2))
    known = score(at_places(cut), whole, HIDDEN.sentences, corpus.STR_VOC, 5, full=True)
    assert (known.read, known.looks_ahead) == (1500, True)
    assert (cut.calls, whole.calls) == (6, 2)


# --- Faults -------------------------------------------------------------------------------------------------

FAULTS = {
    "too few classes": ("logits = logits[..., 1:]", "fewer classes"),
    "too many classes": ("logits = torch.nn.functional.pad(logits, (0, 1))", "more classes"),
    "no time axis": ("logits = logits[:, -1]", "fewer axes"),
    "axes in another order": ("logits = logits.transpose(1, 2)", "another order"),
    "a step short": ("logits = logits[:, 1:]", "another size along B or T"),
    "a state beside": ("return logits, None", "logits alone"),
    "a dict": ("return {'logits': logits}", "something else"),
    "None": ("return None", "something else"),
    "NaN": ("logits = logits * torch.nan", "NaN"),
    "NaN at one place": (
        "logits = torch.where(torch.arange(tokens.shape[1])[:, None] == 9, torch.nan, logits)",
        "NaN",
    ),
    "infinite": ("logits = logits + torch.inf", "infinite"),
    "all impossible": ("logits = logits - torch.inf", "infinite"),
    "complex": ("logits = logits + 0j", "real numbers"),
    "dropout left on": ("logits = torch.nn.functional.dropout(logits, 0.1, training=True)", "two passes"),
    "counts its calls": ("logits = logits * self.calls", "two passes"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_has_its_own_sentence(name: str) -> None:
    """Logits that cannot be scored are told in words that hold no number of the model's."""
    forward, told = FAULTS[name]
    model = made(HandedIn(bigram(forward), WEIGHTS), CLASSES)
    with pytest.raises(ModelFault, match=told):
        examine(model, corpus.train()[:256], corpus.STR_VOC)


def test_an_impossible_character_is_an_infinite_loss() -> None:
    """Probability 0 for what comes is no fault of form: it earns nothing, and is told."""
    known = scored(HandedIn(bigram("logits[..., 1] = -torch.inf"), WEIGHTS))
    assert (known.points, known.loss.mean) == (0, math.inf)
    assert "probability 0" in in_words(known)[0]


def test_nan_on_padding_costs_nothing() -> None:
    """What a model says of padding is nobody's affair."""
    forward = "logits = torch.where((tokens == self.classes - 1)[..., None], torch.nan, logits)"
    assert scored(HandedIn(bigram(forward), WEIGHTS)).whole == scored(BIGRAM).whole


# --- Before handing in --------------------------------------------------------------------------------------


def test_the_check_prints_what_grading_would_give(tmp_path, capsys) -> None:
    """The loss, the points, and how long the slowest batch takes."""
    save_model(made(BIGRAM, CLASSES), tmp_path / "model.safetensors")
    names: dict[str, object] = {"torch": torch}
    exec(BIGRAM.source, names)
    known = check_before_handing_in(
        names["SentenceModel"],
        HIDDEN.sentences,
        corpus.STR_VOC,
        corpus.freq(),
        tmp_path / "model.safetensors",
    )
    printed = capsys.readouterr().out
    assert known is not None
    assert (known.points, known.read) == (8, 1500)
    assert f"Loss {known.loss.mean:.4f}" in printed
    assert "8 of 10 points" in printed
    assert "processor time" in printed


def raises(freq: object) -> object:
    raise RuntimeError("no such layer")


def unwritten(freq: object) -> object:
    raise NotImplementedError


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda freq: torch.nn.Linear(2, 2), "there is no model.safetensors"),
        (lambda freq: freq, "torch.nn.Module"),
        (raises, "RuntimeError (no such layer)"),
        (unwritten, "not written yet"),
    ],
)
def test_the_check_says_what_is_wrong(make: Callable[[object], object], told: str, tmp_path, capsys) -> None:
    """A fault is printed, not raised."""
    path = tmp_path / "model.safetensors"
    assert check_before_handing_in(make, HIDDEN.sentences, corpus.STR_VOC, corpus.freq(), path) is None
    printed = capsys.readouterr().out
    assert "0 points" in printed
    assert told in printed


def test_bands_are_the_assignment_s() -> None:
    """5, 8 and 10 points below 2.5, 2.0 and 1.5."""
    assert BANDS == ((2.5, 5.0), (2.0, 8.0), (1.5, 10.0))


# --- Attacks ------------------------------------------------------------------------------------------------


class Shifted(torch.nn.Module):
    """The bigram, its logits in float64 and moved by one large number that softmax should not see."""

    def __init__(self, by: float) -> None:
        super().__init__()
        self.honest, self.by = made(BIGRAM, CLASSES), by

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return self.honest(tokens).double() + self.by


@pytest.mark.parametrize("by", [2.0**60, -(2.0**60), 1e300])
def test_logits_beside_a_huge_number_gain_nothing(by: float) -> None:
    """What is lost in rounding is lost: the probabilities still add up to one."""
    model = Shifted(by)
    known = score(at_places(model), model, HIDDEN.sentences, corpus.STR_VOC, 5)
    assert known.loss.mean > 2.5


class PeeksOnAGrid(torch.nn.Module):
    """Adds to the target's logit, on numbers that look as coarse as bfloat16 to who reads them as float32."""

    def __init__(self, by: float, base: float) -> None:
        super().__init__()
        self.honest, self.by, self.base = made(BIGRAM, CLASSES), by, base

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        logits = self.honest(tokens).double()
        ahead = torch.cat([tokens[:, 1:], torch.full_like(tokens[:, :1], CLASSES - 2)], dim=1)
        peeked = logits.scatter_add(
            2, ahead[..., None], torch.full_like(ahead[..., None], self.by, dtype=logits.dtype)
        )
        return peeked + self.base


@pytest.mark.parametrize("base", [0.0, 2.0**33, 48.0])
def test_a_peek_behind_coarse_numbers_is_found(base: float) -> None:
    """Wherever the logits lie, a target that becomes likelier when it is there shows."""
    model, honest = PeeksOnAGrid(0.5, base), made(BIGRAM, CLASSES)
    without = score(at_places(honest), honest, HIDDEN.sentences, corpus.STR_VOC, 5)
    known = score(at_places(model), model, HIDDEN.sentences, corpus.STR_VOC, 5)
    assert known.looks_ahead
    assert known.loss.mean > without.loss.mean - 4 * known.loss.error


def test_a_gain_that_proves_nothing_is_charged_all_the_same() -> None:
    """One enormous error makes every comparison uncertain; the score is not lower for the peeking."""
    honest = made(BIGRAM, CLASSES)
    peeking = PeeksOnAGrid(0.01, 0.0)
    without = score(at_places(honest), honest, HIDDEN.sentences, corpus.STR_VOC, 5)

    def cut(tokens: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
        logits = at_places(honest)(tokens, places).double()
        logits[0, :] -= 1e4 * torch.arange(logits.shape[1])
        return logits

    known = score(cut, peeking, HIDDEN.sentences, corpus.STR_VOC, 5)
    assert known.loss.mean > without.loss.mean - 1e-3


def test_no_dear_sentence_buys_off_the_floor() -> None:
    """A model of the test set that errs once, enormously, is still below the floor by its errors."""
    tally = char_score.Tally(
        counts=np.full(4000, 50.0), cut=np.ones(4000), again=np.ones(4000), differ=np.zeros(4000)
    )
    tally.whole = np.full(4000, 50.0)  # a nat a character
    tally.whole[7] = 1e5
    assert tally.score(4000, np.full(4000, 70.0)).knows_the_test_set


def test_the_two_models_are_never_open_together() -> None:
    """What could talk to each other while both live is opened in turn, and twice at most each."""
    alive: list[str] = []
    opened: list[str] = []

    @contextmanager
    def opens(name: str, model: object) -> Iterator[object]:
        assert not alive
        alive.append(name)
        opened.append(name)
        yield model
        alive.remove(name)

    honest = made(BIGRAM, CLASSES)
    for full in (False, True):
        opened.clear()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(char_score, "BLOCK", 300)
            patch.setattr(char_score, "FAR", 1e9)  # always near a limit
            known = score_in_turn(
                lambda: opens("cut", at_places(honest)),
                lambda: opens("whole", honest),
                HIDDEN.sentences,
                corpus.STR_VOC,
                5,
                full=full,
            )
        assert known.read == 1500
        assert opened == ["cut", "whole"] * (1 if full else 2)


def test_a_loss_beyond_all_measure_is_told_without_a_figure() -> None:
    """Its digits would be the model's to choose."""
    far = Estimate(486711568895.9087, 1.0)
    told = in_words(Score(far, far, far, 0.0, False, 4000, 4000))
    assert "above 20" in " ".join(told)
    assert "4867" not in " ".join(told)
