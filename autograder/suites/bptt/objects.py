"""The student's objects: how they get weights and tell them, and how a dict that they return is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograder.answers import Array, as_array, describe, with_shape, within
from autograder.course import TermKey
from autograder.errors import StudentFault
from autograder.evidence import Evidence
from autograder.scoring import StudentCode, StudentObject
from autograder.suites.bptt.cases import AXES, Sizes, Weights, initial_weights

# Weights that should stay, or move by an exact step: right at most 2.8e-17, wrong from 1e-7 (not put back).
KEPT = 1e-12


def make(submission: StudentCode, sizes: Sizes) -> StudentObject:
    """An object of the student's class."""
    return submission.make("RNN", sizes.D, sizes.H, sizes.O)


def make_with(submission: StudentCode, sizes: Sizes, weights: Weights) -> StudentObject:
    """An object with these weights, given by `set_weights` and as attributes: one of the two must do."""
    model = make(submission, sizes)
    if not any([done(lambda: model.set_weights(weights)), done(lambda: model.assign(**weights))]):
        raise StudentFault(
            "the weights W, R, V, bs and by can be set neither as attributes nor by set_weights"
        )
    return model


def make_initial(submission: StudentCode, key: TermKey, sizes: Sizes, *labels: object) -> StudentObject:
    """An object with weights as it draws them, here the key's; its own where these cannot be set.

    One way of setting is enough: after both, a class that keeps its weights twice would have two of each.
    """
    model, weights = make(submission, sizes), initial_weights(key, sizes, *labels)
    for act in (lambda: model.set_weights(weights), lambda: model.assign(**weights)):
        if done(act) and has(model, weights, sizes):
            break
    return model


def has(model: StudentObject, weights: Weights, sizes: Sizes) -> bool:
    """Whether the object has exactly these weights."""
    try:
        own = weights_of(model, sizes)
    except StudentFault:
        return False
    return all(np.array_equal(own[name], weights[name]) for name in AXES)


def done(act: Callable[[], Any]) -> bool:
    """Whether the student's code could do this."""
    try:
        act()
    except StudentFault:
        return False
    return True


def weights_of(model: StudentObject, sizes: Sizes) -> Weights:
    """The object's own weights; a bias may have a leading axis of one."""
    return {name: weight(model, name, sizes) for name in AXES}


def weight(model: StudentObject, name: str, sizes: Sizes) -> Array:
    """One of them."""
    return parameter(raw(model, name), name, sizes)


def parameter(value: Any, name: str, sizes: Sizes) -> Array:
    """A parameter's value in its shape; a bias may have a leading axis of one."""
    return in_shape(without_lead(value, name, name, sizes), name, name, sizes)


def without_lead(value: Any, told: str, name: str, sizes: Sizes) -> Array:
    """A bias without a leading axis of one: where it should not be there, that costs its own test.

    Args:
        told: the value's own name, for messages.
    """
    array = as_array(value, told)
    return array[0] if len(AXES[name]) == 1 and array.shape == (1, *sizes.shape(name)) else array


def raw(model: StudentObject, name: str) -> Any:
    """One of them as the object has it: its attribute, or where there is none, what `get_weights` says."""
    try:
        return model.read(name)
    except StudentFault:
        return entry(model.get_weights(), name, "get_weights")


def entry(answer: Any, name: str, function: str) -> Any:
    """One value of a dict that a method returned."""
    if not isinstance(answer, Mapping):
        raise StudentFault(f"`{function}` should return a dict, not {describe(answer)}")
    if name not in answer:
        raise StudentFault(f"the dict that `{function}` returns has no key {name!r}")
    return answer[name]


def in_shape(value: Any, told: str, name: str, sizes: Sizes) -> Array:
    """A value in the shape of the parameter `name`.

    Args:
        told: the value's own name, for messages.
    """
    axes = AXES[name]
    if axes == "HH":  # one axis twice: there is no order to name
        array = as_array(value, told)
        if array.shape != (sizes.H, sizes.H):
            raise StudentFault(f"{told} should be [H, H], yours has another shape", Evidence({told: array}))
        return array
    return with_shape(value, told, **{axis: getattr(sizes, axis) for axis in axes})


def unmoved(before: Array, after: Array) -> bool:
    """Whether these are the same numbers up to rounding."""
    return within(float(np.max(np.abs(after - before))), KEPT)


def expect_kept(before: Weights, after: Weights, function: str) -> None:
    """Raise a `StudentFault` where a weight has moved."""
    moved = [name for name in AXES if not unmoved(before[name], after[name])]
    if moved:
        raise StudentFault(
            f"`{function}` should leave the weights as they were; it changed {', '.join(moved)}",
            Evidence(after, before),
        )
