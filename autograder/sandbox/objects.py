"""What a worker builds from plain values, and the students' objects that stay in it.

The trusted side chooses the number of every object that is kept, so a worker has no say in what a
number means. Runs beside student code, like the worker: nothing here is a wall.
"""

from __future__ import annotations

from typing import Any

import torch
from numpy.random import default_rng

from autograder.sandbox import values


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

    def build(self, argument: values.Argument) -> Any:
        """What a student's function is given for an argument."""
        if isinstance(argument, values.Handle):
            return self.get(argument.number)
        if isinstance(argument, values.Module):
            return build_module(argument)
        if isinstance(argument, values.Random):
            return default_rng(argument.seed)
        return values.unpack(argument, tensors=True)


MODULES: dict[str, type[torch.nn.RNN | torch.nn.GRU]] = {
    "RNN": torch.nn.RNN,
    "GRU": torch.nn.GRU,
}  # by now: a student may replace torch.nn.RNN


def build_module(plain: values.Module) -> torch.nn.RNN | torch.nn.GRU:
    """The torch layer again, with its parameters in their own dtype."""
    state = {name: values.unpack(array, tensors=True) for name, array in plain.state.items()}
    dtype = next(iter(state.values())).dtype
    layer = MODULES[plain.kind](plain.input_size, plain.hidden_size, batch_first=True, dtype=dtype)
    layer.load_state_dict(state)
    return layer


def unpack_weight(plain: values.Weight) -> torch.Tensor:
    """The tensor again."""
    if not plain.data:
        return torch.empty(plain.shape, dtype=getattr(torch, plain.dtype))
    return torch.frombuffer(bytearray(plain.data), dtype=getattr(torch, plain.dtype)).reshape(plain.shape)


def load_state(module: torch.nn.Module, state: dict[str, values.Weight]) -> list[list[Any]]:
    """Load the state if its shapes are the module's, and make module and worker ready for evaluation alone.

    Returns name, shape and place in memory of each tensor of the module's: tied ones have the same place.
    """
    own = {name: value for name, value in module.state_dict().items() if isinstance(value, torch.Tensor)}
    if all(tuple(own[name].shape) == weight.shape for name, weight in state.items() if name in own):
        tensors = {name: unpack_weight(weight) for name, weight in state.items()}
        module.load_state_dict(tensors, strict=False)
    module.eval()
    module.requires_grad_(False)
    torch.set_grad_enabled(False)  # else every pass takes a quarter longer, whatever its parameters say
    return [[name, list(value.shape), f"{value.data_ptr()} {value.stride()}"] for name, value in own.items()]
