"""What crosses between the trusted side and a worker: plain values in length-prefixed messages.

Both sides import this module, and the worker's side is not trusted: nothing is ever unpickled,
messages are decoded against their types, and an array is checked before it is built.
"""

from __future__ import annotations

import math
import struct
import sys
from array import array as array_of_numbers
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from numpy import asarray, dtype, frombuffer, generic, ndarray  # by name: a student may replace np.asarray

MAX_MESSAGE = 96 << 20  # bytes to a worker; a weights file has at most 64 MiB
MAX_REPLY = 32 << 20  # bytes from one
MAX_DEPTH = 12
MAX_ITEMS = 250_000
MAX_NDIM = 8
MAX_OUTPUTS = 200  # of one cell
MAX_LINES = 50  # of a traceback
MAX_KINDS = 32  # in which one output is shown
PATIENCE = 3.0  # how much longer than its processor time a cell or call may take by the clock
ANY_TORCH = "*"  # a trap that notes every torch function
HEADER = struct.Struct("<I")

DTYPES = frozenset(
    """bool int8 int16 int32 int64 uint8 uint16 uint32 uint64
    float16 float32 float64 complex64 complex128""".split()
)


class WireError(ValueError):
    """A value that cannot cross, or bytes that are no value."""


class Array(msgspec.Struct, tag="array", frozen=True):
    """A NumPy array or a torch tensor, in C order."""

    kind: Literal["numpy", "torch"]
    dtype: str
    shape: tuple[int, ...]
    data: bytes


class Items(msgspec.Struct, tag="items", frozen=True):
    """A list or a tuple."""

    kind: Literal["list", "tuple"]
    items: list[Value]


class Table(msgspec.Struct, tag="table", frozen=True):
    """A dict with string keys."""

    items: dict[str, Value]


class Raw(msgspec.Struct, tag="bytes", frozen=True):
    """A bytes object (msgspec tells no str from bytes in one union)."""

    data: bytes


class Opaque(msgspec.Struct, tag="opaque", frozen=True):
    """Something that does not cross; `what` is its type's name where that is a built-in one, else empty."""

    what: str


Value = None | bool | int | float | str | Raw | Array | Items | Table | Opaque


class Handle(msgspec.Struct, tag="handle", frozen=True):
    """An object that stays in the worker, by the number that the trusted side gave it."""

    number: int


class Module(msgspec.Struct, tag="module", frozen=True):
    """A torch recurrent layer, batch first and of one layer, to be built anew from its parameters."""

    kind: Literal["RNN", "GRU"]
    input_size: int
    hidden_size: int
    state: dict[str, Array]


class Random(msgspec.Struct, tag="random", frozen=True):
    """A `numpy.random.Generator` with this seed, to be built in the worker."""

    seed: int


# what goes to a worker; of these four only a plain value ever comes back
Argument = Value | Handle | Module | Random


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
    """

    id: int
    function: str
    args: list[Argument]
    seed: int
    seconds: float
    trap: list[str] = []
    on: int | None = None
    keep: int | None = None


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


Question = Call | Read | Assign
Request = Prepare | RunCell | Call | Read | Assign

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
    """A call's exception: its built-in type's name or nothing, and the last line of the student's in it."""

    id: int
    type_name: str
    cell: int | None
    line: int | None
    trapped: list[str]


class Failed(msgspec.Struct, tag="failed", frozen=True):
    """A call that gave no outcome."""

    id: int
    reason: Literal["missing", "uncallable", "timeout", "unsendable", "memory"]
    trapped: list[str] = []


Reply = Ready | CellDone | Returned | Raised | Failed


def pack(value: Any) -> Value:
    """Turn a Python value into its plain form; what cannot cross becomes `Opaque`."""
    return _Packer().pack(value, 0)


