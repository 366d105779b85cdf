"""What a hidden test accepts, and what it says of the rest."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.answers import (
    MAX_SIZE,
    as_array,
    excess,
    expect_close,
    mostly_large,
    pair,
    with_shape,
)
from autograder.errors import StudentFault
from autograder.sandbox import values

AXES = {"B": 4, "T": 3, "H": 2}


def fault(function, *args, **axes) -> str:
    with pytest.raises(StudentFault) as caught:
        function(*args, **axes)
    return str(caught.value)


def test_the_relative_error_is_the_courses_measure():
    """The difference over the sum of magnitudes, the largest of all, in units of the threshold."""
    assert excess(np.array([1.0, 2.0]), np.array([1.0, 3.0]), 0.1) == pytest.approx(2)
    assert excess(np.array([0.0]), np.array([0.0]), 0.1) == 0


def test_small_elements_have_an_absolute_bound():
    """Near zero the relative error says nothing: the bound is absolute there."""
    expected = np.array([1.0, 1e-9])
    assert excess(np.array([1.0, -9e-6]), expected, 1e-5) <= 1
    assert excess(np.array([1.0, 2e-5]), expected, 1e-5) > 1


def test_large_elements_have_a_relative_bound():
    """The threshold is of the relative error."""
    expected = np.full(3, 0.5)
    assert excess(expected + 9e-6, expected, 1e-5) <= 1
    assert excess(expected + 2e-5, expected, 1e-5) > 1


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e308, -1e308])
@pytest.mark.parametrize("expected", [0.5, 0.001])
def test_what_is_not_finite_or_huge_never_passes(bad, expected):
    """NaN compares false with everything, and must not pass for that; nor does what overflows warn."""
    assert not excess(np.array([bad]), np.array([expected]), 1e-5) <= 1
    with pytest.raises(StudentFault):
        expect_close(np.array([bad]), np.array([expected]), 1e-5, "outputs", "the oracle")


def test_mostly_large_asks_for_half():
    """At least half the elements are compared by relative error."""
    assert mostly_large(np.array([1.0, 0.0]))
    assert not mostly_large(np.array([1.0, 0.0, 0.0]))


@pytest.mark.parametrize(
    "answer",
    [
        [1, 2],
        (1.0, 2),
        [np.float32(1), np.array(2.0)],
        np.array([1, 2], dtype=np.int8),
        np.array([1, 2], dtype="f2"),
    ],
)
def test_numbers_of_every_kind_are_an_array(answer):
    """Lists, tuples, scalars inside and every real type are taken."""
    assert np.array_equal(as_array(answer, "outputs"), [1.0, 2.0])


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "not None"),
        ("text", "not a text"),
        ({"a": 1}, "not a dict"),
        ([1, None], "not a list"),
        ([[1, 2], [3]], "different shapes"),
        (np.array([1j]), "complex"),
        (values.Opaque("slice"), "an object of another type"),
        (values.Opaque("chosen by the student"), "an object of another type"),
    ],
)
def test_what_is_no_array_is_told(answer, said):
    """Each kind of answer that is no array of real numbers has its words."""
    assert said in fault(as_array, answer, "outputs")


def test_right_shape_passes():
    """The array comes back in float64."""
    assert with_shape(np.zeros((4, 3, 2), dtype="f4"), "outputs", **AXES).dtype == np.float64


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ((3, 4, 2), "yours is [T, B, H]: the axes are in another order"),
        ((2, 3, 4), "yours is [H, T, B]"),
        ((1, 4, 3, 2), "has an axis of size 1 too many"),
        ((4, 3), "yours has fewer axes than that"),
        ((4, 3, 2, 2), "yours has more axes than that"),
        ((4, 5, 2), "another size along T"),
        ((5, 5, 2), "another size along B, T"),
        ((), "yours has fewer"),
    ],
)
def test_wrong_shape_is_told_by_its_axes(shape, said):
    """A wrong shape is told in the names of its axes."""
    assert said in fault(with_shape, np.zeros(shape), "outputs", **AXES)


def test_lost_axis_of_one_is_told():
    """`squeeze()` is right on the example and wrong here."""
    assert "lost an axis of size 1" in fault(with_shape, np.zeros((3, 2)), "outputs", B=1, T=3, H=2)


def test_shape_messages_hold_no_numbers_of_the_students():
    """A shape is chosen by student code, and could say what it has seen."""
    message = fault(with_shape, np.zeros((4, 271828, 2)), "outputs", **AXES)
    assert "271828" not in message


def test_pair_takes_tuples_and_lists():
    """Two values are two values."""
    assert pair((1, 2), "rnn", "outputs", "final_state") == (1, 2)
    assert pair([1, 2], "rnn", "outputs", "final_state") == (1, 2)


@pytest.mark.parametrize(
    ("answer", "said"), [(None, "not None"), ((1,), "not fewer"), ((1, 2, 3), "not more")]
)
def test_pair_says_what_else_came(answer, said):
    """Something else than two values is told."""
    assert said in fault(pair, answer, "rnn", "outputs", "final_state")


def test_an_answer_far_too_large_is_refused_as_it_is() -> None:
    """Before it becomes eight times as large: 90 million bools are 720 MB of float64."""
    with pytest.raises(StudentFault, match="far more numbers than it should"):
        as_array(np.zeros(MAX_SIZE + 1, dtype=bool), "h")
