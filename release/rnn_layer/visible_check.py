"""Visible checks: compare an answer with what is expected, one aligned line a quantity.

A check prints to standard output alone and never raises because of an answer: one that is missing, raises,
or is of a wrong type or shape is told in a line that says what to do.

    check("rnn", lambda: rnn(wt_h, wt_x, bias, init_state, input_data), expected)
"""

import importlib
import re
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Shape = tuple[int, ...]

LABEL_WIDTH = 30
DEFINITION = re.compile(r"^(?:def|class) +(\w+)", re.MULTILINE)


class AnswerError(Exception):
    """An answer that can't be compared; the message is the line that the student reads."""


def rel_error(x: object, y: object) -> float:
    """The largest relative error of two equally shaped arrays: max(|x - y| / max(1e-8, |x| + |y|))."""
    x, y = real_array(x), real_array(y)
    return float(np.max(np.abs(x - y) / np.maximum(1e-8, np.abs(x) + np.abs(y))))


def mean_difference(x: object, y: object) -> float:
    """The mean absolute difference of two equally shaped arrays."""
    return float(np.mean(np.abs(real_array(x) - real_array(y))))


@dataclass(frozen=True)
class Expected:
    """A quantity of the answer: its name, a letter an axis, its values, and how far an answer may be off.

    A leading "1" in `axes` may be left out: "1BH" takes [1, B, H] and [B, H].
    """

    name: str
    axes: str
    value: object
    measure: Callable[[object, object], float] = rel_error
    limit: float = 1e-5


def check(name: str, call: Callable[[], object], expected: Sequence[Expected], **sizes: int) -> bool:
    """Calls the student's function `name` through `call`, compares what it returns, and says if all is right.

    One expected quantity is the answer itself, several are its parts in order. `sizes` says what is special
    about this case (`B=1`) and leads each of its lines; without, it is the example, and the head is printed.
    """
    answer = attempt(name, call, **sizes)
    if answer is None:
        return False
    try:
        parts = [answer] if len(expected) == 1 else unpack(answer, *(part.name for part in expected))
    except AnswerError as fault:
        say(case(sizes) + name, str(fault))
        return False
    if not sizes:
        print(f"{'name':<{LABEL_WIDTH}} | {'yours':>13} | {'expected':>13} | error")
    passed = [compare(part, wanted, **sizes) for part, wanted in zip(parts, expected, strict=True)]
    return all(passed)


def check_sizes(check_one: Callable[..., bool], axes: str) -> None:
    """Runs `check_one()`, the example; once that is right, the same with each of the axes of size one."""
    if check_one():
        for axis in axes:
            check_one(**{axis: 1})


def attempt(name: str, call: Callable[[], object], **sizes: int) -> object | None:
    """What `call` returns, or None after a line that says why there is nothing to compare."""
    try:
        answer = call()
        if answer is None:
            raise AnswerError("returned None: end it with a `return` line")
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a student's function may raise anything
        hint = f"; is the axis {lost} dropped on the way?" if (lost := ones(sizes)) else ""
        say(case(sizes) + name, explain(error, name) + hint)
        return None
    return answer


def unpack(answer: object, *names: str) -> Sequence[object]:
    """The parts of an answer that must be a tuple of the named ones."""
    wanted = f"expected {len(names)} values, ({', '.join(names)})"
    if answer is None:
        raise AnswerError(f"returned None, {wanted}: end it with a `return` line")
    if not isinstance(answer, tuple | list):
        raise AnswerError(f"returned one {type(answer).__name__}, {wanted}")
    if len(answer) != len(names):
        raise AnswerError(f"returned a {type(answer).__name__} of {len(answer)}, {wanted}")
    return answer


def compare(yours: object, expected: Expected, **sizes: int) -> bool:
    """Prints the element that differs most and the error of all, or what makes them incomparable.

    `yours` may be an array, a tensor (one that requires a gradient too) or nested lists, of any real type.
    """
    label = case(sizes) + expected.name
    right = real_array(expected.value)
    try:
        answer = fitted(real_array(yours), right.shape, expected.axes)
    except AnswerError as fault:
        say(label, str(fault))
        return False
    with np.errstate(all="ignore"):  # an answer near the largest float must not print a warning
        worst = np.unravel_index(np.argmax(np.abs(answer - right)), right.shape)
        error = expected.measure(answer, right)
    passed = error <= expected.limit
    place = str([int(index) for index in worst]) if worst else ""
    verdict = "" if passed else f" is over {expected.limit:.0e}"
    say(label + place, f"{answer[worst]:>13.7g} | {right[worst]:>13.7g} | {error:.1e}{verdict}")
    return passed


def check_by_hand(name: str, uses_torch: bool = True) -> None:
    """Says whether the notebook's code that the function, class or method reaches uses what it may not.

    That is a ready-made layer, or torch at all where `uses_torch` is False.
    """
    wanted, one = ("ready-made layers", "ready-made layer") if uses_torch else ("uses of torch", "torch")
    sources = current(executed_cells())
    if not sources:
        say(name, f"{wanted} are looked for only inside of a notebook")
        return
    by_hand = importlib.import_module(".by_hand" if __package__ else "by_hand", __package__)
    forbidden = by_hand.FORBIDDEN_LAYERS if uses_torch else {"torch"}
    try:
        hits = by_hand.layers_used(name, sources, forbidden)
    except Exception as error:  # noqa: BLE001 - strange code must not end the check; grading reads it again
        say(name, f"could not be read for {wanted}: {one_line(error)}")
        return
    for hit in hits:
        place = f"line {hit.line}: {one_line(hit.text)}"
        say(name, f"uses {hit.name} in {place} - this question is by hand and would score 0")
    if not hits:
        say(name, f"by hand: no {one} found")


