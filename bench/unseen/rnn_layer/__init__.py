"""Styles of writing the class `RNNLayer`, one module a style.

A mistake in the step back is made wherever a style repeats its formula. A pair that differs from each of its
two mistakes alone can be seen, unless the way back then fits the wrong way forward: such gradients are right.
"""

from bench.family import Family, exclusive, hides
from bench.unseen.rnn_layer.caches import with_caches
from bench.unseen.rnn_layer.stacked import with_one_matrix
from bench.unseen.rnn_layer.whole_arrays import with_whole_arrays

ACTIVATIONS = ("no activation", "sigmoid for tanh", "relu for tanh")
SLOPES = (
    "slope missing",
    "slope not squared",
    "slope of the pre-activation",
    "slope of a sigmoid",
    "slope of the old state",
)
IDS = (
    *ACTIVATIONS,
    "bias dropped",
    "bias counted twice",
    "recurrent weights transposed",
    "zero initial state",
    "state not carried",
    "time reversed",
    "states one step late",
    "batch and time exchanged",
    *SLOPES,
    "sign wrong",
    "W_hh not transposed",
    "dW_hh from the next state",
    "dW_hh transposed",
    "mean over the batch",
    "batch sum missing",
    "bias gradient zero",
    "old upstream",
    "only the last step",
    "upstream of the last step only",
    "carried gradient dropped",
    "not summed over time",
    "sums left over",
    "step off by one",
    "dh0 missing its last step",
    "dh0 zero",
    "dx in reverse order",
    "mean over time",
)

CLASHES = (
    exclusive(
        ACTIVATIONS,
        SLOPES,
        ("bias dropped", "bias counted twice"),
        ("batch sum missing", "bias gradient zero"),
        ("dh0 missing its last step", "dh0 zero"),
        ("batch sum missing", "sums left over"),  # arrays of two batch sizes don't add up
    )
    | hides("no activation", "slope of the pre-activation")
    | hides("slope missing", "old upstream")
    | hides("dW_hh from the next state", "step off by one")
    | hides("only the last step", "upstream of the last step only", "carried gradient dropped")
    | hides("only the last step", "not summed over time")
)
# gradients that fit the forward pass
FITTING = (
    hides("no activation", "slope missing")
    | hides("sigmoid for tanh", "slope of a sigmoid")
    | hides("bias dropped", "bias gradient zero")
    | hides("zero initial state", "dh0 zero")
)

FAMILIES = [
    Family(
        "RNNLayer",
        "NumPy float64, explicit loops, a list of caches, backward by backward_step",
        IDS,
        with_caches,
        CLASHES
        | FITTING
        | hides("time reversed", "dx in reverse order")  # the way back fits here as well
        | exclusive(
            ("mean over the batch", "batch sum missing"), ("mean over the batch", "bias gradient zero")
        )
        | hides("not summed over time", "sums left over"),
    ),
    Family(
        "RNNLayer",
        "NumPy float64, parameters in a dict, einsum over whole sequences, backward by itself",
        IDS,
        with_whole_arrays,
        CLASHES
        | FITTING
        | hides("state not carried", "time reversed")
        | hides("only the last step", "dh0 missing its last step", "dh0 zero"),
    ),
    Family(
        "RNNLayer",
        "NumPy float64, one stacked matrix, pure helper functions, time first inside",
        IDS,
        with_one_matrix,
        CLASHES | FITTING | hides("not summed over time", "sums left over"),
    ),
]
