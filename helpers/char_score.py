"""The score of a character-level language model: nats a character on unseen sentences, and no way to peek.

A model is any callable that gives logits [B, T, V + 3] for tokens [B, T]. Reading whole sentences at once,
one that looks ahead would see what it should predict. So each sentence is first cut at a place drawn
uniformly over its positions, END included, and only what stands before the cut is given to the model (the
*cut* pass); then whole sentences are (the *whole* pass), and at its cut a sentence must get the same
probabilities. The first pass alone is an unbiased estimate of the loss; the second is a closer one.

Grading and `check_before_handing_in` use the functions below alike, grading with secret sentences.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING or __package__:
    from helpers.char_data import encode_batch
    from helpers.char_logits import (
        EQUAL,
        Array,
        AtCuts,
        ModelFault,
        at_cuts,
        checked,
        differ,
        losses_of,
    )
    from helpers.char_weights import FILE, WeightsError, put_into, read_weights
else:  # students have these files side by side
    from char_data import encode_batch
    from char_logits import EQUAL, Array, AtCuts, ModelFault, at_cuts, checked, differ, losses_of
    from char_weights import FILE, WeightsError, put_into, read_weights

BANDS = ((2.5, 5.0), (2.0, 8.0), (1.5, 10.0))  # a loss below the first number earns the second
BLOCK = 4_000  # sentences, after which scoring may stop
BATCH = 256  # sentences
SECONDS = 3.0  # of processor time that one batch may take
FAR = 6.0  # standard errors from every band's limit, where no more sentences are needed
SHARE = 1e-3  # of sentences that may differ at their cuts, for reasons of arithmetic
MOST = 40.0  # nats that one character counts where estimates are compared; it may cost infinitely many
DEAR = 200.0  # nats above its floor that one sentence counts where the loss is compared with the floor
TOLD = 20.0  # nats; what is above is told without a figure
BETTER = 4.0  # standard errors by which whole sentences may be better than cut ones

Model = Callable[[torch.Tensor], Any]  # tokens [B, T] -> logits [B, T, V + 3]
CutModel = Callable[[torch.Tensor, torch.Tensor], Any]  # the same and places [B] -> logits there [B, V + 3]
OpenModel = Callable[[], AbstractContextManager[Model]]
OpenCutModel = Callable[[], AbstractContextManager[CutModel]]


@dataclass(frozen=True)
class Estimate:
    """A mean and its standard error, in nats a character."""

    mean: float
    error: float


def ratio(sums: Array, counts: Array) -> Estimate:
    """The mean over characters of what sentences cost in all, [S] and [S], and its standard error."""
    mean = float(sums.sum() / counts.sum())
    if len(sums) < 2 or not math.isfinite(mean):
        return Estimate(mean, math.inf)
    spread = float(np.sqrt(((sums - mean * counts) ** 2).sum() * len(sums) / (len(sums) - 1)))
    return Estimate(mean, spread / float(counts.sum()))


@dataclass(frozen=True)
class Score:
    """What a model earns, and why.

    Args:
        loss: nats a character: of whole sentences, or of cut ones if the model looks ahead.
        cut, whole: the two estimates.
        share: of the sentences, how many had other probabilities at their cut when they were whole.
        looks_ahead: whether that, or how much better `whole` is, shows that the model sees what follows.
        read, of: sentences scored, and sentences there are.
        above_floor: the loss minus the entropy of the text itself, where that is known.
    """

    loss: Estimate
    cut: Estimate
    whole: Estimate
    share: float
    looks_ahead: bool
    read: int
    of: int
    above_floor: Estimate | None = None

    @property
    def points(self) -> float:
        return points(self.loss.mean)

    @property
    def bits(self) -> float:
        return self.loss.mean / math.log(2)

    @property
    def to_next_band(self) -> float | None:
        """How far the loss is above the next limit; None in the best band."""
        above = [limit for limit, _ in BANDS if self.loss.mean >= limit]
        return self.loss.mean - max(above) if above else None

    @property
    def knows_the_test_set(self) -> bool:
        """Whether the loss is lower than any model's that has not seen these sentences."""
        return self.above_floor is not None and self.above_floor.mean < -FAR * self.above_floor.error


def points(loss: float) -> float:
    """The points of a loss; NaN has none."""
    return max((earned for limit, earned in BANDS if loss < limit), default=0.0)


