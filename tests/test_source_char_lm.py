"""The notebook on the language model: what its checks print, and a training that can be interrupted."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from autograder import demo
from autograder.samples import char_lm as samples
from bench import reference
from helpers.char_weights import put_into, read_weights
from tests import charlm_corpus, notebooks
from tests.notebooks import rows, run_notebook

NAME = "char_lm"
SENTENCES = [sentence.rstrip("\n") for sentence in charlm_corpus.sentences(700, 3).sentences]
FILES = {
    "train.csv": "sentence,label\n"
    + "".join(f"{text},0\n" for text in ["café " + SENTENCES[0], *SENTENCES[1:]]),
    "corpus.json": json.dumps({"name": "a chain", "sentences": 700, "sha256": "0" * 64}),
}
NARROW = [("64, 512", "64, 16"), ("512, classes", "16, classes")]  # tests of the loop need no good model
EPOCHS = 3


def narrow(text: str) -> str:
    """The model with few units."""
    for right, small in NARROW:
        assert right in text
        text = text.replace(right, small)
    return text


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each cell prints on a tiny corpus, with the solutions."""
    return run_notebook(NAME, tmp_path_factory.mktemp("solved"), {}, FILES)


@pytest.fixture(scope="module")
def stubbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The same with nothing written, as students get it."""
    return run_notebook(NAME, tmp_path_factory.mktemp("stubbed"), notebooks.stubs(NAME), FILES)


@pytest.fixture(scope="module")
def slipped(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A layer that reads both ways, a loss that counts padding, a temperature that cancels."""
    slips = {
        "Q1_solution": (
            "torch.nn.LSTM(64, 512, batch_first=True)",
            "torch.nn.LSTM(64, 256, batch_first=True, bidirectional=True)",
        ),
        "training_solution": ("ignore_index=PAD_ID", "ignore_index=-100"),
        "Q2_solution": (
            "torch.softmax(logits / temperature, 0)",
            "torch.softmax(logits, 0) / temperature",
        ),
    }
    return run_notebook(NAME, tmp_path_factory.mktemp("slipped"), notebooks.slipped(NAME, slips), FILES)


