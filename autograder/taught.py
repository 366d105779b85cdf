"""A course's own bank: mistakes that an instructor named from a group of equal wrong answers.

`mistakes/ASSIGNMENT/NAME.toml` has the name and the sentence, `NAME.evidence` beside it the group's numbers.
They hold for the term key that they were found with; both are secret, and of mode 0600.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder import evidence as evidences
from autograder.course import Course
from autograder.errors import CourseError
from autograder.evidence import Evidence, agree
from autograder.groups import Group
from autograder.report import write_atomically

STUB = """\
# A wrong answer to {question} of {assignment} that {count} had in common, and that no known mistake equals.
# Fill in both lines; the next `make grade` tells every member, without running anybody's code again. The
# sentence is for the student: what the answer equals, what it should be, where to look.
name = ""
sentence = ""

# It is recognised by the numbers in {evidence}, which hold for this term key alone. To recognise it
# with any key, write it as a class into autograder/suites/{assignment}/mistakes as well.
question = "{question}"
key = "{key}"

# {example} wrote:
{cell}
"""


@dataclass(frozen=True)
class Taught:
    """One mistake of the course's own bank.

    Args:
        evidence: the group's numbers by the hidden test's name.
    """

    path: Path
    name: str
    sentence: str
    question: str
    evidence: Mapping[str, Evidence]

    @property
    def is_filled_in(self) -> bool:
        """Whether the instructor has written name and sentence."""
        return bool(self.name and self.sentence)

    def equals(self, test: str, other: Evidence) -> bool:
        """Whether a failed test shows the group's numbers."""
        known = self.evidence.get(test)
        return known is not None and agree(other, known)


def read_taught(course: Course, assignment: str) -> list[Taught]:
    """The course's own mistakes that hold for its key, those that wait for a name among them.

    Raises:
        CourseError: a file is not as it should be.
    """
    paths = sorted((course.root / "mistakes" / assignment).glob("*.toml"))
    return [taught for path in paths if (taught := _read(path, course.key.digest)) is not None]


def _read(path: Path, key: str) -> Taught | None:
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))
        texts = [entries[name] for name in ("name", "sentence", "question", "key")]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CourseError(f"{path} cannot be read ({error}): mend that line, or remove the file") from error
    except KeyError as error:
        raise CourseError(f"{path} has no line for {error}: put it back, or remove the file") from error
    if not all(isinstance(text, str) for text in texts):
        raise CourseError(f"{path}: name, sentence, question and key are texts, in quotation marks")
    name, sentence, question, found_with = (" ".join(text.split()) for text in texts)
    if found_with != key:
        return None
    return Taught(path, name, sentence, question, evidences.read(_evidence_of(path)))


def _evidence_of(path: Path) -> Path:
    return path.with_suffix(".evidence")


def write_stub(course: Course, assignment: str, group: Group, example: str, cell: str) -> Path:
    """A stub for a group, to be filled in; `cell` is what the student `example` wrote."""
    folder = course.root / "mistakes" / assignment
    taken = {path.stem for path in folder.glob("*.toml")}
    stem = next(name for n in range(1, len(taken) + 2) if (name := f"{group.question}-{n}") not in taken)
    path = folder / f"{stem}.toml"
    count = f"{len(group.students)} students" if len(group.students) > 1 else "one student"
    stub = STUB.format(
        question=group.question,
        assignment=assignment,
        count=count,
        evidence=_evidence_of(path).name,
        key=course.key.digest,
        example=example,
        cell="\n".join(f"#   {line}".rstrip() for line in cell.splitlines()),
    )
    write_atomically(_evidence_of(path), evidences.write(group.evidence))
    write_atomically(path, stub.encode())
    return path


def taught_digest(taught: Sequence[Taught]) -> str:
    """Of what the filled-in ones say."""
    told = [f"{each.path.name}\0{each.name}\0{each.sentence}\0" for each in taught if each.is_filled_in]
    return hashlib.sha256("".join(told).encode()).hexdigest()[:16] if told else ""
