"""Q2 twice: differences put back in a `finally`, and the outputs' gradients added up one by one."""

from collections.abc import Callable
from typing import Any

import numpy as np

from bench.family import Family, exclusive, hides

Weights = dict[str, np.ndarray]
NAMES = ("V", "by", "W", "R", "bs")
BIASES = ("by", "bs")
OWN = 1e-3  # an eps that was not asked for
RATE = 0.01  # of a step downhill that is none of the question's

ONE_SIDED = ("one-sided", "one-sided and halved")
QUOTIENTS = (*ONE_SIDED, "not halved", "halved twice", "not divided")
SIGNS = ("sign wrong", "size of the difference")
TOTALS = ("mean of the outputs", "first output only")
SQUARE = "gradient of the square"
KEPT = "weights not restored"
OWN_STEP = "eps ignored"
COPIES = "moves copies"
WHOLE = "whole parameter moved"
REVERSED = "time reversed"
NO_BIAS = "bias gradient zero"
LOST = "axes of size one lost"
ROW = "gradients in a row"
TRANSPOSED = "gradients transposed"
NUMERICAL = (*QUOTIENTS, KEPT, *TOTALS, SQUARE, OWN_STEP, *SIGNS, COPIES, WHOLE, REVERSED, NO_BIAS)
OTHERS = ("size of the difference", WHOLE, REVERSED, TRANSPOSED)
NUMERICAL_CLASHES = (
    exclusive(QUOTIENTS, SIGNS, TOTALS)
    | hides(COPIES, *(name for name in NUMERICAL if name != COPIES))  # nothing is left of a difference
    | hides(ROW, LOST, TRANSPOSED)
    # what a worse step leaves is nothing beside numbers that are all other ones
    | frozenset().union(*(hides(name, *ONE_SIDED, OWN_STEP) for name in OTHERS))
    | hides(SQUARE, "halved twice", "one-sided and halved")  # half a square is one, too
)


def quotient(wrong: frozenset[str], difference: float, eps: float) -> float:
    """A difference of two sums, divided."""
    if "sign wrong" in wrong:
        difference = -difference
    if "size of the difference" in wrong:
        difference = abs(difference)
    if "not divided" in wrong:
        return difference
    if "halved twice" in wrong:
        return difference / 2 / (2 * eps)
    return difference / eps if wrong & {"one-sided", "not halved"} else difference / (2 * eps)


def shaped(wrong: frozenset[str], numbers: list[float], shape: tuple[int, ...]) -> np.ndarray:
    """One parameter's gradient from its elements in a row."""
    gradient = np.array(numbers)
    if ROW not in wrong:
        gradient = gradient.reshape(shape)
    if TRANSPOSED in wrong:
        gradient = gradient.T
    return gradient.squeeze() if LOST in wrong else gradient


def make_numerical(wrong: frozenset[str]) -> Callable[..., Weights]:
    """A dictionary of copies says where each element was."""
    one_sided = bool(wrong & set(ONE_SIDED))

    def total(model: Any, x: np.ndarray) -> float:
        """The sum of the outputs."""
        y = model.forward(x[::-1] if REVERSED in wrong else x)
        if SQUARE in wrong:
            y = y**2
        if "first output only" in wrong:
            return float(y[0])
        return float(y.mean() if "mean of the outputs" in wrong else y.sum())

    def get_numerical_gradient(model: Any, x: np.ndarray, eps: float = 1e-7) -> Weights:
        """Moves elements of the model's own arrays."""
        if OWN_STEP in wrong:
            eps = OWN
        kept = {name: getattr(model, name).copy() for name in NAMES}
        gradients = {}
        for name, values in kept.items():
            if NO_BIAS in wrong and name in BIASES:
                gradients[f"d_{name}"] = shaped(wrong, [0.0] * values.size, values.shape)
                continue
            parameter = getattr(model, name)
            if COPIES in wrong:
                parameter = parameter.copy()
            numbers = []
            for place in np.ndindex(values.shape):
                moved = ... if WHOLE in wrong else place
                try:
                    below = total(model, x) if one_sided else 0.0
                    parameter[moved] = values[moved] + eps
                    above = total(model, x)
                    if not one_sided:
                        parameter[moved] = values[moved] - eps
                        below = total(model, x)
                finally:
                    if KEPT not in wrong:
                        parameter[moved] = values[moved]
                numbers.append(quotient(wrong, above - below, eps))
            gradients[f"d_{name}"] = shaped(wrong, numbers, values.shape)
        return gradients

    return get_numerical_gradient