@pytest.fixture(scope="module")
def too_few(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A model without classes for BEGIN, END and PAD, and sentences that end at END alone."""
    slips = {
        "Q1_solution": ("classes)\n", "len(freq))\n"),
        "Q2_solution": (' or str_voc[number] == "\\n"', ""),
    }
    answers = notebooks.slipped(NAME, slips)
    answers["training_solution"] = notebooks.stubs(NAME)[
        "training_solution"
    ]  # it would raise on such a model
    return run_notebook(NAME, tmp_path_factory.mktemp("too_few"), answers, FILES)


def test_the_statistics_are_printed(solved: dict[str, str]) -> None:
    """A line a quantity, and five sentences."""
    lines = solved["corpus_statistics"].splitlines()
    assert lines[0] == "sentences                      | 700"
    assert "outside of ASCII, replaced     | 1" in lines
    assert len(lines) == 7 + 2 + 5


@pytest.mark.parametrize(("cell", "count", "largest"), [("Q1_check", 11, 1e-6), ("training_check", 1, 1e-6)])
def test_solutions_differ_as_little_as_the_prose_says(
    solved: dict[str, str], cell: str, count: int, largest: float
) -> None:
    """Every row is an error below the size told in the text."""
    errors = [float(row[3]) for row in rows(solved[cell])]
    assert len(errors) == count
    assert max(errors) <= largest


def test_the_drawn_shares_are_those_of_the_temperatures(solved: dict[str, str]) -> None:
    """Three temperatures within the limit, and both ends of a sentence."""
    errors = [float(row[3]) for row in rows(solved["Q2_check"])]
    assert len(errors) == 5
    assert max(errors[:3]) <= 0.05
    assert errors[3:] == [0, 0]


def test_the_reference_keeps_the_limits(solved: dict[str, str]) -> None:
    """Of the size of the file and of the time of a batch."""
    assert [row[3] for row in rows(solved["Q1_limits"])] == ["ok", "ok"]


def test_the_training_shows_its_losses(solved: dict[str, str]) -> None:
    """A bar with the loss in it, and a line an epoch."""
    assert re.search(r"epoch 2 of 2: 100%.*loss=\d\.\d{3}", solved["training"])
    assert len(re.findall(r"^epoch \d \| training .* \| held back .* s$", solved["training"], re.M)) == 2


def test_the_figures_are_drawn(solved: dict[str, str]) -> None:
    """The corpus and the losses, one figure each."""
    assert solved["drawn"] == "1 2"
    assert solved["corpus_figure"] == solved["training_figure"] == ""


def test_the_file_s_points_are_told(solved: dict[str, str]) -> None:
    """Before handing in, by the score of grading."""
    held_back = re.search(r"held-back loss: (\d\.\d{3}) nats", solved["saving"])
    assert held_back is not None
    told = re.search(r"^Loss (\d\.\d+) nats a character .*: \d+ of 10 points\.$", solved["handing_in"], re.M)
    assert told is not None
    assert float(told[1]) == pytest.approx(float(held_back[1]), abs=0.001)


def test_sentences_are_written_at_three_temperatures(solved: dict[str, str]) -> None:
    """Three each, from the start on."""
    lines = solved["Q2_sample"].splitlines()
    assert lines[::4] == ["temperature 0.5", "temperature 1.0", "temperature 1.5"]
    assert sum(line.strip().startswith("Scientists") for line in lines) == 9


def test_stubs_run_and_say_what_to_do(stubbed: dict[str, str]) -> None:
    """With nothing written, each cell that needs an answer says so; none draws or prints anything else."""
    for cell in ("Q1_check", "Q1_limits", "training_check", "training", "Q2_check"):
        assert stubbed[cell].endswith("not written yet: write your answer here"), cell
    assert stubbed["handing_in"].endswith("`SentenceModel` is not written yet.")
    assert (stubbed["training_figure"], stubbed["saving"], stubbed["Q2_sample"]) == ("", "", "")


def test_a_layer_that_reads_both_ways_is_told(slipped: dict[str, str]) -> None:
    """Its logits depend on later characters, before it is trained and when it is handed in."""
    told = {row[0].partition("[")[0]: row[3] for row in rows(slipped["Q1_check"])}
    assert told["later changed"].endswith("is over 1e-05")
    assert "The model looks ahead" in slipped["handing_in"]


def test_a_loss_of_padding_is_told(slipped: dict[str, str]) -> None:
    """PAD is not predicted."""
    assert rows(slipped["training_check"])[0][3].endswith("is over 1e-05")


def test_a_temperature_that_cancels_is_told(slipped: dict[str, str]) -> None:
    """The share stays at that of temperature 1."""
    assert rows(slipped["Q2_check"])[0][3].endswith("is over 6e-02")


def test_a_wrong_number_of_classes_is_told(too_few: dict[str, str]) -> None:
    """With both shapes, and the axis."""
    assert re.search(r"expected \[B, T, C\] = .*: axis C is \d+, not \d+$", too_few["Q1_check"])


def test_a_sentence_that_does_not_end_is_told(too_few: dict[str, str]) -> None:
    """A line break ends it as well as END does."""
    line_break, end = rows(too_few["Q2_check"])[3:]
    assert "is over 0e+00" in line_break[3]
    assert end[3] == "0.0e+00"


# --- Training -----------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the tiny corpus, to work in."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(notebooks.SOURCES / NAME))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def loop(folder: Path) -> dict[str, Any]:
    """What the notebook's cells up to the loop define, with a small model that draws numbers of its own."""
    texts = notebooks.sources(NAME)
    dropped = texts["Q1_solution"].replace(
        "self.output(states)", "self.output(torch.nn.functional.dropout(states, 0.1, self.training))"
    )
    assert dropped != texts["Q1_solution"]
    names: dict[str, Any] = {}
    for cell in ("setup", "data", "Q1_solution", "training_solution", "training_loop"):
        exec(narrow(dropped) if cell == "Q1_solution" else texts[cell], names)
    return names


def run_to_the_end(loop: dict[str, Any], path: Path, before: Callable[[Any], None] | None = None) -> Any:
    """A training begun or resumed, with a checkpoint after every epoch."""
    training = loop["begin_or_resume"](path, loop["train_sentences"], EPOCHS)
    while len(training.epochs) < EPOCHS:
        if before:
            before(training)
        training.run_epoch()
        training.save(path)
    return training


def weights(training: Any) -> dict[str, torch.Tensor]:
    """Copies of the weights."""
    return {name: tensor.clone() for name, tensor in training.model.state_dict().items()}


def interrupted_in_the_second_epoch(training: Any) -> None:
    """Lets a few batches of the second epoch pass."""
    if len(training.epochs) != 1:
        return
    step, left = training.step, iter(range(2))

    def stopping(batch: torch.Tensor) -> Any:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return step(batch)

    training.step = stopping


def test_an_interrupted_training_ends_with_the_same_weights(loop: dict[str, Any], folder: Path) -> None:
    """Interrupted amid an epoch, it goes on from the last whole one, to the bit."""
    whole = run_to_the_end(loop, folder / "whole.pt")
    with contextlib.suppress(KeyboardInterrupt):
        run_to_the_end(loop, folder / "parts.pt", interrupted_in_the_second_epoch)
    torch.manual_seed(99)  # a new session draws from somewhere else
    resumed = run_to_the_end(loop, folder / "parts.pt")
    assert all(torch.equal(one, weights(resumed)[name]) for name, one in weights(whole).items())
    assert resumed.curve == whole.curve
    assert [losses[:2] for losses in resumed.epochs] == [losses[:2] for losses in whole.epochs]


def test_an_interruption_was_tried(
    loop: dict[str, Any], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second run takes over one epoch, and says so."""
    with pytest.raises(KeyboardInterrupt):
        run_to_the_end(loop, folder / "parts.pt", interrupted_in_the_second_epoch)
    capsys.readouterr()
    run_to_the_end(loop, folder / "parts.pt")
    assert "1 of 3 epochs are done" in capsys.readouterr().out


def test_training_makes_the_loss_smaller(loop: dict[str, Any], folder: Path) -> None:
    """From epoch to epoch, on what is held back."""
    losses = [held_back for _, held_back, _ in run_to_the_end(loop, folder / "whole.pt").epochs]
    assert losses == sorted(losses, reverse=True)


def test_the_loss_of_an_epoch_is_that_of_its_characters(loop: dict[str, Any]) -> None:
    """With weights that stay, it is what `evaluate` finds."""
    training = loop["Training"](loop["train_sentences"][:300], 1)
    training.optimiser = torch.optim.SGD(training.model.parameters(), lr=0.0)
    training.scheduler = torch.optim.lr_scheduler.ConstantLR(training.optimiser)
    training.model.eval()
    training.model.train = lambda mode=True: training.model
    training.run_epoch()
    expected = loop["evaluate"](training.model, loop["train_sentences"][:300], loop["vocabulary"])
    assert training.epochs[0][0] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("change", ["model", "sentences", "cut off", "empty", "text"])
def test_a_checkpoint_that_does_not_fit_is_told(
    loop: dict[str, Any], folder: Path, capsys: pytest.CaptureFixture[str], change: str
) -> None:
    """Training begins anew, and nothing of the checkpoint is taken over."""
    path = folder / "checkpoint.pt"
    run_to_the_end(loop, path)
    if change == "model":
        exec(notebooks.sources(NAME)["Q1_solution"].replace("64, 512", "64, 8").replace("512, ", "8, "), loop)
    damaged = {"cut off": path.read_bytes()[:1000], "empty": b"", "text": b"no checkpoint"}
    path.write_bytes(damaged.get(change, path.read_bytes()))
    sentences = loop["train_sentences"][1 if change == "sentences" else 0 :]
    training = loop["begin_or_resume"](path, sentences, EPOCHS)
    assert "does not fit, training begins anew" in capsys.readouterr().out
    fresh = loop["Training"](sentences, EPOCHS)
    assert training.epochs == []
    assert all(torch.equal(one, weights(training)[name]) for name, one in weights(fresh).items())


def test_a_checkpoint_can_be_forgotten(loop: dict[str, Any], folder: Path) -> None:
    """START_ANEW takes none."""
    run_to_the_end(loop, folder / "checkpoint.pt")
    loop["START_ANEW"] = True
    assert loop["begin_or_resume"](folder / "checkpoint.pt", loop["train_sentences"], EPOCHS).epochs == []


# --- The reference ------------------------------------------------------------------------------------------


@pytest.fixture
def small_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reference's command with a small model."""
    text = narrow(notebooks.sources(NAME)["Q1_solution"])
    train = reference.train
    monkeypatch.setattr(reference, "train", lambda folder, model, *, fast: train(folder, text, fast=fast))


@pytest.mark.usefixtures("small_reference")
def test_the_reference_s_command_writes_weights_and_log(folder: Path) -> None:
    """Half the precision, the corpus's digest, and a log that says how it went."""
    reference.make("default", folder, folder / "work", folder / "kept", fast=True)
    made = read_weights(folder / "kept" / "default.safetensors")
    assert {tensor.dtype for tensor in made.tensors.values()} == {torch.float16}
    log = (folder / "kept" / "default.log").read_text()
    assert f"sha256 of train.csv: {'0' * 64}" in log
    assert len(re.findall(r"^epoch \d: training .* held back .* nats a character, \d+ s$", log, re.M)) == 2


@pytest.mark.usefixtures("small_reference")
def test_the_reference_s_command_goes_on(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A second time there is nothing left to train, and the weights and the log are the same."""
    reference.make("default", folder, folder / "work", folder / "first", fast=True)
    capsys.readouterr()
    reference.make("default", folder, folder / "work", folder / "second", fast=True)
    assert "2 of 2 epochs are done" in capsys.readouterr().out
    first, second = (read_weights(folder / run / "default.safetensors") for run in ("first", "second"))
    assert all(torch.equal(tensor, second.tensors[name]) for name, tensor in first.tensors.items())
    logs = {(folder / run / "default.log").read_text() for run in ("first", "second")}
    assert len(logs) == 1


def test_the_reference_s_command_says_what_is_missing(tmp_path: Path) -> None:
    """Without a corpus, how to make one."""
    with pytest.raises(SystemExit, match="`make data` writes it"):
        reference.make("default", tmp_path, tmp_path / "work")


# --- Weights that are kept ----------------------------------------------------------------------------------

REFERENCES = [reference.REFERENCE / f"{name}.safetensors" for name in ("default", "headlines")]
OF_SAMPLES = [samples.WEIGHTS / f"{name}.safetensors" for name in ("half_trained", "both_ways")]


@pytest.mark.parametrize("path", [*REFERENCES, *OF_SAMPLES], ids=lambda path: path.stem)
def test_kept_weights_fit_their_model(path: Path) -> None:
    """The reference's that of the notebook, the others those of the demo's class."""
    text = demo.solutions(reference.NOTEBOOK)["Q1_solution"]
    names: dict[str, Any] = {"torch": torch}
    exec(samples.trained(text).get(path.stem, text), names)
    weights = read_weights(path)
    classes = len(weights.tensors["output.bias"])
    put_into(names["SentenceModel"](torch.ones(classes - 3)), weights)


@pytest.mark.parametrize("path", [*REFERENCES, *OF_SAMPLES], ids=lambda path: path.stem)
def test_kept_weights_are_those_of_their_log(path: Path) -> None:
    """Both name one corpus, and the file is small enough for a repository."""
    assert f"sha256 of train.csv: {read_weights(path).digest}\n" in path.with_suffix(".log").read_text()
    assert path.stat().st_size < 3 << 20


@pytest.mark.parametrize("path", REFERENCES, ids=lambda path: path.stem)
def test_the_reference_earns_all_points(path: Path) -> None:
    """Its log has a test loss below the last band, as a held-back loss."""
    log = path.with_suffix(".log").read_text()
    losses = re.findall(r"^(?:held back|test): (\d\.\d+) nats", log, re.M)
    assert len(losses) == 2
    assert max(map(float, losses)) < 1.5
