"""Weights as files: what is saved comes back, and every fault of a file is told."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import random
from contextlib import suppress
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save

from helpers import char_weights
from helpers.char_weights import WeightsError, load_model, put_into, read_weights, save_model


class Tied(torch.nn.Module):
    """Its output has the embedding's weights."""

    def __init__(self, size: int = 6) -> None:
        super().__init__()
        self.embedding = torch.nn.Embedding(5, size)
        self.output = torch.nn.Linear(size, 5)
        self.output.weight = self.embedding.weight


def same(one: torch.nn.Module, other: torch.nn.Module) -> bool:
    """Whether all tensors of their states are equal."""
    pairs = zip(one.state_dict().items(), other.state_dict().items(), strict=True)
    return all(name == again and torch.equal(value, more) for (name, value), (again, more) in pairs)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a test's weights lie."""
    return tmp_path / "model.safetensors"


@pytest.mark.parametrize("make", [lambda: torch.nn.LSTM(3, 4), lambda: torch.nn.BatchNorm1d(3), Tied])
def test_what_is_saved_comes_back(make, path: Path) -> None:
    """Parameters and buffers of any kind, tied or not."""
    saved, loaded = make(), make()
    save_model(saved, path)
    load_model(loaded, path)
    assert same(saved, loaded)


def test_tied_weights_are_written_once_and_stay_tied(path: Path) -> None:
    """The file has one of the two names, and the loaded model one tensor."""
    save_model(Tied(), path)
    assert sorted(load_file(path)) == ["embedding.weight", "output.bias"]
    loaded = Tied()
    load_model(loaded, path)
    assert loaded.output.weight is loaded.embedding.weight


@pytest.mark.parametrize("name", ["embedding.weight", "output.weight"])
def test_either_name_of_tied_weights_will_do(name: str) -> None:
    """Whichever of them a file has, both are filled."""
    weight, model = torch.ones(5, 6), Tied()
    put_into(model, read_weights(save({name: weight, "output.bias": torch.zeros(5)})))
    assert torch.equal(model.output.weight, weight)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_becomes_float32(dtype: torch.dtype, path: Path) -> None:
    """What was trained in half precision is saved in full."""
    save_model(torch.nn.Linear(2, 2).to(dtype), path)
    assert {value.dtype for value in load_file(path).values()} == {torch.float32}


class Compiled(torch.nn.Module):
    """Keeps the model as `torch.compile` does."""

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self._orig_mod = model


@pytest.mark.parametrize("wrap", [torch.nn.DataParallel, Compiled])
def test_wrapped_models_are_saved_plain(wrap, path: Path) -> None:
    """Names are those of the class itself."""
    save_model(wrap(torch.nn.Linear(2, 2)), path)
    assert sorted(load_file(path)) == ["bias", "weight"]


def test_views_of_one_tensor_are_no_obstacle(path: Path) -> None:
    """Parameters that share a part of their memory are saved each for itself."""
    whole = torch.randn(4, 4)
    model = torch.nn.Module()
    model.first, model.second = (torch.nn.Parameter(part) for part in (whole[:2], whole[:, 1]))
    save_model(model, path)
    assert torch.equal(load_file(path)["second"], whole[:, 1])


# --- Where the model was trained ----------------------------------------------------------------------------


def describe(folder: Path, *, matching: bool = True) -> str:
    """Puts a corpus with its description into a folder; its digest."""
    content = b"sentence\na\n"
    digest = hashlib.sha256(content).hexdigest()
    (folder / "train.csv").write_bytes(content)
    told = {"name": "headlines of a test", "sentences": 1, "sha256": digest if matching else "0" * 64}
    (folder / "corpus.json").write_text(json.dumps(told))
    return digest


def test_the_file_names_its_corpus(path: Path) -> None:
    """Name and digest of the corpus are in the metadata."""
    digest = describe(path.parent)
    save_model(torch.nn.Linear(1, 1), path, path.with_name("train.csv"))
    weights = read_weights(path)
    assert (weights.corpus, weights.digest) == ("headlines of a test", digest)
    with safe_open(path, "pt") as file:
        assert file.metadata() == {"corpus": "headlines of a test", "sha256": digest}


