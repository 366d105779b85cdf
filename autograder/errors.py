"""The errors that this package raises on purpose.

::

    GraderError                 something a person has to mend; its text says what
    ├── CourseError             the course folder: unknown assignment, missing term key, ...
    ├── ReleaseError            a release that would leak, or a source that cannot be released
    ├── SuiteError              a hidden suite that contradicts its notebook
    └── SandboxError            the walls cannot be had, or a sandbox died under us
        ├── SandboxUnavailable  this machine cannot isolate student code
        └── SandboxLost         bubblewrap or its zygote ended while it was needed
    StudentFault(AssertionError)  a hidden test's verdict: the student's answer is wrong
    ├── StudentRaised           their code raised, which some tests ask for
    └── Trapped                 it used a torch function that the question does not allow
    WorkerFault                 student code misbehaved in its worker
    ├── WorkerDied              the process ended
    ├── WorkerTimeout           it did not answer in time
    ├── WorkerFlood             it printed more than is read
    └── BadMessage              it sent something that is no message

A `GraderError` never turns into a score: the submission is *ungraded*.
"""

from __future__ import annotations

from collections.abc import Sequence

from autograder.evidence import Evidence


class GraderError(Exception):
    """Something that a person has to mend; the text says what to do."""


class CourseError(GraderError):
    """The course folder or what was asked of it is not as it must be."""


class ReleaseError(GraderError):
    """The release would leak, or the source cannot be released."""


class SuiteError(GraderError):
    """A hidden suite and its notebook contradict each other."""


class SandboxError(GraderError):
    """Student code cannot be run in isolation."""


class SandboxUnavailable(SandboxError):
    """This machine cannot make the walls."""


class SandboxLost(SandboxError):
    """The sandbox ended while it was needed."""


class StudentFault(AssertionError):
    """The student's answer is wrong; the text is what the student reads.

    `evidence` is the numbers that this rests on, where there are any. They are hidden.
    """

    def __init__(self, text: str, evidence: Evidence | None = None) -> None:
        super().__init__(text)
        self.evidence = evidence


class StudentRaised(StudentFault):
    """The student's code raised.

    `type_names` are those of Python's own exceptions that it is: of a built-in one its own name alone. `said`
    is what the exception says, where nothing hidden can be in it; else empty.
    """

    def __init__(self, text: str, type_names: Sequence[str], said: str = "") -> None:
        super().__init__(text)
        self.type_names = type_names
        self.said = said


class Trapped(StudentFault):
    """A hidden call used a torch function that the question does not allow."""


class WorkerFault(Exception):
    """Student code ended, blocked or abused its worker; the text is what the student reads."""


class WorkerDied(WorkerFault):
    """The worker's process ended."""


class WorkerTimeout(WorkerFault):
    """The worker did not answer in time."""


class WorkerFlood(WorkerFault):
    """The worker printed more than anybody reads."""


class BadMessage(WorkerFault):
    """The worker sent something that is no message."""
