"""Families of `get_numerical_gradient`: in place, on one long vector, on a copy of the model."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from bench.family import Family, exclusive, hides

Gradient = Callable[..., dict[str, Any]]


def in_place(mistakes: frozenset[str]) -> Gradient:
    """Every element is moved where it is, and put back."""

    def loss(model, x):
        y = model.forward(x)
        if "first output only" in mistakes:
            return y[0]
        return np.mean(y) if "mean of the outputs" in mistakes else np.sum(y)

    def get_numerical_gradient(model, x, eps=1e-7):
        if "eps ignored" in mistakes:
            eps = 0.01
        gradients = {}
        for name in ("V", "by", "W", "R", "bs"):
            parameter = getattr(model, name)
            gradient = np.zeros(parameter.shape)
            for place in np.ndindex(*parameter.shape):
                kept = parameter[place]
                before = loss(model, x)
                parameter[place] = kept + eps
                above = loss(model, x)
                if "one-sided" in mistakes:
                    below, width = before, eps
                else:
                    parameter[place] = kept - eps
                    below, width = loss(model, x), 2 * eps
                if "weights not restored" not in mistakes:
                    parameter[place] = kept
                if "not halved" in mistakes:
                    width = eps
                if "halved twice" in mistakes:
                    width = 4 * eps
                gradient[place] = (below - above if "sign wrong" in mistakes else above - below) / width
            gradients["d_" + name] = gradient
        return gradients

    return get_numerical_gradient


def on_one_vector(mistakes: frozenset[str]) -> Gradient:
    """All parameters are strung together in one vector, and unpacked before every forward pass."""

    def get_numerical_gradient(model, x, eps=1e-7):
        names = ["W", "R", "V", "bs", "by"]
        shapes = [np.shape(getattr(model, name)) for name in names]
        theta = np.concatenate([np.ravel(getattr(model, name)) for name in names])
        cuts = np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1]
        delta = 0.05 if "eps ignored" in mistakes else eps

        def unpack(vector):
            parts = zip(names, np.split(vector, cuts), shapes, strict=True)
            return {name: part.reshape(shape) for name, part, shape in parts}

        def f(vector):
            for name, value in unpack(vector).items():
                setattr(model, name, value)
            outputs = model.forward(x)
            outputs = outputs[:1] if "first output only" in mistakes else outputs
            return outputs.sum() / (len(outputs) if "mean of the outputs" in mistakes else 1)

        def slope(direction):
            if "one-sided" in mistakes:
                return (f(theta) - f(theta - delta * direction)) / delta
            difference = f(theta + delta * direction) - f(theta - delta * direction)
            if "not halved" in mistakes:
                return difference / delta
            half = difference / (2 * delta)
            return half / 2 if "halved twice" in mistakes else half

        result = np.array([slope(direction) for direction in np.eye(theta.size)])
        if "weights not restored" not in mistakes:
            f(theta)
        if "sign wrong" in mistakes:
            result = -result
        return {f"d_{name}": value for name, value in unpack(result).items()}

    return get_numerical_gradient


def on_a_copy(mistakes: frozenset[str]) -> Gradient:
    """A copy of the model is moved, the model itself is never touched."""

    def get_numerical_gradient(model, x, eps=1e-7):
        h = 0.1 if "eps ignored" in mistakes else eps
        twin = copy.deepcopy(model)

        def moved(name, place, distance):
            values = np.array(getattr(model, name), dtype=float)
            values[place] += distance
            setattr(twin, name, values)
            y = np.asarray(twin.forward(x))
            setattr(twin, name, getattr(model, name))
            if "mean of the outputs" in mistakes:
                y = y / y.size
            return y.item(0) if "first output only" in mistakes else float(y.sum())

        def derivative(name, place):
            if "one-sided" in mistakes:
                rise, run = moved(name, place, h) - moved(name, place, 0), h
            else:
                rise, run = moved(name, place, h) - moved(name, place, -h), h + h
            run = run / 2 if "not halved" in mistakes else run
            run = run * 2 if "halved twice" in mistakes else run
            return -rise / run if "sign wrong" in mistakes else rise / run

        answer = {}
        for name in ("by", "V", "bs", "R", "W"):
            shape = np.shape(getattr(model, name))
            flat = [derivative(name, place) for place in np.ndindex(shape)]
            answer[f"d_{name}"] = np.array(flat).reshape(shape)
        return answer

    return get_numerical_gradient


IDS = (
    "one-sided",
    "not halved",
    "halved twice",
    "weights not restored",
    "mean of the outputs",
    "first output only",
    "eps ignored",
    "sign wrong",
)
# what the difference is divided by
WIDTHS = ("one-sided", "not halved", "halved twice")

FAMILIES = [
    Family(
        "get_numerical_gradient",
        "element by element, in place",
        IDS,
        in_place,
        exclusive(WIDTHS) | hides("first output only", "mean of the outputs"),
    ),
    Family(
        "get_numerical_gradient",
        "nested functions on one vector of all parameters",
        IDS,
        on_one_vector,
        exclusive(WIDTHS) | hides("first output only", "mean of the outputs"),
    ),
    Family(
        "get_numerical_gradient",
        "a deep copy of the model, plain floats",
        tuple(name for name in IDS if name != "weights not restored"),
        on_a_copy,
        exclusive(WIDTHS),
    ),
]
