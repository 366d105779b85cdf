"""A student's language model in a worker: made, loaded with its weights, asked for logits."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from autograder.errors import StudentFault, StudentRaised
from helpers.char_weights import Slot, misfit, spellings

CLASS = "SentenceModel"
CUDA = ("cuda", "nvidia")


class RemoteModel:
    """Logits of a model in a worker, for tokens int64 [B, T].

    Args:
        callee: an `Execution`, whose worker gets the model.
        freq: counts of the vocabulary's characters, int64 [V].
        tensors: the weights.
        public: whether no token is hidden, so that faults may quote an exception.

    Raises:
        StudentFault: the class or the weights cannot be used; so does every call.
    """

    def __init__(
        self,
        callee: Any,
        freq: NDArray[np.int64],
        tensors: Mapping[str, torch.Tensor],
        *,
        public: bool = False,
    ) -> None:
        self._callee = callee
        self._public = public
        self._passes = itertools.count()
        with told_of_cuda():
            self._kept = callee.make(CLASS, [freq], label=CLASS, public=public)
        faults = []
        for named in spellings(tensors):
            shapes = {name: tuple(tensor.shape) for name, tensor in named.items()}
            faults.append(misfit(shapes, self._load(named)))
            if not faults[-1]:
                return
        raise StudentFault(sentence(faults[0]))

    def _load(self, tensors: Mapping[str, torch.Tensor]) -> dict[str, Slot]:
        return as_slots(self._callee.load(self._kept, tensors))

    def __call__(self, tokens: torch.Tensor) -> Any:
        return self._logits(tokens)

    def at_places(self, tokens: torch.Tensor, places: torch.Tensor) -> Any:
        """The logits [B, classes] at one place of each row."""
        return self._logits(tokens, steps=places.tolist())

    def _logits(self, tokens: torch.Tensor, **options: Any) -> Any:
        # a seed for each pass: else dropout that was left on would drop the same units every time
        options |= {"label": f"pass {next(self._passes)}", "on": self._kept, "public": self._public}
        with told_of_cuda():
            return self._callee.call("__call__", [tokens], **options)


@contextmanager
def told_of_cuda() -> Iterator[None]:
    """Says in plain words that an exception in the block is about a GPU, where its text may be read."""
    try:
        yield
    except StudentRaised as error:
        if not any(word in error.said.lower() for word in CUDA):
            raise
        raise StudentFault(
            f"`{CLASS}` asks for CUDA, and grading has no GPU: use `device`, which the notebook defines, "
            "or the device of the tokens"
        ) from error


def sentence(fault: object) -> str:
    """What it says, as a sentence."""
    text = str(fault)
    return f"{text[0].upper()}{text[1:]}."


def as_slots(answer: Any) -> dict[str, Slot]:
    """The worker's description of a model's tensors; raises StudentFault if it is none."""
    first: dict[tuple[Any, ...], str] = {}
    found = {}
    try:
        for name, shape, place in answer:
            size = tuple(int(length) for length in shape)
            owner = first.setdefault((place, size), str(name)) if 0 not in size else str(name)
            found[str(name)] = Slot(size, owner)
    except (TypeError, ValueError, OverflowError) as error:  # a worker says what it likes
        raise StudentFault("the model's weights cannot be described") from error
    return found
