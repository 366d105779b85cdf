"""Families of `get_analytical_gradient`: in one go, with an upstream written out, output by output."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from bench.family import Family, hides

Gradient = Callable[..., dict[str, Any]]


def in_one_go(mistakes: frozenset[str]) -> Gradient:
    """Forward, then backward with ones; a mistake is a line more."""

    def differences(model, x, loss, eps=1e-6):
        gradients = {}
        for name in ("W", "R", "V", "bs", "by"):
            parameter = getattr(model, name)
            gradients[f"d_{name}"] = np.zeros_like(parameter)
            for place in np.ndindex(parameter.shape):
                kept = parameter[place]
                parameter[place] = kept + eps
                above = loss(model.forward(x))
                parameter[place] = kept - eps
                below = loss(model.forward(x))
                parameter[place] = kept
                gradients[f"d_{name}"][place] = (above - below) / (2 * eps)
        return gradients

    def get_analytical_gradient(model, x):
        if "forward not run" not in mistakes:
            model.forward(x)
        upstream = np.ones(len(model.by))
        if "upstream of the first output only" in mistakes:
            upstream[1:] = 0
        if "mean of the outputs" in mistakes:
            upstream = upstream / len(upstream)
        gradients = model.backward(upstream)
        if "weights changed" in mistakes:
            model.update(0.1)
        if "a numerical gradient" in mistakes:
            gradients = differences(model, x, lambda y: np.sum(upstream * y))
        if "sums left over" in mistakes:
            old = getattr(model, "summed", None)
            if old is not None:
                gradients = {name: old[name] + value for name, value in gradients.items()}
            model.summed = gradients
        return gradients

    return get_analytical_gradient


def with_written_upstream(mistakes: frozenset[str]) -> Gradient:
    """The gradient of the loss comes from a function of its own, the answer is copied."""
    sums: dict[tuple[Any, ...], Any] = {}  # as a global of the notebook would be

    def gradient_of_loss(y):
        if "upstream of the first output only" in mistakes:
            return np.eye(len(y))[0]
        return np.full(len(y), 1.0 / len(y) if "mean of the outputs" in mistakes else 1.0)

    def one_sided(model, x, eps=1e-7):
        start = model.forward(x)
        d_loss, twin = gradient_of_loss(start), copy.deepcopy(model)
        gradients = {}
        for name in ("W", "R", "V", "bs", "by"):
            flat = np.ravel(getattr(model, name))
            changes = []
            for place in range(flat.size):
                moved = flat.copy()
                moved[place] += eps
                setattr(twin, name, moved.reshape(np.shape(getattr(model, name))))
                changes.append(np.dot(twin.forward(x) - start, d_loss) / eps)
            setattr(twin, name, getattr(model, name))
            gradients[f"d_{name}"] = np.reshape(changes, np.shape(getattr(model, name)))
        return gradients

    def get_analytical_gradient(model, x):
        if "weights changed" in mistakes:  # a step of training first
            model.backward(gradient_of_loss(model.forward(x)))
            model.update(0.05)
        if "a numerical gradient" in mistakes:
            gradients = one_sided(model, x)
        else:
            y = model.by if "forward not run" in mistakes else model.forward(x)
            gradients = model.backward(gradient_of_loss(y))
        gradients = {name: np.array(value) for name, value in gradients.items()}
        if "sums left over" in mistakes:
            for name, value in gradients.items():
                key = name, *value.shape
                sums[key] = gradients[name] = sums.get(key, 0) + value
        return gradients

    return get_analytical_gradient


def output_by_output(mistakes: frozenset[str]) -> Gradient:
    """One backward pass an output, all of them added up."""

    def difference_quotients(model, x, chosen, h=1e-5):
        def at(name, place, shift):
            values = getattr(model, name)
            values[place] += shift
            y = model.forward(x)[chosen].sum()
            values[place] -= shift
            return y

        def slopes(name):
            shape = getattr(model, name).shape
            flat = [(at(name, place, h) - at(name, place, -h)) / (2 * h) for place in np.ndindex(shape)]
            return np.reshape(flat, shape)

        return {f"d_{name}": slopes(name) for name in ("V", "by", "W", "R", "bs")}

    def get_analytical_gradient(model, x):
        O = len(model.by)  # noqa: E741 - the course's letter
        outputs = [0] if "upstream of the first output only" in mistakes else list(range(O))
        if "sums left over" in mistakes:
            model.total = total = getattr(model, "total", {})
        else:
            total = {}
        passes = []
        if "a numerical gradient" in mistakes:
            passes.append(difference_quotients(model, x, outputs))
        else:
            for o in outputs:
                if "forward not run" not in mistakes:
                    model.forward(x)
                one_hot = np.zeros(O)
                one_hot[o] = 1
                passes.append(model.backward(one_hot))
        for gradients in passes:
            for name, value in gradients.items():
                total[name] = total.get(name, 0) + value / (O if "mean of the outputs" in mistakes else 1)
        if "weights changed" in mistakes:
            for name in ("W", "R", "V", "bs", "by"):
                setattr(model, name, getattr(model, name) - 0.01 * total[f"d_{name}"])
        return dict(total)

    return get_analytical_gradient


IDS = (
    "a numerical gradient",
    "mean of the outputs",
    "upstream of the first output only",
    "forward not run",
    "weights changed",
    "sums left over",
)

FAMILIES = [
    Family(
        "get_analytical_gradient",
        "in one go, upstream ones",
        IDS,
        in_one_go,
        hides("a numerical gradient", "forward not run"),
    ),
    Family(
        "get_analytical_gradient",
        "the loss's gradient by a function of its own, copies, a global dict",
        IDS,
        with_written_upstream,
        hides("a numerical gradient", "forward not run")
        | hides("upstream of the first output only", "mean of the outputs")
        | hides("weights changed", "forward not run"),  # the step of training runs it
    ),
    Family(
        "get_analytical_gradient",
        "one backward pass an output, added up",
        IDS,
        output_by_output,
        hides("a numerical gradient", "forward not run"),
    ),
]
