"""Q6: multi-head attention."""

from __future__ import annotations

import pytest

from autograder.suites.rnn_gru_mha import cases
from autograder.suites.rnn_gru_mha.judge import expect_attention

# B, T, E, heads
SIZES = ((2, 7, 12, 4), (5, 6, 8, 2), (3, 9, 10, 5))
ONES = ((1, 6, 8, 4), (4, 1, 6, 2), (3, 5, 4, 1), (2, 3, 4, 4), (1, 1, 1, 1))
LONG = ((2, 100, 6, 3), (2, 300, 2, 2))  # small, for answers that loop over every pair of positions


@pytest.mark.points("Q6", 3)
def test_attention(submission, key):
    """The outputs are torch.nn.MultiheadAttention's, for several sizes."""
    for sizes in SIZES:
        expect_attention(submission.mha, cases.mha(key, *sizes))


@pytest.mark.points("Q6", 1)
def test_attention_sizes_of_one(submission, key):
    """The outputs are right for one sequence, one position, one head, and heads of size 1."""
    for sizes in ONES:
        expect_attention(submission.mha, cases.mha(key, *sizes))


@pytest.mark.points("Q6", 1)
def test_attention_long_sequences(submission, key):
    """The outputs are right over 100 and 300 positions."""
    for sizes in LONG:
        expect_attention(submission.mha, cases.mha(key, *sizes))
