"""Q1: the class `SentenceModel` with its weights. No two trained models are equal, but some mistakes show.

The evidence is the logits [S, T, classes] for the tokens [S, T + 1] of public sentences, padded on the right.
"""

from __future__ import annotations

import numpy as np

from autograder.answers import Array
from autograder.evidence import Evidence
from autograder.mistakes import Bank

bank = Bank("SentenceModel", None, ("Q1",))

SURE = 1.0  # nats a character below which a model knows what it is asked for
APART = 1.0  # nats by which another target has to be the better one
UNTRAINED = 0.1  # nats from what equally likely characters cost
STILL = 1e-4  # logits that differ by less do not react


@bank.seen("probabilities for logits")
def probabilities(evidence: Evidence) -> bool:
    """Your `forward` returns probabilities: they are not negative and add up to one. It should return logits,
    as they come out of the last layer; the loss takes the softmax itself."""
    logits = evidence.found["logits"]
    return bool(logits.min() >= 0 and np.allclose(logits.sum(axis=-1), 1, atol=1e-3))


@bank.seen("predicts what it reads")
def predicts_what_it_reads(evidence: Evidence) -> bool:
    """Your model predicts the character that it has just read, not the one after it. Compare the logits at a
    position with the next token when you train: inputs without the last, targets without the first."""
    return _aims_at(evidence, 0)


@bank.seen("predicts the one after the next")
def predicts_the_one_after(evidence: Evidence) -> bool:
    """Your model predicts the character after the next one: the targets are moved once too often."""
    return _aims_at(evidence, 2)


@bank.seen("predicts the one before")
def predicts_the_one_before(evidence: Evidence) -> bool:
    """Your model predicts the character before the one that it has just read: the targets are moved the wrong
    way."""
    return _aims_at(evidence, -1)


@bank.seen("weights of a model that is not trained")
def untrained(evidence: Evidence) -> bool:
    """To your model all characters are about equally likely, as to one that was never trained. Save the
    weights after training, and of the model that was trained."""
    logits = evidence.found["logits"]
    loss = _loss(evidence, 1)
    return abs(loss - np.log(logits.shape[-1])) < UNTRAINED and not probabilities(evidence)


@bank.seen("ignores what it reads")
def ignores_what_it_reads(evidence: Evidence) -> bool:
    """Your model gives the same logits whatever it reads: see that `forward` uses its tokens."""
    logits = evidence.found["logits"].reshape(-1, evidence.found["logits"].shape[-1])
    return bool(np.ptp(logits, axis=0).max() < STILL)


def _aims_at(evidence: Evidence, ahead: int) -> bool:
    """Whether the target so far ahead of the token that is read, where 1 is right, is much the better one."""
    loss = _loss(evidence, ahead)
    return loss < SURE and _loss(evidence, 1) > loss + APART


def _loss(evidence: Evidence, ahead: int) -> float:
    """The mean loss of the characters so far ahead of the tokens that are read, in nats."""
    tokens, logits = evidence.wanted["tokens"].astype(np.int64), evidence.found["logits"]
    pad = logits.shape[-1] - 1
    reads = tokens[:, :-1]
    targets = np.full_like(reads, pad)
    first, last = max(0, -ahead), min(reads.shape[1], tokens.shape[1] - ahead)
    targets[:, first:last] = tokens[:, first + ahead : last + ahead]
    there = (targets != pad) & (reads != pad)
    return float(np.mean(_costs(logits[there], targets[there])))


def _costs(logits: Array, targets: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> Array:
    with np.errstate(all="ignore"):  # logits may be infinite, which nothing of the above is
        exact = logits - logits.max(axis=-1, keepdims=True)
        chosen = exact[np.arange(len(targets)), targets]
        return np.asarray(np.log(np.exp(exact).sum(axis=-1)) - chosen)
