"""Q2: differences by a flat index and weights that are handed over; one forward and one backward."""

import copy
from typing import Any

import numpy as np

from bench.family import Family, exclusive, hides

ONE_SIDED = ("one-sided", "one-sided and halved")
DIVISORS = ("not halved", "halved twice", "not divided")
SIGNS = ("sign wrong", "size of the difference")
LOSSES = ("mean of the outputs", "first output only", "gradient of the square")
SHAPES = ("axes of size one lost", "gradients in a row", "gradients transposed")
NUMBERS = (*LOSSES, *SIGNS, "eps ignored", "whole parameter moved", "last element left out", "time reversed")
SMALL = ("whole parameter moved", "time reversed", "moves copies", "bias gradient zero")
NUMERICAL = (
    *ONE_SIDED,
    *DIVISORS,
    "weights not restored",
    *NUMBERS,
    "moves copies",
    "bias gradient zero",
    *SHAPES,
)
COARSE = ("size of the difference", "whole parameter moved", "last element left out", "time reversed")
NUMERICAL_CLASHES = (
    exclusive((*ONE_SIDED, *DIVISORS), SIGNS)
    | exclusive(("mean of the outputs", "first output only"))
    | hides("gradients in a row", "axes of size one lost", "gradients transposed")
    | hides("not divided", *LOSSES, *SIGNS, *SMALL)  # next to nothing either way
    | hides("moves copies", *ONE_SIDED, *DIVISORS, *NUMBERS, "weights not restored", "bias gradient zero")
    | hides("gradient of the square", "halved twice", "one-sided and halved")  # half the square's gradient
    | hides("one-sided", *COARSE, "gradients transposed")  # off by too little to be seen beside these
    | hides("eps ignored", *COARSE, "gradients transposed")
    | hides("bias gradient zero", "gradients in a row", "gradients transposed")  # the matrices' shapes fail
    | hides("weights not restored", "gradients transposed")
    | hides("axes of size one lost", "one-sided and halved", *DIVISORS, *LOSSES, *COARSE)  # numbers first
    | hides("axes of size one lost", "sign wrong", "moves copies", "bias gradient zero")
    | hides("axes of size one lost", "gradients transposed")
)
UPSTREAM = ("mean of the outputs", "upstream of the first output only", "outputs as upstream")
SEQUENCE = ("time reversed", "last step left out")
SEEN_AFTERWARDS = ("sums left over", "weights changed")
ANALYTICAL = (
    *UPSTREAM,
    "one upstream element",
    "upstream zero",
    "sign wrong",
    "forward not run",
    *SEQUENCE,
    "sums left over",
    "axes of size one lost",
    "a numerical gradient",
    "weights changed",
)
WRONG_FIRST = ("outputs as upstream", "sign wrong", "forward not run", *SEQUENCE, "axes of size one lost")
ANALYTICAL_CLASHES = (
    exclusive(("mean of the outputs", "upstream of the first output only"))
    | hides("one upstream element", *UPSTREAM)  # right with one output, where these are not seen
    | hides("upstream zero", *UPSTREAM, *SEQUENCE, "sign wrong", "forward not run", "sums left over")
    | hides("upstream zero", "weights changed")
    | hides("forward not run", *SEQUENCE, "outputs as upstream")  # there are no outputs
    | hides("a numerical gradient", *UPSTREAM, "one upstream element", "upstream zero", "sign wrong")
    | hides("a numerical gradient", "forward not run", "weights changed")  # no gradients to update with
    | hides("a numerical gradient", *SEQUENCE, "sums left over")  # off by too little
    | exclusive(SEEN_AFTERWARDS)
    | frozenset(frozenset((first, later)) for first in WRONG_FIRST for later in SEEN_AFTERWARDS)
)


