"""The language model's score through the sandbox: peekers, slips and honest models as submissions."""

from __future__ import annotations

import ast
import itertools
import json
import math
import os
import pickle
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from safetensors.torch import save

from autograder import report as reports
from autograder.charlm import judge, scored
from autograder.charlm.corpus import stand_in
from autograder.charlm.model import RemoteModel
from autograder.course import KIT_ROOT, TermKey, read_assignment
from autograder.errors import StudentFault
from autograder.grade import Graded, Options, Task, grade
from autograder.rehearsal import hidden_tests
from autograder.report import Question
from autograder.sandbox import Sandbox, values
from autograder.submission import Submission, read_submission
from autograder.table import class_table
from autograder.verdict import question_outputs
from data.testset import TestSet
from helpers import char_score
from helpers.char_logits import ModelFault
from helpers.char_score import BANDS, BATCH, SECONDS, in_words, score
from helpers.char_weights import FILE, MAX_BYTES
from tests import charlm_corpus as corpus
from tests.charlm_models import (
    PEEKS,
    REMEMBERS,
    TIED,
    HandedIn,
    bigram,
    bigram_weights,
    counted,
    made,
    memorised,
    recurrent,
    transformer,
    untrained,
)

NAME = "char_lm"
KEY = TermKey(b"the key of the kit's own tests")
CLASSES = len(corpus.STR_VOC) + 3
WEIGHTS = bigram_weights(corpus.train(), corpus.STR_VOC)
HONEST = HandedIn(bigram(), WEIGHTS)
CANARY = "canary zebra quetzal"
Grade = Callable[..., Graded]


@pytest.fixture(scope="module")
def hidden() -> TestSet:
    """The hidden sentences, some of them with a canary in it."""
    drawn = corpus.sentences(600, 2)
    marked = [f"{CANARY} {text[len(CANARY) + 1 :]}" for text in drawn.sentences[:60]]
    return TestSet((*marked, *drawn.sentences[60:]), None)


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A small released notebook."""
    return corpus.release(tmp_path / "release" / NAME, read_assignment(NAME).given, KIT_ROOT / "helpers")


@pytest.fixture
def door(hidden: TestSet, monkeypatch: pytest.MonkeyPatch) -> None:
    """Grading takes the chain of the tests for the corpus."""
    corpus.door(monkeypatch, hidden)


@pytest.fixture
def graded(release: Path, door: None, sandbox: Sandbox) -> Grade:
    """Grades a cell's text with a weights file, or with what else was handed in."""

    def run(source: str, weights: bytes | None = WEIGHTS, **settings: object) -> Graded:
        options = settings.pop("options", Options())
        files = {} if weights is None else {FILE: weights}
        notebook = nbformat.writes(corpus.notebook(source)).encode()
        submission = Submission("student", notebook, files, **settings)
        return grade(Task(NAME, submission, release, KEY, options), sandbox)

    return run


def question(graded: Graded) -> Question:
    (found,) = graded.report.questions
    return found


def told(graded: Graded) -> str:
    """What the student reads of the question."""
    found = question(graded)
    return " | ".join([*(test.message for test in found.tests), *found.remarks])


def figure(graded: Graded, name: str) -> float:
    return next(each.value for each in question(graded).figures if each.name.startswith(name))


# --- Honest models ------------------------------------------------------------------------------------------

STYLES = {
    "LSTM": recurrent("LSTM"),
    "GRU": recurrent("GRU"),
    "RNN": recurrent("RNN"),
    "causal transformer": transformer(),
    "tied": TIED,
    "float16": recurrent("GRU", ending=".half()"),
    "bfloat16": recurrent("GRU", ending=".bfloat16()"),
    "float64": recurrent("LSTM", ending=".double()"),
    "an array": recurrent("GRU", ending=".numpy()"),
}


@pytest.mark.parametrize("name", STYLES)
def test_every_honest_style_is_scored(name: str, graded: Grade) -> None:
    """Each has a loss, is not accused of anything, and its loss is that of a plain pass in this process."""
    weights = untrained(STYLES[name], CLASSES)
    done = graded(STYLES[name], weights)
    assert done.report.status == "graded"
    assert "looks ahead" not in told(done)
    assert figure(done, "loss") == pytest.approx(plain_loss(HandedIn(STYLES[name], weights)), abs=2e-3)


