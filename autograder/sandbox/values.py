"""Values in the plain form in which they cross between the trusted side and a worker, and back again.

Both sides import this module, and the worker's side is not trusted: nothing is ever unpickled, and an array
is checked before it is built.
"""

from __future__ import annotations

import math
import sys
from array import array as array_of_numbers
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from numpy import asarray, dtype, frombuffer, generic, ndarray  # by name: a student may replace np.asarray

MAX_BYTES = 96 << 20  # of one array; a weights file has at most 64 MiB
MAX_DEPTH = 12
MAX_ITEMS = 250_000
MAX_NDIM = 8

DTYPES = frozenset(
    """bool int8 int16 int32 int64 uint8 uint16 uint32 uint64
    float16 float32 float64 complex64 complex128""".split()
)
FLOATS = {"f": dtype("float64"), "c": dtype("complex128")}
NAMES = {dtype(name): name for name in DTYPES}  # a dtype takes its time to say its name


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
    items: Annotated[list[Value], msgspec.Meta(max_length=MAX_ITEMS)]


class Table(msgspec.Struct, tag="table", frozen=True):
    """A dict with string keys."""

    items: Annotated[dict[str, Value], msgspec.Meta(max_length=MAX_ITEMS)]


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


class Weight(msgspec.Struct, frozen=True):
    """A torch tensor of any dtype, in C order."""

    dtype: str
    shape: tuple[int, ...]
    data: bytes


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
        name = NAMES.get(array.dtype)
        return self._rare(array, depth) if name is None else Array(kind, name, array.shape, array.tobytes())

    def _rare(self, array: ndarray[Any, Any], depth: int) -> Value:
        """An array of objects, of another byte order or of more digits than anybody asks for."""
        if array.dtype.kind == "O":
            return self.pack(array.tolist(), depth + 1)
        if array.dtype.kind in "fc" and array.dtype.itemsize > FLOATS[array.dtype.kind].itemsize:
            array = array.astype(FLOATS[array.dtype.kind])
        array = array.astype(array.dtype.newbyteorder("="), copy=False)
        name = NAMES.get(array.dtype)
        return Opaque("") if name is None else Array("numpy", name, array.shape, array.tobytes())

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


def pack_weight(tensor: Any) -> Weight:
    """A torch tensor as it is, in its own dtype."""
    flat = tensor.detach().cpu().contiguous().reshape(-1)
    data = flat.view(sys.modules["torch"].uint8).numpy().tobytes() if flat.numel() else b""
    return Weight(str(tensor.dtype).removeprefix("torch."), tuple(tensor.shape), data)


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
    if math.prod(n or 1 for n in value.shape) > MAX_BYTES:  # beside a 0 as well: NumPy refuses such, too
        raise WireError("an array of an impossible shape")
    if math.prod(value.shape) * dtype(value.dtype).itemsize != len(value.data):
        raise WireError("an array whose bytes do not fill its shape")
    array = frombuffer(bytearray(value.data), dtype=value.dtype).reshape(value.shape)
    if tensors and value.kind == "torch":
        import torch

        return torch.from_numpy(array)
    return array