# --- One block of sentences ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Text:
    """Sentences as tokens, and where each is cut.

    Args:
        tokens: int64 [S, T], BEGIN + sentence + END, padded with PAD.
        counts: [S], the positions to predict.
        cuts: [S], a position of each: what stands before it is shown, the character at it is asked for.
    """

    tokens: torch.Tensor
    counts: torch.Tensor
    cuts: torch.Tensor
    pad: int

    @property
    def targets(self) -> torch.Tensor:
        """The characters at the cuts, [S]."""
        return self.tokens.gather(1, self.cuts[:, None] + 1)[:, 0]

    def whole(self, rows: torch.Tensor) -> torch.Tensor:
        """BEGIN + sentence + END of these rows, as far as the longest reaches: [B, T + 1]."""
        return self.tokens[rows, : int(self.counts[rows].max()) + 1]

    def beginnings(self, rows: torch.Tensor) -> torch.Tensor:
        """What stands before each cut, as far as the longest reaches: [B, T]."""
        cuts = self.cuts[rows]
        tokens = self.tokens[rows, : int(cuts.max()) + 1].clone()
        tokens[torch.arange(tokens.shape[1]) > cuts[:, None]] = self.pad
        return tokens

    def batches(self, by: torch.Tensor) -> Iterator[torch.Tensor]:
        """Rows in batches of about equal `by`; among equal ones their order tells nothing."""
        order = torch.argsort(by, stable=True)
        yield from (order[start : start + BATCH] for start in range(0, len(order), BATCH))


def as_text(sentences: Sequence[str], str_voc: str, rng: np.random.Generator) -> Text:
    """The sentences with a cut each, drawn uniformly over their positions."""
    vocabulary = {character: number for number, character in enumerate(str_voc)}
    pad = len(str_voc) + 2
    tokens = encode_batch(sentences, vocabulary)
    counts = (tokens[:, 1:] != pad).sum(dim=1)
    cuts = torch.from_numpy(np.floor(rng.random(len(sentences)) * counts.numpy()).astype(np.int64))
    return Text(tokens, counts, cuts, pad)


def cut_pass(model: CutModel, text: Text, classes: int) -> AtCuts:
    """What the model says at each cut when nothing that follows is there."""
    parts: list[tuple[torch.Tensor, AtCuts]] = []
    for rows in text.batches(text.cuts):
        cuts, tokens = text.cuts[rows], text.beginnings(rows)
        logits = checked(model(tokens, cuts), len(rows), classes)  # [B, classes]
        parts.append((rows, at_cuts(logits, text.targets[rows])))
    return _in_order(parts)


def whole_pass(model: Model, text: Text, classes: int) -> tuple[Array, AtCuts]:
    """What each sentence costs in all, [S], and what the model says at each cut with all of it there."""
    sums = np.empty(len(text.cuts))
    parts: list[tuple[torch.Tensor, AtCuts]] = []
    for rows in text.batches(text.counts):
        tokens = text.whole(rows)
        logits = checked(model(tokens[:, :-1]), len(rows), tokens.shape[1] - 1, classes)  # [B, T, classes]
        there = tokens[:, 1:] != text.pad
        losses = losses_of(logits[there], tokens[:, 1:][there])
        row = torch.arange(len(rows))[:, None].expand_as(there)[there]
        sums[rows.numpy()] = torch.zeros(len(rows), dtype=torch.float64).index_add_(0, row, losses).numpy()
        cuts = text.cuts[rows]
        parts.append((rows, at_cuts(logits[torch.arange(len(rows)), cuts], text.targets[rows])))
    return sums, _in_order(parts)


def _in_order(parts: Sequence[tuple[torch.Tensor, AtCuts]]) -> AtCuts:
    """The parts' sentences in their own order again."""
    place = np.argsort(np.concatenate([rows.numpy() for rows, _ in parts]))
    columns = [
        np.concatenate([getattr(part, name) for _, part in parts])[place]
        for name in ("losses", "log_probabilities", "tolerance")
    ]
    return AtCuts(*columns)


# --- The whole score ----------------------------------------------------------------------------------------


