"""Long-term dependency, vanishing and exploding gradients."""

from autograder.course import Assignment

ASSIGNMENT = Assignment(
    given=("bounds.py", "references.py", "rnn_param_helper.py", "visible_check.py"),
)
