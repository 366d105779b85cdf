"""Plain values cross the wire unchanged, everything else is refused, and nothing is ever unpickled."""

import datetime
import math
import pickle
import random
import struct
from array import array
from collections import OrderedDict, deque
from enum import Enum
from types import MappingProxyType
from typing import Any

import msgspec
import numpy as np
import pytest
import torch

from autograder.sandbox import values, wire
from autograder.sandbox.objects import unpack_weight

SEEDS = range(20)


def crossed(value: Any, *, tensors: bool = True) -> Any:
    """The value after its whole way from a worker to the trusted side."""
    reply = wire.reply(body(wire.Returned(1, values.pack(value), [])))
    assert isinstance(reply, wire.Returned)
    return values.unpack(reply.value, tensors=tensors)


def body(message: wire.Request | wire.Reply) -> bytes:
    """A message's bytes without their length."""
    return wire.frame(message)[wire.HEADER.size :]


def forged(**parts: Any) -> bytes:
    """The bytes of a message that the wire's own types would not make."""
    return msgspec.msgpack.encode(parts)


def returned(value: Any) -> bytes:
    """The bytes of a reply that returns what the wire's own types would not make."""
    return forged(type="returned", id=1, value=value, trapped=[])


# --- Round trips --------------------------------------------------------------------------------------------

VALUES = {
    "None": None,
    "true": True,
    "zero": 0,
    "least int": -(2**63),
    "largest int": 2**63 - 1,
    "float": 0.1,
    "minus zero": -0.0,
    "infinity": math.inf,
    "text": "naïve ∑ 🙂 \0",
    "no text": "",
    "bytes": b"\x00\xff",
    "no bytes": b"",
    "list": [1, "a", None, [2.5, []]],
    "tuple": (1, (2, ()), [3]),
    "dict": {"a": 1, "": {"b": (b"c", [True])}},
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_plain_values_come_back_as_they_were(value: Any) -> None:
    """Each plain kind keeps its value and its type, nested as well."""
    assert repr(crossed(value)) == repr(value)


def test_not_a_number_comes_back() -> None:
    """NaN crosses as NaN."""
    assert math.isnan(crossed(math.nan))


@pytest.mark.parametrize("dtype", sorted(values.DTYPES))
def test_arrays_of_every_dtype_come_back_bit_for_bit(dtype: str) -> None:
    """An array of each dtype that crosses keeps dtype, shape and every byte."""
    array = np.frombuffer(np.random.default_rng(0).bytes(6 * 16), np.uint8) % 2
    array = array.astype(dtype)[:30].reshape(2, 3, 5)
    back = crossed(array)
    assert (back.dtype, back.shape, back.tobytes()) == (array.dtype, array.shape, array.tobytes())


def draw_array(generator: np.random.Generator) -> np.ndarray:
    """An array of random dtype, rank, sizes (0 and 1 among them), strides and byte order."""
    dtype = np.dtype(str(generator.choice(sorted(values.DTYPES))))
    shape = tuple(generator.integers(0, 5, size=generator.integers(0, 6)))
    array = np.asarray(generator.normal(size=shape) * 100)
    with np.errstate(invalid="ignore"):  # a negative number as an unsigned one is any number
        array = array.astype(dtype)
    if generator.random() < 0.5:
        array = array.astype(dtype.newbyteorder(">"))
    if array.ndim and generator.random() < 0.5:
        array = array[::-2].T
    return array


@pytest.mark.parametrize("seed", SEEDS)
def test_random_arrays_come_back_equal(seed: int) -> None:
    """Arrays of any rank, stride and byte order come back equal, in this machine's byte order."""
    generator = np.random.default_rng(seed)
    for _ in range(50):
        array = draw_array(generator)
        back = crossed(array)
        assert back.dtype == array.dtype.newbyteorder("=")
        assert np.array_equal(back, array)


def draw_value(source: random.Random, depth: int = 0) -> Any:
    """A random nested value of the plain kinds."""
    kind = source.randrange(10 if depth < 5 else 7)
    leaves: list[Any] = [
        None,
        source.random() < 0.5,
        source.randint(-(2**63), 2**63 - 1),
        source.uniform(-1e300, 1e300),
        "".join(chr(source.randrange(0x20, 0xD7FF)) for _ in range(source.randrange(6))),
        source.randbytes(source.randrange(6)),
        "",
    ]
    if kind < 7:
        return leaves[kind]
    items = [draw_value(source, depth + 1) for _ in range(source.randrange(4))]
    return {7: items, 8: tuple(items), 9: {str(n): item for n, item in enumerate(items)}}[kind]


@pytest.mark.parametrize("seed", SEEDS)
def test_random_nested_values_come_back_equal(seed: int) -> None:
    """Random trees of lists, tuples, dicts and leaves come back with equal values and types."""
    source = random.Random(seed)
    for _ in range(50):
        value = draw_value(source)
        assert repr(crossed(value)) == repr(value)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.int64, torch.bool, torch.complex64])
