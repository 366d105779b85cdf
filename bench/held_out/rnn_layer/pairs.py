"""Which mistakes of the class RNNLayer cannot be seen side by side, whatever the style."""

from bench.family import exclusive, hides

IDS = (
    "no activation",
    "sigmoid for tanh",
    "relu for tanh",
    "bias dropped",
    "bias counted twice",
    "recurrent weights transposed",
    "zero initial state",
    "state not carried",
    "time reversed",
    "states one step late",
    "batch and time exchanged",
    "slope missing",
    "slope not squared",
    "slope of the pre-activation",
    "slope of a sigmoid",
    "slope of the old state",
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
        ("no activation", "sigmoid for tanh", "relu for tanh"),
        ("bias dropped", "bias counted twice"),
        (
            "slope missing",
            "slope not squared",
            "slope of the pre-activation",
            "slope of a sigmoid",
            "slope of the old state",
        ),
        ("mean over the batch", "batch sum missing", "bias gradient zero"),
        ("dh0 missing its last step", "dh0 zero"),
        ("not summed over time", "mean over time"),
        ("not summed over time", "sums left over"),
        ("batch sum missing", "sums left over"),  # batches of several sizes could not be added up
    )
    | hides(
        "only the last step",
        "upstream of the last step only",
        "carried gradient dropped",
        "not summed over time",
        "mean over time",
        "dh0 missing its last step",
        "dh0 zero",
    )
    | hides("upstream of the last step only", "carried gradient dropped")
    | hides("slope missing", "old upstream")
    | hides("step off by one", "dW_hh from the next state", "slope of the old state")
    # gradients that fit the forward pass, wrong as it is, are right
    | hides("no activation", "slope missing", "slope of the pre-activation", "old upstream")
    | hides("sigmoid for tanh", "slope of a sigmoid")
    | hides("bias dropped", "bias gradient zero")
    | hides("recurrent weights transposed", "W_hh not transposed", "dW_hh transposed")
    | hides("zero initial state", "dh0 zero")
    | hides("state not carried", "carried gradient dropped")
    | hides("time reversed", "dx in reverse order")
)
