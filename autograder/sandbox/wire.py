"""The messages between the trusted side and a worker, length-prefixed, and decoded against their types.

Both sides import this module, and the worker's side is not trusted: what it sends is bounded in every
dimension before anything is built of it.
"""

from __future__ import annotations

import struct
from typing import Annotated, Literal

import msgspec

from autograder.sandbox.values import Argument, Value, Weight, WireError

MAX_MESSAGE = 96 << 20  # bytes to a worker; a weights file has at most 64 MiB
MAX_REPLY = 32 << 20  # bytes from one
MAX_OUTPUTS = 200  # of one cell
MAX_LINES = 50  # of a traceback
MAX_KINDS = 32  # in which one output is shown
MAX_TYPES = 16  # that an exception is at once
MAX_TEXT = 2_000  # characters of an exception's own text
PATIENCE = 3.0  # how much longer than its processor time a cell or call may take by the clock
ANY_TORCH = "*"  # a trap that notes every torch function
HEADER = struct.Struct("<I")


class Prepare(msgspec.Struct, tag="prepare", frozen=True):
    """Put the given files into the working folder."""

    id: int
    files: dict[str, bytes]


class RunCell(msgspec.Struct, tag="run", frozen=True):
    """Run one cell as Jupyter would; `number` names it in tracebacks."""

    id: int
    number: int
    source: str
    seed: int
    seconds: float


class Call(msgspec.Struct, tag="call", frozen=True):
    """Call a function that the notebook defined, or a method of the object `on`.

    What it returns is sent, or kept under the number `keep`; torch functions named in `trap` are noted.
    Where nothing hidden is in the arguments, `public`, an exception's own text is sent as well. Of an answer
    [B, T, ...] only the steps [B] are sent, one a row, if there are any.
    """

    id: int
    function: str
    args: list[Argument]
    seed: int
    seconds: float
    trap: list[str] = []
    on: int | None = None
    keep: int | None = None
    public: bool = False
    steps: list[int] = []


class Read(msgspec.Struct, tag="read", frozen=True):
    """Send an attribute of the object `on`; it may be a property, which is code."""

    id: int
    on: int
    name: str
    seconds: float
    trap: list[str] = []


class Assign(msgspec.Struct, tag="assign", frozen=True):
    """Set attributes of the object `on`."""

    id: int
    on: int
    values: dict[str, Argument]
    seconds: float
    trap: list[str] = []


class Load(msgspec.Struct, tag="load", frozen=True):
    """Load a state into the torch module `on`, for evaluation alone; its tensors are described.

    Where shapes differ nothing is loaded; what has no place, or is missing, does not matter.
    """

    id: int
    on: int
    state: dict[str, Weight]
    seconds: float
    trap: list[str] = []


Question = Call | Read | Assign | Load
Request = Prepare | RunCell | Question

# an empty dict is one byte on the wire and seventy in memory: lengths are bounded before anything is built
Lines = Annotated[list[str], msgspec.Meta(max_length=MAX_LINES)]
Kinds = Annotated[dict[str, str], msgspec.Meta(max_length=MAX_KINDS)]
Output = Annotated[dict[str, str | Lines | Kinds], msgspec.Meta(max_length=8)]


class Ready(msgspec.Struct, tag="ready", frozen=True):
    """Isolated and waiting, or done with what gives no result."""

    id: int


class CellDone(msgspec.Struct, tag="cell", frozen=True):
    """A cell's outputs, in nbformat's form, uncleaned."""

    id: int
    ended: Literal["ok", "error", "timeout"]
    outputs: Annotated[list[Output], msgspec.Meta(max_length=MAX_OUTPUTS)]


class Returned(msgspec.Struct, tag="returned", frozen=True):
    """What a call returned, and which trapped functions it used."""

    id: int
    value: Value
    trapped: list[str]


class Raised(msgspec.Struct, tag="raised", frozen=True):
    """A call's exception: the built-in types that it is, and the last line of the student's in it.

    `text` is what it says, and empty unless the call was public.
    """

    id: int
    type_names: Annotated[list[str], msgspec.Meta(max_length=MAX_TYPES)]
    cell: int | None
    line: int | None
    trapped: list[str]
    text: Annotated[str, msgspec.Meta(max_length=MAX_TEXT)] = ""


def builtin_names(error: BaseException) -> list[str]:
    """The type's name if it is one of Python's own, or those that it derives from: a name can carry text.

    What derives from no more than Exception has none.
    """
    kinds = [type(error)] if type(error).__module__ == "builtins" else type(error).__mro__
    plain = (object, BaseException, Exception)
    names = [kind.__name__ for kind in kinds if kind.__module__ == "builtins" and kind not in plain]
    return names[:MAX_TYPES]


class Failed(msgspec.Struct, tag="failed", frozen=True):
    """A call that gave no outcome."""

    id: int
    reason: Literal["missing", "uncallable", "timeout", "unsendable", "memory", "no module", "no room"]
    trapped: list[str] = []


Reply = Ready | CellDone | Returned | Raised | Failed


_encoder = msgspec.msgpack.Encoder()
_requests: msgspec.msgpack.Decoder[Request] = msgspec.msgpack.Decoder(Request)
_replies: msgspec.msgpack.Decoder[Reply] = msgspec.msgpack.Decoder(Reply)


def frame(message: Request | Reply) -> bytes:
    """The message's bytes behind their length.

    Raises:
        WireError: the message is too large for its way, or holds what msgpack has no form for.
    """
    limit = MAX_MESSAGE if isinstance(message, Request) else MAX_REPLY
    try:
        body = _encoder.encode(message)
    except (OverflowError, UnicodeEncodeError, RecursionError, TypeError) as error:
        raise WireError(f"a message that cannot be encoded: {type(error).__name__}") from error
    if len(body) > limit:
        raise WireError(f"a message of {len(body)} bytes, at most {limit} cross")
    return HEADER.pack(len(body)) + body


def request(body: bytes) -> Request:
    """Decode what the trusted side sent."""
    return _requests.decode(body)


def reply(body: bytes) -> Reply:
    """Decode what a worker sent.

    Raises:
        WireError: it is no reply.
    """
    try:
        return _replies.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise WireError("bytes that are no reply") from error