def test_tensors_come_back_as_tensors(dtype: torch.dtype) -> None:
    """A tensor keeps its dtype, shape and numbers."""
    tensor = torch.arange(6).reshape(2, 3).to(dtype)
    back = crossed(tensor)
    assert isinstance(back, torch.Tensor)
    assert back.dtype == dtype
    assert torch.equal(back, tensor)


TENSORS = {
    "requires grad": torch.ones(2, 3, requires_grad=True),
    "result of a computation": torch.ones(2, 3, requires_grad=True) * 2,
    "parameter": torch.nn.Parameter(torch.arange(3.0)),
    "transposed": torch.arange(6.0).reshape(2, 3).T,
    "every second": torch.arange(6.0)[::2],
    "expanded": torch.arange(3.0).expand(4, 3),
    "conjugate": torch.tensor([1 + 2j, 3 - 4j]).conj(),
    "negative view": torch.tensor([1 + 2j, 3 - 4j]).conj().imag,
    "sparse": torch.eye(3).to_sparse(),
    "zero axes": torch.tensor(2.5),
    "empty": torch.zeros(0, 4),
}


@pytest.mark.parametrize("tensor", TENSORS.values(), ids=TENSORS)
def test_tensors_of_every_make_come_back_equal(tensor: torch.Tensor) -> None:
    """Gradients, views, conjugates and sparse storage are resolved on the way."""
    dense = tensor.detach().to_dense().resolve_conj().resolve_neg()
    back = crossed(tensor)
    assert not back.requires_grad
    assert back.shape == dense.shape
    assert torch.equal(back, dense)


def test_bfloat16_crosses_as_float32() -> None:
    """NumPy has no bfloat16; its numbers cross in the next larger type."""
    tensor = torch.tensor([1.5, -2.0], dtype=torch.bfloat16)
    back = crossed(tensor)
    assert back.dtype == torch.float32
    assert torch.equal(back, tensor.float())


def test_the_trusted_side_gets_arrays_instead_of_tensors() -> None:
    """Without `tensors`, what torch returned is a NumPy array."""
    back = crossed(torch.arange(3.0), tensors=False)
    assert isinstance(back, np.ndarray)
    assert back.tolist() == [0.0, 1.0, 2.0]


def test_arrays_stay_arrays_beside_tensors() -> None:
    """A NumPy array stays one where tensors are made as well."""
    assert type(crossed([np.ones(2), torch.ones(2)])[0]) is np.ndarray


def test_arrays_that_come_back_can_be_written() -> None:
    """Student code may change its arguments in place, so their bytes are their own."""
    back = crossed(np.zeros(3))
    back[0] = 1
    assert back[0] == 1


