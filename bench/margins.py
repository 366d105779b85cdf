"""How far right and wrong answers to `rnn_gru_mha` are from the suite's thresholds.

Run as `python -m bench.margins [--draws N] [--long N] [--keys N] [--key HEX]`. Every draw has a key of its
own, and with it weights, states and inputs of its own, as the suite draws them. A right answer is
measured on one case a draw, at the suite's sizes or at random ones; a wrong one on the sizes of the suite's
test, and its largest error there counts, since a test is lost by one case. The tables after these count the
keys with which each answer loses each hidden test.
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

import numpy as np
import torch

from autograder.answers import SMALL, Array, as_array, excess, pair, relative_error, with_shape
from autograder.course import TermKey
from autograder.errors import StudentFault
from autograder.suites.rnn_gru_mha import cases, test_attention, test_initialisers, test_recurrent
from autograder.suites.rnn_gru_mha.judge import ATTENTION, IMITATION, KEPT, OUTPUTS, as_gates, run_loaded
from bench.trial import PlainFunctions, fails, hidden_tests_of
from bench.variants import BANKS, Bank, Variant

THRESHOLDS = {
    "rnn": OUTPUTS,
    "gru": OUTPUTS,
    "init_gru_with_rnn": IMITATION,
    "init_gru_with_long_term_memory": KEPT,
    "mha": ATTENTION,
}
DRAWN = {"rnn": "rnn", "gru": "gru", "init_gru_with_rnn": "rnn", "mha": "mha"}  # what draws the cases
CHUNK = 100  # draws a task

Sizes = tuple[int, ...]
Parts = list[tuple[Array, Array]]  # answer and expected


@dataclass
class Span:
    """The smallest and the largest error of one variant.

    Args:
        relative, absolute: the largest error over elements of at least `SMALL`, and over the others.
        plain: the course's measure over all elements, were it used alone.
    """

    draws: int = 0
    least: float = float("inf")
    most: float = 0.0
    relative: float = 0.0
    absolute: float = 0.0
    plain: float = 0.0

    def add(self, other: Span) -> None:
        self.draws += other.draws
        self.least = min(self.least, other.least)
        for name in ("most", "relative", "absolute", "plain"):
            # unlike max(), keeps NaN
            setattr(self, name, float(np.maximum(getattr(self, name), getattr(other, name))))


@dataclass
class Spans:
    """Spans of a function's variants, by their names."""

    spans: dict[str, Span] = field(default_factory=dict)

    def add(self, name: str, span: Span) -> None:
        self.spans.setdefault(name, Span()).add(span)

    def merge(self, other: Spans) -> None:
        for name, span in other.spans.items():
            self.add(name, span)


def random_sizes(function: str, long: bool, rng: np.random.Generator) -> Sizes:
    """Sizes beside those of the suite: B, T, I, H up to 64, or for attention B, T, E, heads."""

    def draw(least: int, most: int) -> int:
        return int(rng.integers(least, most + 1))

    if function == "mha":
        heads = draw(1, 6)
        T = draw(100, 300) if long else draw(1, 12)
        return draw(1, 4), T, heads * draw(1, 4 if long else 10), heads
    if long:
        return draw(1, 3), draw(100, 1000), draw(1, 5), draw(1, 16)
    return draw(1, 5), draw(1, 12), draw(1, 8), draw(1, 64)


def test_sizes(function: str, long: bool) -> tuple[Sizes, ...]:
    """The sizes of the suite's test of short or long sequences."""
    if function == "mha":
        return test_attention.LONG if long else test_attention.SIZES
    if function == "init_gru_with_rnn":
        return test_initialisers.LONG if long else test_initialisers.SHORT
    return test_recurrent.LONG if long else test_recurrent.SIZES


