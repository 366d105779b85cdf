"""RNN with a table of its steps, one row a step; all vectors in it are columns, [D, 1] or [H, 1]."""

from typing import Any, NamedTuple

import numpy as np

from bench.family import Family, exclusive, hides

Array = np.ndarray

NAMES = ("W", "R", "V", "bs", "by")

START = ("weights not in the range", "a bias as a row")
ACTIVATIONS = ("relu for tanh", "activation before the sum", "activation at the end")
BIASES = ("bias counted twice", "bias subtracted", "hidden bias at the first step alone")
READING = ("no recurrence", "first input at every step", "one array for all states")
SHAPES = ("outputs of every step", "outputs as a row", "axes of size one lost")
ALL_STATES = "all states in place of the last"
STEP = (
    "learning rate divided",
    "gradient in place of the parameter",
    "a matrix not updated",
)
SETTING = ("some weights not set", "weights set before the check")
THERE_IDS = (
    *(*START, *ACTIVATIONS, *BIASES, *READING, *SHAPES, ALL_STATES),
    *("updates nothing", *STEP, "update without gradients"),
    *("weights not set", *SETTING),
)
THERE_CLASHES = (
    exclusive(ACTIVATIONS, BIASES, SHAPES, (ALL_STATES, "outputs of every step"))
    | hides("updates nothing", *STEP)
    | hides("weights not set", *SETTING)
    # one step in all: its tanh is the last, and its input that of every step or of none
    | hides(
        "no recurrence",
        *("activation at the end", "hidden bias at the first step alone", "first input at every step"),
    )
    # the state of zeros, and the states that the outputs are made of, are then other ones too
    | hides(
        "one array for all states",
        *("no recurrence", "activation at the end", ALL_STATES, "outputs of every step"),
    )
    # which of the states has seen its tanh?
    | hides("activation at the end", ALL_STATES, "outputs of every step")
)

PLACES = ("slope of the pre-activation", "slope of the old state", "slope of the next state")
FORMS = ("slope of a sigmoid", "slope plus the square")
CARRIES = ("R left out on the way back", "outputs at every step")
LAST_SUMS = ("d_W of the last step only", "d_R of the last step only")
FIRST_SUMS = ("d_W of the first step only", "d_R of the first step only", "d_bs of the first step only")
UPSTREAM = ("outputs as upstream", "mean over the outputs")
TURNED = ("d_W transposed", "d_V transposed")
OUTPUT_BIAS = ("d_by summed", "d_by as a column", "output bias over time")
LEFT_OUT = "first step left out of the gradients"
BACK_IDS = (
    *(*PLACES, *FORMS, "slope twice"),
    *(*CARRIES, "gradient not carried", "forward in time"),
    *("only the first step", LEFT_OUT, *LAST_SUMS, *FIRST_SUMS),
    *(*UPSTREAM, *TURNED, *OUTPUT_BIAS),
)
BACK_CLASHES = (
    exclusive(PLACES, FORMS, ("slope of a sigmoid", "slope of the pre-activation"))
    | exclusive((LAST_SUMS[0], FIRST_SUMS[0]), (LAST_SUMS[1], FIRST_SUMS[1]))
    | exclusive(("d_by summed", "d_by as a column"))
    # the steps know nothing of one another, so that their order does not count
    | hides("gradient not carried", *CARRIES, "forward in time")
    | hides("only the first step", *LAST_SUMS, *FIRST_SUMS)
    # which step the loop ends with, and which comes after another, is a matter of its direction
    | hides(
        "forward in time",
        *("only the first step", LEFT_OUT, *LAST_SUMS, *FIRST_SUMS, "slope of the next state"),
    )
    # it is the second step then
    | hides(LEFT_OUT, "only the first step", *FIRST_SUMS)
)


class Row(NamedTuple):
    """A step: its input [D, 1], and the states [H, 1] before and after it."""

    x: Array
    old: Array
    a: Array


def column(vector: Any) -> Array:
    """Any vector as a column."""
    return np.array(vector, dtype=float).reshape(-1, 1)