def test_a_corpus_of_another_digest_has_no_claim_to_the_name(path: Path) -> None:
    """A train.csv that is not the described one goes by its own name."""
    digest = describe(path.parent, matching=False)
    save_model(torch.nn.Linear(1, 1), path, path.with_name("train.csv"))
    weights = read_weights(path)
    assert (weights.corpus, weights.digest) == ("train.csv", digest)


def test_without_a_corpus_nothing_is_claimed(path: Path) -> None:
    """Where there is no train.csv the file says nothing of it."""
    save_model(torch.nn.Linear(1, 1), path, path.with_name("train.csv"))
    weights = read_weights(path)
    assert (weights.corpus, weights.digest) == ("", "")


def test_metadata_is_bounded_and_clean() -> None:
    """The name is the student's: short, printable, on one line; a digest is a digest."""
    told = {"corpus": "<b>\n\x1b[31m`" + "ä" * 500, "sha256": "<script>"}
    weights = read_weights(save({"a": torch.zeros(1)}, told))
    assert weights.corpus.startswith("<b> [31m")
    assert len(weights.corpus) <= char_weights.LONGEST_NAME
    assert weights.corpus.isascii()
    assert weights.corpus.isprintable()
    assert weights.digest == ""


# --- Faults -------------------------------------------------------------------------------------------------

