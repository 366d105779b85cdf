"""A character-level language model, scored on sentences that nobody has seen."""

from autograder.charlm.corpus import digests, stand_in
from autograder.course import Assignment

ASSIGNMENT = Assignment(
    given=(
        "char_data.py",
        "char_logits.py",
        "char_score.py",
        "char_weights.py",
        "visible_check.py",
        "corpus.json",
    ),
    beside=("train.csv",),
    handed_in=("model.safetensors",),
    stand_ins={"data": stand_in},
    data=digests,
    judges=("autograder/charlm/*.py", "helpers/char_*.py"),
)