def flat(vector: Array, mistakes: frozenset[str]) -> Array:
    """A column without its second axis."""
    return np.squeeze(vector) if "axes of size one lost" in mistakes else vector[:, 0]


def activated(t: int, product: Array, bs: Array, mistakes: frozenset[str]) -> Array:
    """The state of step t; product [H, 1] is what input and old state bring."""
    if "hidden bias at the first step alone" in mistakes and t > 0:
        bs = np.zeros_like(bs)
    if "bias subtracted" in mistakes:
        bs = -bs
    if "bias counted twice" in mistakes:
        bs = bs + bs
    s: Array = product + bs
    a: Array = np.tanh(s)
    if "activation before the sum" in mistakes:
        a = np.tanh(product) + bs
    if "relu for tanh" in mistakes:
        a = s * (s > 0)
    return s if "activation at the end" in mistakes else a


def table_of(model: Any, x: Array, mistakes: frozenset[str]) -> list[Row]:
    """All steps, the first one first."""
    table: list[Row] = []
    a = column(np.zeros(len(model.R)))
    for t, entry in enumerate(x):
        x_t = column(x[0] if "first input at every step" in mistakes else entry)
        new = activated(t, model.W.T @ x_t + model.R.T @ a, column(model.bs), mistakes)
        if "one array for all states" in mistakes:
            a[:] = new
            new = a
        table.append(Row(x_t, a, new))
        if "no recurrence" not in mistakes:
            a = new
    if "activation at the end" in mistakes:
        table[-1] = table[-1]._replace(a=np.tanh(table[-1].a))
    return table


def outputs_of(model: Any, table: list[Row], mistakes: frozenset[str]) -> Array:
    """The outputs [O] of the table's last state."""
    if "outputs of every step" in mistakes:
        return np.array([flat(model.V.T @ row.a + column(model.by), mistakes) for row in table])
    a = sum(row.a for row in table) if ALL_STATES in mistakes else table[-1].a
    y: Array = model.V.T @ a + column(model.by)
    return y if "outputs as a row" in mistakes else flat(y, mistakes)


def slope_of(row: Row, after: Row, mistakes: frozenset[str]) -> Array:
    """The slope of tanh at this step; `after` is the step after it, or the last step itself."""
    a = row.a
    if "slope of the old state" in mistakes:
        a = row.old
    if "slope of the next state" in mistakes:
        a = after.a
    if "slope of the pre-activation" in mistakes:
        a = np.tanh(a)
    slope: Array = 1 - a * a
    if "slope of a sigmoid" in mistakes:
        slope = a * (1 - a)
    if "slope plus the square" in mistakes:
        slope = 1 + a * a
    return slope * slope if "slope twice" in mistakes else slope


def put(totals: dict[str, Array], parts: dict[str, Array], visit: int, mistakes: frozenset[str]) -> None:
    """Add a step's parts to the totals."""
    for name, part in parts.items():
        if "only the first step" in mistakes or f"{name} of the first step only" in mistakes:
            totals[name] = part
        elif visit == 0 or f"{name} of the last step only" not in mistakes:
            totals[name] = totals[name] + part


def carried(d_s: Array, start: Array, R: Array, mistakes: frozenset[str]) -> Array:
    """The gradient of the state before the step."""
    if "gradient not carried" in mistakes:
        return start
    d_a: Array = d_s if "R left out on the way back" in mistakes else R @ d_s
    return d_a + start if "outputs at every step" in mistakes else d_a


def gradients_of(model: Any, d_y: Array, mistakes: frozenset[str]) -> dict[str, Array]:
    """All gradients for the upstream gradient [O, 1], those of the biases as columns."""
    rows: list[Row] = model.table
    last = rows[-1]
    if LEFT_OUT in mistakes:
        rows = rows[1:]
    if "forward in time" not in mistakes:
        rows = rows[::-1]
    totals = {"d_" + name: np.zeros(getattr(model, name).shape) for name in ("W", "R")}
    totals["d_bs"] = column(np.zeros(len(model.R)))
    start = model.V @ d_y
    d_a, after = start, last
    for visit, row in enumerate(rows):
        d_s = d_a * slope_of(row, after, mistakes)
        put(totals, {"d_W": row.x @ d_s.T, "d_R": row.old @ d_s.T, "d_bs": d_s}, visit, mistakes)
        d_a, after = carried(d_s, start, model.R, mistakes), row
    totals["d_V"] = last.a @ d_y.T
    for name in ("d_W", "d_V"):
        if f"{name} transposed" in mistakes:
            totals[name] = totals[name].T
    totals["d_by"] = len(model.table) * d_y if "output bias over time" in mistakes else d_y
    return totals