def plain_loss(handed_in: HandedIn) -> float:
    """The given `evaluate` on the hidden sentences."""
    from helpers.char_data import evaluate

    model = made(handed_in, CLASSES)
    vocabulary = {character: number for number, character in enumerate(corpus.STR_VOC)}

    class AsTensor(torch.nn.Module):
        def forward(self, tokens: torch.Tensor) -> torch.Tensor:
            return torch.as_tensor(model(tokens)).float()

    drawn = corpus.sentences(600, 2).sentences
    marked = [f"{CANARY} {text[len(CANARY) + 1 :]}" for text in drawn[:60]]
    return evaluate(AsTensor(), [*marked, *drawn[60:]], vocabulary)


@pytest.mark.parametrize(("order", "points"), [(1, 0), (2, 8)])
def test_counted_models_get_their_points(order: int, points: float, graded: Grade) -> None:
    """Frequencies alone are worth nothing and are told their figure; pairs are all that the chain has."""
    done = graded(*vars(counted(corpus.train(), corpus.STR_VOC, order)).values())
    assert question(done).score == points
    assert f"{figure(done, 'loss'):.4f} nats a character" in told(done)


def test_weights_in_any_floating_dtype(graded: Grade) -> None:
    """A file in bfloat16 is loaded like one in float32."""
    table = torch.from_numpy(made(HONEST, CLASSES).table.weight.numpy())
    done = graded(HONEST.source, save({"table.weight": table.bfloat16()}))
    assert figure(done, "loss") == pytest.approx(figure(graded(HONEST.source), "loss"), abs=0.01)


def test_the_report_has_the_figures(graded: Grade) -> None:
    """Loss with its error, bits, sentences read, the way to the next band; and they are shown."""
    done = graded(HONEST.source)
    names = [each.name for each in question(done).figures]
    assert names == ["loss, nats a character", "bits a character", "sentences read", "nats to the next band"]
    assert question(done).figures[0].error is not None
    assert figure(done, "sentences read") == 600
    shown = "".join(output["data"].get("text/html", "") for output in question_outputs(question(done)))
    assert f"{figure(done, 'loss'):.4f} ±" in shown
    assert "8 of 10 points" in shown
    assert f"graded: loss {figure(done, 'loss'):.3f}" in class_table([done.report])


def test_a_report_is_read_as_it_was_written(graded: Grade, tmp_path: Path) -> None:
    """Figures and remarks survive the JSON."""
    report = graded(HONEST.source).report
    reports.write(report, tmp_path / "report.json")
    assert reports.read(tmp_path / "report.json") == report


def test_the_score_rests_on_corpus_and_test_set(graded: Grade) -> None:
    """Both digests, and whether all was read, belong to the provenance."""
    provenance = graded(HONEST.source, options=Options(full=True)).report.provenance
    assert provenance.data == {"corpus": corpus.DIGEST[:16], "test set": "hidden"}
    assert provenance.full


def test_the_data_cell_runs_with_public_sentences_and_is_recorded_as_released(graded: Grade) -> None:
    """There is no train.csv in the worker; the notebook that is kept shows the released cell."""
    source = "print(len(sentences), len(train_sentences), PAD_ID, device, freq.sum())\n" + HONEST.source
    done = graded(source)
    cells = {cell.id: cell for cell in nbformat.reads(done.notebook, 4).cells}
    assert cells["Q1_solution"].outputs[0].text == f"100 95 {CLASSES - 1} cpu {corpus.freq().sum()}\n"
    assert cells["data"].source == "sentences = open('train.csv').read()"


def test_a_data_cell_that_a_student_changed_stays_the_release_s(graded: Grade, release: Path) -> None:
    """The stand-in replaces the locked cell alone, never what a student wrote."""
    notebook = corpus.notebook(HONEST.source)
    notebook.cells[1].source = "raise SystemExit"
    content = nbformat.writes(notebook).encode()
    submission = Submission("student", content, {FILE: WEIGHTS})
    with Sandbox() as box:
        done = grade(Task(NAME, submission, release, KEY, Options()), box)
    assert question(done).score == 8


def test_isolation_fresh_scores_alike(graded: Grade, release: Path) -> None:
    """With a sandbox for each worker the figures are the same."""
    content = nbformat.writes(corpus.notebook(HONEST.source)).encode()
    task = Task(NAME, Submission("student", content, {FILE: WEIGHTS}), release, KEY, Options("fresh"))
    with Sandbox("fresh") as box:
        done = grade(task, box)
    assert question(done).figures == question(graded(HONEST.source)).figures


