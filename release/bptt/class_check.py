"""Checks of what the class RNN promises beyond its numbers: initial weights, updates, weights in and out.

`new(D, H, O)` makes an object of the student's class. Each check prints a line a promise and never raises
because of an answer.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from gradient_check import AXES, GRADIENTS, ROUNDING, entries, parameters
from visible_check import Array, Expected, attempt, compare, fitted, real_array, say

New = Callable[[int, int, int], Any]
Weights = Mapping[str, Array]

RANGE = 0.2


def model_with(new: New, weights: Weights) -> Any:
    """An object with copies of these weights as its attributes, or else by `set_weights`."""
    model = new(*weights["W"].shape, weights["by"].size)
    try:
        for name, value in weights.items():
            setattr(model, name, value.copy())
    except AttributeError:
        model.set_weights({name: value.copy() for name, value in weights.items()})
    return model


def check_initial(new: New) -> None:
    """The range of every initial weight, and whether a second object draws others."""
    sizes = {"D": 20, "H": 30, "O": 25}
    models = attempt("RNN", lambda: [new(*sizes.values()) for _ in range(2)])
    for name in AXES if isinstance(models, list) else ():
        attempt(name, lambda name=name: tell_initial(name, models, sizes))


def tell_initial(name: str, models: Sequence[Any], sizes: Mapping[str, int]) -> bool:
    """The line of one parameter."""
    shape = tuple(sizes[axis] for axis in AXES[name])
    first, second = (fitted(real_array(getattr(model, name)), shape, AXES[name]) for model in models)
    wanted = "0 to 0" if first.ndim == 1 else "-0.2 to 0.2"
    return tell(name, f"{first.min():.2g} to {first.max():.2g}", wanted, initial_fault(first, second))


def initial_fault(first: Array, second: Array) -> str:
    """What is wrong with one parameter of two fresh objects, or nothing."""
    if first.ndim == 1:
        return "a bias should start at zero" if first.any() else ""
    if np.abs(first).max() > RANGE:
        return "some are out of the range"
    if np.array_equal(first, second):
        return "two objects start alike"
    quarters = np.histogram(first, bins=4, range=(-RANGE, RANGE))[0] / first.size
    return "a quarter of the range is nearly empty" if quarters.min() < 0.1 else ""


def check_update(new: New, weights: Weights, x: Array, d_loss: Array) -> bool:
    """One update: its numbers, what it must not touch, and when it must not be possible."""

    def update() -> bool:
        model, fresh = model_with(new, weights), model_with(new, weights)
        model.forward(x)
        returned = model.backward(d_loss)
        steps = [np.array(part) for part in entries(returned, GRADIENTS)]
        model.update(0.1)
        expected = {name: weights[name] - 0.1 * step for name, step in zip(AXES, steps, strict=True)}
        compare_all("after update", parameters(model), expected)
        again = entries(returned, GRADIENTS)
        same = all(np.array_equal(one, other) for one, other in zip(steps, again, strict=True))
        tell_same("what backward returned", same, "update changed it")
        tell_raised("update before backward", lambda: fresh.update(0.1), "RuntimeError")
        tell_raised("update once more", lambda: model.update(0.1), "RuntimeError")
        return True

    return attempt("update", update) is not None


def check_weights(new: New, weights: Weights, x: Array, d_loss: Array) -> bool:
    """Weights out of one object and into another, and a dict with two keys missing."""

    def exchange() -> bool:
        model, other = model_with(new, weights), new(*weights["W"].shape, weights["by"].size)
        taken = dict(zip(AXES, entries(model.get_weights(), list(AXES)), strict=True))
        other.set_weights(taken)
        compare_all("after set_weights", parameters(other), weights)
        for each in (model, other):  # neither may change by its update what was handed over
            each.forward(x)
            each.backward(d_loss)
            each.update(0.1)
        same = all(np.array_equal(real_array(taken[name]), weights[name]) for name in AXES)
        tell_same("weights handed over", same, "copy them: update changed them")
        tell_refused(model, {name: 2 * weights[name] for name in AXES if name not in ("R", "V")})
        return True

    return attempt("set_weights", exchange) is not None


def tell_refused(model: Any, weights: Weights) -> None:
    """What `set_weights` does about missing keys."""
    before = parameters(model)
    text = tell_raised("set_weights without R and V", lambda: model.set_weights(weights), "ValueError")
    named = [name for name in AXES if name in re.findall(r"\w+", text)]
    fault = "" if {"R", "V"} <= set(named) else "should name every missing one"
    tell("its message names", " and ".join(named) or "none", "R and V", fault)
    same = all(np.array_equal(before[name], value) for name, value in parameters(model).items())
    tell_same("weights after that", same, "it should change nothing")


def check_downhill(new: New, weights: Weights, x: Array, target: Array) -> bool:
    """Twenty updates on one sequence, for half the squared distance from a target."""

    def train() -> bool:
        model, losses = model_with(new, weights), []
        for _ in range(20):
            difference = real_array(model.forward(x)) - target
            losses.append(float(np.sum(difference**2) / 2))
            model.backward(difference)
            model.update(0.05)
        fault = "" if losses[-1] < losses[0] else "it goes uphill"
        return tell("loss after 20 updates", f"{losses[-1]:.4f}", f"below {losses[0]:.4f}", fault)

    return attempt("update", train) is not None


def compare_all(label: str, yours: Weights, expected: Weights) -> None:
    """A line a parameter."""
    for name, axes in AXES.items():
        compare(yours[name], Expected(f"{name} {label}", axes, expected[name], limit=ROUNDING))


def tell(name: str, yours: str, expected: str, fault: str = "") -> bool:
    """One line about something that is no array; says whether there is no fault."""
    say(name, f"{yours:>13} | {expected:>13} | {fault or 'ok'}")
    return not fault


def tell_same(name: str, same: bool, fault: str) -> None:
    """A line about something that should stay as it is."""
    tell(name, "the same" if same else "changed", "the same", "" if same else fault)


def name_of(error: Exception, kind: str) -> str:
    """The exception's name; an own one that derives from the right one is as good."""
    names = [each.__name__ for each in type(error).__mro__]
    return kind if kind in names and "NotImplementedError" not in names else names[0]


def tell_raised(name: str, act: Callable[[], object], kind: str) -> str:
    """A line about an exception that should come, and the exception's text."""
    try:
        act()
    except Exception as error:  # noqa: BLE001 - whatever a student's method raises is told
        raised, text = name_of(error, kind), " ".join(str(error).split())
    else:
        raised, text = "nothing", ""
    tell(name, raised, kind, "" if raised == kind else f"should raise {kind}")
    return text
