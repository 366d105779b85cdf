"""Back-propagation through time and its check by differences."""

from autograder.course import Assignment

ASSIGNMENT = Assignment(
    given=("class_check.py", "gradient_check.py", "visible_check.py", "by_hand.py"),
    by_hand={"Q1": ("RNN",), "Q2": ("get_numerical_gradient", "get_analytical_gradient")},
    uses_torch=False,
)
