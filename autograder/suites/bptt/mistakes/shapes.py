"""Answers in another shape: axes of size one lost, columns, transposes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from autograder.answers import Array
from autograder.suites.bptt.mistakes.network import Gradients, Network, bank

LOST = (
    "Where {what} is 1, your {where} loses that axis, or has it in another place. A size of 1 is a size as "
    "any other: look for squeeze, for [0], and for what a product makes of a vector."
)


def _shaped(name: str, sentence: str, of: Callable[[Any], Any]) -> type:
    """A class in which one gradient has another shape in the end."""

    class Shaped(Network):
        def handed_out(self, gradients: Gradients) -> Gradients:
            parts = super().handed_out(gradients)
            return parts | {f"d_{name}": of(parts[f"d_{name}"])}

    Shaped.__doc__ = sentence
    return Shaped


@bank.mistake("axes of size one lost")
class OutputSqueezed(Network):
    __doc__ = LOST.format(what="the output size", where="`forward`'s answer")

    def returned(self, y: Array) -> Any:
        return np.squeeze(y)


SIZES = {"W": "the input or hidden size", "R": "the hidden size", "V": "the hidden or output size"}
SIZES |= {"bs": "the hidden size", "by": "the output size"}
for _name, _what in SIZES.items():
    _sentence = LOST.format(what=_what, where=f"d_{_name}")
    bank.mistake("axes of size one lost")(_shaped(_name, _sentence, np.squeeze))


@bank.mistake("axes of size one lost")
class GradientsSqueezed(Network):
    __doc__ = LOST.format(what="a size", where="gradient")

    def handed_out(self, gradients: Gradients) -> Gradients:
        return {name: np.squeeze(value) for name, value in super().handed_out(gradients).items()}


@bank.mistake()
class OutputsAsARow(Network):
    """Your `forward` returns a matrix with one row or one column. y should have one axis alone, [O]."""

    def returned(self, y: Array) -> Any:
        return y[np.newaxis]


@bank.mistake("outputs as a row")
class OutputsAsAColumn(OutputsAsARow):
    __doc__ = OutputsAsARow.__doc__

    def returned(self, y: Array) -> Any:
        return y[:, np.newaxis]


COLUMN = "Your {name} is a matrix with one column or one row. It should have the shape of its bias, one axis."
COLUMN_AND_ROW = ((-1, 1), (1, -1))
for _name in ("bs", "by"):
    for _shape in COLUMN_AND_ROW:
        _of = partial(np.reshape, shape=_shape)
        bank.mistake(f"d_{_name} as a column")(_shaped(_name, COLUMN.format(name=f"d_{_name}"), _of))


def _for_one_output(shape: tuple[int, int]) -> type:
    class BiasAsMatrix(Network):
        """With one output, your d_bs is a matrix with one column or one row. It should have the shape of bs,
        one axis. Look at where d_loss has one element: what it is multiplied with keeps an axis too many."""

        def gradients_of(self, d_loss: Array) -> Gradients:
            parts = super().gradients_of(d_loss)
            return parts | {"d_bs": np.reshape(parts["d_bs"], shape)} if len(d_loss) == 1 else parts

    return BiasAsMatrix


for _shape in COLUMN_AND_ROW:
    bank.mistake("d_bs as a column")(_for_one_output(_shape))


TRANSPOSED = "Your d_{name} is the transpose of what it should be: a gradient has its parameter's shape."
for _name in ("W", "V"):
    bank.mistake(f"d_{_name} transposed")(_shaped(_name, TRANSPOSED.format(name=_name), np.transpose))


def _as_row(name: str) -> type:
    class AsRow(Network):
        def __init__(self, input_size: int, hidden_size: int, output_size: int) -> None:
            super().__init__(input_size, hidden_size, output_size)
            setattr(self, name, getattr(self, name)[np.newaxis])

        def hidden_bias(self) -> Any:
            return np.ravel(super().hidden_bias())

        def output_bias(self) -> Any:
            return np.ravel(super().output_bias())

    AsRow.__doc__ = f"Your {name} starts as a matrix with one row. It should have one axis alone."
    return AsRow


for _name in ("bs", "by"):
    bank.mistake("a bias as a row")(_as_row(_name))