@dataclass
class Tally:
    """What was measured so far, a number a sentence."""

    counts: Array = field(default_factory=lambda: np.empty(0))
    cut: Array = field(default_factory=lambda: np.empty(0))  # the loss at the cut
    again: Array = field(default_factory=lambda: np.empty(0))  # the same with the whole sentence there
    whole: Array = field(default_factory=lambda: np.empty(0))  # all of the sentence
    differ: Array = field(default_factory=lambda: np.empty(0))
    looks_ahead: bool = False

    def add(self, **columns: Any) -> None:
        """Append a block's columns."""
        for name, values in columns.items():
            setattr(self, name, np.concatenate([getattr(self, name), np.asarray(values, dtype=np.float64)]))

    def estimates(self) -> tuple[Estimate, Estimate]:
        """The loss by the cut pass and by the whole pass."""
        seen = len(self.whole)
        return ratio(self.cut * self.counts, self.counts), ratio(self.whole, self.counts[:seen])

    def judge(self) -> None:
        """Note it for good if the model looks ahead."""
        seen, counts = len(self.again), self.counts[: len(self.again)]
        cut_again = np.minimum([self.cut[:seen], self.again], MOST)
        gain = ratio((cut_again[0] - cut_again[1]) * counts, counts)  # at the cuts alone: hardly any error
        _, whole = self.estimates()
        cut = ratio(np.minimum(self.cut, MOST) * self.counts, self.counts)
        self.looks_ahead |= (
            float(self.differ.mean()) > SHARE
            or gain.mean > max(EQUAL, BETTER * gain.error)
            or cut.mean - whole.mean > BETTER * math.hypot(cut.error, whole.error)
        )

    def without_gain(self, whole: Estimate) -> Estimate:
        """The whole loss, and on top what it gained at the cuts by what follows: 0 for an honest model."""
        seen = len(self.again)
        apart = np.zeros(seen)
        other = self.cut[:seen] != self.again  # where both are infinite nothing is gained
        apart[other] = self.cut[:seen][other] - self.again[other]
        gain = ratio(apart * self.counts[:seen], self.counts[:seen])
        return Estimate(whole.mean + max(0.0, gain.mean), math.hypot(whole.error, gain.error))

    def score(self, of: int, floors: Array | None) -> Score:
        """What these sentences come to."""
        cut, whole = self.estimates()
        sums = self.cut * self.counts if self.looks_ahead else self.whole
        counts = self.counts[: len(sums)]
        above = None
        if floors is not None:
            # bounded, so that one dear sentence cannot buy off that all others are too cheap
            most = MOST * counts if self.looks_ahead else np.full(len(sums), DEAR)
            above = ratio(np.minimum(sums - floors[: len(sums)], most), counts)
        loss = cut if self.looks_ahead else self.without_gain(whole)
        share = float(self.differ.mean())
        return Score(loss, cut, whole, share, self.looks_ahead, len(sums), of, above)


def score(
    cut_model: CutModel, whole_model: Model, sentences: Sequence[str], *args: Any, **options: Any
) -> Score:
    """The score of a model that is there twice; the rest as for `score_in_turn`."""
    return score_in_turn(
        lambda: nullcontext(cut_model), lambda: nullcontext(whole_model), sentences, *args, **options
    )


def score_in_turn(
    open_cut: OpenCutModel,
    open_whole: OpenModel,
    sentences: Sequence[str],
    str_voc: str,
    seed: int,
    *,
    floors: Array | None = None,
    full: bool = False,
    go_on: Callable[[], bool] = lambda: True,
) -> Score:
    """The score of a model on these sentences, in an order and with cuts that the seed fixes.

    After each block it stops where more sentences could not change the points: when the loss is more than
    `FAR` standard errors from every band's limit. The first block is read in both passes; then, where more
    are needed, the beginnings of all others and after them the whole sentences. Never are both models open:
    two that live at once could find a way to tell each other.

    Args:
        open_cut: opens the model that is given beginnings of sentences alone, and the places asked for.
        open_whole: opens the same model for whole sentences; it may share no memory with the other, for one
            that remembers would know what follows.
        floors: [S], what each sentence costs under the grammar that made it, in nats.
        full: read every sentence.
        go_on: asked before each block after the first.

    Raises ModelFault if the model gives no logits that can be scored.
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(sentences))
    floors = None if floors is None else np.asarray(floors, dtype=np.float64)[order]
    blocks = [order[start : start + BLOCK] for start in range(0, len(order), BLOCK)]
    tally, classes = Tally(), len(str_voc) + 3

    def is_enough() -> bool:
        """Whether no further block is needed, or there is no time for one."""
        settled = is_settled(tally.score(len(order), floors).loss)
        return (settled and not full) or not go_on()

    for stage in [blocks] if full else [blocks[:1], blocks[1:]]:
        texts = [as_text([sentences[number] for number in block], str_voc, rng) for block in stage]
        cuts: list[AtCuts] = []
        with open_cut() as cut_model:
            for text in texts:
                if (cuts and not go_on()) or (tally.looks_ahead and is_enough()):
                    break
                cuts.append(cut_pass(cut_model, text, classes))
                tally.add(counts=text.counts, cut=cuts[-1].losses)
        if not tally.looks_ahead:  # else whole sentences have nothing more to say
            with open_whole() as whole_model:
                for text, cut in zip(texts, cuts, strict=False):
                    if tally.looks_ahead or (len(tally.whole) and is_enough()):
                        break
                    sums, again = whole_pass(whole_model, text, classes)
                    tally.add(whole=sums, again=again.losses, differ=differ(cut, again))
                    tally.judge()
        if is_enough():
            break
    return tally.score(len(order), floors)


def at_places(model: Model) -> CutModel:
    """The same model for the cut pass."""

    def ask(tokens: torch.Tensor, places: torch.Tensor) -> Any:
        logits = model(tokens)
        if not isinstance(logits, torch.Tensor) or logits.ndim != 3:
            raise ModelFault("the model should return logits [B, T, V + 3]")
        return logits[torch.arange(len(places)), places]

    return ask


def is_settled(loss: Estimate) -> bool:
    """Whether the loss is too far from every band's limit for more sentences to change the points."""
    if not math.isfinite(loss.mean):
        return True
    return all(abs(loss.mean - limit) > FAR * loss.error for limit, _ in BANDS)


