"""Compares gradients of the RNN, with each other or with torch's, one line a parameter.

Arrays are compared only where both have their parameter's shape: from [H] and [H, 1] NumPy would make [H, H]
and find differences, or none, that mean nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from visible_check import (
    LABEL_WIDTH,
    AnswerError,
    Array,
    Expected,
    attempt,
    case,
    compare,
    fitted,
    real_array,
    say,
)

AXES = {"W": "DH", "R": "HH", "V": "HO", "bs": "H", "by": "O"}  # the parameters and a letter an axis
GRADIENTS = [f"d_{name}" for name in AXES]
ROUNDING = 1e-12
AGAIN = 1e-6  # what two right calls may differ by, differences from elements put back by steps among them


def compare_gradients(
    numerical: object, analytical: object, sizes: Mapping[str, int], threshold: float = 1e-7
) -> bool:
    """Prints the norm of the difference a parameter, and says whether all are at most the threshold.

    A line shows the element that differs most; where two gradients can't be compared, it says why.

    numerical, analytical: dicts with the keys d_W, d_R, d_V, d_bs and d_by
    sizes: D, H and O by these letters
    """
    print(f"{'name':<{LABEL_WIDTH}} | {'numerical':>13} | {'analytical':>13} | norm of the difference")
    answers = {"numerical": numerical, "analytical": analytical}
    passed = [compare_one(name, answers, sizes, threshold) for name in AXES]
    return all(passed)


def compare_one(name: str, answers: Mapping[str, object], sizes: Mapping[str, int], threshold: float) -> bool:
    """The line of one parameter."""
    shape = tuple(sizes[axis] for axis in AXES[name])
    parts = []
    for kind, answer in answers.items():
        try:
            parts.append(fitted(real_array(entries(answer, [f"d_{name}"])[0]), shape, AXES[name]))
        except AnswerError as fault:
            say(f"d_{name}", f"{kind}: {fault}")
    if len(parts) < len(answers):
        return False
    one, other = parts
    with np.errstate(all="ignore"):  # numbers near the largest float must not print a warning
        difference = np.abs(one - other)
        norm = float(np.linalg.norm(difference))
    worst = np.unravel_index(np.argmax(difference), shape)
    verdict = "" if norm <= threshold else f" is over {threshold:.0e}"
    place = [int(index) for index in worst]
    say(f"d_{name}{place}", f"{one[worst]:>13.7g} | {other[worst]:>13.7g} | {norm:.1e}{verdict}")
    return norm <= threshold


def check_gradient(
    name: str,
    gradient: Callable[[Any, Array], object],
    fresh: Callable[[], tuple[Any, Array, Mapping[str, Array]]],
    limit: float = 1e-7,
    **sizes: int,
) -> bool:
    """Compares what the student's function `name` returns with the right gradients; its weights must stay.

    gradient: calls the function with a model and x [T, D]
    fresh: makes a model, x and the right gradients by their parameter
    sizes: what is special about this case, as in visible_check's `check`
    """

    def run() -> tuple[list[object], list[object], float, Mapping[str, Array]]:
        model, x, right = fresh()
        before = parameters(model)
        answer = entries(gradient(model, x), GRADIENTS)
        moved = max(float(np.abs(after - before[key]).max()) for key, after in parameters(model).items())
        answer = [np.array(part) if isinstance(part, np.ndarray) else part for part in answer]
        again = entries(gradient(model, x), GRADIENTS)
        return answer, again, moved, right

    done: Any = attempt(name, run, **sizes)
    if done is None:
        return False
    answer, again, moved, right = done
    wanted = [Expected(f"d_{key}", axes, right[key], norm_of_difference, limit) for key, axes in AXES.items()]
    passed = [compare(part, each, **sizes) for part, each in zip(answer, wanted, strict=True)]
    verdict = "" if moved <= ROUNDING else f" is over {ROUNDING:.0e}: put every element back"
    say(case(sizes) + "weights moved by", f"{moved:>13.1e} | {0:>13} | {moved:.1e}{verdict}")
    if not all(passed) or verdict:
        return False
    calls = zip(AXES, answer, again, strict=True)
    return not [key for key, first, second in calls if not same_again(key, first, second)]


def same_again(name: str, answer: object, again: object) -> bool:
    """Whether a second call gave the same, but for the rounding of differences; a line where it did not."""
    one, other = real_array(answer), real_array(again)
    if one.shape == other.shape and norm_of_difference(one, other) <= AGAIN:
        return True
    say(f"d_{name} of a second call", "is not the same: something is left over from the first")
    return False


def norm_of_difference(one: object, other: object) -> float:
    """The Euclidean norm over all elements."""
    return float(np.linalg.norm(real_array(one) - real_array(other)))


def parameters(model: Any) -> dict[str, Array]:
    """Copies of an object's attributes W, R, V, bs and by."""
    return {name: real_array(getattr(model, name)).copy() for name in AXES}


def entries(answer: object, names: Sequence[str]) -> list[object]:
    """The values of these keys, or an AnswerError that names every missing one."""
    if answer is None:
        raise AnswerError("returned None: end it with a `return` line")
    if not isinstance(answer, Mapping):
        raise AnswerError(f"expected a dict with {listed(names)}, yours is one {type(answer).__name__}")
    absent = [name for name in names if name not in answer]
    if absent:
        raise AnswerError(f"the dict lacks {listed(absent)}")
    return [answer[name] for name in names]


def listed(names: Sequence[str]) -> str:
    """`'d_V', 'd_by'`."""
    return ", ".join(repr(name) for name in names)
