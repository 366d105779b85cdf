"""Weights as a safetensors file: saving a model, reading the file, and putting it into a model again.

Every fault of a file is a `WeightsError` whose message says what to do. A file holds tensors and text alone,
unlike a pickle, which is a program.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch.optim.swa_utils import AveragedModel

FILE = "model.safetensors"
CORPUS = "train.csv"
DESCRIPTION = "corpus.json"  # beside the corpus: its name and digest
MAX_BYTES = 64 << 20
MAX_HEADER = 1 << 20  # bytes of names and shapes; a model of a thousand tensors has a tenth of it
MOST_NAMED = 4  # tensors named in one message
LONGEST_NAME = 60
PICKLES = (b"\x80", b"PK\x03\x04")  # how pickle and torch.save begin a file
DIGEST = re.compile("[0-9a-f]{64}")
HALF = (torch.float16, torch.bfloat16)
PICKLED = "the weights are a pickle of torch.save, which could be any program: save them with `save_model`"
DAMAGED = "the weights are no safetensors file, or are damaged: save them with `save_model`"

Shape = tuple[int, ...]

WRAPPERS = (torch.nn.DataParallel, torch.nn.parallel.DistributedDataParallel, AveragedModel)
PREFIXES = ("module.", "_orig_mod.")  # of the names in a wrapped model's state


class WeightsError(ValueError):
    """A weights file that cannot be used, or does not fit the model."""


@dataclass(frozen=True)
class Weights:
    """What a weights file holds.

    Args:
        tensors: by name.
        corpus: the name of the corpus that the model was trained on, as the file says; empty if it does not.
        digest: the sha256 of that corpus's `train.csv`, likewise.
    """

    tensors: dict[str, torch.Tensor]
    corpus: str = ""
    digest: str = ""


@dataclass(frozen=True)
class Slot:
    """A tensor of a model's state: its shape, and the first name of the same memory where it is tied."""

    shape: Shape
    tied_to: str


def save_model(model: torch.nn.Module, path: str | Path = FILE, corpus: str | Path = CORPUS) -> None:
    """Write the model's weights, with the name and digest of the corpus that it was trained on.

    Tied weights are written once; half precision becomes float32. Raises WeightsError if the file would be
    larger than 64 MiB, and then leaves what is there.
    """
    plain = unwrapped(model)
    state = plain.state_dict()
    kept = [name for name, slot in slots(plain).items() if slot.tied_to == name]
    content = save({name: _as_written(state[name]) for name in kept}, _origin(Path(corpus)))
    if len(content) > MAX_BYTES:
        raise WeightsError(f"the file would have {_mib(len(content))}, at most {_mib(MAX_BYTES)} are taken")
    part = Path(f"{path}.part")
    part.write_bytes(content)
    os.replace(part, path)  # whole or not at all


def unwrapped(model: torch.nn.Module) -> torch.nn.Module:
    """The model inside of DataParallel, an average and torch.compile; its own `module` stays."""
    inner = getattr(model, "module" if isinstance(model, WRAPPERS) else "_orig_mod", None)
    return unwrapped(inner) if isinstance(inner, torch.nn.Module) else model


def load_model(model: torch.nn.Module, path: str | Path = FILE) -> None:
    """Put the weights of a file into the model.

    Raises WeightsError if the file cannot be used or does not fit.
    """
    put_into(model, read_weights(path))


def put_into(model: torch.nn.Module, weights: Weights) -> None:
    """Put weights into the model; raises WeightsError, in words, where they do not fit."""
    known, faults = slots(model), []
    for tensors in spellings(weights.tensors):
        fault = misfit({name: tuple(tensor.shape) for name, tensor in tensors.items()}, known)
        if not fault:
            model.load_state_dict(tensors, strict=False)  # a tied tensor is in the file once
            return
        faults.append(fault)
    raise WeightsError(faults[0])


def spellings(tensors: Mapping[str, torch.Tensor]) -> Iterator[dict[str, torch.Tensor]]:
    """The tensors by their names, then without what DataParallel and torch.compile put before every name."""
    named = dict(tensors)
    yield named
    while prefix := next((p for p in PREFIXES if named and all(name.startswith(p) for name in named)), ""):
        named = {name.removeprefix(prefix): tensor for name, tensor in named.items()}
        yield named


