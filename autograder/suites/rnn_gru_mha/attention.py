"""Multi-head attention in aspects: inputs in which only one part of the formula matters, and all of it.

Of each aspect the rest is made so that slips in it don't show: values that are the same at every position
average to themselves whatever the weights, scores at their extremes look the same at every scale, and heads
that are copies of one another may stand in any order. Inputs are tiny and the weights of the heads large, so
that an input added to the outputs shows in none but the last test.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from autograder.answers import Array, mostly_large
from autograder.course import TermKey
from autograder.errors import StudentFault, Trapped
from autograder.suites.draws import generator, normal, uniform
from autograder.suites.rnn_gru_mha import cases
from autograder.suites.rnn_gru_mha.cases import NAME, Attention
from autograder.suites.rnn_gru_mha.judge import Function, expect_attention

Sizes = tuple[int, int, int, int]  # B, T, E, heads
Parts = tuple[list[Array], list[Array], list[Array], Array, Array]  # Wq, Wk, Wv, Wo, input_data

TINY = 2.0**-24  # what inputs are multiplied with, and the heads' weights divided by: without rounding
# Scores are this and its negative: exp of twice as much is finite in float32, as without the scale, and at a
# quarter of the scale one is still a million times as large as the other.
EXTREME = 30.0


@dataclass(frozen=True)
class Aspect:
    """One thing that is asked of `mha`.

    Args:
        draw: a case of these sizes.
        sizes: ordinary ones; their equalities hide slips elsewhere.
        ones: with sizes of one.
        long: small, for answers that loop over every pair of positions.
    """

    draw: Callable[..., Attention]
    sizes: tuple[Sizes, ...]
    ones: tuple[Sizes, ...] = ((1, 6, 8, 4), (4, 1, 6, 2), (3, 5, 4, 1), (2, 3, 4, 4))
    long: tuple[Sizes, ...] = ((2, 100, 6, 3), (2, 300, 4, 2))

    def expect(self, function: Function, key: TermKey, sizes: tuple[Sizes, ...]) -> None:
        """Compare the answers for these sizes."""
        for each in sizes:
            expect_attention(function, self.draw(key, *each))

    def fault(self, function: Function, key: TermKey) -> StudentFault | None:
        """What is wrong for ordinary sizes."""
        try:
            self.expect(function, key, self.sizes)
        except Trapped:
            raise
        except StudentFault as fault:
            return fault
        return None


def right_aspects(function: Function, key: TermKey) -> list[Aspect]:
    """Those that are right for ordinary sizes: what is wrong everywhere has cost its own points already.

    Raises:
        StudentFault: none is that makes it an attention.
    """
    first = TOGETHER.fault(function, key)
    if first is None:
        return [TOGETHER]
    if first.evidence is None:  # no numbers: what there is to say is said
        raise first
    right = [aspect for aspect in (HEADS, PROJECTION, LOOKING, SCALE) if not aspect.fault(function, key)]
    if LOOKING not in right and SCALE not in right:
        text = f"no weights of the values are right for ordinary sizes, so this was not judged ({first})"
        raise StudentFault(text, first.evidence)
    return right


def aspect_of(
    parts: Callable[[np.random.Generator, int, int, int, int], Parts],
    *,
    last: bool = False,
    any_size: bool = False,
) -> Callable[..., Attention]:
    """Cases made of such parts, drawn anew until most of the outputs are compared by relative error.

    Args:
        last: whether the last position alone is compared.
        any_size: whether all outputs may be larger or smaller by one factor, as those of weights that do not
            add up to 1.
    """

    @lru_cache(maxsize=256)
    def draw(key: TermKey, B: int, T: int, E: int, heads: int) -> Attention:
        rng = generator(key, NAME, "mha", parts.__name__, B, T, E, heads)
        while True:
            Wq, Wk, Wv, Wo, x = parts(rng, B, T, E, heads)
            weights = tuple([(wt / TINY).astype(np.float32) for wt in W] for W in (Wq, Wk, Wv))
            arguments: tuple[Any, ...] = (*weights, Wo.astype(np.float32))
            input_data = (x * TINY).astype(np.float32)
            outputs = cases.run_mha(*(*arguments, input_data))
            if mostly_large(outputs):
                case = Attention(arguments, torch.from_numpy(input_data), outputs)
                return replace(case, last=last, any_size=any_size)

    return draw


def same_everywhere(rng: np.random.Generator, B: int, T: int, E: int) -> Array:
    """One vector at all positions of all sequences, [B, T, E]."""
    return np.tile(normal(rng, E).astype(np.float64), (B, T, 1))


def score_of_everyone(T: int) -> float:
    """A score that all have alike; as a weight it is what softmax makes of it, but for long sequences."""
    return 1 / min(T, 4)


def heads_alone(rng: np.random.Generator, B: int, T: int, E: int, heads: int) -> Parts:
    """Heads of their own, each with queries, keys and values alike; one vector everywhere."""
    x, D = same_everywhere(rng, B, T, E), E // heads
    W = []
    for drawn in rng.uniform(-1, 1, (heads, E, D)):
        value = x[0, 0] @ drawn  # (D,)
        W.append(drawn * np.sqrt(np.sqrt(D) * score_of_everyone(T) / np.sum(value**2)))
    return W, W, W, np.eye(E), x


def one_number(rng: np.random.Generator, x: Array, number: float, D: int) -> Array:
    """Weights [E, D] that make that number of the vector x [E], in each of their columns; nothing cancels."""
    column = x * rng.uniform(0.5, 1.5, x.shape)
    return np.tile((column * number / (x @ column))[:, np.newaxis], (1, D))


def projection_alone(rng: np.random.Generator, B: int, T: int, E: int, heads: int) -> Parts:
    """Heads whose outputs are one number: what is made of it is up to Wo."""
    x, D = same_everywhere(rng, B, T, E), E // heads
    number = np.sqrt(score_of_everyone(T) / np.sqrt(D))
    W = [one_number(rng, x[0, 0], number, D)] * heads
    return W, W, W, uniform(rng, E, E, E).astype(np.float64) / number, x


def looking_alone(rng: np.random.Generator, B: int, T: int, E: int, heads: int) -> Parts:
    """Each position looks at those whose key has its query's sign, and at no other, whatever the scale."""
    D = E // heads
    # an element of the input each for query, key and value: scores that should be equal are, without rounding
    directions = np.eye(E)[rng.permutation(E)[:3]]  # (3, E)
    signs = rng.choice([-1.0, 1.0], (2, B, T))
    # one that finds no key has tiny exponentials alone, and a tiny number added to their sum would count
    while not all(set(queries) <= set(keys) for queries, keys in zip(*signs, strict=True)):
        signs = rng.choice([-1.0, 1.0], (2, B, T))
    x = np.stack([*signs, 1 + rng.standard_normal((B, T))], axis=-1) @ directions  # (B, T, E)
    size = np.sqrt(EXTREME / np.sqrt(D))
    Wq, Wk, Wv = (np.tile(direction[:, np.newaxis], (1, D)) for direction in directions)
    return [size * Wq] * heads, [size * Wk] * heads, [Wv] * heads, np.eye(E), x


