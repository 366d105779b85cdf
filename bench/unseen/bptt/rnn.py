"""Families of the class `RNN`, one module a style."""

from __future__ import annotations

from bench.family import Family, exclusive, hides
from bench.unseen.bptt.columns import with_columns
from bench.unseen.bptt.outer_products import with_outer_products
from bench.unseen.bptt.whole_arrays import with_whole_arrays

IDS = (
    "no activation",
    "sigmoid for tanh",
    "hidden bias dropped",
    "output bias dropped",
    "output activation",
    "recurrent weights transposed",
    "state kept over calls",
    "last step left out",
    "first step left out",
    "time reversed",
    "slope missing",
    "slope not squared",
    "R not transposed",
    "step off by one",
    "only the last step",
    "d_R transposed",
    "d_bs of the last step only",
    "d_bs as a column",
    "d_by ones",
    "upstream ignored",
    "sums left over",
    "mean over time",
    "sign wrong",
    "bias gradient zero",
    "ascent",
    "learning rate left out",
    "biases not updated",
    "update twice",
    "gradient changed in place",
    "weights not copied",
)

CLASHES = (
    exclusive(
        ("no activation", "sigmoid for tanh"),
        ("slope missing", "slope not squared"),
        ("d_bs of the last step only", "bias gradient zero"),
    )
    | hides("only the last step", "R not transposed", "d_bs of the last step only")
    | hides("upstream ignored", "d_by ones")
    | hides("no activation", "slope missing")  # these gradients fit the forward pass
)
# where the gradient of the hidden bias alone is zero it fits a forward pass without that bias
FITTING = hides("hidden bias dropped", "bias gradient zero")
# where an update multiplies by the learning rate in place, and where it writes into arrays of fixed shape
IN_PLACE = hides("learning rate left out", "gradient changed in place") | hides(
    "d_bs as a column", "weights not copied"
)

FAMILIES = [
    Family(
        "RNN",
        "NumPy float64, attributes, lists of states, an outer product a step",
        IDS,
        with_outer_products,
        CLASHES | FITTING | IN_PLACE,
    ),
    Family(
        "RNN",
        "NumPy float64, parameters in a dict with properties, einsum over whole sequences",
        IDS,
        with_whole_arrays,
        CLASHES | hides("bias gradient zero", "d_by ones", "biases not updated"),
    ),
    Family(
        "RNN",
        "NumPy float64, column vectors, helper functions, a list of dicts",
        IDS,
        with_columns,
        CLASHES | FITTING | IN_PLACE,
    ),
]
