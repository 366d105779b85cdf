"""The numerical and the analytical gradient, with the weights taken and set as dicts."""

from collections.abc import Callable
from typing import Any

import numpy as np

from bench.family import Family, exclusive, hides

Weights = dict[str, np.ndarray]

SHAPES = ("axes of size one lost", "gradients in a row", "gradients transposed")
NUMERICAL_VALUES = (
    "one-sided and halved",
    "gradient of the square",
    "size of the difference",
    "whole parameter moved",
    "last element left out",
    "time reversed",
    "bias gradient zero",
)
NUMERICAL_IDS = ("not divided", "moves copies", *NUMERICAL_VALUES, *SHAPES)
NUMERICAL_CLASHES = (
    exclusive(("gradients in a row", "axes of size one lost"), ("gradients in a row", "gradients transposed"))
    # half of a square's gradient is that of half the square
    | exclusive(("one-sided and halved", "gradient of the square"))
    # zero, or next to it
    | hides("moves copies", "not divided", *NUMERICAL_VALUES)
    | hides("not divided", *NUMERICAL_VALUES)
)


def shaped(gradient: np.ndarray, mistakes: frozenset[str]) -> np.ndarray:
    """The gradient as it is returned."""
    if "gradients in a row" in mistakes:
        return gradient.ravel()
    if "axes of size one lost" in mistakes:
        gradient = np.squeeze(gradient)
    if "gradients transposed" in mistakes:
        gradient = gradient.T
    return gradient


def make_numerical(mistakes: frozenset[str]) -> Callable[..., Any]:
    """A shift array for every element of an `nditer`, added as a whole and given to `set_weights`."""

    def loss(model: Any, weights: Weights, x: np.ndarray) -> Any:
        if "moves copies" not in mistakes:
            model.set_weights(weights)
        y = model.forward(x[::-1] if "time reversed" in mistakes else x)
        if "gradient of the square" in mistakes:
            y = y**2
        return y.sum()

    def quotient(
        model: Any, x: np.ndarray, weights: Weights, name: str, shift: np.ndarray, eps: float
    ) -> Any:
        above = loss(model, {**weights, name: weights[name] + shift}, x)
        if "one-sided and halved" in mistakes:
            below = loss(model, weights, x)
        else:
            below = loss(model, {**weights, name: weights[name] - shift}, x)
        difference = above - below
        if "size of the difference" in mistakes:
            difference = np.abs(difference)
        if "not divided" in mistakes:
            return difference / 2 * eps
        return difference / (2 * eps)

    def get_numerical_gradient(model: Any, x: np.ndarray, eps: float = 1e-7) -> Weights:
        weights = model.get_weights()
        gradients = {name: np.zeros(weight.shape) for name, weight in weights.items()}
        names = ("W", "R", "V") if "bias gradient zero" in mistakes else tuple(weights)
        for name in names:
            places = np.nditer(weights[name], flags=["multi_index", "c_index"])
            end = places.itersize - 1 if "last element left out" in mistakes else places.itersize
            while not places.finished and places.index < end:
                shift = np.zeros_like(weights[name])
                if "whole parameter moved" in mistakes:
                    shift += eps
                else:
                    shift[places.multi_index] = eps
                gradients[name][places.multi_index] = quotient(model, x, weights, name, shift, eps)
                places.iternext()
        model.set_weights(weights)
        return {f"d_{name}": shaped(gradient, mistakes) for name, gradient in gradients.items()}

    return get_numerical_gradient


UPSTREAMS = ("one upstream element", "outputs as upstream", "upstream zero")
SEQUENCES = ("time reversed", "last step left out")
ANALYTICAL_IDS = (*UPSTREAMS, "sign wrong", *SEQUENCES, "axes of size one lost")
ANALYTICAL_CLASHES = exclusive(UPSTREAMS) | hides("upstream zero", "sign wrong", *SEQUENCES)


def make_analytical(mistakes: frozenset[str]) -> Callable[..., Any]:
    """The upstream gradient by `np.repeat`, the keys from a generator expression."""

    def upstream(y: np.ndarray) -> np.ndarray:
        if "outputs as upstream" in mistakes:
            d_loss = y
        else:
            number = 0.0 if "upstream zero" in mistakes else 1.0
            d_loss = np.repeat(number, 1 if "one upstream element" in mistakes else y.shape[0])
        return np.negative(d_loss) if "sign wrong" in mistakes else d_loss

    def get_analytical_gradient(model: Any, x: np.ndarray) -> Weights:
        if "last step left out" in mistakes:
            x = x[: len(x) - 1]
        if "time reversed" in mistakes:
            x = np.flip(x, axis=0)
        gradients = model.backward(upstream(model.forward(x)))
        keys = (f"d_{name}" for name in model.get_weights())
        return {key: shaped(gradients[key], mistakes) for key in keys}

    return get_analytical_gradient


FAMILIES: list[Family] = [
    Family(
        "get_numerical_gradient",
        "shift arrays from nditer, set_weights",
        NUMERICAL_IDS,
        make_numerical,
        NUMERICAL_CLASHES,
    ),
    Family(
        "get_analytical_gradient",
        "np.repeat, keys from a generator",
        ANALYTICAL_IDS,
        make_analytical,
        ANALYTICAL_CLASHES,
    ),
]