def executed_cells() -> list[str]:
    """The sources of the code cells that this notebook has run, in order; none outside of IPython."""
    try:
        from IPython import get_ipython
    except ImportError:
        return []
    shell = get_ipython()
    cells = [] if shell is None else shell.user_ns.get("In", [])
    return [cell for cell in cells if cell.strip()]


def current(sources: list[str]) -> list[str]:
    """The cells without those that were run again in a newer form: all they define is defined later too."""
    kept: list[str] = []
    later: set[str] = set()
    for source in reversed(sources):
        defined = set(DEFINITION.findall(source))
        if not defined or defined - later:
            kept.insert(0, source)
        later |= defined
    return kept


def real_array(value: object) -> Array:
    """The value as a float64 array, or an AnswerError that says what it is instead of real numbers."""
    try:
        array = to_numpy(value)
    except Exception as error:
        kind = type(value).__name__
        if isinstance(value, list | tuple):
            many = f"{len(value)} parts of different shapes"
            raise AnswerError(f"yours is a {kind} of {many}, expected one array") from error
        raise AnswerError(f"yours, a {kind}, is no array: {one_line(error)}") from error
    if array.dtype.kind not in "fiu":
        kind = f" of {array.dtype}" if array.dtype.kind in "bc" else ""
        raise AnswerError(f"yours is of type {type(value).__name__}{kind}, expected an array of real numbers")
    return array.astype(np.float64)


def to_numpy(value: Any) -> NDArray[Any]:
    """A tensor, an array, a number or nested lists of them as one array."""
    if isinstance(value, list | tuple):
        return np.asarray([to_numpy(item) for item in value])
    if hasattr(value, "detach"):
        tensor = value.detach().cpu()
        return np.asarray((tensor.float() if str(tensor.dtype) == "torch.bfloat16" else tensor).numpy())
    return np.asarray(value)


def fitted(answer: Array, shape: Shape, axes: str) -> Array:
    """The answer in the expected shape, all numbers finite; else an AnswerError that names the fault."""
    optional = 1 if axes.startswith("1") else 0
    if answer.shape not in (shape, shape[optional:]):
        raise AnswerError(explain_shape(answer.shape, shape, axes))
    answer = answer.reshape(shape)
    odd = np.argwhere(~np.isfinite(answer))
    if len(odd):
        count = f"{len(odd)} of {answer.size} numbers"
        raise AnswerError(f"yours has NaN or infinity in {count}, first at {odd[0].tolist()}")
    return answer


def explain_shape(yours: Shape, wanted: Shape, axes: str) -> str:
    """Both shapes with their axes' names, and the fault: an axis lost, missing, too many, or out of order."""
    expected = f"expected {named(axes, wanted)}"
    for order in arrangements(len(wanted)):
        if tuple(wanted[i] for i in order) == yours:
            letters = "".join(axes[i] for i in order)
            absent = [i for i in range(len(wanted)) if i not in order and axes[i] != "1"]
            fault = missing([axes[i] for i in absent], [wanted[i] for i in absent])
            return f"yours is {named(letters, yours)}, {expected}: {fault}"
    for i, size in enumerate(yours):
        if yours[:i] + yours[i + 1 :] in (wanted, wanted[axes.startswith("1") :]):
            return f"yours is {yours}, {expected}: an extra axis of size {size} at position {i}"
    if len(yours) == len(wanted):
        pairs = zip(axes, yours, wanted, strict=True)
        fault = ", ".join(f"axis {axis} is {mine}, not {size}" for axis, mine, size in pairs if mine != size)
        return f"yours is {yours}, {expected}: {fault}"
    return f"yours is {yours}, {expected}"


def arrangements(count: int) -> list[tuple[int, ...]]:
    """Every ordered choice of axes, the fullest first, and among equals those in order first."""
    return [order for length in range(count, -1, -1) for order in permutations(range(count), length)]


def missing(letters: Sequence[str], sizes: Sequence[int]) -> str:
    """The fault of an answer whose axes are some of the expected ones."""
    if not letters:
        return "the axes are in a wrong order"
    fates = [", of size one, was lost" if size == 1 else " is missing" for size in sizes]
    return " and ".join(f"axis {axis}{fate}" for axis, fate in zip(letters, fates, strict=True))


def named(axes: str, shape: Shape) -> str:
    """`[B, T, H] = (4, 12, 2)`."""
    return f"[{', '.join(axes)}] = {shape}"


def explain(error: BaseException, name: str) -> str:
    """What the student's function raised, in one line, with the line of the function it came from."""
    if isinstance(error, AnswerError):
        return str(error)
    if isinstance(error, NotImplementedError):
        return f"not written yet: {one_line(error) or 'write your answer in the cell above'}"
    if isinstance(error, NameError) and error.name == name:
        return "not defined: run the cell above first"
    lines = [line for frame, line in traceback.walk_tb(error.__traceback__) if frame.f_code.co_name == name]
    place = f" in line {lines[-1]} of its cell" if lines else ""
    return f"{type(error).__name__}{place}: {one_line(error)}"


def one_line(text: object) -> str:
    """The text without line breaks."""
    return " ".join(str(text).split())


def case(sizes: dict[str, int]) -> str:
    """What leads a line of a special case: `B = 1: `."""
    return "".join(f"{axis} = {size}: " for axis, size in sizes.items())


def ones(sizes: dict[str, int]) -> str:
    """The axes of size one in a case."""
    return ", ".join(axis for axis, size in sizes.items() if size == 1)


def say(label: str, text: str) -> None:
    """One line of a check."""
    print(f"{label:<{LABEL_WIDTH}} | {text}")
