"""nbgrader, the host: its configuration for a course, and its converters run with their errors as ours."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import re
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbgrader.converters.base import NbGraderException
from sqlalchemy.exc import SAWarning
from traitlets.config import Config, PyFileConfigLoader

from autograder.course import Course
from autograder.errors import GraderError

CONFIG = "nbgrader_config.py"

# nbgrader calls the program alembic when it makes a database; it lies beside this interpreter
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"


def host_config(course: Course) -> Config:
    """What the course's nbgrader_config.py says, for converters that are run from here."""
    config = PyFileConfigLoader(CONFIG, path=str(course.root)).load_config()
    config.CourseDirectory.root = str(course.root)
    config.CourseDirectory.setdefault("db_url", f"sqlite:///{course.root / 'gradebook.db'}")
    return config


def run_converter(converter: Any, error: type[GraderError]) -> None:
    """Run one of nbgrader's converters; what it logs is shown only when it fails."""
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    handler.setLevel(logging.WARNING)
    converter.log.addHandler(handler)
    converter.log.propagate = False
    try:
        with _working_folder(Path(converter.coursedir.root)), warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # of nbgrader's own queries, one a submission
            converter.start()
    except (NbGraderException, SystemExit) as failure:
        raise error(f"nbgrader: {_reason(log.getvalue()) or failure}") from failure
    finally:
        converter.log.removeHandler(handler)


def _reason(log: str) -> str:
    """Of a log with tracebacks in it, what was raised; else all of it."""
    raised = [line for line in log.splitlines() if re.match(r"[\w.]*(Error|Exception): ", line)]
    return "; ".join(dict.fromkeys(raised)) or log.strip()


@contextlib.contextmanager
def _working_folder(folder: Path) -> Iterator[None]:
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
