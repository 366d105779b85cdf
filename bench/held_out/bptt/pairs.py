"""Which mistakes of the class RNN cannot be seen side by side, whatever the style."""

from bench.family import exclusive, hides

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
        ("d_bs as a column", "bias gradient zero"),
        ("d_by ones", "bias gradient zero"),
        ("bias gradient zero", "biases not updated"),
    )
    | hides("only the last step", "d_bs of the last step only", "R not transposed", "mean over time")
    | hides("upstream ignored", "d_by ones")
    # gradients that fit the forward pass, wrong as it is, are right
    | hides("no activation", "slope missing")
    | hides("recurrent weights transposed", "R not transposed", "d_R transposed")
    | hides("hidden bias dropped", "bias gradient zero")
    | hides("output bias dropped", "bias gradient zero")
)
