"""Q6: multi-head attention, an aspect a test."""

from __future__ import annotations

import pytest

from autograder.suites.rnn_gru_mha.attention import HEADS, LOOKING, PROJECTION, SCALE, TOGETHER, right_aspects


@pytest.mark.points("Q6", 0.75)
def test_attention_heads(submission, key):
    """All heads are there, side by side in their order (the values alone matter, and Wo changes nothing)."""
    HEADS.expect(submission.mha, key, HEADS.sizes)


@pytest.mark.points("Q6", 0.75)
def test_attention_output_projection(submission, key):
    """What the heads give is multiplied with Wo (nothing else matters)."""
    PROJECTION.expect(submission.mha, key, PROJECTION.sizes)


@pytest.mark.points("Q6", 1)
def test_attention_looks(submission, key):
    """Each query looks at the right keys and takes their values (at any scale)."""
    LOOKING.expect(submission.mha, key, LOOKING.sizes)


@pytest.mark.points("Q6", 0.75)
def test_attention_scale(submission, key):
    """The scores have the right scale."""
    SCALE.expect(submission.mha, key, SCALE.sizes)


@pytest.mark.points("Q6", 0.75)
def test_attention(submission, key):
    """The outputs are torch.nn.MultiheadAttention's, for several sizes."""
    TOGETHER.expect(submission.mha, key, TOGETHER.sizes)


@pytest.mark.points("Q6", 0.5)
def test_attention_sizes_of_one(submission, key):
    """What was right stays right for one sequence, one position, one head, and heads of size 1."""
    for aspect in right_aspects(submission.mha, key):
        aspect.expect(submission.mha, key, aspect.ones)


@pytest.mark.points("Q6", 0.5)
def test_attention_long_sequences(submission, key):
    """What was right stays right over 100 and 300 positions."""
    for aspect in right_aspects(submission.mha, key):
        aspect.expect(submission.mha, key, aspect.long)
