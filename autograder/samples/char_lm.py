"""A class of sample submissions to `char_lm`: notebooks, and the weights files handed in beside them.

Weights that took training are kept in the repository, made by `python -m bench.reference`.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save

from autograder.course import KIT_ROOT
from autograder.errors import CourseError
from helpers.char_weights import FILE

REFERENCE = KIT_ROOT / "source" / "char_lm" / "reference" / "default.safetensors"
WEIGHTS = Path(__file__).with_name("char_lm_weights")

# what is replaced in the right answer: from, to
LAYER, NARROW, BOTH_WAYS = (
    "torch.nn.LSTM(64, 512, batch_first=True)",
    "torch.nn.LSTM(64, 128, batch_first=True)",
    "torch.nn.LSTM(64, 64, batch_first=True, bidirectional=True)",
)
READOUT, NARROW_READOUT = "torch.nn.Linear(512, classes)", "torch.nn.Linear(128, classes)"
OUTPUT, DROPPED = "self.output(states)", "self.output(torch.nn.functional.dropout(states, 0.2))"

# what the counts alone tell, sharpened by one number that was learnt
FREQUENCIES = """\
class SentenceModel(torch.nn.Module):
    def __init__(self, freq):
        super().__init__()
        others = torch.tensor([0, freq[vocabulary["\\n"]], 0])  # END is as frequent as the line break
        counts = torch.cat([torch.as_tensor(freq), others])
        self.register_buffer("logits", torch.log(counts.clamp(min=1).float()), persistent=False)
        self.sharpness = torch.nn.Parameter(torch.ones(1))

    def forward(self, tokens):
        return (self.sharpness * self.logits).expand(*tokens.shape, -1)
"""
OTHERS, NO_OTHERS = "[torch.as_tensor(freq), others]", "[torch.as_tensor(freq)]"


def students(right: Mapping[str, str]) -> dict[str, Mapping[str, str]]:
    """Answers by the grade ids of the solution cells, by student.

    Args:
        right: the solutions without their markers, by grade id.
    """
    model = right["Q1_solution"]
    dropped = replaced(model, OUTPUT, DROPPED)
    too_few = replaced(FREQUENCIES, OTHERS, NO_OTHERS)
    return {
        "ada_solution": right,
        "ben_untouched": {},
        "cleo_half_trained": {**right, "Q1_solution": trained(model)["half_trained"]},
        "dan_both_ways": {**right, "Q1_solution": trained(model)["both_ways"]},
        "eva_frequencies": {**right, "Q1_solution": FREQUENCIES},
        "fay_no_weights": right,
        "gil_pickle": right,
        "hana_too_few_classes": {**right, "Q1_solution": too_few},
        "ines_dropout": {**right, "Q1_solution": dropped},
    }


def files() -> dict[str, dict[str, bytes]]:
    """What students hand in beside the notebook, by student and name.

    Raises:
        CourseError: weights that took training are missing.
    """
    reference = kept(REFERENCE)
    one_number = save({"sharpness": torch.ones(1)})
    weights = {
        "ada_solution": reference,
        "cleo_half_trained": kept(WEIGHTS / "half_trained.safetensors"),
        "dan_both_ways": kept(WEIGHTS / "both_ways.safetensors"),
        "eva_frequencies": one_number,
        "gil_pickle": pickled(),
        "hana_too_few_classes": one_number,
        "ines_dropout": reference,
    }
    return {student: {FILE: content} for student, content in weights.items()}


def trained(model: str) -> dict[str, str]:
    """The models whose weights are kept beside this module, by the name of their file.

    Args:
        model: the right answer to `Q1_solution`.
    """
    narrow = replaced(model, READOUT, NARROW_READOUT)
    return {"half_trained": replaced(narrow, LAYER, NARROW), "both_ways": replaced(narrow, LAYER, BOTH_WAYS)}


def replaced(text: str, old: str, new: str) -> str:
    """The text with one piece replaced, which has to be there."""
    assert old in text, f"the answer has no {old!r}"
    return text.replace(old, new)


def kept(path: Path) -> bytes:
    """A file of the repository.

    Raises:
        CourseError: it is missing.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        command = f"python -m bench.reference {path.stem}"
        raise CourseError(f"there is no {path}, which the demo hands in: `{command}` makes it") from None


def pickled() -> bytes:
    """What torch.save writes."""
    file = io.BytesIO()
    torch.save({"output.bias": torch.zeros(98)}, file)
    return file.getvalue()
