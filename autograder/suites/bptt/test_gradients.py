"""Q1: the backward pass: what flows back through time, and a test a parameter."""

from __future__ import annotations

import pytest

from autograder.suites.bptt.backward import Backward


@pytest.mark.points("Q1", 0.25)
def test_gradient_of_by(submission, key):
    """`d_by` is right, [O]."""
    Backward(submission, key).expect_by()


@pytest.mark.points("Q1", 0.5)
def test_gradient_of_v(submission, key):
    """`d_V` is right, [H, O]."""
    Backward(submission, key).expect_v()


@pytest.mark.points("Q1", 0.5)
def test_gradient_through_one_step(submission, key):
    """After one step, what flows back through the tanh to `d_W` and `d_bs` is right."""
    Backward(submission, key).expect_slope()


@pytest.mark.points("Q1", 0.5)
def test_gradient_through_time(submission, key):
    """After several steps, what flows back from each step to those before is right."""
    Backward(submission, key).expect_flow()


@pytest.mark.points("Q1", 0.25)
def test_gradient_of_w(submission, key):
    """`d_W` is right, [D, H], or follows from what flows back."""
    Backward(submission, key).expect_parameter("W")


@pytest.mark.points("Q1", 0.5)
def test_gradient_of_r(submission, key):
    """`d_R` is right, [H, H], or follows from what flows back; after one step it is zero."""
    Backward(submission, key).expect_parameter("R")


@pytest.mark.points("Q1", 0.25)
def test_gradient_of_bs(submission, key):
    """`d_bs` is right, [H], or follows from what flows back."""
    Backward(submission, key).expect_parameter("bs")


@pytest.mark.points("Q1", 0.25)
def test_nothing_is_left_over(submission, key):
    """A second forward and backward give the same gradients again."""
    Backward(submission, key).expect_nothing_left()
