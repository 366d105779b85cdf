"""Q1: the class, apart from its backward pass."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest

from autograder.answers import Array, as_array
from autograder.errors import StudentFault, StudentRaised
from autograder.evidence import Evidence
from autograder.scoring import StudentObject
from autograder.suites.bptt.backward import usable
from autograder.suites.bptt.cases import AXES, NAME, RANGE, Sizes, Weights, case, inputs_for
from autograder.suites.bptt.forward import LONG, ONES, SIZES, Forward, alike, expect_anew
from autograder.suites.bptt.objects import (
    done,
    entry,
    expect_kept,
    in_shape,
    make,
    make_initial,
    parameter,
    raw,
    unmoved,
    weights_of,
)
from autograder.suites.bptt.own import MATRICES
from autograder.suites.draws import generator

NOT_WRITTEN = "NotImplementedError"
SQUARE = Sizes(4, 4, 4, 5)  # here a transposed gradient, which has tests of its own, breaks no update

MANY = Sizes(17, 20, 19, 1)  # 340 weights a matrix or more
SEEN = 1e-8  # the least size of a gradient along which a step of an update shows
QUARTER = 0.1  # the least share of them in each quarter of the range; 200 objects had 0.17 or more


@pytest.mark.points("Q1", 0.25)
def test_initial_weights(submission, key):
    """W, R and V are spread over (-0.2, 0.2) and differ from object to object; bs and by are zero."""
    for sizes in (MANY, Sizes(3, 4, 1, 1)):
        model = make(submission, sizes)
        first = {name: in_shape(raw(model, name), name, name, sizes) for name in AXES}
        second = weights_of(make(submission, sizes), sizes)
        for name in MATRICES:
            expect_uniform(name, first[name])
            if np.array_equal(first[name], second[name]):
                raise StudentFault(f"two objects should not start with the same {name}")
        for name in ("bs", "by"):
            if np.any(first[name]):
                raise StudentFault(f"{name} should start at zero")


def expect_uniform(name: str, values) -> None:
    """Values within the range and, where there are many, in each of its quarters."""
    if not np.max(np.abs(values)) <= RANGE:
        raise StudentFault(f"{name} should be drawn from (-0.2, 0.2); some of its elements are not in there")
    shares = np.histogram(values, bins=4, range=(-RANGE, RANGE))[0] / values.size
    if values.size >= MANY.D * MANY.H and np.min(shares) < QUARTER:
        raise StudentFault(f"{name} should be uniform in (-0.2, 0.2); parts of that range are nearly empty")


@pytest.mark.points("Q1", 0.25)
def test_forward_one_step(submission, key):
    """Where R and the biases are zero and all inputs the same, `forward` gives the outputs [O] of one
    step."""
    Forward(submission, key).expect_step()


@pytest.mark.points("Q1", 0.5)
def test_forward_through_time(submission, key):
    """With biases of zero, `forward` carries the state from step to step."""
    Forward(submission, key).expect_recurrence()


@pytest.mark.points("Q1", 0.25)
def test_forward_hidden_bias(submission, key):
    """`forward` adds bs at every step."""
    Forward(submission, key).expect_bias("bs")


@pytest.mark.points("Q1", 0.25)
def test_forward_output_bias(submission, key):
    """`forward` adds by to the outputs."""
    Forward(submission, key).expect_bias("by")


@pytest.mark.points("Q1", 0.25)
def test_forward_sizes_of_one(submission, key):
    """What `forward` does is as right when input, hidden or output size or the number of steps is 1."""
    forward = Forward(submission, key)
    for sizes in ONES:
        forward.expect(forward.reduced(sizes))


@pytest.mark.points("Q1", 0.25)
def test_forward_starts_anew(submission, key):
    """And over 200 steps; every call starts from the zero state again."""
    forward = Forward(submission, key)
    forward.expect(forward.reduced(LONG))
    expect_anew(submission, key)


@pytest.mark.points("Q1", 0.25)
def test_update(submission, key):
    """`update` makes every parameter p - lr * d_p, and leaves what `backward` returned as it was."""
    for sizes in (SQUARE, Sizes(5, 5, 5, 3)):
        rng = generator(key, NAME, "update", sizes)
        lr, upstream = rng.uniform(0.1, 0.5), rng.standard_normal(sizes.O)
        model = make_initial(submission, key, sizes)
        before = weights_of(model, sizes)
        model.forward(inputs_for(key, sizes))
        returned = model.keep("backward", upstream)
        gradients = usable(returned.copy(), sizes)
        gradients = {name: each for name, each in gradients.items() if np.max(np.abs(each)) >= SEEN}
        if len(gradients) < 2:
            raise StudentFault("the gradients of `backward` are too small to see an update by")
        model.update(lr)
        expect_updated(model, sizes, before, {name: lr * each for name, each in gradients.items()})
        left = {name: as_array(entry(returned.copy(), f"d_{name}", "backward"), name) for name in gradients}
        if any(not np.array_equal(left[name], gradients[name]) for name in gradients):
            text = "`update` should leave the gradients as `backward` returned them"
            raise StudentFault(text, Evidence(prefixed(left), prefixed(gradients)))


def expect_updated(model, sizes: Sizes, before: Weights, steps: Weights) -> None:
    """Raise a `StudentFault` where the object's parameters have not gone these steps."""
    after = {name: in_shape(raw(model, name), name, name, sizes) for name in steps}
    wrong = [name for name in steps if not unmoved(before[name] - steps[name], after[name])]
    if wrong:
        told = " and ".join(f"{name} exactly {name} - lr * d_{name}" for name in wrong)
        gone = {name: in_steps(before[name] - after[name], step) for name, step in steps.items()}
        evidence = Evidence(gone, {name: np.array([1.0, 0.0]) for name in steps})
        raise StudentFault(f"`update` should make {told}", evidence)


