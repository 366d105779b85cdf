"""Answers to the assignment on long-term dependency, each function in two styles and more."""

from bench.family import Family
from bench.held_out.long_term import functional, gradient, models, params, tensors

FAMILIES: list[Family] = [
    *tensors.FAMILIES,
    *functional.FAMILIES,
    *models.FAMILIES,
    *gradient.FAMILIES,
    *params.FAMILIES,
]
