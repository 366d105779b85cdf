"""The numbers that a failed verdict rests on: compared with those of known mistakes, grouped over a class.

They are hidden: kept in a file of mode 0600 beside the report, and shown to nobody but through its agreement
with something that has a name.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Two implementations of one mistake, in float32 and float64, agree to 1e-5 of the larger elements; two
# mistakes differ by 1e-3 and more (`python -m bench.naming`).
AGREEMENT = 1e-4
# and by how far they are off what is right: one-sided differences are off by 1e-6, alike to 1e-11
SHARE = 0.05
SMALL = 0.1  # of the largest element: smaller ones are compared with that
PARTS = ("found", "wanted")
MAX_NUMBERS = 200_000  # of one verdict; more is not kept


class Evidence(msgspec.Struct, frozen=True):
    """What a student's code answered where a hidden test failed.

    Args:
        found: the student's numbers by the quantity's name, float64, in whatever shape they came.
        wanted: what they should be, where there is one right answer; or what else a mistake is seen by.
    """

    found: dict[str, Any]
    wanted: dict[str, Any] = {}

    @property
    def is_kept(self) -> bool:
        """Whether it is small enough to be kept."""
        arrays = (*self.found.values(), *self.wanted.values())
        return int(sum(array.size for array in arrays)) <= MAX_NUMBERS


def agree(one: Evidence, other: Evidence) -> bool:
    """Whether two verdicts rest on the same numbers, but for rounding."""
    if one.found.keys() != other.found.keys():
        return False
    apart = off = 0.0
    for name, array in one.found.items():
        second, right = other.found[name], one.wanted.get(name)
        if array.shape != second.shape:
            return False
        finite = np.isfinite(second)
        if not np.array_equal(array[~finite], second[~finite], equal_nan=True):
            return False
        array, second = array[finite], second[finite]
        sizes = (second, right[np.isfinite(right)]) if right is not None else (second,)
        scale = max(float(np.max(np.abs(each), initial=1e-300)) for each in sizes)
        difference = np.abs(array - second)
        if not np.all(difference <= AGREEMENT * np.maximum(np.abs(second), SMALL * scale)):
            return False
        apart = max(apart, float(np.max(difference, initial=0)) / scale)
        if right is not None and right.shape == finite.shape:
            off = max(off, float(np.max(np.abs(second - right[finite]), initial=0)) / scale)
        else:
            off = max(off, 1.0)
    return apart <= SHARE * off


def write(failures: Mapping[str, Evidence]) -> bytes:
    """The evidence of a submission's failed tests, by the test's name, as bytes."""
    return msgspec.msgpack.encode(dict(failures), enc_hook=_encode)


def read(path: Path) -> dict[str, Evidence]:
    """What `write` gave; empty where nothing was kept, or in another form."""
    try:
        raw = msgspec.msgpack.decode(path.read_bytes(), type=dict[str, dict[str, dict[str, _Kept]]])
    except (FileNotFoundError, msgspec.DecodeError):
        return {}
    return {
        test: Evidence(*({name: kept.array for name, kept in parts[part].items()} for part in PARTS))
        for test, parts in raw.items()
    }


class _Kept(msgspec.Struct, array_like=True):
    shape: tuple[int, ...]
    data: bytes

    @property
    def array(self) -> Array:
        return np.frombuffer(self.data, dtype="<f8").reshape(self.shape)


def _encode(value: Any) -> _Kept:
    return _Kept(value.shape, np.ascontiguousarray(value, dtype="<f8").tobytes())