def in_steps(moved: Array, step: Array) -> Array:
    """How often a parameter has gone its step, and how far it has gone beside: whatever the gradient is."""
    times = float(np.vdot(moved, step) / np.vdot(step, step))
    return np.array([times, np.linalg.norm(moved - times * step) / np.linalg.norm(step)])


def prefixed(gradients: Weights) -> Weights:
    """Gradients by the names that a dict has for them."""
    return {f"d_{name}": value for name, value in gradients.items()}


@pytest.mark.points("Q1", 0.25)
def test_update_needs_a_backward(submission, key):
    """`update` raises RuntimeError before any `backward`, and a second time without a new one."""
    sizes = SQUARE
    expect_raised(make(submission, sizes).update, 0.1, "RuntimeError", "before any `backward`")
    model = make(submission, sizes)
    step(model, key, sizes)
    if done(lambda: there_and_back(model, key, sizes)):  # a bias that has grown an axis has tests of its own
        expect_another_update(model)
    expect_raised(model.update, 0.1, "RuntimeError", "a second time after one `backward`")


def step(model: StudentObject, key, sizes: Sizes) -> None:
    """Forward, backward and update."""
    there_and_back(model, key, sizes)
    model.update(0.1)


def there_and_back(model: StudentObject, key, sizes: Sizes) -> None:
    """Forward and backward."""
    model.forward(inputs_for(key, sizes))
    model.backward(np.ones(sizes.O))


def expect_another_update(model: StudentObject) -> None:
    """A new `backward` makes way for a new update."""
    try:
        model.update(0.1)
    except StudentRaised as raised:
        if "RuntimeError" in raised.type_names:
            raise StudentFault("`update` should not raise RuntimeError after another `backward`") from None


def expect_raised(method, argument, kind: str, when: str) -> None:
    """Raise a `StudentFault` unless the method raises an exception of that kind."""
    name = {"RuntimeError": "update", "ValueError": "set_weights"}[kind]
    try:
        method(argument)
    except StudentRaised as raised:
        if kind not in raised.type_names or NOT_WRITTEN in raised.type_names:
            found = raised.type_names[0] if raised.type_names else "one of your own"
            raise StudentFault(f"`{name}` should raise {kind} {when}, not {found}") from None
    else:
        raise StudentFault(f"`{name}` should raise {kind} {when}")


@pytest.mark.points("Q1", 0.25)
def test_weights_go_round(submission, key):
    """`set_weights` takes what `get_weights` returns, and no update of either object changes that."""
    for sizes in (SIZES[0], ONES[2]):
        each = case(key, *sizes)
        model, other = (make_initial(submission, key, each.sizes, place) for place in range(2))
        model.set_weights(each.weights)
        expect_set(taken_in(model.get_weights(), each.sizes), each.weights, "what `get_weights` returns")
        taken = model.keep("get_weights")
        other.set_weights(taken)
        expect_set(weights_of(other, each.sizes), each.weights, "an object's weights")
        with suppress(StudentRaised):  # a method that is not written yet has tests of its own
            expect_same_outputs(model, other, each.inputs)
            for one in (model, other):
                one.backward(each.upstream)
                one.update(0.1)
        expect_set(taken_in(taken.copy(), each.sizes), each.weights, "after an update, what was handed over")


def taken_in(answer, sizes: Sizes):
    """The parameters in what `get_weights` returned."""
    return {name: parameter(entry(answer, name, "get_weights"), name, sizes) for name in AXES}


def expect_set(weights, expected, what: str) -> None:
    """Raise a `StudentFault` where these are not the weights that were set."""
    wrong = [name for name in AXES if not unmoved(expected[name], weights[name])]
    if wrong:
        text = f"{what} should be what `set_weights` was given; not so {', '.join(wrong)}"
        raise StudentFault(text, Evidence(weights, expected))


def expect_same_outputs(model, other, inputs) -> None:
    """Two objects with the same weights, each at its first `forward`."""
    if not alike(model.forward(inputs), other.forward(inputs)):
        raise StudentFault("two objects with the same weights should compute the same")


@pytest.mark.points("Q1", 0.25)
def test_set_weights_refuses(submission, key):
    """`set_weights` raises ValueError where a parameter is missing, and changes nothing then."""
    each = case(key, *SIZES[0])
    model = make_initial(submission, key, each.sizes)
    before = weights_of(model, each.sizes)
    for missing in (("by",), ("W",), ("V", "R"), tuple(AXES)):
        weights = {name: value for name, value in each.weights.items() if name not in missing}
        expect_raised(model.set_weights, weights, "ValueError", "where a parameter is missing")
    expect_kept(before, weights_of(model, each.sizes), "set_weights")
    try:
        model.set_weights(each.weights)
    except StudentRaised as raised:
        if "ValueError" in raised.type_names:
            raise StudentFault("`set_weights` should not refuse weights of which none is missing") from None