def sizes_of(function: str, long: bool, number: int) -> Sizes:
    """The sizes of one draw for right answers: the suite's in turn, every other one random."""
    if number % 2:
        return random_sizes(function, long, np.random.default_rng(number))
    known = test_sizes(function, long)
    if not long:
        known += test_attention.ONES if function == "mha" else test_recurrent.ONES
    return known[number // 2 % len(known)]


def measured(parts: Callable[[], Parts], threshold: float) -> Span:
    """The error of one answer; infinite where it has no right form or is not finite."""
    try:
        answered = parts()
    except StudentFault:
        return Span(1, float("inf"), float("inf"), float("inf"), float("inf"), float("inf"))
    error, relative, absolute, plain = 0.0, 0.0, 0.0, 0.0
    for answer, expected in answered:
        large = np.abs(expected) >= SMALL
        error = max(error, _number(excess(answer, expected, threshold) * threshold))
        relative = max(relative, _number(relative_error(answer[large], expected[large])))
        absolute = max(absolute, _number(np.max(np.abs(answer - expected)[~large], initial=0)))
        plain = max(plain, _number(relative_error(answer, expected)))
    return Span(1, error, error, relative, absolute, plain)


def _number(error: Any) -> float:
    return float("inf") if np.isnan(error) else float(error)


def sequence_parts(variant: Variant, case: cases.Recurrent) -> Parts:
    """Outputs and final state of a recurrent network."""
    answer = PlainFunctions({variant.function: variant.answer}).call(variant.function, list(case.args))
    outputs, final_state = pair(answer, variant.function, "outputs", "final_state")
    B, T, H = case.outputs.shape
    final_state = as_array(final_state, "final_state")
    final_state = with_shape(final_state[0] if final_state.ndim == 3 else final_state, "", B=B, H=H)
    return [(with_shape(outputs, "outputs", B=B, T=T, H=H), case.outputs), (final_state, case.final_state)]


def imitation_parts(variant: Variant, case: cases.Recurrent) -> Parts:
    """Outputs of a GRU with the variant's parameters."""
    wt_h, wt_x, bias = case.weights
    answer = PlainFunctions({variant.function: variant.answer}).call(variant.function, [wt_h, wt_x, bias])
    gates = as_gates(answer, variant.function, *wt_x.shape)
    return [(run_loaded(gates, case.init_state, case.input_data), case.outputs)]


def attention_parts(variant: Variant, case: cases.Attention) -> Parts:
    """Outputs of attention."""
    answer = PlainFunctions({variant.function: variant.answer}).call(variant.function, list(case.args))
    B, T, E = case.outputs.shape
    return [(with_shape(answer, "outputs", B=B, T=T, E=E), case.outputs)]


def measure(function: str, long: bool, first: int, last: int, secret: bytes) -> Spans:
    """All variants of a function over the draws from first to last."""
    torch.set_num_threads(1)
    if function == "init_gru_with_long_term_memory":
        return measure_memory(long, first, last, secret)
    spans, bank, threshold = Spans(), BANKS[function], THRESHOLDS[function]
    parts = {"mha": attention_parts, "init_gru_with_rnn": imitation_parts}.get(function, sequence_parts)
    draw = lru_cache(maxsize=8)(getattr(cases, DRAWN[function]).__wrapped__)  # a draw's cases, then no more
    told = [variant for variant in bank.wrongs if not variant.only_ones]
    for number in range(first, last):
        key = TermKey(secret + b"%d %d" % (long, number))
        case = draw(key, *sizes_of(function, long, number))
        for variant in (*bank.rights, *bank.between):
            spans.add(variant.name, measured(partial(parts, variant, case), threshold))
        hard = [partial(draw, key, *sizes) for sizes in test_sizes(function, long)]
        for variant in told:
            least = spans.spans.get(variant.name, Span()).least
            spans.add(variant.name, hardest(partial(parts, variant), hard, threshold, least))
    return spans


def hardest(
    parts: Callable[[Any], Parts], hard: list[Callable[[], Any]], threshold: float, least: float
) -> Span:
    """The largest error over a test's cases; no more of them than tell whether it is below `least`."""
    worst = Span(1, 0.0)
    for case in hard:
        span = measured(partial(parts, case()), threshold)
        worst = span if span.most >= worst.most else worst
        if worst.most >= least:
            break
    return worst


def measure_memory(long: bool, first: int, last: int, secret: bytes) -> Spans:
    """The memory's variants; their error is the mean difference from the initial state."""
    spans, bank, sizes = Spans(), BANKS["init_gru_with_long_term_memory"], test_initialisers.MEMORY
    lost = "test_memory_of_a_thousand_steps" if long else "test_memory_of_ten_steps"
    told = [variant for variant in bank.wrongs if lost in variant.loses]
    for number in range(first, last):
        key = TermKey(secret + b"%d %d" % (long, number))
        for variant in (*bank.rights, *bank.between):
            error = forgotten(variant, key, long, *sizes[number % len(sizes)])
            spans.add(variant.name, Span(1, error, error))
        for variant in told:
            worst, least = 0.0, spans.spans.get(variant.name, Span()).least
            for each in sizes:
                worst = max(worst, forgotten(variant, key, long, *each)) if worst < least else worst
            spans.add(variant.name, Span(1, worst, worst))
    return spans


def forgotten(variant: Variant, key: TermKey, long: bool, B: int, I: int, H: int) -> float:  # noqa: E741
    """The largest mean difference from the initial state after the test's last step."""
    step, scales = (999, (1.0, 10.0)) if long else (10, (1.0,))
    rng = cases.generator(key, "memory", B, I, H, step)
    init_state = rng.standard_normal((1, B, H), dtype=np.float32)
    inputs = rng.standard_normal((B, step + 1, I), dtype=np.float32)
    try:
        answer = PlainFunctions({variant.function: variant.answer}).call(variant.function, [I, H])
        gates = as_gates(answer, variant.function, I, H)
    except StudentFault:
        return float("inf")
    states = [run_loaded(gates, init_state, scale * inputs)[:, -1] for scale in scales]
    return max(_number(np.mean(np.abs(state - init_state[0]))) for state in states)


def count_losses(function: str, first: int, last: int, secret: bytes) -> Counter[tuple[str, str]]:
    """How many keys make each variant lose each hidden test of its question."""
    torch.set_num_threads(1)
    bank, lost = BANKS[function], Counter[tuple[str, str]]()
    for number in range(first, last):
        key = TermKey(secret + b"suite %d" % number)
        for variant in (*bank.rights, *bank.between, *bank.wrongs):
            for test in hidden_tests_of(variant):
                lost[variant.name, test.name] += fails(variant, test, key)
    return lost


def _chunks(count: int, size: int) -> Iterator[tuple[int, int]]:
    return ((first, min(first + size, count)) for first in range(0, count, size))


def main() -> None:
    """Measure and print."""
    options = _options()
    begun = time.perf_counter()
    secret = bytes.fromhex(options.key)
    context = multiprocessing.get_context("spawn")  # torch's threads do not survive a fork
    with ProcessPoolExecutor(mp_context=context) as pool:
        for function in options.function or BANKS:
            bank = BANKS[function]
            for long, count in ((False, options.draws), (True, options.long)):
                tasks = [
                    pool.submit(measure, function, long, first, last, secret)
                    for first, last in _chunks(count, 10 if long else CHUNK)
                ]
                spans = Spans()
                for task in tasks:
                    spans.merge(task.result())
                print_spans(bank, spans, "long" if long else "short")
            tasks = [
                pool.submit(count_losses, function, first, last, secret)
                for first, last in _chunks(options.keys, 5)
            ]
            print_losses(bank, sum((task.result() for task in tasks), Counter()), options.keys)
    print(f"{(time.perf_counter() - begun) / 60:.1f} minutes")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.margins", description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=10_000, help="a function, short sequences")
    parser.add_argument(
        "--long", type=int, default=200, help="a function, 100 to 1,000 steps (attention 300)"
    )
    parser.add_argument("--keys", type=int, default=100, help="with which the whole suite is run")
    parser.add_argument("--function", action="append", choices=list(BANKS), help="default: all")
    parser.add_argument("--key", default="6d617267696e73", metavar="HEX", help="from which the keys derive")
    return parser.parse_args()


def print_spans(bank: Bank, spans: Spans, kind: str) -> None:
    """One function's table and its margins."""
    threshold = THRESHOLDS[bank.function]
    print(f"\n{bank.function}, {kind} sequences: error in the suite's measure, threshold {threshold:g}")
    print(f"  {'':<41} {'':<8} {'':>6} {'':>9} {'':>9}   {'the largest in parts':^29}")
    print(
        f"  {'variant':<41} {'':<8} {'draws':>6} {'smallest':>9} {'largest':>9}"
        f"   {'relative':>9} {'absolute':>9} {'plain':>9}"
    )
    for group, variant in _grouped(bank):
        if (span := spans.spans.get(variant.name)) is not None:
            line = f"  {variant.name:<41} {group:<8} {span.draws:>6} {span.least:>9.1e}"
            if group != "wrong":
                line += f" {span.most:>9.1e}"
            if group != "wrong" and span.plain:
                line += f"   {span.relative:>9.1e} {span.absolute:>9.1e} {span.plain:>9.1e}"
            print(line)
    _print_margins(bank, spans, kind, threshold)


def _grouped(bank: Bank) -> Iterator[tuple[str, Variant]]:
    groups = {"right": bank.rights, "between": bank.between, "wrong": bank.wrongs}
    return ((group, variant) for group, variants in groups.items() for variant in variants)


def _print_margins(bank: Bank, spans: Spans, kind: str, threshold: float) -> None:
    right = max(spans.spans[variant.name].most for variant in bank.rights)
    wrong, name = min(
        (spans.spans[variant.name].least, variant.name)
        for variant in bank.wrongs
        if variant.name in spans.spans
    )
    print(
        f"{bank.function}, {kind}: threshold {threshold:g}, largest right {right:.2e} "
        f"({threshold / right if right else float('inf'):.1f} times below), "
        f"smallest wrong {wrong:.2e} ({wrong / threshold:.1f} times above: {name})",
        flush=True,
    )


def print_losses(bank: Bank, lost: Counter[tuple[str, str]], keys: int) -> None:
    """Which hidden tests each variant loses, by the number of keys."""
    tests = hidden_tests_of(bank.rights[0])
    print(f"\n{bank.function}: of {keys} keys, those with which a hidden test is lost")
    print(f"  {'variant':<41} {'':<8} " + "  ".join(test.name.removeprefix("test_") for test in tests))
    for group, variant in _grouped(bank):
        counts = [lost[variant.name, test.name] for test in tests]
        noted = [keys * (test.name in variant.loses) for test in tests]
        columns = "  ".join(
            f"{count:>{len(test.name) - 5}}" for test, count in zip(tests, counts, strict=True)
        )
        remark = "" if counts == noted or group == "between" else "  NOT AS NOTED"
        print(f"  {variant.name:<41} {group:<8} {columns}{remark}", flush=True)


if __name__ == "__main__":
    main()
