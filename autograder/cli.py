"""The command line: parse, call, exit code."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from autograder.errors import GraderError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when all went well, 1 when a person has something to do, 2 for wrong usage."""
    options = _parser().parse_args(arguments)
    from autograder import commands  # late: torch and nbgrader take two seconds, which `--help` need not

    try:
        return commands.run(options.command, options)
    except GraderError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; what was finished is kept, and the same command goes on from there", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m autograder", description="Grades deep-learning notebooks."
    )
    parser.add_argument("--course", type=Path, default=Path(), help="the course's folder (default: this one)")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND", dest="command")

    def add(name: str, text: str, *, assignments: bool = True) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        if assignments:
            sub.add_argument("assignments", nargs="*", metavar="ASSIGNMENT", help="default: all")
        return sub

    add("release", "make the students' version of assignments from their source")
    sub = add("grade", "grade what has changed and record it in the gradebook")
    sub.add_argument("--student", action="append", metavar="ID", help="only this student (may be repeated)")
    sub.add_argument("--force", action="store_true", help="grade again what has not changed")
    sub.add_argument("--jobs", type=int, metavar="N", help="processes (default: one a core)")
    sub.add_argument("--figures", action="store_true", help="run the cells that only draw, too")
    sub.add_argument(
        "--full", action="store_true", help="read all hidden data, also where a part of it decides"
    )
    sub.add_argument(
        "--isolation", choices=("warm", "fresh"), default="warm", help="fresh: a sandbox a submission"
    )
    sub.add_argument(
        "--sandbox", choices=("bubblewrap", "none"), default="bubblewrap", help="none: NO WALLS AT ALL"
    )
    sub = add("feedback", "write nbgrader's feedback pages")
    sub.add_argument("--student", default="*", metavar="ID", help="only this student")
    sub = add("export", "write the gradebook as CSV, a column a question")
    sub.add_argument("--to", type=Path, metavar="FOLDER", help="where to (default: exports)")
    add("report", "print the class as a table")
    sub = add(
        "mistake", "write a stub for a group of equal wrong answers, to give it a name", assignments=False
    )
    sub.add_argument("assignment", metavar="ASSIGNMENT")
    sub.add_argument("group", type=int, metavar="GROUP", help="its number in the report")
    add("doctor", "tell whether this machine can grade", assignments=False)
    add("key", "write the term key unless there is one", assignments=False)
    sub = add("demo", "grade a class of sample submissions in a folder of its own", assignments=False)
    sub.add_argument("--folder", type=Path, default=Path("demo"), help="default: demo")
    return parser