def slots(model: torch.nn.Module) -> dict[str, Slot]:
    """The tensors of a model's state, by name."""
    first: dict[tuple[int, Shape, Shape], str] = {}
    found = {}
    for name, tensor in model.state_dict().items():
        if not isinstance(tensor, torch.Tensor):
            raise WeightsError(f"the model's state holds {shown([name])}, which is no tensor")
        place = (tensor.data_ptr(), tuple(tensor.shape), tensor.stride())
        owner = first.setdefault(place, name) if tensor.numel() else name
        found[name] = Slot(tuple(tensor.shape), owner)
    return found


def misfit(shapes: Mapping[str, Shape], model: Mapping[str, Slot]) -> str:
    """Why tensors of these shapes do not fit the model, in words; empty if they do."""
    unknown = [name for name in shapes if name not in model]
    filled = {model[name].tied_to for name in shapes if name in model}
    missing = [name for name, slot in model.items() if name not in shapes and slot.tied_to not in filled]
    other = [name for name in shapes if name in model and shapes[name] != model[name].shape]
    parts = [f"the file has no {shown(missing)}"] if missing else []
    parts += [f"the model has no {shown(unknown)}"] if unknown else []
    parts += [f"{shown(other)} {'has' if len(other) == 1 else 'have'} another shape"] if other else []
    if not parts:
        return ""
    return f"the weights are of another model: {'; '.join(parts)}. Save them anew with `save_model`"


def read_weights(source: bytes | str | Path) -> Weights:
    """The weights in a file, or in a file's bytes.

    Raises WeightsError if there is none, or it is too large, a pickle, damaged or empty.
    """
    content = source if isinstance(source, bytes) else _read(Path(source))
    if len(content) > MAX_BYTES:
        raise WeightsError(f"the weights have {_mib(len(content))}, at most {_mib(MAX_BYTES)} are taken")
    header_size = int.from_bytes(content[:8], "little")
    try:
        if header_size > MAX_HEADER:
            raise ValueError(f"a header of {header_size} bytes")
        tensors = dict(sorted(load(content).items()))  # the library gives them in no order
        header = json.loads(content[8 : 8 + header_size])
    except (SafetensorError, ValueError, KeyError, TypeError, RuntimeError, RecursionError) as error:
        # only now: a safetensors file begins with its header's size, which may look like a pickle
        raise WeightsError(PICKLED if content.startswith(PICKLES) else DAMAGED) from error
    if not tensors:
        raise WeightsError("the weights file holds no tensor: save a trained model with `save_model`")
    origin = header.get("__metadata__") or {}
    digest = str(origin.get("sha256", ""))
    return Weights(tensors, clean(str(origin.get("corpus", ""))), digest if DIGEST.fullmatch(digest) else "")


def shown(names: Iterable[str]) -> str:
    """Names in a message: few, short and printable."""
    listed = [clean(name) for name in names]
    more = f" and {len(listed) - MOST_NAMED} more" if len(listed) > MOST_NAMED else ""
    return ", ".join(f"`{name}`" for name in listed[:MOST_NAMED]) + more


def clean(text: str, longest: int = LONGEST_NAME) -> str:
    """A text that somebody else chose, bounded and in printable ASCII on one line."""
    plain = "".join(sign if " " <= sign <= "~" and sign != "`" else " " for sign in text[: 4 * longest])
    short = " ".join(plain.split())
    return short if len(short) <= longest else f"{short[: longest - 3]}..."


def _as_written(tensor: torch.Tensor) -> torch.Tensor:
    tensor = tensor.detach().cpu()
    return (tensor.float() if tensor.dtype in HALF else tensor).contiguous().clone()


def _origin(corpus: Path) -> dict[str, str] | None:
    """Name and digest of the corpus, for the file; None where it is not there."""
    if not corpus.is_file():
        return None
    digest = hashlib.sha256(corpus.read_bytes()).hexdigest()
    try:
        known = json.loads(corpus.with_name(DESCRIPTION).read_text(encoding="utf-8"))
        name = str(known["name"]) if known["sha256"] == digest else corpus.name
    except (OSError, ValueError, KeyError, TypeError):
        name = corpus.name
    return {"corpus": name, "sha256": digest}


def _read(path: Path) -> bytes:
    if not path.exists():
        raise WeightsError(f"there is no {path.name}: train the model and save it with `save_model`")
    if not path.is_file():
        raise WeightsError(f"{path.name} is no file: save the model with `save_model`")
    if path.stat().st_size > MAX_BYTES:
        size = _mib(path.stat().st_size)
        raise WeightsError(
            f"{path.name} has {size}, at most {_mib(MAX_BYTES)} are taken: use a smaller model"
        )
    return path.read_bytes()


def _mib(size: int) -> str:
    return f"{size / 2**20:.1f} MiB"
