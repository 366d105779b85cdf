"""Processor time by stage, each second counted once."""

from __future__ import annotations

import resource
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any


def spent() -> float:
    """User and system seconds of this process and of the programs that it ran and waited for."""
    programs = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + programs.ru_utime + programs.ru_stime


class Stages:
    """Adds up this process's time; while an inner stage runs, the outer one's clock stands.

    Attributes:
        seconds: by stage.
        first: what the first run of a stage took, inner stages taken off.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.first: dict[str, float] = {}
        self._open: list[float] = []  # for each open stage, the time of stages inside it

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the block."""
        begun = spent()
        self._open.append(0.0)
        try:
            yield
        finally:
            whole = spent() - begun
            alone = whole - self._open.pop()
            self.seconds[name] += alone
            self.first.setdefault(name, alone)
            if self._open:
                self._open[-1] += whole

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, each call counted."""

        @wraps(function)
        def call(*args: Any, **options: Any) -> Any:
            with self.stage(name):
                return function(*args, **options)

        return call
