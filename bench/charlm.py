"""What scoring a language model costs, beside the same model alone in this process.

Run as `python -m bench.charlm [--weights FILE] [--times N]`. The source notebook's solution of `char_lm` is
graded as a submission, by default and with all hidden sentences, and between the two the model is run here,
on one thread, over the very batches that scoring makes: the whole sentences, and their beginnings. The ratio
is that of scoring with `--full` to both bare passes; by the clock it is that of this machine's load as well,
for workers give way to other processes, and by processor time it is not. A last run of its own reads the
memory of grader and sandbox together, each shared page counted once.
"""

from __future__ import annotations

import argparse
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
import numpy as np
import psutil
import torch
from safetensors.torch import save

from autograder.charlm.corpus import NAME, corpus_of, hidden_sentences
from autograder.course import KIT_ROOT, Course, TermKey
from autograder.demo import filled, solutions
from autograder.grade import Options, Task, grade
from autograder.report import Report
from autograder.sandbox import Sandbox
from autograder.submission import Submission
from helpers.char_score import BLOCK, as_text
from helpers.char_weights import FILE, put_into, read_weights

KEY = TermKey(b"the key of the measurements")
MOST_RATIO = 1.5
MOST_MEMORY = 1.5  # GiB
POLL = 0.1  # seconds between two looks at the memory


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.charlm")
    parser.add_argument("--release", type=Path, default=Course(KIT_ROOT).release(NAME), help="notebook")
    parser.add_argument("--weights", type=Path, help="of the solution (default: as it is made, untrained)")
    parser.add_argument("--times", type=int, default=1, help="that each is measured (default: 1)")
    options = parser.parse_args()
    torch.set_num_threads(1)
    answers = solutions(Course(KIT_ROOT).source(NAME))
    corpus = corpus_of(options.release.parent)
    model = model_of(answers["Q1_solution"], corpus.freq)
    if options.weights:
        put_into(model, read_weights(options.weights))
    weights = options.weights.read_bytes() if options.weights else save(model.state_dict())
    notebook = filled(nbformat.read(options.release, as_version=4), answers).encode()
    submission = Submission("solution", notebook, {FILE: weights})

    def task(full: bool) -> Task:
        return Task(NAME, submission, options.release, KEY, Options(full=full))

    batches = list(all_batches(options.release))
    seconds: dict[str, list[Seconds]] = {name: [] for name in ("bare whole", "bare cut", "default", "full")}
    with Sandbox() as sandbox:
        print_score(grade(task(False), sandbox).report)  # warms the sandbox, the corpus and this process
        for _ in range(options.times):
            seconds["full"].append(took(lambda: print_score(grade(task(True), sandbox).report)))
            seconds["bare whole"].append(took(lambda: bare(model, [whole for whole, _ in batches])))
            seconds["bare cut"].append(took(lambda: bare(model, [cut for _, cut in batches])))
            seconds["default"].append(took(lambda: print_score(grade(task(False), sandbox).report)))
    print_seconds(seconds)
    with watched() as memory, Sandbox() as sandbox:
        grade(task(True), sandbox)
    verdict = "" if memory.most <= MOST_MEMORY else f"   OVER {MOST_MEMORY:g}"
    print(f"peak memory of grader and sandbox  {memory.most:.2f} GiB{verdict}")


def model_of(source: str, freq: Any) -> torch.nn.Module:
    """The class of that text, made."""
    names: dict[str, Any] = {"torch": torch}
    exec(source, names)
    model = names["SentenceModel"](freq)
    assert isinstance(model, torch.nn.Module)
    return model.eval().requires_grad_(False)


def all_batches(release: Path) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """The batches of whole sentences and of beginnings that scoring makes of all hidden sentences."""
    hidden, corpus = hidden_sentences(release.parent, KEY), corpus_of(release.parent)
    rng = np.random.default_rng(KEY.seed(NAME, "order and cuts"))
    order = rng.permutation(len(hidden.sentences))
    for start in range(0, len(order), BLOCK):
        chosen = [hidden.sentences[number] for number in order[start : start + BLOCK]]
        text = as_text(chosen, corpus.str_voc, rng)
        wholes = [text.whole(rows)[:, :-1] for rows in text.batches(text.counts)]
        yield from zip(wholes, [text.beginnings(rows) for rows in text.batches(text.cuts)], strict=True)


def bare(model: torch.nn.Module, batches: list[torch.Tensor]) -> None:
    """The model and nothing else."""
    with torch.no_grad():
        for tokens in batches:
            model(tokens)


class Seconds(NamedTuple):
    """By the clock, and of processor time."""

    clock: float
    processor: float


def took(work: Callable[[], None]) -> Seconds:
    """What the work takes, of this process and of the sandbox below it."""
    begun, spent = time.perf_counter(), processor_time()
    work()
    return Seconds(time.perf_counter() - begun, processor_time() - spent)


def processor_time() -> float:
    """Seconds of this process and of all below it, those that ended included."""
    below = psutil.Process().children(recursive=True)
    return time.process_time() + sum(sum(child.cpu_times()[:4]) for child in below)


def print_score(report: Report) -> None:
    """The question's figures on a line."""
    for question in report.questions:
        told = [f"{figure.name} {figure.value:.4g}" for figure in question.figures]
        told += [] if question.figures else [test.message for test in question.tests][:1]
        print(f"  {question.name}: {question.score} points; {'; '.join(told)}", flush=True)


def print_seconds(seconds: dict[str, list[Seconds]]) -> None:
    """The medians of what each took, and the ratios."""
    print(f"{'seconds':<14}{'clock':>10}{'processor':>11}")
    medians = {}
    for name, values in seconds.items():
        medians[name] = Seconds(*(statistics.median(column) for column in zip(*values, strict=True)))
        print(f"{name:<14}{medians[name].clock:>10.1f}{medians[name].processor:>11.1f}")
    bare = [whole + cut for whole, cut in zip(medians["bare whole"], medians["bare cut"], strict=True)]
    ratios = [full / alone for full, alone in zip(medians["full"], bare, strict=True)]
    verdict = "" if ratios[1] <= MOST_RATIO else f"   OVER {MOST_RATIO:g}"
    print(f"{'full to bare':<14}{ratios[0]:>10.2f}{ratios[1]:>11.2f}{verdict}", flush=True)


@dataclass
class Memory:
    """The most that was seen, in GiB."""

    most: float = 0.0
    done: threading.Event = field(default_factory=threading.Event)

    def look(self) -> None:
        """Add up the proportional set sizes of this process and all below it, again and again."""
        this = psutil.Process()
        while not self.done.wait(POLL):
            total = 0
            for process in (this, *this.children(recursive=True)):
                with suppress(psutil.Error, FileNotFoundError):  # it may have ended meanwhile
                    total += process.memory_full_info().pss
            self.most = max(self.most, total / 2**30)


@contextmanager
def watched() -> Iterator[Memory]:
    """Watch the memory during the block."""
    memory = Memory()
    thread = threading.Thread(target=memory.look)
    thread.start()
    try:
        yield memory
    finally:
        memory.done.set()
        thread.join()


if __name__ == "__main__":
    main()
