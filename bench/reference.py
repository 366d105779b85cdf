"""Trains models of `char_lm` with the notebook's own cells, and keeps their weights and the log.

    python -m bench.reference default                      # the reference, on data/train.csv (`make data`)
    python -m bench.reference headlines --corpus FOLDER    # the same on a train.csv of the user's own
    python -m bench.reference half_trained both_ways       # models of the demo's class, a minute each

The reference's NAME.safetensors and NAME.log are in `source/char_lm/reference`, which no release takes along,
those of the demo's class in `autograder/samples/char_lm_weights`. After an interruption the same command goes
on from the last whole epoch, which it keeps in `.reference/NAME`. Weights are stored in half the precision if
that leaves the loss as it is. A `test.csv` beside the corpus is scored last, and never before.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from autograder import demo
from autograder.course import KIT_ROOT
from autograder.samples import char_lm as samples
from autograder.submission import read_release
from helpers.char_data import evaluate, read_sentences
from helpers.char_weights import FILE, load_model

NAME = "char_lm"
SOURCE = KIT_ROOT / "source" / NAME
NOTEBOOK = SOURCE / f"{NAME}.ipynb"
REFERENCE = SOURCE / "reference"
CELLS = ("setup", "data", "Q1_solution", "training_solution", "training_loop", "training", "saving")
FAST, FULL = "FAST = True ", "FAST = False "
SAME = 0.001  # nats: by how much half the precision may change the loss


def train(folder: Path, model: str = "", *, fast: bool = False) -> dict[str, Any]:
    """Run the notebook's cells in a folder with its `train.csv`; what they define.

    Args:
        model: takes the place of the notebook's answer to `Q1_solution`.
        fast: the setting of a minute in place of the full one.
    """
    names: dict[str, Any] = {"__name__": "__main__"}
    matplotlib.use("agg")
    with _working_in(folder):
        for cell, text in _cells(model, fast).items():
            exec(compile(text, f"<{cell}>", "exec"), names)
    return names


def _cells(model: str, fast: bool) -> dict[str, str]:
    texts = {cell.grade_id: cell.source for cell in read_release(NOTEBOOK).cells}
    chosen = {name: texts[name] for name in CELLS}
    chosen["Q1_solution"] = model or chosen["Q1_solution"]
    if FAST not in chosen["training_solution"]:
        raise SystemExit(f"error: the notebook's cell 'training_solution' has no {FAST!r} to replace")
    if not fast:
        chosen["training_solution"] = chosen["training_solution"].replace(FAST, FULL)
    return chosen


@contextlib.contextmanager
def _working_in(folder: Path) -> Iterator[None]:
    """As a notebook in that folder: relative paths begin there, and the helpers lie beside it."""
    sys.path.insert(0, str(SOURCE))
    try:
        with contextlib.chdir(folder):
            yield
    finally:
        sys.path.remove(str(SOURCE))


def bring(corpus: Path, folder: Path) -> dict[str, Any]:
    """Put the corpus into the working folder; its description.

    Raises:
        SystemExit: it is not there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("train.csv", "corpus.json"):
        if not (corpus / name).is_file():
            raise SystemExit(f"error: there is no {corpus / name}: `make data` writes it")
        shutil.copyfile(corpus / name, folder / name)
    description: dict[str, Any] = json.loads((folder / "corpus.json").read_text(encoding="utf-8"))
    return description


def keep(done: dict[str, Any], folder: Path, target: Path) -> list[str]:
    """Store the weights, in half precision if the loss stays the same; lines for the log."""
    model, held_back, vocabulary = done["model"], done["valid_sentences"], done["vocabulary"]
    saved, half = folder / FILE, folder / f"half-{FILE}"
    with safe_open(saved, "pt") as file:
        origin, tensors = file.metadata(), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no dict
    save_file({name: tensor.half() for name, tensor in tensors.items()}, half, origin)
    losses = {}
    for path in (half, saved):  # so that the model has its full precision afterwards
        load_model(model, path)
        losses[path] = evaluate(model, held_back, vocabulary)
    chosen = half if abs(losses[half] - losses[saved]) < SAME else saved
    load_model(model, chosen)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(chosen, target)
    kind = "float16" if chosen == half else "float32"
    return [
        f"held back: {losses[saved]:.4f} nats a character with float32 weights, "
        f"{losses[half]:.4f} with float16",
        f"weights: {sum(t.numel() for t in tensors.values()):,} numbers as {kind}, "
        f"{target.stat().st_size / 2**20:.2f} MiB",
    ]


def log_of(done: dict[str, Any], description: dict[str, Any]) -> list[str]:
    """What was trained on what, where, and how it went."""
    cores = len(os.sched_getaffinity(0))
    losses = done["training"].epochs
    lines = [
        f"corpus: {description['name']}, {description['sentences']:,} sentences, "
        f"{len(done['chosen']):,} of them to train on and {len(done['valid_sentences']):,} held back",
        f"sha256 of train.csv: {description['sha256']}",
        f"machine: {cores} cores, {platform.machine()}, {done['device']}; threads: {torch.get_num_threads()}",
        f"versions: torch {torch.__version__}, Python {platform.python_version()}",
        f"parameters: {sum(p.numel() for p in done['model'].parameters()):,}; "
        f"epochs {done['EPOCHS']}, batches of {done['BATCH_SIZE']}",
    ]
    lines += [
        f"epoch {number}: training {trained:.4f}, held back {held_back:.4f} nats a character, {seconds:.0f} s"
        for number, (trained, held_back, seconds) in enumerate(losses, start=1)
    ]
    minutes = sum(seconds for *_, seconds in losses) / 60
    return [*lines, f"training: {minutes:.1f} minutes by the clock, of a machine that did other things too"]


def test_line(done: dict[str, Any], path: Path) -> str:
    """The loss on the test set."""
    sentences = read_sentences(path)
    loss = evaluate(done["model"], sentences, done["vocabulary"])
    bits = loss / math.log(2)
    return f"test: {loss:.4f} nats ({bits:.4f} bits) a character on {len(sentences):,} sentences of test.csv"


def make(name: str, corpus: Path, work: Path, into: Path | None = None, *, fast: bool = False) -> None:
    """Train one model, or go on with it, and write its weights and log.

    Args:
        name: of the model.
        corpus: the folder of `train.csv` and `corpus.json`.
        work: a folder for what is not finished yet.
        into: a folder for weights and log, other than the model's own.
        fast: the setting of a minute in place of the full one; the demo's models have no other.
    """
    small = samples.trained(demo.solutions(NOTEBOOK)["Q1_solution"])
    description = bring(corpus, work / name)
    done = train(work / name, small.get(name, ""), fast=fast or name in small)
    target = (into or (samples.WEIGHTS if name in small else REFERENCE)) / f"{name}.safetensors"
    lines = log_of(done, description) + keep(done, work / name, target)
    if (corpus / "test.csv").is_file():
        lines.append(test_line(done, corpus / "test.csv"))
    print(*lines, sep="\n")
    target.with_suffix(".log").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="+", choices=("default", "headlines", "half_trained", "both_ways"))
    parser.add_argument("--corpus", type=Path, default=KIT_ROOT / "data", help="folder of train.csv")
    parser.add_argument("--into", type=Path, help="another folder for weights and log")
    parser.add_argument("--fast", action="store_true", help="the setting of a minute, to try the command")
    options = parser.parse_args()
    for name in options.names:
        make(name, options.corpus, KIT_ROOT / ".reference", options.into, fast=options.fast)


if __name__ == "__main__":
    main()
