"""The mistakes of the layer in columns, by where they are made, and those not to be seen together."""

from bench.family import exclusive, hides

ACTIVATION = ("no activation", "sigmoid for tanh", "relu for tanh", "hard tanh for tanh", "tanh twice")
INPUT = ("input left out", "input weights reshaped")
STATE = ("state left out", "state without its weights", "recurrent weights transposed")
BIAS = ("bias dropped", "bias counted twice", "bias subtracted")
LATE = ("bias after the activation", "activation before the sum")
STEP = (*ACTIVATION, *INPUT, *STATE, *BIAS, *LATE, "old state added")

BEGIN = ("zero initial state", "state not carried", "state kept over calls")
RUN = ("time reversed", "last step left out")
STATES = ("states in reverse order", "states one step late", "one array for all states", "states left over")
FORWARD = (*BEGIN, *RUN, *STATES, "last state alone")

SLOPE = (
    "slope missing",
    "slope not squared",
    "slope of the pre-activation",
    "slope of a sigmoid",
    "slope of the old state",
    "slope at the state",
    "slope twice",
    "slope squared as a whole",
    "slope with a plus",
    "square for the slope",
    "state for the slope",
    "sign wrong",
)
DB = ("batch sum missing", "db summed over the units", "db one number", "bias gradient zero")
WEIGHTS = ("dW_hh from the next state", "dW_hh transposed", "dW_ih transposed", "mean over the batch")
STEP_BACK = (*SLOPE, *DB, *WEIGHTS, "W_hh not transposed", "old upstream", "axes of size one lost")

CARRIED = ("carried gradient dropped", "carried gradient counted twice", "carried gradient adds up")
UPSTREAM = ("upstream of the last step only", "upstream one step off")
LOOP = ("only the last step", "time not reversed", "first step left out of the gradients")
BEFORE = ("step off by one", "h0 left out")
KEPT = (
    "inputs one step off",
    "last step's values everywhere",
    "steps in the wrong order",
    "first call's steps",
)
SUMS = ("not summed over time", "mean over time", "sums left over")
DX_ORDER = ("dx in reverse order", "batch and time exchanged")
DX_ONE = ("dx of the first step", "dx summed over time")
DH0 = (
    "dh0 missing its last step",
    "dh0 before the weights",
    "dh0 zero",
    "dh0 of the last step",
    "dh0 summed over time",
    "dh0 with the first upstream",
)
RESULTS = (*DX_ORDER, *DX_ONE, *DH0, "gradients in another order")
BACKWARD = (*CARRIED, *UPSTREAM, *LOOP, *BEFORE, *KEPT, *SUMS, *RESULTS)

IDS = (*STEP, *FORWARD, *STEP_BACK, *BACKWARD)

STEP_CLASHES = (
    exclusive(ACTIVATION, INPUT, STATE, BIAS, LATE)
    | hides("bias after the activation", "bias dropped", "bias counted twice")
    | hides("no activation", *LATE)  # all is one sum
    | hides("activation before the sum", "input left out", "state left out")  # one part is all there is
)
FORWARD_CLASHES = (
    hides("state left out", *BEGIN, "time reversed")  # no step asks for its state, nor for its turn
    | hides("state not carried", "zero initial state", "time reversed")
    | hides("time reversed", "input left out", "states in reverse order")
    | hides("last state alone", *STATES)
    | hides("one array for all states", "states in reverse order", "states one step late")
)
STEP_BACK_CLASHES = (
    exclusive(SLOPE, DB)
    | hides("slope missing", "old upstream")
    | hides("dW_hh from the next state", *BEFORE)
)
LOOP_CLASHES = (
    exclusive(LOOP, BEFORE)
    | hides(
        "only the last step",
        *CARRIED,
        "upstream of the last step only",
        "not summed over time",
        "h0 left out",
    )
    | hides("only the last step", "last step's values everywhere", *DX_ONE)
    | hides("only the last step", "dh0 of the last step", "dh0 summed over time", "dh0 missing its last step")
    | hides("time not reversed", "upstream of the last step only", "carried gradient dropped")
    | hides("time not reversed", "steps in the wrong order", "dx in reverse order", "dx of the first step")
    | hides("time not reversed", "not summed over time", "dh0 of the last step", "dh0 missing its last step")
    | hides(
        "first step left out of the gradients", "h0 left out", "not summed over time", "dx of the first step"
    )
    | hides("first step left out of the gradients", "dh0 missing its last step")
)
BACKWARD_CLASHES = (
    LOOP_CLASHES
    | exclusive(DX_ONE, DH0)
    | hides("carried gradient dropped", *CARRIED[1:], "upstream of the last step only")
    | hides("carried gradient adds up", "dh0 summed over time")
    | hides("last step's values everywhere", "inputs one step off", "steps in the wrong order")
    | hides("last step's values everywhere", "first call's steps")
    | hides("not summed over time", "sums left over")
    | hides("dx of the first step", *DX_ORDER)
    | hides("dx summed over time", *DX_ORDER)
)
FITTING = (  # the way back is right for this way forward, or for the right one
    hides(
        "no activation", "slope missing", "slope of the pre-activation", "slope at the state", "old upstream"
    )
    | hides("recurrent weights transposed", "W_hh not transposed", "dW_hh transposed")
    | hides("sigmoid for tanh", "slope of a sigmoid")
    | hides("zero initial state", "h0 left out", "dh0 zero")
    | hides("state not carried", "carried gradient dropped")
    | hides("state left out", "carried gradient dropped")
    | hides("time reversed", "time not reversed", "steps in the wrong order")
)
UNREACHED = (  # what is wrong in a first call already hides what a second one, or another size, would show
    hides(
        "input left out", "states left over", "sums left over", "first call's steps", "axes of size one lost"
    )
    | hides("sums left over", "mean over time", "gradients in another order", "first call's steps")
)
CLASHES = STEP_CLASHES | FORWARD_CLASHES | STEP_BACK_CLASHES | BACKWARD_CLASHES | FITTING | UNREACHED