class _Packer:
    def __init__(self) -> None:
        self.items = 0

    def pack(self, value: Any, depth: int) -> Value:
        self.items += 1
        if depth > MAX_DEPTH or self.items > MAX_ITEMS:
            raise WireError(f"a value nested deeper than {MAX_DEPTH} or with more than {MAX_ITEMS} items")
        if value is None or type(value) in (bool, float, str):
            return value  # type: ignore[no-any-return]
        if type(value) is bytes:
            return Raw(value)
        if isinstance(value, int):
            return int(value) if -(2**63) <= value < 2**63 else _large(value)
        if isinstance(value, (list, tuple)):
            kind: Literal["list", "tuple"] = "list" if isinstance(value, list) else "tuple"
            return Items(kind, [self.pack(v, depth + 1) for v in value])
        if isinstance(value, Mapping):  # of an Enum of str the text; what has another key is left out
            texts = ((str.__str__(k), v) for k, v in value.items() if isinstance(k, str))
            return Table({k: self.pack(v, depth + 1) for k, v in texts})
        return self._array(value, depth)

    def _array(self, value: Any, depth: int) -> Value:
        torch = sys.modules.get("torch")
        kind: Literal["numpy", "torch"] = "numpy"
        if torch is not None and isinstance(value, torch.Tensor):
            kind = "torch"
            value = value.detach().cpu().resolve_conj().resolve_neg()
            if value.is_sparse or value.is_quantized:
                value = value.to_dense() if value.is_sparse else value.dequantize()
            if value.dtype == torch.bfloat16:  # NumPy has no such type
                value = value.float()
            value = value.numpy()
        if not isinstance(value, (ndarray, generic)):
            return self._like_an_array(value)
        array = asarray(value)
        if array.dtype.name == "object":
            return self.pack(array.tolist(), depth + 1)
        if array.dtype.kind in "fc" and array.dtype.name not in DTYPES:  # longdouble: nobody asks for more
            array = array.astype("c16" if array.dtype.kind == "c" else "f8")
        array = array.astype(array.dtype.newbyteorder("="), copy=False)
        if array.dtype.name not in DTYPES:
            return Opaque("")
        return Array(kind, array.dtype.name, array.shape, array.tobytes())

    def _like_an_array(self, value: Any) -> Value:
        """A deque, an array.array, anything with `__array__`: what NumPy takes for numbers."""
        kind = type(value)
        if hasattr(value, "__array__") or isinstance(value, (Sequence, deque, array_of_numbers)):
            array = asarray(value)
            if array.dtype.kind in "biuf":
                return self._array(array, 0)
        return Opaque(kind.__name__ if kind.__module__ == "builtins" else "")


def _large(value: int) -> Value:
    """An integer beyond 64 bits as a float, where it is one."""
    try:
        return float(value)
    except OverflowError:
        return Opaque("int")


def pack_argument(value: Any) -> Argument:
    """Turn what a hidden test hands over into its plain form: a value, a torch RNN or GRU, a handle."""
    if isinstance(value, (Handle, Module, Random)):
        return value
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(value, (torch.nn.RNN, torch.nn.GRU)):
        return pack(value)
    if value.num_layers != 1 or value.bidirectional or not value.batch_first:
        raise WireError("a recurrent layer that is not plain: one layer, one direction, batch first")
    kind: Literal["RNN", "GRU"] = "GRU" if isinstance(value, torch.nn.GRU) else "RNN"
    state = {name: pack(tensor) for name, tensor in value.state_dict().items()}
    return Module(kind, value.input_size, value.hidden_size, state)  # type: ignore[arg-type]


def unpack(value: Value, *, tensors: bool) -> Any:
    """The value again; torch's arrays become tensors if `tensors`, else NumPy arrays.

    Raises:
        WireError: an array whose bytes, dtype and shape contradict each other, or a value too deep.
    """
    return _unpack(value, tensors, 0)


def _unpack(value: Value, tensors: bool, depth: int) -> Any:
    if depth > MAX_DEPTH + 1:
        raise WireError("a value nested too deep")
    if isinstance(value, Array):
        return _unpack_array(value, tensors)
    if isinstance(value, Items):
        items = [_unpack(v, tensors, depth + 1) for v in value.items]
        return items if value.kind == "list" else tuple(items)
    if isinstance(value, Table):
        return {k: _unpack(v, tensors, depth + 1) for k, v in value.items.items()}
    return value.data if isinstance(value, Raw) else value


def _unpack_array(value: Array, tensors: bool) -> Any:
    if value.dtype not in DTYPES:
        raise WireError("an array of an unknown dtype")
    if len(value.shape) > MAX_NDIM or any(n < 0 for n in value.shape):
        raise WireError("an array of an impossible shape")
    if math.prod(n or 1 for n in value.shape) > MAX_MESSAGE:  # beside a 0 as well: NumPy refuses such, too
        raise WireError("an array of an impossible shape")
    if math.prod(value.shape) * dtype(value.dtype).itemsize != len(value.data):
        raise WireError("an array whose bytes do not fill its shape")
    array = frombuffer(bytearray(value.data), dtype=value.dtype).reshape(value.shape)
    if tensors and value.kind == "torch":
        import torch

        return torch.from_numpy(array)
    return array


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