def set_all(model: Any, weights: dict[str, Array], mistakes: frozenset[str]) -> None:
    """Take copies of the weights."""
    missing = set(NAMES).difference(weights)
    if missing and "weights set before the check" not in mistakes:
        raise ValueError("no weights for " + ", ".join(sorted(missing)))
    copies = {name: np.array(weights[name], dtype=float) for name in NAMES if name in weights}
    if "some weights not set" in mistakes:
        copies.pop("by", None)
    if "weights not set" not in mistakes:
        vars(model).update(copies)
    if missing:
        raise ValueError("no weights for " + ", ".join(sorted(missing)))


def step_down(model: Any, lr: float, mistakes: frozenset[str]) -> None:
    """Move the parameters against their gradients."""
    names = list(NAMES)
    if "a matrix not updated" in mistakes:
        names.remove("V")
    for name in names:
        parameter, gradient = getattr(model, name), model.gradients["d_" + name]
        step = gradient / lr if "learning rate divided" in mistakes else gradient * lr
        parameter = -step if "gradient in place of the parameter" in mistakes else parameter - step
        if "updates nothing" not in mistakes:
            setattr(model, name, parameter)


def make(mistakes: frozenset[str]) -> type:
    """The class with these mistakes in it."""

    class RNN:
        def __init__(self, input_size: int, hidden_size: int, output_size: int) -> None:
            def drawn(rows: int, columns: int) -> Array:
                if "weights not in the range" in mistakes:
                    return np.random.rand(rows, columns) * 0.2
                return np.random.rand(rows, columns) * 0.4 - 0.2

            row = (1,) if "a bias as a row" in mistakes else ()
            self.W, self.R = drawn(input_size, hidden_size), drawn(hidden_size, hidden_size)
            self.V = drawn(hidden_size, output_size)
            self.bs, self.by = np.zeros((*row, hidden_size)), np.zeros((*row, output_size))
            self.table: list[Row] = []
            self.gradients: dict[str, Array] = {}

        def forward(self, x: Array) -> Array:
            self.table = table_of(self, x, mistakes)
            self.y = outputs_of(self, self.table, mistakes)
            return self.y

        def backward(self, d_loss: Array) -> dict[str, Array]:
            d_y = column(d_loss)
            if "outputs as upstream" in mistakes:
                d_y = column(self.y) - d_y
            if "mean over the outputs" in mistakes:
                d_y = d_y / len(d_y)
            gradients = gradients_of(self, d_y, mistakes)
            gradients["d_bs"] = flat(gradients["d_bs"], mistakes)
            if "d_by summed" in mistakes:
                gradients["d_by"] = gradients["d_by"].sum(axis=0)
            elif "d_by as a column" not in mistakes:
                gradients["d_by"] = flat(gradients["d_by"], mistakes)
            self.gradients = gradients
            return {**gradients}

        def update(self, lr: float) -> None:
            if not self.gradients:
                raise RuntimeError("no backward since the last update")
            step_down(self, lr, mistakes)
            if "update without gradients" not in mistakes:
                self.gradients = {}

        def get_weights(self) -> dict[str, Array]:
            return {name: getattr(self, name).copy() for name in NAMES}

        def set_weights(self, weights: dict[str, Array]) -> None:
            set_all(self, weights, mistakes)

    return RNN


FAMILIES: list[Family] = [
    Family("RNN", "a table of steps, columns: the way there", THERE_IDS, make, THERE_CLASHES),
    Family("RNN", "a table of steps, columns: the way back", BACK_IDS, make, BACK_CLASHES),
]
