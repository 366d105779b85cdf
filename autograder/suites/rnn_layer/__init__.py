"""A recurrent layer with forward and backward, in NumPy alone."""

from autograder.course import Assignment

ASSIGNMENT = Assignment(
    given=("by_hand.py", "example_answers.py", "grad_check.py", "visible_check.py"),
    by_hand={
        "Q1": ("RNNLayer.forward_step",),
        "Q2": ("RNNLayer.forward",),
        "Q3": ("RNNLayer.backward_step",),
        "Q4": ("RNNLayer.backward",),
    },
    uses_torch=False,
)