MEAN = "mean of the outputs"
FIRST = "upstream of the first output only"
ONE = "one upstream element"
OUTPUTS = "outputs as upstream"
ZERO = "upstream zero"
SIGN = "sign wrong"
NOT_RUN = "forward not run"
SHORT = "last step left out"
SUMS = "sums left over"
DIFFERENCES = "a numerical gradient"
STEPPED = "weights changed"
UPSTREAM = (MEAN, FIRST, ONE, OUTPUTS, ZERO, SIGN)
ANALYTICAL = (*UPSTREAM, NOT_RUN, REVERSED, SHORT, SUMS, LOST, DIFFERENCES, STEPPED)
ANALYTICAL_CLASHES = (
    hides(ZERO, *(name for name in ANALYTICAL if name not in (ZERO, LOST)))
    | hides(ONE, MEAN, FIRST, OUTPUTS, SIGN)  # one line
    | hides(DIFFERENCES, *UPSTREAM, NOT_RUN, SUMS)  # without `backward`
    | hides(DIFFERENCES, REVERSED, SHORT)  # digits are nothing beside another sequence
    | hides(NOT_RUN, OUTPUTS, REVERSED, SHORT)
)


def make_analytical(wrong: frozenset[str]) -> Callable[..., Weights]:
    """A row of an identity is the gradient of one output; the sum's is the sum of theirs."""

    def upstreams(y: np.ndarray) -> np.ndarray:
        """An upstream gradient [O] for each output: [O, O]."""
        if ONE in wrong:
            return np.ones((1, 1))
        rows = np.zeros((y.size, y.size)) if ZERO in wrong else np.eye(y.size)
        if OUTPUTS in wrong:
            rows = rows * y
        if MEAN in wrong:
            rows = rows / y.size
        if SIGN in wrong:
            rows = -rows
        return rows[:1] if FIRST in wrong else rows

    def added_up(model: Any, x: np.ndarray) -> Weights:
        """Runs `forward` once, and `backward` for each output."""
        rows = upstreams(model.by if NOT_RUN in wrong else model.forward(x))
        sums = {f"d_{name}": np.zeros_like(getattr(model, name)) for name in NAMES}
        if SUMS in wrong:  # for its keys and shapes, but its numbers stay
            sums = model.backward(rows.sum(axis=0))
        for row in rows:
            for name, gradient in model.backward(row).items():
                sums[name] = sums[name] + gradient
        return sums

    def get_analytical_gradient(model: Any, x: np.ndarray) -> Weights:
        """Leaves the model as it is."""
        if SHORT in wrong:
            x = x[:-1]
        if REVERSED in wrong:
            x = x[::-1]
        gradients = (make_numerical(frozenset()) if DIFFERENCES in wrong else added_up)(model, x)
        if STEPPED in wrong:
            for name in NAMES:
                setattr(model, name, getattr(model, name) - RATE * gradients[f"d_{name}"])
        if LOST in wrong:
            gradients = {name: np.squeeze(gradient) for name, gradient in gradients.items()}
        return gradients

    return get_analytical_gradient


FAMILIES = [
    Family(
        "get_numerical_gradient",
        "NumPy float64, np.ndindex, put back in a finally",
        (*NUMERICAL, LOST, ROW, TRANSPOSED),
        make_numerical,
        NUMERICAL_CLASHES,
    ),
    Family(
        "get_analytical_gradient",
        "NumPy float64, a backward for each output, added up by name",
        ANALYTICAL,
        make_analytical,
        ANALYTICAL_CLASHES,
    ),
]
