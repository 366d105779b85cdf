"""Answers to `long_term`."""

from bench.variants.long_term import exploding, gradient, level, memory, models, vanishing

BANKS = (models.bank, memory.bank, gradient.bank, vanishing.bank, exploding.bank, level.bank)