# --- In words -----------------------------------------------------------------------------------------------


def in_words(score: Score) -> list[str]:
    """What a student should know of a score, a sentence each."""
    loss = score.loss
    if not math.isfinite(loss.mean):
        return ["The model gives probability 0 to a character that comes, so the loss is infinite."]
    if loss.mean > TOLD:  # no figure: its digits would be the model's to choose
        return [f"The model gives next to no probability to what comes: the loss is above {TOLD:g} nats."]
    read = f"{score.read:,}" if score.read < score.of else f"all {score.read:,}"
    told = [
        f"Loss {loss.mean:.4f} nats a character ({score.bits:.3f} bits, standard error {loss.error:.4f}) "
        f"on {read} sentences: {score.points:g} of 10 points."
    ]
    if score.looks_ahead:
        told.append(
            f"The model looks ahead: for {score.share:.1%} of the sentences, what it says of a character "
            "changes when what follows is there (or it remembers other sentences). Seeing all of a sentence "
            f"its loss would be {min(score.whole.mean, TOLD):.3f}; what counts is its loss on sentences that "
            "end before the character asked for. The logits at t may depend on tokens up to t only."
        )
    if score.to_next_band is not None:
        told.append(f"The next band begins {score.to_next_band:.3f} nats below.")
    return told


# --- Before handing in --------------------------------------------------------------------------------------


def examine(model: Model, sentences: Sequence[str], str_voc: str) -> None:
    """Ask for logits twice; raises ModelFault, in words, if they cannot be scored or are not the same."""
    text = as_text(sentences, str_voc, np.random.default_rng(0))
    classes = len(str_voc) + 3
    (first, one), (second, other) = (whole_pass(model, text, classes) for _ in range(2))
    if not np.allclose(first, second, rtol=0, atol=EQUAL * 100) or differ(one, other).any():
        raise ModelFault(
            "two passes over one batch give different logits: dropout is on in eval mode, or something "
            "is drawn at random, or a state is kept from call to call. torch.nn.Dropout is off in eval mode; "
            "a state has to start anew in each call"
        )


def check_before_handing_in(
    make: Callable[[Any], Any],
    sentences: Sequence[str],
    str_voc: str,
    freq: Any,
    path: str | Path = FILE,
) -> Score | None:
    """Print what the weights file would get on these sentences, by the checks and the score of grading.

    Args:
        make: the class `SentenceModel`.
        sentences: that the model was not trained on; 4,000 are enough, unless the loss is near a limit.
        freq: counts of the characters of `str_voc`.

    Returns the score, or None if there is none.
    """
    try:
        model = make(freq)
        if not isinstance(model, torch.nn.Module):
            raise ModelFault("`SentenceModel(freq)` should be a torch.nn.Module")
        put_into(model, read_weights(path))
        model.eval().requires_grad_(False)
        timed = Timed(model)
        examine(timed, sentences[:BATCH], str_voc)
        known = score(at_places(timed), timed, sentences, str_voc, seed=0)
    except (ModelFault, WeightsError) as fault:
        print(f"This would get 0 points: {fault}.")
        return None
    except NotImplementedError:
        print("This would get 0 points: `SentenceModel` is not written yet.")
        return None
    except Exception as error:  # noqa: BLE001 - the model is a student's; grading tells it in a line, too
        print(f"This would get 0 points: `SentenceModel` raised {type(error).__name__} ({error}).")
        return None
    for sentence in in_words(known):
        print(sentence)
    slow = "" if timed.slowest <= SECONDS else f" A batch may take {SECONDS:g} s: use a smaller model."
    print(f"The slowest batch took {timed.slowest:.2f} s of processor time.{slow}")
    return known


class Timed:
    """The model, and the processor time that its slowest batch took."""

    def __init__(self, model: torch.nn.Module) -> None:
        self.model = model
        self.slowest = 0.0
        self.device = next((tensor.device for tensor in model.state_dict().values()), torch.device("cpu"))

    def __call__(self, tokens: torch.Tensor) -> Any:
        begun = time.process_time()
        with torch.no_grad():
            logits = self.model(tokens.to(self.device))
        self.slowest = max(self.slowest, time.process_time() - begun)
        return logits
