"""Hidden tests tried on functions of this process, without a sandbox: on right answers and on known mistakes.

Student code never comes here.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np

from autograder.course import SUITES, TermKey
from autograder.errors import StudentFault, StudentRaised
from autograder.evidence import Evidence
from autograder.report import Question
from autograder.sandbox import values
from autograder.sandbox.objects import Objects
from autograder.sandbox.wire import builtin_names
from autograder.scoring import Scoring, StudentCode, score

Answer = Callable[..., Any]  # a function, or a class


@dataclass(frozen=True)
class SuiteTest:
    """A test of a suite."""

    name: str
    question: str
    points: float
    function: Callable[[StudentCode, TermKey], None]


@cache
def hidden_tests(assignment: str) -> dict[str, SuiteTest]:
    """The suite's tests by name."""
    found = {}
    for path in sorted((SUITES / assignment).glob("test_*.py")):
        module = importlib.import_module(f"autograder.suites.{assignment}.{path.stem}")
        for name, function in vars(module).items():
            if name.startswith("test_"):
                mark = next(mark for mark in function.pytestmark if mark.name == "points")
                question, points = mark.args
                found[name] = SuiteTest(name, question, points, function)
    return found


@dataclass(frozen=True)
class Tried:
    """What became of one hidden test.

    Args:
        evidence: the numbers that a failure rests on, where there are any.
    """

    passed: bool
    evidence: Evidence | None = None


def tried(test: SuiteTest, functions: Mapping[str, Answer], key: TermKey) -> Tried:
    """Run one hidden test on these functions and classes."""
    return tried_on(PlainFunctions(functions), test, key)


def tried_on(callee: PlainFunctions, test: SuiteTest, key: TermKey) -> Tried:
    """The same where the caller looks on."""
    with warnings.catch_warnings():  # once for all calls: it takes as long as many of them
        warnings.simplefilter("ignore")
        callee.is_quiet = True
        try:
            test.function(StudentCode(callee, test.name), key)
        except StudentFault as fault:
            return Tried(False, fault.evidence)
        except AssertionError:
            return Tried(False)
        return Tried(True)


def scored(
    assignment: str, functions: Mapping[str, Answer], key: TermKey, maxima: Mapping[str, float]
) -> list[Question]:
    """The questions as the scoring plugin scores these functions."""
    return score(SUITES / assignment, Scoring(PlainFunctions(functions), key), maxima)


class PlainFunctions:
    """Answers with functions and classes of this process, whose values cross the wire as a worker's would.

    Args:
        functions: by the name that the student gives them; what is missing is not written yet.
    """

    def __init__(self, functions: Mapping[str, Answer]) -> None:
        self.functions = functions
        self.objects = Objects()
        self.made = 0
        self.is_quiet = False  # whether warnings are ignored already

    def call(self, function: str, args: Sequence[Any], *, label: str = "", on: Any = None) -> Any:
        """What the function, or the object's method, returns for copies of these arguments."""
        return self._sent(function, lambda: self._find(function, on)(*self._copies(args)))

    def make(self, function: str, args: Sequence[Any], *, label: str = "", on: Any = None) -> values.Handle:
        """The same for what stays: an object of a class, or what a method returned."""
        handle = values.Handle(self.made)
        self.made += 1
        value = self._quietly(function, lambda: self._find(function, on)(*self._copies(args)))
        self.objects.keep(handle.number, value)
        return handle

    def read(self, on: values.Handle, attribute: str) -> Any:
        """An attribute's value."""
        return self._sent(attribute, lambda: getattr(self.objects.get(on.number), attribute))

    def assign(self, on: values.Handle, values: Mapping[str, Any]) -> None:
        """Set attributes."""
        copies = dict(zip(values, self._copies(list(values.values())), strict=True))
        for name, value in copies.items():
            self._quietly(name, partial(setattr, self.objects.get(on.number), name, value))

    def _find(self, function: str, on: values.Handle | None) -> Callable[..., Any]:
        if on is None:
            return self.functions[function]
        return getattr(self.objects.get(on.number), function)  # type: ignore[no-any-return]

    def _copies(self, args: Sequence[Any]) -> list[Any]:
        return [_crossing(arg, lambda arg: self.objects.build(values.pack_argument(arg))) for arg in args]

    def _sent(self, name: str, answer: Callable[[], Any]) -> Any:
        return self._quietly(name, lambda: _crossing(answer(), _there_and_back))

    def _quietly(self, name: str, answer: Callable[[], Any]) -> Any:
        try:
            if self.is_quiet:
                return answer()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # an overflow that is warned of is the student's own affair
                return answer()
        except (AttributeError, KeyError) as error:
            if error.args and name in str(error.args[0]):  # not there, as the worker would say
                raise StudentFault(f"there is no `{name}`") from error
            raise self._raised(name, error) from error
        except Exception as error:
            raise self._raised(name, error) from error

    def _raised(self, name: str, error: Exception) -> StudentRaised:
        names = builtin_names(error)
        return StudentRaised(f"`{name}` raised {names[0] if names else 'an exception of its own'}", names)


def _crossing(value: Any, cross: Callable[[Any], Any]) -> Any:
    """The value as it is on the other side; a plain array is copied, which is faster than its bytes."""
    if type(value) is np.ndarray and value.dtype in values.NAMES:
        return value.copy()
    if type(value) is tuple:
        return tuple(_crossing(each, cross) for each in value)
    if type(value) is dict and all(type(name) is str for name in value):
        return {name: _crossing(each, cross) for name, each in value.items()}
    return cross(value)


def _there_and_back(value: Any) -> Any:
    return values.unpack(values.pack(value), tensors=False)
