"""Known mistakes of language models, seen in the logits for a few public sentences."""

from autograder.suites.char_lm.mistakes.logits import bank

BANKS = [bank]
