"""The mistakes of the class RNN by the place where they are made, and which cannot be seen side by side."""

from bench.family import exclusive, hides

SLOPES = (  # one at a time: what stands for the slope
    "slope missing",
    "slope not squared",
    "slope of a sigmoid",
    "slope of the pre-activation",
    "slope of the old state",
    "slope of the next state",
    "slope plus the square",
)
FACTORS = ("sign wrong", "slope twice")
CARRIED = ("R not transposed", "R left out on the way back", "gradient not carried", "outputs at every step")
STEPS = ("only the last step", "first step left out of the gradients", "forward in time")
LAST_ONLY = ("d_W of the last step only", "d_R of the last step only", "d_bs of the last step only")
FIRST_ONLY = ("d_W of the first step only", "d_R of the first step only", "d_bs of the first step only")
SUMS = ("only the first step", "mean over time", *LAST_ONLY, *FIRST_ONLY)
PRODUCTS = ("step off by one", "d_R transposed", "d_W transposed", "d_V transposed")
BIASES = (
    "d_by ones",
    "d_by summed",
    "output bias over time",
    "bias gradient zero",
    "d_bs as a column",
    "d_by as a column",
)
UPSTREAM = ("upstream ignored", "outputs as upstream", "mean over the outputs")
BACKWARD = (*SLOPES, *FACTORS, *CARRIED, *STEPS, *SUMS, *PRODUCTS, *BIASES, *UPSTREAM, "sums left over")

INITIAL = ("weights not in the range", "a bias as a row")
MOVES = (
    "ascent",
    "learning rate left out",
    "learning rate divided",
    "update twice",
    "gradient in place of the parameter",
    "updates nothing",
)
UNMOVED = ("biases not updated", "a matrix not updated")
WEIGHTS = (
    "gradient changed in place",
    "weights not copied",
    "weights not set",
    "some weights not set",
    "weights set before the check",
    "update without gradients",
)

ACTIVATIONS = (  # one at a time
    "no activation",
    "sigmoid for tanh",
    "relu for tanh",
    "activation before the sum",
    "activation at the end",
)
HIDDEN_BIAS = (  # one at a time
    "hidden bias dropped",
    "bias counted twice",
    "bias subtracted",
    "hidden bias at the first step alone",
)
STATES = (
    "recurrent weights transposed",
    "no recurrence",
    "state kept over calls",
    "first step left out",
    "time reversed",
    "first input at every step",
)
OUTPUTS = (
    "output activation",
    "output bias dropped",
    "last step left out",
    "all states in place of the last",
    "axes of size one lost",
    "outputs as a row",
)
FORWARD = (*ACTIVATIONS, *HIDDEN_BIAS, *STATES, *OUTPUTS)

IDS = (*BACKWARD, *INITIAL, *MOVES, *UNMOVED, *WEIGHTS, *FORWARD)

BACKWARD_CLASHES = (
    exclusive(
        SLOPES,
        FACTORS,  # the sign is lost in the square
        ("R not transposed", "R left out on the way back", "gradient not carried"),
        ("gradient not carried", "outputs at every step"),
        ("mean over time", "only the first step"),
        ("d_W of the last step only", "d_W of the first step only"),
        ("d_R of the last step only", "d_R of the first step only"),
        ("d_bs of the last step only", "d_bs of the first step only"),
        ("d_by ones", "d_by summed"),
        ("upstream ignored", "outputs as upstream"),
        ("sign wrong", "slope plus the square"),  # the same sign
    )
    | hides("slope missing", *FACTORS)
    | hides("gradient not carried", "forward in time")  # all steps are alike
    | hides("only the last step", *CARRIED, *STEPS[1:], "only the first step", *LAST_ONLY, *FIRST_ONLY)
    | hides("only the last step", "slope of the next state")  # there is no next one
    | hides("only the first step", *LAST_ONLY, *FIRST_ONLY, "d_R transposed")
    | hides("first step left out of the gradients", "only the first step", *FIRST_ONLY)
    | hides("d_R of the first step only", "d_R transposed")  # all zeros
    | hides("bias gradient zero", "d_bs of the last step only", "d_bs of the first step only")
    | hides("upstream ignored", "d_by ones")
)

WEIGHTS_CLASHES = (
    exclusive(
        ("learning rate left out", "learning rate divided"),
        ("learning rate left out", "gradient changed in place"),  # nothing is multiplied
    )
    | hides("updates nothing", *MOVES[:-1], *UNMOVED, "weights not copied")
    | hides("gradient in place of the parameter", "ascent", "update twice", "weights not copied")
    | hides("d_W transposed", "weights not copied")  # the update ends at W, before it changes anything
    | hides("weights not set", "some weights not set", "weights set before the check")
)

FORWARD_CLASHES = (
    exclusive(
        ACTIVATIONS,
        HIDDEN_BIAS,
        ("time reversed", "first input at every step"),
        ("last step left out", "all states in place of the last"),
        ("axes of size one lost", "outputs as a row"),
    )
    | hides("hidden bias dropped", "activation before the sum")  # the bias is what stands outside
    | hides("no recurrence", "recurrent weights transposed")
    | hides("first step left out", "hidden bias at the first step alone", "state kept over calls")
    | hides("no activation", "slope of the pre-activation")  # which is the state
)

# The way back is then right for what `forward` computes.
MATCHED_CLASHES = exclusive(
    ("no activation", "slope missing"),
    ("sigmoid for tanh", "slope of a sigmoid"),
    ("recurrent weights transposed", "R not transposed"),
    ("first step left out", "first step left out of the gradients"),
    ("all states in place of the last", "outputs at every step"),
) | hides("no recurrence", "only the last step", "d_W of the last step only", "d_bs of the last step only")

CLASHES = BACKWARD_CLASHES | WEIGHTS_CLASHES | FORWARD_CLASHES | MATCHED_CLASHES
