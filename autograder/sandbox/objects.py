"""What a worker builds from plain values, and the students' objects that stay in it.

The trusted side chooses the number of every object that is kept, so a worker has no say in what a
number means. Runs beside student code, like the worker: nothing here is a wall.
"""

from __future__ import annotations

from typing import Any

import torch
from numpy.random import default_rng

from autograder.sandbox import wire


class Objects:
    """The objects that stay, by number."""

    def __init__(self) -> None:
        self._kept: dict[int, Any] = {}

    def keep(self, number: int, value: Any) -> None:
        """Keep an object under a number."""
        self._kept[number] = value

    def get(self, number: int) -> Any:
        """The object kept under that number."""
        return self._kept[number]

    def build(self, argument: wire.Argument) -> Any:
        """What a student's function is given for an argument."""
        if isinstance(argument, wire.Handle):
            return self.get(argument.number)
        if isinstance(argument, wire.Module):
            return build_module(argument)
        if isinstance(argument, wire.Random):
            return default_rng(argument.seed)
        return wire.unpack(argument, tensors=True)


MODULES: dict[str, type[torch.nn.RNN | torch.nn.GRU]] = {
    "RNN": torch.nn.RNN,
    "GRU": torch.nn.GRU,
}  # by now: a student may replace torch.nn.RNN


def build_module(plain: wire.Module) -> torch.nn.RNN | torch.nn.GRU:
    """The torch layer again, with its parameters in their own dtype."""
    state = {name: wire.unpack(array, tensors=True) for name, array in plain.state.items()}
    layer = MODULES[plain.kind](plain.input_size, plain.hidden_size, batch_first=True)
    layer.to(next(iter(state.values())).dtype)
    layer.load_state_dict(state)
    return layer