@pytest.mark.parametrize("scalar", [np.float32(1.5), np.float64(1.5), np.bool_(True), np.complex64(1j)])
def test_numpy_scalars_cross_as_arrays_without_axes(scalar: np.generic) -> None:
    """A NumPy scalar keeps its dtype, in an array of no axes."""
    back = crossed(scalar)
    assert (back.shape, back.dtype, back[()]) == ((), scalar.dtype, scalar)


def test_object_arrays_cross_as_lists() -> None:
    """An array of objects is no block of bytes: its items cross one by one."""
    assert crossed(np.array([1, "a", None], dtype=object)) == [1, "a", None]


def test_ragged_object_arrays_keep_their_inner_arrays() -> None:
    """Arrays within an array of objects stay arrays."""
    ragged = np.array([np.ones(2), np.ones(3)], dtype=object)
    assert [part.shape for part in crossed(ragged)] == [(2,), (3,)]


@pytest.mark.parametrize("mapping", [OrderedDict(a=1), MappingProxyType({"a": 1})])
def test_mappings_cross_as_dicts(mapping: Any) -> None:
    """Anything that maps strings is a dict on the other side."""
    back = crossed(mapping)
    assert type(back) is dict
    assert back == {"a": 1}


def test_named_tuples_cross_as_tuples() -> None:
    """torch's named results are plain tuples on the other side."""
    back = crossed(torch.max(torch.eye(2), dim=0))
    assert type(back) is tuple
    assert [part.tolist() for part in back] == [[1.0, 1.0], [0, 1]]


# --- What does not cross ------------------------------------------------------------------------------------


class Own:
    """A student's class."""


class Posing(str):
    """A text that brings code of its own."""

    __slots__ = ()


STAYING = {
    "object": (object(), "object"),
    "function": (len, "builtin_function_or_method"),
    "type": (int, "type"),
    "set": ({1}, "set"),
    "complex": (1j, "complex"),
    "iterator": (iter([1]), "list_iterator"),
    "huge int": (10**400, "int"),
    "own class": (Own(), ""),
    "own text": (Posing("x"), ""),
    "library's class": (datetime.date(2020, 1, 1), ""),
    "torch module": (torch.nn.Linear(1, 1), ""),
    "array of texts": (np.array(["a"]), ""),
    "array of dates": (np.array(["2020"], dtype="M8[Y]"), ""),
    "array of records": (np.zeros(2, dtype="i4,f8"), ""),
}


@pytest.mark.parametrize(("value", "name"), STAYING.values(), ids=STAYING)
def test_what_stays_behind_is_named_only_by_a_built_in_type(value: Any, name: str) -> None:
    """Of an object that does not cross, the type's name does, and only where Python gave it."""
    assert crossed([value]) == [values.Opaque(name)]


def test_what_stays_behind_is_not_pickled() -> None:
    """No method of an object is run to send it."""

    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            raise AssertionError("somebody pickled")

    assert crossed(Bomb()) == values.Opaque("")


def test_pickles_cross_as_bytes_and_stay_bytes() -> None:
    """Bytes that look like a pickle are bytes on the other side."""
    pickled = pickle.dumps(Own())
    assert crossed(pickled) == pickled


def test_the_wire_imports_no_pickle() -> None:
    """The wire's module knows no name that unpickles."""
    assert not {"pickle", "marshal", "shelve", "load", "loads"} & set(vars(wire))


def nested(depth: int) -> list[Any]:
    """A list in a list, so many deep."""
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def test_the_deepest_value_crosses() -> None:
    """A value of exactly the permitted depth comes back."""
    assert crossed(nested(values.MAX_DEPTH)) == nested(values.MAX_DEPTH)


@pytest.mark.parametrize("depth", [values.MAX_DEPTH + 1, 100_000])
def test_deeper_values_are_refused(depth: int) -> None:
    """A value nested too deep is refused before it is sent."""
    value = nested(depth)
    with pytest.raises(values.WireError, match="nested deeper"):
        values.pack(value)


