"""Answers to Q2: `get_numerical_gradient(model, x, eps=1e-7) -> dict`."""

import copy

import numpy as np

from bench.bank import Bank

bank = Bank("get_numerical_gradient", "Q2")
NAMES = ("W", "R", "V", "bs", "by")


def elementwise(model, quotient):
    """The dict of `quotient(parameter, place, kept)` for every element, which puts elements back itself."""
    answer = {}
    for name in NAMES:
        parameter = getattr(model, name)
        gradient = np.zeros_like(parameter)
        for place in np.ndindex(parameter.shape):
            gradient[place] = quotient(parameter, place, parameter[place])
        answer["d_" + name] = gradient
    return answer


def moved(model, x, parameter, place, value):
    """The sum of the outputs with one element set."""
    parameter[place] = value
    return np.sum(model.forward(x))


@bank.right
def in_place(model, x, eps=1e-7):
    """Elements moved in place and put back."""

    def quotient(parameter, place, kept):
        above = moved(model, x, parameter, place, kept + eps)
        below = moved(model, x, parameter, place, kept - eps)
        parameter[place] = kept
        return (above - below) / (2 * eps)

    return elementwise(model, quotient)


@bank.right
def by_steps(model, x, eps=1e-7):
    """Elements moved by steps: rounding is what stays."""

    def quotient(parameter, place, kept):
        parameter[place] += eps
        above = model.forward(x).sum()
        parameter[place] -= 2 * eps
        below = model.forward(x).sum()
        parameter[place] += eps
        return (above - below) / 2 / eps

    return elementwise(model, quotient)


@bank.right
def set_and_get(model, x, eps=1e-7):
    """Through get_weights and set_weights."""
    weights, answer = model.get_weights(), {}
    for name, value in weights.items():
        gradient = np.zeros(value.shape)
        for place in np.ndindex(value.shape):
            sums = []
            for step in (eps, -eps):
                other = {key: np.array(array) for key, array in weights.items()}
                other[name][place] += step
                model.set_weights(other)
                sums.append(sum(model.forward(x)))
            gradient[place] = (sums[0] - sums[1]) / (2 * eps)
        answer["d_" + name] = gradient
    model.set_weights(weights)
    return answer


@bank.right
def on_a_copy(model, x, eps=1e-7):
    """A deep copy is moved, not the model."""
    return in_place(copy.deepcopy(model), x, eps)


@bank.right
def new_arrays(model, x, eps=1e-7):
    """Attributes replaced by moved copies where they can be, else moved in place."""
    try:
        model.W = model.W
    except AttributeError:
        return in_place(model, x, eps)
    answer = {}
    for name in NAMES:
        kept = getattr(model, name)
        gradient = np.empty_like(kept)
        for place in np.ndindex(kept.shape):
            step = np.zeros_like(kept)
            step[place] = eps
            setattr(model, name, kept + step)
            above = np.sum(model.forward(x))
            setattr(model, name, kept - step)
            gradient[place] = (above - np.sum(model.forward(x))) / (2 * eps)
        setattr(model, name, kept)
        answer["d_" + name] = gradient
    return answer


@bank.right
def flat(model, x, eps=1e-7):
    """One loop over a flat view, gradients as lists reshaped."""
    answer = {}
    for name in NAMES:
        parameter = getattr(model, name)
        view, column = parameter.reshape(-1), []
        for i in range(view.size):
            kept = view[i]
            view[i] = kept + eps
            above = float(np.sum(model.forward(x)))
            view[i] = kept - eps
            below = float(np.sum(model.forward(x)))
            view[i] = kept
            column.append((above - below) / (eps + eps))
        answer["d_" + name] = np.reshape(column, parameter.shape)
    return answer


@bank.right
def half_steps(model, x, eps=1e-7):
    """Half a step to each side."""

    def quotient(parameter, place, kept):
        above = moved(model, x, parameter, place, kept + eps / 2)
        below = moved(model, x, parameter, place, kept - eps / 2)
        parameter[place] = kept
        return (above - below) / eps

    return elementwise(model, quotient)


@bank.right
def output_by_output(model, x, eps=1e-7):
    """The differences of all outputs, then their sum; the answer as nested lists."""

    def quotient(parameter, place, kept):
        parameter[place] = kept + eps
        above = np.array(model.forward(x))
        parameter[place] = kept - eps
        below = np.array(model.forward(x))
        parameter[place] = kept
        return np.sum((above - below) / (2 * eps))

    return {name: gradient.tolist() for name, gradient in elementwise(model, quotient).items()}


@bank.right
def iterator(model, x, eps=1e-7):
    """np.nditer over the elements."""
    answer = {}
    for name in NAMES:
        parameter = getattr(model, name)
        answer["d_" + name] = np.zeros_like(parameter)
        elements = np.nditer(parameter, flags=["multi_index"])
        for _ in elements:
            place = elements.multi_index
            kept = float(parameter[place])
            above = moved(model, x, parameter, place, kept + eps)
            below = moved(model, x, parameter, place, kept - eps)
            parameter[place] = kept
            answer["d_" + name][place] = (above - below) / (2.0 * eps)
    return answer


@bank.right
def shapes_of_backward(model, x, eps=1e-7):
    """Keys and shapes are looked up in what `backward` returns."""
    answer = model.backward(np.ones_like(model.forward(x)))
    for key in answer:
        parameter = getattr(model, key.removeprefix("d_"))
        gradient = np.zeros_like(answer[key])
        for place in np.ndindex(gradient.shape):
            kept = parameter[place]
            above = moved(model, x, parameter, place, kept + eps)
            below = moved(model, x, parameter, place, kept - eps)
            parameter[place] = kept
            gradient[place] = (above - below) / (2 * eps)
        answer[key] = gradient
    return answer


@bank.right
def four_points(model, x, eps=1e-7):
    """Richardson's formula with two steps to either side."""

    def quotient(parameter, place, kept):
        one, two = (
            moved(model, x, parameter, place, kept + step) - moved(model, x, parameter, place, kept - step)
            for step in (eps, 2 * eps)
        )
        parameter[place] = kept
        return (8 * one - two) / (12 * eps)

    return elementwise(model, quotient)