def make_numerical(wrong: frozenset[str]) -> Any:
    """The elements of each parameter by `flat`, in a copy of the weights."""
    one_sided = not wrong.isdisjoint(ONE_SIDED)

    def total(y: Any) -> float:
        if "first output only" in wrong:
            y = y[:1]
        if "gradient of the square" in wrong:
            y = y**2
        return float(np.mean(y) if "mean of the outputs" in wrong else np.sum(y))

    def slope(up: float, down: float, eps: float) -> float:
        change = down - up if "sign wrong" in wrong else up - down
        if "size of the difference" in wrong:
            change = abs(change)
        if "not divided" in wrong:
            return change / 2 * eps
        if "halved twice" in wrong:
            return change / 2 / (2 * eps)
        return change / eps if "one-sided" in wrong or "not halved" in wrong else change / (2 * eps)

    def shaped(grad: Any, shape: tuple[int, ...]) -> Any:
        if "gradients in a row" in wrong:
            return grad
        grad = grad.reshape(shape)
        if "gradients transposed" in wrong:
            grad = grad.T
        return np.squeeze(grad) if "axes of size one lost" in wrong else grad

    def get_numerical_gradient(model: Any, x: Any, eps: float = 1e-7) -> Any:
        """Hands all the weights over before every forward."""
        if "eps ignored" in wrong:
            eps = 1e-3
        if "time reversed" in wrong:
            x = x[::-1]
        weights = copy.deepcopy(model.get_weights())
        grads = {name: np.zeros(p.size) for name, p in weights.items()}

        def loss() -> float:
            if "moves copies" not in wrong:
                model.set_weights(weights)
            return total(model.forward(x))

        for name in ("W", "R", "V") if "bias gradient zero" in wrong else ("W", "R", "V", "bs", "by"):
            p = weights[name]
            for i in range(p.size - 1 if "last element left out" in wrong else p.size):
                place: Any = slice(None) if "whole parameter moved" in wrong else i
                old = p.flat[place]
                down = loss() if one_sided else 0.0
                p.flat[place] = old + eps
                up = loss()
                if not one_sided:
                    p.flat[place] = old - eps
                    down = loss()
                if "weights not restored" not in wrong:
                    p.flat[place] = old
                grads[name][i] = slope(up, down, eps)
        if "moves copies" not in wrong:
            model.set_weights(weights)
        return {f"d_{name}": shaped(grad, weights[name].shape) for name, grad in grads.items()}

    return get_numerical_gradient


def make_analytical(wrong: frozenset[str]) -> Any:
    """Ones like the outputs as the upstream gradient."""
    numerical = make_numerical(frozenset())

    def upstream(y: Any) -> Any:
        ones = np.ones_like(y)
        if "outputs as upstream" in wrong:
            ones = y
        if "upstream zero" in wrong:
            ones = np.zeros_like(y)
        if "one upstream element" in wrong:
            ones = ones[:1]
        if "mean of the outputs" in wrong:
            ones = ones / y.size
        if "upstream of the first output only" in wrong:
            ones = ones * (np.arange(y.size) == 0)
        return -ones if "sign wrong" in wrong else ones

    def gradients(model: Any, x: Any) -> Any:
        if "a numerical gradient" in wrong:
            return numerical(model, x)
        y = model.by if "forward not run" in wrong else model.forward(x)
        return model.backward(upstream(y))

    def get_analytical_gradient(model: Any, x: Any) -> Any:
        """One forward, one backward."""
        if "last step left out" in wrong:
            x = x[:-1]
        if "time reversed" in wrong:
            x = x[::-1]
        grads = gradients(model, x)
        if "weights changed" in wrong:
            model.update(0.01)
        if "sums left over" in wrong:
            before = getattr(model, "grads", {})
            grads = model.grads = {key: before.get(key, 0) + grad for key, grad in grads.items()}
        return {key: np.squeeze(g) if "axes of size one lost" in wrong else g for key, g in grads.items()}

    return get_analytical_gradient


FAMILIES = [
    Family(
        "get_numerical_gradient",
        "NumPy float64, a loss of its own, flat index, weights set from a copy",
        NUMERICAL,
        make_numerical,
        NUMERICAL_CLASHES,
    ),
    Family(
        "get_analytical_gradient",
        "NumPy float64, ones like the outputs, dict comprehension",
        ANALYTICAL,
        make_analytical,
        ANALYTICAL_CLASHES,
    ),
]