def test_a_list_that_holds_itself_is_refused() -> None:
    """A cycle ends at the permitted depth."""
    cycle: list[Any] = []
    cycle.append(cycle)
    with pytest.raises(values.WireError, match="nested deeper"):
        values.pack(cycle)


def test_a_bomb_of_shared_lists_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few objects that stand for very many items are refused."""
    monkeypatch.setattr(values, "MAX_ITEMS", 10_000)
    value: list[Any] = []
    for _ in range(values.MAX_DEPTH):
        value = [value] * 10
    with pytest.raises(values.WireError, match="items"):
        values.pack(value)


def test_more_items_than_cross_are_refused() -> None:
    """A flat list with too many items is refused."""
    with pytest.raises(values.WireError, match="items"):
        values.pack([None] * (values.MAX_ITEMS + 1))


def test_an_object_array_that_holds_itself_is_refused() -> None:
    """A cycle through an array of objects ends as well."""
    cycle = np.empty(1, dtype=object)
    cycle[0] = cycle
    with pytest.raises((values.WireError, RecursionError)):
        values.pack(cycle)


def test_lone_surrogates_are_refused() -> None:
    """Text that UTF-8 has no form for is refused with the wire's own error."""
    with pytest.raises(values.WireError, match="cannot be encoded"):
        wire.frame(wire.Returned(1, "\ud800", []))