GOOD = save({"weight": torch.zeros(2, 2)})
FAULTS = {
    "empty": (b"", "no safetensors file"),
    "text": (b"weights", "no safetensors file"),
    "cut off": (GOOD[:-3], "no safetensors file"),
    "a pickle": (pickle.dumps([1, 2, 3]), "pickle"),
    "torch.save": (b"PK\x03\x04" + bytes(100), "pickle"),
    "a header of a gigabyte": ((1 << 30).to_bytes(8, "little") + bytes(100), "no safetensors file"),
    "no tensor": (save({}), "no tensor"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_file_that_is_none_is_told(name: str) -> None:
    """Each fault has a sentence that says what to do."""
    content, told = FAULTS[name]
    with pytest.raises(WeightsError, match=told) as fault:
        read_weights(content)
    assert "save_model" in str(fault.value)


@pytest.mark.parametrize("rows", range(1, 70))
def test_no_honest_file_is_taken_for_a_pickle(rows: int) -> None:
    """The first byte of a safetensors file is that of a pickle in one of 32 lengths of the header."""
    content = save({f"{n}": torch.zeros(1) for n in range(rows)})
    assert len(read_weights(content).tensors) == rows


def test_some_honest_file_begins_like_a_pickle() -> None:
    """Else the test before would prove nothing."""
    assert any(save({f"{n}": torch.zeros(1) for n in range(rows)})[:1] == b"\x80" for rows in range(1, 70))


def test_what_is_no_file_is_told(path: Path) -> None:
    """Neither nothing nor a folder is weights."""
    with pytest.raises(WeightsError, match=r"there is no model\.safetensors"):
        read_weights(path)
    path.mkdir()
    with pytest.raises(WeightsError, match="no file"):
        read_weights(path)


def test_a_named_pipe_is_not_waited_for(path: Path) -> None:
    """It is no file, and opening it would wait for ever."""
    os.mkfifo(path)
    with pytest.raises(WeightsError, match="no file"):
        read_weights(path)


def test_a_large_file_is_not_read(path: Path) -> None:
    """Over 64 MiB its size is told, before a byte is read."""
    with path.open("wb") as file:
        file.truncate(char_weights.MAX_BYTES + 1)
    with pytest.raises(WeightsError, match=r"64\.0 MiB"):
        read_weights(path)


def test_what_would_be_too_large_is_not_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file that is there stays."""
    save_model(torch.nn.Linear(1, 1), path)
    before = path.read_bytes()
    monkeypatch.setattr(char_weights, "MAX_BYTES", 1000)
    with pytest.raises(WeightsError, match="the file would have"):
        save_model(torch.nn.Linear(100, 100), path)
    assert path.read_bytes() == before


MISFITS = {
    "missing": ({"weight": torch.zeros(2, 3)}, "the file has no `bias`"),
    "unknown": ({"weight": torch.zeros(2, 3), "bias": torch.zeros(2), "more": torch.zeros(1)}, "no `more`"),
    "shape": ({"weight": torch.zeros(3, 2), "bias": torch.zeros(2)}, "`weight` has another shape"),
    "all": ({"a": torch.zeros(1), "b": torch.zeros(1)}, "the model has no `a`, `b`"),
}


@pytest.mark.parametrize("name", MISFITS)
def test_weights_of_another_class_are_told(name: str) -> None:
    """What is missing, unknown or of another shape, by name; and nothing is loaded."""
    tensors, told = MISFITS[name]
    model = torch.nn.Linear(3, 2)
    before = model.weight.clone()
    with pytest.raises(WeightsError, match=told):
        put_into(model, read_weights(save(tensors)))
    assert torch.equal(model.weight, before)


def test_names_in_a_message_are_bounded() -> None:
    """A file of a thousand odd names makes a short message."""
    tensors = {f"{n}\n" + "x" * 200: torch.zeros(1) for n in range(1000)}
    with pytest.raises(WeightsError, match="and 996 more") as fault:
        put_into(torch.nn.Linear(3, 2), read_weights(save(tensors)))
    assert len(str(fault.value)) < 600
    assert "\n" not in str(fault.value)


ODD = {
    "no room for its numbers": {"dtype": "F32", "shape": [0, 2**63], "data_offsets": [0, 0]},
    "a negative axis": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]},
    "far away": {"dtype": "F32", "shape": [1], "data_offsets": [2**70, 2**70 + 4]},
    "an unknown kind of number": {"dtype": "F4", "shape": [8], "data_offsets": [0, 4]},
    "no description": [1],
}


@pytest.mark.parametrize("name", ODD)
def test_odd_headers_are_damage(name: str) -> None:
    """What the library or torch cannot build is told like any damage."""
    header = json.dumps({"a": ODD[name]}).encode()
    with pytest.raises(WeightsError, match="damaged"):
        read_weights(len(header).to_bytes(8, "little") + header + bytes(4))


def test_flipped_bytes_give_weights_or_the_error() -> None:
    """A damaged file never raises anything else: that would be the grader's fault."""
    good = save({"w": torch.randn(3, 3), "b": torch.zeros(3)}, {"corpus": "x"})
    draw = random.Random(0)
    for _ in range(3000):
        damaged = bytearray(good)
        for _ in range(draw.randint(1, 4)):
            damaged[draw.randrange(len(damaged))] = draw.randrange(256)
        with suppress(WeightsError):
            read_weights(bytes(damaged))


class WithPart(torch.nn.Module):
    """Has a part that is called as DataParallel calls the model in it."""

    def __init__(self) -> None:
        super().__init__()
        self.module = torch.nn.Linear(2, 3)
        self.output = torch.nn.Linear(3, 1)


def test_a_part_called_module_is_no_wrapper(path: Path) -> None:
    """All of the model is saved, compiled or not."""
    model = WithPart()
    for wrapped in (model, Compiled(model), torch.nn.DataParallel(Compiled(model))):
        save_model(wrapped, path)
        assert load_file(path).keys() == model.state_dict().keys()


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "module._orig_mod."])
@pytest.mark.parametrize("make", [lambda: torch.nn.Linear(2, 3), WithPart])
def test_names_of_wrapped_models_are_understood(prefix: str, make) -> None:
    """A file that was written without `save_model` has what the wrappers put before each name."""
    model, other = make(), make()
    named = {f"{prefix}{name}": tensor for name, tensor in model.state_dict().items()}
    put_into(other, read_weights(save(named)))
    assert same(model, other)


def test_a_misfit_is_told_by_the_names_in_the_file() -> None:
    """Not by what is left of them."""
    file = save({"module.weights": torch.zeros(3, 2)})
    with pytest.raises(WeightsError, match=r"has no `module\.weights`"):
        put_into(torch.nn.Linear(2, 3), read_weights(file))
