"""The answers of first sight."""

from bench.family import Family
from bench.first_sight.long_term import gradient, models, params

FAMILIES: list[Family] = [*models.FAMILIES, *gradient.FAMILIES, *params.FAMILIES]