@pytest.mark.parametrize(
    "message",
    [wire.Returned(1, "x" * 1000, []), wire.Prepare(1, {"weights": b"x" * 1000})],
    ids=["reply", "request"],
)
def test_messages_over_the_limit_are_refused(message: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message larger than the limit of its way is not sent; less comes back than may go out."""
    assert wire.MAX_REPLY < wire.MAX_MESSAGE
    monkeypatch.setattr(wire, "MAX_MESSAGE" if isinstance(message, wire.Prepare) else "MAX_REPLY", 1000)
    with pytest.raises(values.WireError, match="at most 1000"):
        wire.frame(message)


def test_a_frame_starts_with_its_length() -> None:
    """The first four bytes say how many follow."""
    data = wire.frame(wire.Ready(7))
    assert struct.unpack_from("<I", data) == (len(data) - 4,)


def test_requests_come_back_as_they_were() -> None:
    """A call with arguments of every kind is the same on the worker's side."""
    call = wire.Call(3, "rnn", [values.pack(value) for value in VALUES.values()], 5, 1.5, ["gru"])
    assert wire.request(body(call)) == call


# --- What a worker may send ---------------------------------------------------------------------------------

ARRAYS = {
    "too few bytes": ("float64", (2, 3), 47),
    "too many bytes": ("float64", (2, 3), 49),
    "no bytes": ("float64", (2, 3), 0),
    "bytes for no element": ("float64", (0,), 8),
    "no axes and no bytes": ("float64", (), 0),
    "unknown dtype": ("float128", (1,), 16),
    "objects": ("object", (1,), 8),
    "pointer by its letter": ("O", (1,), 8),
    "records": ("i4,i4", (1,), 8),
    "texts": ("U2", (1,), 8),
    "other byte order": (">f8", (1,), 8),
    "short name": ("f8", (1,), 8),
    "no dtype": ("", (1,), 8),
    "negative axis": ("float64", (-1,), 8),
    "two negative axes": ("float64", (-1, -1), 8),
    "huge axis": ("float64", (2**62,), 8),
    "product over 64 bits": ("float64", (2**32, 2**32), 0),
    "huge beside nothing": ("float64", (0, 2**31, 2**31), 0),
    "large beside nothing": ("float64", (0, 10**8, 10**8, 10**8), 0),
    "too many axes": ("float64", (1,) * (values.MAX_NDIM + 1), 8),
    "far too many axes": ("float64", (1,) * 1000, 8),
}


@pytest.mark.parametrize("tensors", [False, True], ids=["arrays", "tensors"])
@pytest.mark.parametrize(("dtype", "shape", "size"), ARRAYS.values(), ids=ARRAYS)
def test_arrays_that_contradict_themselves_are_refused(
    dtype: str, shape: tuple[int, ...], size: int, tensors: bool
) -> None:
    """Bytes, dtype and shape of an array must agree, and be of a size that can have crossed."""
    with pytest.raises(values.WireError, match="an array"):
        values.unpack(values.Array("torch", dtype, shape, bytes(size)), tensors=tensors)


@pytest.mark.parametrize("shape", [(0,), (0, 5), (3, 0, 2)])
def test_honest_empty_arrays_pass(shape: tuple[int, ...]) -> None:
    """An array without elements keeps its shape."""
    assert values.unpack(values.Array("numpy", "float32", shape, b""), tensors=False).shape == shape


@pytest.mark.parametrize("seed", SEEDS)
def test_random_array_headers_give_an_array_or_the_wire_s_error(seed: int) -> None:
    """Whatever an array's header says, the outcome is an array of that shape or a refusal."""
    source = random.Random(seed)
    sizes = [0, 1, 2, 3, 4, 7, -1, 2**31, 2**63 - 1]
    for _ in range(300):
        shape = tuple(source.choice(sizes) for _ in range(source.randrange(5)))
        dtype = source.choice([*sorted(values.DTYPES), "O", "V8"])
        data = bytes(source.choice([0, 1, 2, 4, 8, 16, 24]))
        try:
            array = values.unpack(values.Array("numpy", dtype, shape, data), tensors=False)
        except values.WireError:
            continue
        assert (array.shape, array.nbytes) == (shape, len(data))


def test_values_forged_too_deep_are_refused() -> None:
    """What a worker nests deeper than its own packer would is refused on this side as well."""
    value: values.Value = None
    for _ in range(values.MAX_DEPTH + 2):
        value = values.Items("list", [value])
    with pytest.raises(values.WireError, match="too deep"):
        values.unpack(value, tensors=False)


def encoded_nest(depth: int) -> bytes:
    """Bytes of a reply that holds a list in a list, so many deep, made without recursion."""
    opening = b"\x83\xa4type\xa5items\xa4kind\xa4list\xa5items\x91"
    head = b"\x84\xa4type\xa8returned\xa2id\x01\xa7trapped\x90\xa5value"
    return head + opening * depth + b"\xc0"


GARBAGE = {
    "nothing": b"",
    "a byte": b"\xc1",
    "text": b"hello",
    "a number": msgspec.msgpack.encode(1),
    "a list": msgspec.msgpack.encode([1, 2]),
    "no type": forged(id=1),
    "unknown type": forged(type="nonsense", id=1),
    "a request": body(wire.Call(1, "f", [], 0, 1.0)),
    "no id": forged(type="ready"),
    "id as text": forged(type="ready", id="1"),
    "id as float": forged(type="ready", id=1.5),
    "cut off": body(wire.Ready(1))[:-1],
    "a byte too many": body(wire.Ready(1)) + b"\0",
    "unknown ending": forged(type="cell", id=1, ended="fine", outputs=[]),
    "unknown reason": forged(type="failed", id=1, reason="luck", trapped=[]),
    "unknown kind of list": returned({"type": "items", "kind": "set", "items": []}),
    "unknown kind of array": returned(
        {"type": "array", "kind": "cupy", "dtype": "int8", "shape": [], "data": b"1"}
    ),
    "untyped list": returned([1]),
    "untyped bytes": returned(b"1"),
    "untyped dict": returned({"a": 1}),
    "dict with other keys": returned({"type": "table", "items": {1: 2}}),
    "shape of floats": returned(
        {"type": "array", "kind": "numpy", "dtype": "int8", "shape": [1.0], "data": b"1"}
    ),
    "bytes as text": returned({"type": "bytes", "data": 1}),
    "trapped numbers": forged(type="returned", id=1, value=None, trapped=[1]),
    "broken text": b"\x82\xa4type\xa5ready\xa2id\xa1\xff",
    "extension": returned(msgspec.msgpack.Ext(5, b"data")),
    "a date": returned(datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)),
    "deep": encoded_nest(100_000),
    "output that is no dict": forged(type="cell", id=1, ended="ok", outputs=["text"]),
    "output with other keys": forged(type="cell", id=1, ended="ok", outputs=[{1: "text"}]),
    "output with objects": forged(
        type="cell", id=1, ended="ok", outputs=[{"data": msgspec.msgpack.Ext(1, b"")}]
    ),
    "too many outputs": forged(type="cell", id=1, ended="ok", outputs=[{}] * (wire.MAX_OUTPUTS + 1)),
    "too many lines": forged(
        type="cell", id=1, ended="ok", outputs=[{"traceback": [""] * (wire.MAX_LINES + 1)}]
    ),
    "too many kinds": forged(
        type="cell", id=1, ended="ok", outputs=[{"data": {str(n): "" for n in range(wire.MAX_KINDS + 1)}}]
    ),
}


