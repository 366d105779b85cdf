"""Q1: the backward pass, a test a parameter."""

from __future__ import annotations

import pytest

from autograder.errors import StudentFault
from autograder.suites.bptt.cases import case
from autograder.suites.bptt.judge import alike, expect_gradient, gradient_in, near, usable
from autograder.suites.bptt.objects import make_with

# D, H, O, T; with one output, a bias gradient of a wrong shape can hide behind broadcasting
SIZES = ((4, 6, 3, 5), (6, 5, 1, 8), (1, 4, 2, 3), (3, 1, 1, 1))


@pytest.mark.points("Q1", 0.5)
def test_gradient_of_v(submission, key):
    """`d_V` is right, [H, O]."""
    expect_gradient(submission, key, "V", [case(key, *sizes) for sizes in SIZES])


@pytest.mark.points("Q1", 0.5)
def test_gradient_of_by(submission, key):
    """`d_by` is right, [O], and nothing is left over for the next `backward`."""
    expect_gradient(submission, key, "by", [case(key, *sizes) for sizes in SIZES])
    expect_nothing_left(submission, case(key, *SIZES[0]))


def expect_nothing_left(submission, each) -> None:
    """A second forward and backward give the same gradients again, where forward does."""
    model = make_with(submission, each.sizes, each.weights)
    first, once = model.forward(each.inputs), model.backward(each.upstream)
    second, again = model.forward(each.inputs), model.backward(each.upstream)
    if not alike(first, second):
        return
    for name, gradient in usable(once, each.sizes).items():
        if not near(gradient_in(again, name, "backward", each.sizes), gradient):
            raise StudentFault(f"`backward` gives another d_{name} when it is called once more")


@pytest.mark.points("Q1", 0.75)
def test_gradient_of_w(submission, key):
    """`d_W` is right, [D, H]."""
    expect_gradient(submission, key, "W", [case(key, *sizes) for sizes in SIZES])


@pytest.mark.points("Q1", 0.75)
def test_gradient_of_r(submission, key):
    """`d_R` is right, [H, H]; after one step it is zero."""
    expect_gradient(submission, key, "R", [case(key, *sizes) for sizes in SIZES])


@pytest.mark.points("Q1", 0.5)
def test_gradient_of_bs(submission, key):
    """`d_bs` is right, [H]."""
    # at biases of zero, where a forward that forgets them is right: that has tests of its own
    expect_gradient(submission, key, "bs", [case(key, *sizes, biases=0.0) for sizes in SIZES])
