"""Logits as they come from a model: checked, turned into log-probabilities, and compared.

Every fault is a `ModelFault` in words that hold no number of the model's: when it was asked about secret
sentences, it could choose the number to tell what it has seen.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

EQUAL = 1e-3  # nats; the same log-probability, computed twice
FAINT = -20.0  # log-probabilities below count as this
COARSEST = 0.25  # nats; however coarse the numbers are
COARSE = ((0xFFFF, 2.0**-7), (0x1FFF, 2.0**-10))  # trailing zero bits of float32, spacing: bfloat16, float16

Array = NDArray[np.float64]


class ModelFault(Exception):
    """The model gives no logits that can be scored; the message is what the student reads."""


def checked(logits: Any, *sizes: int) -> torch.Tensor:
    """The logits as a tensor of these sizes, [B, T, classes]; raises ModelFault if they are none."""
    if isinstance(logits, (tuple, list)):
        raise ModelFault("the model returns several values; it should return the logits alone")
    if not isinstance(logits, (torch.Tensor, np.ndarray)):
        raise ModelFault("the model should return a tensor of logits, and returns something else")
    tensor = torch.as_tensor(logits).detach().cpu()
    if tensor.is_complex() or tensor.dtype == torch.bool:
        raise ModelFault("the logits should be real numbers")
    if tensor.shape == sizes:
        return tensor
    classes = sizes[-1]
    wanted = f"the logits should be [B, T, {classes}], a class for each character and for BEGIN, END and PAD"
    if tensor.ndim != len(sizes):
        raise ModelFault(f"{wanted}; yours have {'fewer' if tensor.ndim < len(sizes) else 'more'} axes")
    if sorted(tensor.shape) == sorted(sizes):
        raise ModelFault(f"{wanted}; yours have the axes in another order")
    if tensor.shape[:-1] == sizes[:-1]:
        few = "fewer" if tensor.shape[-1] < classes else "more"
        raise ModelFault(f"{wanted}; yours have {few} classes: make it `len(freq) + 3`")
    raise ModelFault(f"{wanted} for tokens [B, T]; yours have another size along B or T")


def losses_of(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """-log P of each target, in float64, for logits [N, classes] and targets [N].

    Raises ModelFault where the logits give no distribution.
    """
    exact = logits.double()
    top = exact.amax(dim=1, keepdim=True)  # NaN where there is one
    if torch.isnan(top).any():
        raise ModelFault("the logits hold NaN")
    if torch.isinf(top).any():
        raise ModelFault("the logits are infinite, so that they give no probabilities")
    exact = exact - top  # else log(sum) is lost beside logits of 1e17, and everything costs nothing
    total = torch.logsumexp(exact, dim=1)
    return total - exact.gather(1, targets[:, None])[:, 0]


def resolution(logits: torch.Tensor) -> float:
    """The relative spacing of the numbers: that of bfloat16 or float16 if all of them lie on its grid."""
    if (logits.double() != logits.float().double()).any():  # finer than float32
        return 0.0
    bits = logits.float().contiguous().numpy().view(np.uint32)
    return next((spacing for zeros, spacing in COARSE if not (bits & zeros).any()), 0.0)


@dataclass(frozen=True)
class AtCuts:
    """What a model says of the character at each sentence's cut.

    Args:
        losses: [S].
        log_probabilities: [S, classes].
        tolerance: [S], how far the same numbers computed twice may lie apart.
    """

    losses: Array
    log_probabilities: Array
    tolerance: Array


def at_cuts(logits: torch.Tensor, targets: torch.Tensor) -> AtCuts:
    """The same for logits [S, classes] and targets [S]."""
    losses = losses_of(logits, targets)
    logs = torch.log_softmax(logits.double(), dim=1)
    size = torch.where(logs > FAINT, logits.double().abs(), 0.0).amax(dim=1)
    tolerance = EQUAL + (2 * resolution(logits) * size).clamp(max=COARSEST)
    return AtCuts(losses.numpy(), logs.numpy(), tolerance.numpy())


def differ(one: AtCuts, other: AtCuts) -> NDArray[np.bool_]:
    """Which sentences have other probabilities, [S]."""
    apart = np.abs(np.maximum(one.log_probabilities, FAINT) - np.maximum(other.log_probabilities, FAINT))
    return np.asarray(apart.max(axis=1) > np.maximum(one.tolerance, other.tolerance))