@pytest.mark.parametrize("data", GARBAGE.values(), ids=GARBAGE)
def test_bytes_that_are_no_reply_are_refused(data: bytes) -> None:
    """Whatever does not decode into a reply of the right types is refused with the wire's own error."""
    with pytest.raises(values.WireError, match="no reply"):
        wire.reply(data)


@pytest.mark.parametrize("seed", SEEDS)
def test_random_bytes_never_get_past_the_wire_s_error(seed: int) -> None:
    """Random bytes are refused with the wire's error and no other."""
    source = random.Random(seed)
    for _ in range(500):
        with pytest.raises(values.WireError):
            wire.reply(source.randbytes(source.randrange(1, 60)))


@pytest.mark.parametrize("seed", SEEDS)
def test_replies_with_flipped_bytes_decode_or_are_refused(seed: int) -> None:
    """A damaged reply is either another reply, with a value or not, or refused; nothing else comes out."""
    source = random.Random(seed)
    good = body(wire.Returned(1, values.pack([np.eye(2), {"a": (1.5, b"x")}, None]), ["gru"]))
    for _ in range(300):
        data = bytearray(good)
        for _ in range(source.randrange(1, 4)):
            data[source.randrange(len(data))] = source.randrange(256)
        try:
            reply = wire.reply(bytes(data))
            if isinstance(reply, wire.Returned):
                values.unpack(reply.value, tensors=False)
        except values.WireError:
            continue
        assert isinstance(reply, wire.Reply)


def test_a_cell_s_outputs_come_back() -> None:
    """Outputs of each kind that a notebook shows pass the types of the wire."""
    outputs: list[dict[str, Any]] = [
        {"output_type": "stream", "name": "stdout", "text": "text"},
        {"output_type": "display_data", "data": {"image/png": "iVBO", "text/plain": "x"}, "metadata": {}},
        {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["a", "b"]},
    ]
    reply = wire.reply(body(wire.CellDone(1, "ok", outputs)))
    assert isinstance(reply, wire.CellDone)
    assert reply.outputs == outputs


# --- What goes to a worker alone ----------------------------------------------------------------------------


@pytest.mark.parametrize("value", [values.Handle(3), values.Random(7), np.ones(2), [1, "x"], None])
def test_arguments_cross(value: object) -> None:
    """Handles and seeds go as they are, values in their plain form; a request holds any of them."""
    plain = values.pack_argument(value)
    body = wire.frame(wire.Call(1, "f", [plain], 0, 1.0))[wire.HEADER.size :]
    sent = wire.request(body)
    assert isinstance(sent, wire.Call)
    assert sent.args == [plain]