# --- Peekers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PEEKS)
def test_peekers_get_their_honest_figure(name: str, graded: Grade) -> None:
    """What they would be without, within the error of the cut pass; and they are told."""
    done = graded(bigram(PEEKS[name]))
    assert "The model looks ahead" in told(done)
    assert figure(done, "loss when it sees") < figure(done, "loss, nats")
    error = question(done).figures[0].error
    assert error is not None
    assert figure(done, "loss, nats") > figure(graded(HONEST.source), "loss") - 4 * error


NETWORKS = {
    "bidirectional LSTM": recurrent("LSTM", "bidirectional=True", width=48),
    "transformer without a mask": transformer(masked=False),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_that_read_both_ways_are_told(name: str, graded: Grade) -> None:
    """Before anything is trained."""
    assert "The model looks ahead" in told(graded(NETWORKS[name], untrained(NETWORKS[name], CLASSES)))


MEMORY = "self.memory, self.earlier = {}, {}"


def test_remembering_earlier_calls_gains_nothing(graded: Grade) -> None:
    """No worker is given a sentence both cut and whole, or twice; the public passes are left alone."""
    lines = REMEMBERS.strip().replace("\n", "\n    ")
    done = graded(bigram(f"if self.calls > 2 or len(tokens) < 256:\n    {lines}", MEMORY))
    error = question(done).figures[0].error
    assert error is not None
    assert figure(done, "loss, nats") > figure(graded(HONEST.source), "loss") - 4 * error


def test_a_model_of_the_test_set_needs_a_person(graded: Grade, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the entropy of the text: the score stands, and the question is flagged."""
    known = corpus.sentences(600, 2)
    corpus.door(monkeypatch, known)
    done = graded(*vars(memorised(known.sentences, corpus.STR_VOC)).values())
    assert done.report.status == "waits for a person"
    assert "knows the test set" in question(done).flag
    assert figure(done, "nats above the floor") < -1
    assert "knows the test set" not in question(graded(HONEST.source)).flag


READ = "text = ''.join({voc!r}[number] for number in tokens.flatten().tolist() if number < {n})\n"
LEAKS = {
    "prints": READ + "print(text, tokens.tolist())",
    "raises": READ + "if self.calls > 2:\n    raise ValueError(text)",
    "raises in a name": READ + "if self.calls > 2:\n    raise type(text, (Exception,), {{}})",
    "exits with it": READ + "if self.calls > 2:\n    raise SystemExit(text)",
    "shapes it": "if self.calls > 2:\n    logits = torch.zeros(3, 100 + int(tokens[0, 1]), 1000)",
}


@pytest.mark.parametrize("name", LEAKS)
def test_no_hidden_sentence_comes_out(name: str, graded: Grade) -> None:
    """What a model prints or raises when it is given hidden sentences is in no report and no notebook."""
    leak = LEAKS[name].format(voc=corpus.STR_VOC, n=len(corpus.STR_VOC))
    done = graded(bigram(leak))
    everything = done.notebook + json.dumps([each.message for each in question(done).tests]) + told(done)
    everything += str(done.report)
    hidden_words = CANARY.split()
    assert not [word for word in hidden_words if word in everything]
    assert done.report.status == "graded"
    if name != "prints":
        assert question(done).score == 0
        assert not question(done).figures


def test_the_first_stage_tells_what_an_exception_says(graded: Grade) -> None:
    """No hidden sentence was there yet, so a student may read their own error."""
    done = graded(bigram("raise ValueError('my own words')"))
    assert "my own words" in told(done)
    assert "ValueError" in told(done)


def test_what_an_exception_says_is_bounded(graded: Grade) -> None:
    """On one line, and not for ever."""
    done = graded(bigram("raise ValueError('a\\n\\x1b[31m' + 'b' * 10**6)"))
    assert all(len(test.message) < 500 and "\n" not in test.message for test in question(done).tests)


# --- Slips --------------------------------------------------------------------------------------------------

BUSY = "while True:\n    pass"
SLEEPS = "import time\ntime.sleep(10)"
UNWRITTEN = "class SentenceModel:\n    def __init__(self, freq):\n        raise NotImplementedError"
SLIPS = {
    "dropout left on": (
        bigram("logits = torch.nn.functional.dropout(logits, 0.1, training=True)"),
        "dropout",
    ),
    "too few classes": (bigram(classes="len(freq)"), "fewer classes"),
    "NaN": (bigram("logits = logits * torch.nan"), "NaN"),
    "a state beside": (bigram("return logits, None"), "logits alone"),
    "asks for CUDA": (bigram("return logits.cuda()"), "asks for CUDA"),
    "asks for CUDA at once": (bigram(more="self.cuda()"), "asks for CUDA"),
    "tokens to CUDA": (bigram("tokens.to('cuda')"), "asks for CUDA"),
    "not written": (
        "class SentenceModel:\n    def __init__(self, freq):\n        raise NotImplementedError",
        "not written",
    ),
    "no class": ("1", "not defined"),
    "no module": ("class SentenceModel:\n    def __init__(self, freq): pass", "torch.nn.Module"),
    "busy for ever": (bigram(BUSY), "did not return within"),
    "sleeps": (bigram(SLEEPS), "did not return within"),
    "exits": (bigram("import os\nos._exit(0)"), "ended its own process"),
    "a long batch alone": (
        bigram("if len(tokens) > 200:\n    " + BUSY.replace("\n", "\n    ")),
        "did not return",
    ),
    "no forward": (HONEST.source.replace("def forward", "def backward"), "not written"),
}


@pytest.mark.parametrize("name", SLIPS)
def test_each_slip_has_its_own_sentence(name: str, graded: Grade, monkeypatch: pytest.MonkeyPatch) -> None:
    """The question gets 0, every test says why, and the submission is graded."""
    monkeypatch.setattr(scored, "LIMITS", replace(scored.LIMITS, call=0.5))
    source, expected = SLIPS[name]
    weights = WEIGHTS
    if name == "too few classes":
        weights = untrained(source, CLASSES)
    done = graded(source, weights)
    assert (question(done).score, done.report.status) == (0, "graded")
    assert expected in told(done)
    assert {test.message for test in question(done).tests} == {question(done).tests[0].message}


FILES = {
    "missing": (None, "was not handed in"),
    "a pickle": (pickle.dumps({"table": [1.0]}), "pickle"),
    "empty": (b"", "no safetensors file"),
    "cut off": (WEIGHTS[:-8], "no safetensors file"),
    "of another class": (untrained(TIED, CLASSES), "the file has no `table.weight`"),
    "of another vocabulary": (save({"table.weight": torch.zeros(9, 9)}), "`table.weight` has another shape"),
}


@pytest.mark.parametrize("name", FILES)
def test_each_fault_of_the_file_has_its_own_sentence(name: str, graded: Grade) -> None:
    """The question gets 0 and the notebook is run all the same."""
    content, expected = FILES[name]
    done = graded("print('ran')\n" + HONEST.source, content)
    assert (question(done).score, done.report.status) == (0, "graded")
    assert expected in told(done)
    assert "ran" in done.notebook


def test_weights_of_another_corpus_are_told_by_name_and_scored(graded: Grade) -> None:
    """The name in the file's metadata stands beside the assignment's."""
    table = {"table.weight": made(HONEST, CLASSES).table.weight}
    theirs = save(table, {"corpus": "tales <b>of</b> old", "sha256": "0" * 64})
    done = graded(HONEST.source, theirs)
    assert "trained on 'tales <b>of</b> old'" in told(done)
    assert "'a chain'" in told(done)
    assert question(done).score == 8
    shown = "".join(output["data"].get("text/html", "") for output in question_outputs(question(done)))
    assert "<b>of</b>" not in shown


def test_a_slow_model_is_scored_on_what_there_was_time_for(
    graded: Grade, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After its time no further block is begun, and the student is told."""
    monkeypatch.setattr(char_score, "BLOCK", 200)
    monkeypatch.setattr(scored, "TOTAL", 0.0)
    done = graded(HONEST.source, options=Options(full=True))
    assert (question(done).score, figure(done, "sentences read")) == (8, 200)
    assert "The time for scoring was over after 200 sentences" in told(done)
    far = graded(*vars(counted(corpus.train(), corpus.STR_VOC, 1)).values())
    assert figure(far, "sentences read") == 200
    assert "The time for scoring" not in told(far)  # its points were certain: no more were wanted


def test_a_dead_worker_is_nobody_else_s_fault(graded: Grade) -> None:
    """A model that kills its worker on hidden sentences gets 0 with the reason, and is graded."""
    done = graded(bigram("if self.calls > 2:\n    import os; os._exit(3)"))
    assert (question(done).score, done.report.status) == (0, "graded")
    assert "did not end well" in told(done)


# --- Whatever a worker answers ------------------------------------------------------------------------------

SHAPES = ((), (0,), (1, 1), (3, 0, 2))
ANSWERS: dict[str, Callable[[tuple[int, ...]], object]] = {
    "nothing": lambda shape: None,
    "a text": lambda shape: "logits",
    "a list": lambda shape: [[1.0]],
    "what does not cross": lambda shape: values.Opaque("object"),
    "another shape": lambda shape: np.zeros(SHAPES[sum(shape) % len(SHAPES)]),
    "float16": lambda shape: np.ones(shape, np.float16),
    "whole numbers": lambda shape: np.ones(shape, np.uint64),
    "complex": lambda shape: np.ones(shape, np.complex64),
    "truths": lambda shape: np.ones(shape, np.bool_),
    "the largest numbers": lambda shape: np.full(shape, 1.7e308) * np.resize([1, -1], shape),
    "the smallest numbers": lambda shape: np.full(shape, 5e-324),
    "infinite": lambda shape: np.full(shape, np.inf),
    "impossible": lambda shape: np.full(shape, -np.inf),
    "some impossible": lambda shape: np.resize([0.0, -np.inf, 1.0], shape),
    "NaN": lambda shape: np.full(shape, np.nan),
}


class Liar:
    """Answers in a worker's place."""

    def __init__(self, answer: Callable[[tuple[int, ...]], object], described: object = ()) -> None:
        self.answer, self.described = answer, described

    def make(self, *_: object, **__: object) -> int:
        return 0

    def load(self, *_: object) -> object:
        return self.described

    def call(self, _: str, args: list[torch.Tensor], *, steps: object = (), **__: object) -> object:
        return self.answer((len(args[0]), CLASSES) if steps else (*args[0].shape, CLASSES))


@pytest.mark.parametrize("name", ANSWERS)
def test_no_answer_breaks_the_grader(name: str) -> None:
    """It is scored, or it is a fault of the student's; a grader that broke would leave it ungraded."""
    model = RemoteModel(Liar(ANSWERS[name]), corpus.freq(), {})
    few = corpus.sentences(300, 3)
    with suppress(StudentFault, ModelFault):
        known = score(model.at_places, model, few.sentences, corpus.STR_VOC, 1, floors=few.floors)
        assert known.points == 0
        assert judge.figures(known) is not None
        assert in_words(known)


NO_DESCRIPTIONS = [None, 3, "abc", [1], np.zeros((2, 3)), values.Opaque("")]
NO_DESCRIPTIONS += [[["a", shape, "x"]] for shape in (None, "b", [math.inf], [math.nan], [[1]])]
NO_DESCRIPTIONS += [[["a", [1], place]] for place in (["x"], np.zeros(3))]


@pytest.mark.parametrize("described", NO_DESCRIPTIONS)
def test_no_description_of_a_model_breaks_the_grader(described: object) -> None:
    """What is none is the student's fault."""
    with pytest.raises(StudentFault, match="cannot be described"):
        RemoteModel(Liar(ANSWERS["nothing"], described), corpus.freq(), {})


# --- Files of any kind --------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What a student hands in."""
    made = tmp_path / "submitted"
    made.mkdir()
    (made / f"{NAME}.ipynb").write_bytes(nbformat.writes(corpus.notebook(HONEST.source)).encode())
    return made


def a_large_file(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(100 << 20)


REFUSED = {
    "100 MiB": (a_large_file, "has 100.0 MiB, more than 64 MiB"),
    "a link": (lambda path: path.symlink_to("/etc/passwd"), "is a link"),
    "a folder": (lambda path: path.mkdir(), "is no plain file"),
    "a named pipe": (os.mkfifo, "is no plain file"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_small_file_is_refused_in_words(
    name: str, folder: Path, release: Path, door: None, sandbox: Sandbox
) -> None:
    """It never reaches the worker; the question gets 0, the submission is graded."""
    make, expected = REFUSED[name]
    make(folder / FILE)
    submission = read_submission(folder, "student", NAME, read_assignment(NAME).handed_in)
    assert submission.files == {}
    done = grade(Task(NAME, submission, release, KEY, Options()), sandbox)
    assert (question(done).score, done.report.status) == (0, "graded")
    assert expected in told(done)
    assert expected in " ".join(done.report.notes)


def test_a_refused_file_is_part_of_what_a_score_rests_on(folder: Path) -> None:
    """A submission without the file is another one than with a file that was refused."""
    without = read_submission(folder, "student", NAME, [FILE]).digest
    (folder / FILE).mkdir()
    assert read_submission(folder, "student", NAME, [FILE]).digest != without


def test_the_largest_file_is_scored(graded: Grade) -> None:
    """64 MiB to the byte, in bfloat16, which is twice as much in float32."""
    table = {"table.weight": made(HONEST, CLASSES).table.weight, "rest": torch.zeros(0, dtype=torch.bfloat16)}
    room = (64 << 20) - len(save(table)) - 64
    table["rest"] = torch.ones(room // 2, dtype=torch.bfloat16)
    content = save(table)
    content = save(table, {"pad": "x" * ((64 << 20) - len(content) - 40)})
    assert (64 << 20) - 64 < len(content) <= 64 << 20
    source = bigram(more=f"self.rest = torch.nn.Parameter(torch.zeros({room // 2}, dtype=torch.bfloat16))")
    done = graded(
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.savefig('figure.png')\n" + source, content
    )
    assert question(done).score == 8, told(done)


def test_a_file_without_room_costs_no_grade(
    release: Path, door: None, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files that do not fit into the working folder together are left out and told."""
    assignment = replace(read_assignment(NAME), handed_in=(FILE, "more", "most"))
    monkeypatch.setattr("autograder.grade.read_assignment", lambda name: assignment)
    files = {FILE: WEIGHTS, "more": bytes(64 << 20), "most": bytes(64 << 20)}
    content = nbformat.writes(corpus.notebook(HONEST.source)).encode()
    done = grade(Task(NAME, Submission("student", content, files), release, KEY, Options()), sandbox)
    assert question(done).score == 8
    assert any("no room for the file 'most'" in note for note in done.report.notes)


# --- The course ---------------------------------------------------------------------------------------------


def test_another_corpus_is_another_provenance(release: Path, door: None, tmp_path: Path) -> None:
    """A new corpus.json makes every report stale, a train.csv beside it none."""
    task = Task(NAME, Submission("student", b""), release, KEY, Options())
    before = task.provenance
    (release.parent / "train.csv").write_text("sentence\n")
    assert task.provenance == before
    described = release.parent / "corpus.json"
    described.write_text(json.dumps(json.loads(described.read_text()) | {"sha256": "d" * 64}))
    assert task.provenance != before


def test_a_report_that_read_all_is_as_good(release: Path, door: None) -> None:
    """`--full` asks for a new report, and its report serves a run without."""
    some, all_read = (
        Task(NAME, Submission("student", b""), release, KEY, Options(full=full)).provenance
        for full in (False, True)
    )
    assert all_read.satisfies(some)
    assert not some.satisfies(all_read)


# --- What students are told beforehand ----------------------------------------------------------------------


def test_the_notebook_states_limits_and_bands() -> None:
    """What its prose says is what scoring does."""
    source = nbformat.read(KIT_ROOT / "source" / NAME / f"{NAME}.ipynb", as_version=4)
    prose = " ".join(cell.source for cell in source.cells if cell.cell_type == "markdown")
    assert f"a batch of {BATCH} sentences may take {SECONDS:g} s of processor time" in prose
    assert f"{MAX_BYTES >> 20} MiB" in prose
    limits = " | ".join(f"below {limit:.1f}" for limit, _ in BANDS)
    points = " | ".join(f"{earned:g}" for _, earned in BANDS)
    assert f"| loss | {limits} |" in prose
    assert f"| points | {points} |" in prose


def test_the_guide_for_students_states_the_limits() -> None:
    """The same in docs/students.md."""
    guide = (KIT_ROOT / "docs" / "students.md").read_text()
    for said in (f"{MAX_BYTES >> 20} MiB", f"{SECONDS:g} seconds of processor time", f"{BATCH} sentences"):
        assert said in guide


def test_the_suite_s_points_are_those_of_the_bands() -> None:
    """The three hidden tests add up to what a loss earns, and to the grade cell's points."""
    tests = hidden_tests(NAME).values()
    assert [test.question for test in tests] == ["Q1"] * 3
    assert list(itertools.accumulate(test.points for test in tests)) == [earned for _, earned in BANDS]


def test_the_notebook_s_data_cell_and_its_stand_in_define_the_same(release: Path, door: None) -> None:
    """Every name that the released cell assigns is there in grading."""
    source = nbformat.read(KIT_ROOT / "source" / NAME / f"{NAME}.ipynb", as_version=4)
    (cell,) = [each for each in source.cells if each.get("id") == "data"]
    assert assigned(cell.source) <= assigned(stand_in(release.parent))


def assigned(code: str) -> set[str]:
    """The names that a cell assigns."""
    nodes = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)]
    return {node.id for node in nodes if isinstance(node.ctx, ast.Store)}