def scale_alone(rng: np.random.Generator, B: int, T: int, E: int, heads: int) -> Parts:
    """Two opposite vectors in turn, with queries, keys and values alike: the scores are symmetric."""
    D = E // heads
    score = rng.uniform(0.5, 1)
    signs = (-1.0) ** (np.arange(B)[:, np.newaxis] + np.arange(T))  # (B, T)
    vector = normal(rng, E).astype(np.float64)
    W = [one_number(rng, vector, np.sqrt(score / np.sqrt(D)), D)] * heads
    return W, W, W, np.eye(E), signs[..., np.newaxis] * vector


# as many sequences as positions as heads: what is shared out among any of them comes to the same
EQUAL = ((3, 3, 12, 3), (2, 2, 8, 2), (4, 4, 8, 4))
HEADS = Aspect(aspect_of(heads_alone, any_size=True), EQUAL)
PROJECTION = Aspect(aspect_of(projection_alone, any_size=True), EQUAL)
# one head: what is mixed up among several has cost its points; in long ones it is asked for
LOOKING = Aspect(
    aspect_of(looking_alone, any_size=True),
    ((2, 7, 4, 1), (5, 6, 6, 1), (3, 9, 4, 1)),
    ((1, 6, 6, 1), (4, 1, 6, 1), (3, 5, 4, 1), (2, 4, 3, 1)),
)
# an even number of sequences and of positions: of each vector there are as many along either.
# The last position alone is compared: a mask hides nothing from it.
SCALE = Aspect(
    aspect_of(scale_alone, last=True),
    ((4, 6, 6, 3), (2, 8, 12, 4)),
    ((4, 6, 4, 1), (2, 4, 4, 4)),
)
TOGETHER = Aspect(
    cases.mha,
    ((2, 7, 12, 4), (5, 6, 8, 2), (3, 9, 10, 5)),
    (*HEADS.ones, (1, 1, 1, 1)),
)