@pytest.mark.parametrize("value", [values.Handle(3), values.Random(7)])
def test_nothing_of_the_kind_comes_back(value: values.Handle | values.Random) -> None:
    """A reply with a handle in it is no reply: a worker may not name objects."""
    body = msgspec.msgpack.encode({"type": "returned", "id": 1, "value": value, "trapped": []})
    with pytest.raises(values.WireError):
        wire.reply(body)


@pytest.mark.parametrize(
    "layer",
    [
        torch.nn.RNN(2, 3),
        torch.nn.GRU(2, 3, num_layers=2, batch_first=True),
        torch.nn.GRU(2, 3, bidirectional=True, batch_first=True),
    ],
)
def test_other_recurrent_layers_do_not_cross(layer: torch.nn.RNNBase) -> None:
    """What the worker would build otherwise than meant is refused here."""
    with pytest.raises(values.WireError, match="one layer, one direction, batch first"):
        values.pack_argument(layer)


class Measured:
    """Numbers with a unit, as a student's own class may hold them."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.array([1.0, 2.0], dtype=dtype)


@pytest.mark.parametrize(
    "value",
    [deque([1.0, 2.0]), array("d", [1, 2]), Measured(), np.array([1, 2], dtype=np.longdouble), range(1, 3)],
    ids=["deque", "array.array", "__array__", "longdouble", "range"],
)
def test_what_numpy_takes_for_numbers_crosses_as_an_array(value: object) -> None:
    """An honest answer is no less right for the kind of its container."""
    back = crossed(value)
    assert isinstance(back, np.ndarray)
    assert back.tolist() == [1, 2]


class Name(str, Enum):  # noqa: UP042 - as students write it: its str() is not its text
    W = "W"


def test_keys_that_are_texts_cross_and_others_are_left_out() -> None:
    """np.str_ and an Enum of str are texts; a number beside them does not cost the whole dict."""
    assert crossed({Name.W: 1, np.str_("R"): 2, 3: 4, "b": 5}) == {"W": 1, "R": 2, "b": 5}


def test_an_integer_beyond_64_bits_is_a_float() -> None:
    """A bias of 10**20 is as good as one of 1e20."""
    assert crossed([10**20, -(10**30)]) == [1e20, -1e30]


# --- Weights ------------------------------------------------------------------------------------------------

FLOATS = [torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.float8_e4m3fn]
WEIGHTS = {
    **{str(dtype): torch.linspace(-2, 2, 6).reshape(2, 3).to(dtype) for dtype in FLOATS},
    "whole numbers": torch.arange(4),
    "one number": torch.tensor(1.5, dtype=torch.bfloat16),
    "none": torch.zeros(0, 3, dtype=torch.bfloat16),
    "turned": torch.arange(6.0).reshape(2, 3).T,
    "a part": torch.arange(6.0)[::2],
    "trained": torch.ones(2, requires_grad=True),
}


@pytest.mark.parametrize("name", WEIGHTS)
def test_weights_cross_in_their_own_dtype(name: str) -> None:
    """Bit for bit, bfloat16 too, which NumPy does not know."""
    tensor = WEIGHTS[name]
    message = wire.Load(1, 2, {"w": values.pack_weight(tensor)}, 3.0)
    sent = wire.request(body(message))
    assert isinstance(sent, wire.Load)
    again = unpack_weight(sent.state["w"])
    assert (again.dtype, again.shape) == (tensor.dtype, tensor.shape)
    bits = [each.detach().contiguous().reshape(-1).view(torch.uint8) for each in (again, tensor)]
    assert torch.equal(*bits)


def test_an_exception_s_text_is_bounded() -> None:
    """Whatever a worker sends, no more of it is built."""
    with pytest.raises(values.WireError):
        wire.reply(body(wire.Raised(1, ["ValueError"], None, None, [], "x" * (wire.MAX_TEXT + 1))))
