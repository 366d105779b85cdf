"""The network's mistakes, and which of them cannot be seen together."""

from bench.family import exclusive, hides

SLOPES = (
    "slope missing",
    "slope not squared",
    "slope of a sigmoid",
    "slope of the pre-activation",
    "slope of the old state",
    "slope of the next state",
    "slope twice",
    "slope plus the square",
)
CARRIED = ("R not transposed", "R left out on the way back", "gradient not carried")
SUMS = ("only the last step", "only the first step", "mean over time")
SUMS_W = ("d_W of the last step only", "d_W of the first step only")
SUMS_R = ("d_R of the last step only", "d_R of the first step only")
SUMS_BS = ("d_bs of the last step only", "d_bs of the first step only")
FIRST_ONLY = ("only the first step", SUMS_W[1], SUMS_R[1], SUMS_BS[1])
OUTPUT_BIAS = ("d_by ones", "d_by summed", "output bias over time")
UPSTREAM = ("upstream ignored", "outputs as upstream")
BACKWARD = (
    *SLOPES,
    "sign wrong",
    *CARRIED,
    "outputs at every step",
    *SUMS,
    *SUMS_W,
    *SUMS_R,
    *SUMS_BS,
    "first step left out of the gradients",
    "forward in time",
    "step off by one",
    *OUTPUT_BIAS,
    *UPSTREAM,
    "mean over the outputs",
    "d_R transposed",
    "bias gradient zero",
    "sums left over",
    "d_bs as a column",
    "d_by as a column",
    "d_W transposed",
    "d_V transposed",
)
RATES = ("learning rate left out", "learning rate divided")
MOVES = ("ascent", "update twice", "gradient in place of the parameter")
LEFT_OUT = ("biases not updated", "a matrix not updated")
WEIGHTS = (
    "weights not in the range",
    "a bias as a row",
    *RATES,
    *MOVES,
    "updates nothing",
    *LEFT_OUT,
    "gradient changed in place",
    "update without gradients",
    "weights not copied",
    "weights not set",
    "some weights not set",
    "weights set before the check",
)
ACTIVATIONS = (
    "no activation",
    "sigmoid for tanh",
    "relu for tanh",
    "activation before the sum",
    "activation at the end",
)
BIASES = (
    "hidden bias dropped",
    "bias counted twice",
    "bias subtracted",
    "hidden bias at the first step alone",
)
READING = ("last step left out", "first step left out", "time reversed", "first input at every step")
ANSWERS = ("outputs of every step", "outputs as a row", "axes of size one lost")
FORWARD = (
    *ACTIVATIONS,
    "output activation",
    *BIASES,
    "output bias dropped",
    "recurrent weights transposed",
    "no recurrence",
    "state kept over calls",
    *READING,
    "all states in place of the last",
    "one array for all states",
    *ANSWERS,
)
IDS = (*BACKWARD, *WEIGHTS, *FORWARD)

BACKWARD_CLASHES = (
    exclusive(SLOPES, ("R not transposed", "R left out on the way back"), OUTPUT_BIAS, UPSTREAM)
    | exclusive((*SUMS, *SUMS_W), (*SUMS, *SUMS_R), (*SUMS, *SUMS_BS))  # of each gradient one sum
    | hides("gradient not carried", *CARRIED[:2], "outputs at every step", "forward in time")
    | hides("only the last step", *CARRIED, "outputs at every step", "slope of the next state")
    | hides("only the last step", "first step left out of the gradients", "forward in time")
    | hides("only the last step", "output bias over time")  # the loop runs once
    | hides("first step left out of the gradients", *FIRST_ONLY, "output bias over time")
    | hides("forward in time", *FIRST_ONLY)  # what is written last is another step's
    | hides("d_R transposed", "only the first step", "d_R of the first step only")  # of a zero state
    | hides("bias gradient zero", *SUMS_BS)
    | hides("upstream ignored", "d_by ones")
    | hides(
        "slope missing", "R left out on the way back", "gradient not carried"
    )  # V and d_loss at each step
    | hides("only the last step", "step off by one")  # as one array for all states does
)
WEIGHTS_CLASHES = (
    exclusive(RATES, ("ascent", "gradient in place of the parameter"))
    | hides("learning rate left out", "gradient changed in place")
    | hides("gradient in place of the parameter", "update twice")
    | hides("updates nothing", *RATES, *MOVES, *LEFT_OUT, "weights not copied")
    | hides("weights not set", "some weights not set", "weights set before the check")
)
FORWARD_CLASHES = (
    exclusive(ACTIVATIONS, BIASES, ANSWERS)
    | hides("hidden bias dropped", "activation before the sum")  # there is nothing to add to it
    | hides("no recurrence", "recurrent weights transposed", "state kept over calls", "activation at the end")
    | hides("no recurrence", "hidden bias at the first step alone", "first step left out")
    | exclusive(("no recurrence", "time reversed", "first input at every step"))
    | hides("first input at every step", "last step left out", "first step left out")  # one step less, both
    | hides("time reversed", "last step left out", "first step left out")  # either, by who counts
    | exclusive(("all states in place of the last", "outputs of every step", "one array for all states"))
)
BETWEEN = (
    hides("one array for all states", "slope of the old state", "slope of the next state", "step off by one")
    | hides("no activation", "slope missing", "slope of the pre-activation")
    | hides("activation at the end", "slope of the pre-activation")
    | hides("sigmoid for tanh", "slope of a sigmoid")
    | hides("one array for all states", "only the last step")
    | hides("all states in place of the last", "outputs at every step")  # each fits the other
    | hides("state kept over calls", "sums left over")
)
ONE_STEP = ("recurrent weights transposed", *READING, "activation at the end")
UNSEEN_FORWARD = (  # where one has gone wrong, the other is not looked at, or not at every step
    hides("all states in place of the last", *BIASES, "output bias dropped", "activation before the sum")
    | hides("all states in place of the last", "state kept over calls", "axes of size one lost")
    | hides("outputs of every step", *BIASES, "output bias dropped", "activation before the sum")
    | hides("outputs of every step", "state kept over calls")
    | hides("hidden bias dropped", *ONE_STEP)
    | hides("hidden bias at the first step alone", *ONE_STEP)
    | hides("d_R of the last step only", "last step left out", "first step left out")
)
UPSTREAM_OFF = (*OUTPUT_BIAS, "d_by as a column", "upstream ignored", "sign wrong", "mean over the outputs")
UNSEEN_BACKWARD = (
    hides(SUMS_W[0], *UPSTREAM_OFF)
    | hides(SUMS_W[1], *UPSTREAM_OFF)
    | hides("d_V transposed", "d_by ones", "upstream ignored")  # V alone would tell which
)
STOPPED = (*RATES, *MOVES, "a matrix not updated", "gradient changed in place", "update without gradients")
UNSEEN_WEIGHTS = (
    hides("d_bs as a column", *STOPPED)  # no update comes to its end
    | hides("d_by as a column", *STOPPED)
    | hides("d_W transposed", "weights not copied")
    | hides("gradient changed in place", *RATES, *MOVES, "updates nothing", *LEFT_OUT)
    | hides("a matrix not updated", "only the first step", "d_R of the first step only")  # a step of zero
    | hides("weights not copied", "weights not set", "some weights not set")
    | hides("a bias as a row", "weights not in the range")
)
UNSEEN = UNSEEN_FORWARD | UNSEEN_BACKWARD | UNSEEN_WEIGHTS
CLASHES = BACKWARD_CLASHES | WEIGHTS_CLASHES | FORWARD_CLASHES | BETWEEN | UNSEEN
