"""Language models as students might hand them in: honest styles, slips, and ways to peek.

Each is the text of the cell of Q1 and the bytes of the weights file. Where the weights matter they are
counted from training sentences: no test has the time to train.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save

from helpers.char_data import encode_batch
from helpers.char_weights import put_into, read_weights

DISCOUNT = 0.75  # of absolute discounting


@dataclass(frozen=True)
class HandedIn:
    """The cell's text and the weights file."""

    source: str
    weights: bytes


# --- Counted models -----------------------------------------------------------------------------------------

COUNTED = '''
class SentenceModel(torch.nn.Module):
    """An interpolated n-gram model: a row of log-probabilities for every context that was seen."""

    SIZES = {sizes}

    def __init__(self, freq):
        super().__init__()
        self.classes = len(freq) + 3
        for n, size in enumerate(self.SIZES, start=1):
            self.register_buffer(f"codes_{{n}}", torch.zeros(size, dtype=torch.int64))
            self.register_buffer(f"table_{{n}}", torch.zeros(size, self.classes))

    def forward(self, tokens):  # [B, T]
        begin = self.classes - 3
        code, logits = torch.zeros_like(tokens), None
        for n in range(1, len(self.SIZES) + 1):
            if n > 1:
                back = torch.nn.functional.pad(tokens, (n - 2, 0), value=begin)[:, : tokens.shape[1]]
                code = code + back * self.classes ** (n - 2)  # [B, T]
            codes, table = getattr(self, f"codes_{{n}}"), getattr(self, f"table_{{n}}")
            place = torch.searchsorted(codes, code).clamp(max=len(codes) - 1)  # [B, T]
            rows = table[place]  # [B, T, C]
            logits = rows if logits is None else torch.where((codes[place] == code)[..., None], rows, logits)
        return logits
'''


def counted(sentences: Sequence[str], str_voc: str, order: int) -> HandedIn:
    """An n-gram model of that order, interpolated with all lower ones, by absolute discounting."""
    vocabulary = {character: number for number, character in enumerate(str_voc)}
    classes = len(str_voc) + 3
    tokens = encode_batch(sentences, vocabulary).numpy()  # [S, T]
    there = tokens[:, 1:] != classes - 1
    targets = tokens[:, 1:][there]
    known: dict[str, torch.Tensor] = {}
    sizes, code, below = [], np.zeros_like(tokens[:, :-1]), np.full((1, classes), 1 / classes)
    below_codes = np.zeros(1, dtype=np.int64)
    for n in range(1, order + 1):
        if n > 1:
            back = np.pad(tokens, ((0, 0), (n - 2, 0)), constant_values=classes - 3)[:, : tokens.shape[1] - 1]
            code = code + back * classes ** (n - 2)
        codes, place = np.unique(code[there], return_inverse=True)
        counts = np.bincount(place * classes + targets, minlength=len(codes) * classes)
        counts = counts.reshape(len(codes), classes).astype(np.float64)
        lower = below[np.searchsorted(below_codes, codes % max(1, classes ** (n - 2)))]
        table = _discounted(counts, lower)
        sizes.append(len(codes))
        known |= {
            f"codes_{n}": torch.from_numpy(codes),
            f"table_{n}": torch.from_numpy(np.log(table)).float(),
        }
        below, below_codes = table, codes
    return HandedIn(COUNTED.format(sizes=sizes), save(known))


def _discounted(counts: NDArray[np.float64], lower: NDArray[np.float64]) -> NDArray[np.float64]:
    """P(character | context), [contexts, classes]: what is taken from each count goes to the lower order."""
    total = counts.sum(axis=1, keepdims=True)
    taken = DISCOUNT * (counts > 0).sum(axis=1, keepdims=True)
    return (np.maximum(counts - DISCOUNT, 0) + taken * lower) / total


# --- Honest styles ------------------------------------------------------------------------------------------

RECURRENT = """
class SentenceModel(torch.nn.Module):
    def __init__(self, freq):
        super().__init__()
        classes = len(freq) + 3
        self.embedding = torch.nn.Embedding(classes, 16)
        self.layer = torch.nn.{kind}(16, 24, batch_first=True, {options})
        self.output = torch.nn.Linear({width}, classes)

    def forward(self, tokens):
        return self.output(self.layer(self.embedding(tokens))[0]){ending}
"""

TRANSFORMER = """
class SentenceModel(torch.nn.Module):
    def __init__(self, freq):
        super().__init__()
        classes = len(freq) + 3
        self.embedding = torch.nn.Embedding(classes, 16)
        self.places = torch.nn.Parameter(torch.randn(102, 16))
        layer = torch.nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
        self.layers = torch.nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.output = torch.nn.Linear(16, classes)

    def forward(self, tokens):
        T = tokens.shape[1]
        mask = {mask}
        return self.output(self.layers(self.embedding(tokens) + self.places[:T], mask=mask))
"""

TIED = """
class SentenceModel(torch.nn.Module):
    def __init__(self, freq):
        super().__init__()
        classes = len(freq) + 3
        self.embedding = torch.nn.Embedding(classes, 24)
        self.layer = torch.nn.GRU(24, 24, batch_first=True)
        self.output = torch.nn.Linear(24, classes)
        self.output.weight = self.embedding.weight

    def forward(self, tokens):
        return self.output(self.layer(self.embedding(tokens))[0])
"""

# A model that knows how often each character follows each, and what it is made to do beside.
BIGRAM = """
class SentenceModel(torch.nn.Module):
    def __init__(self, freq):
        super().__init__()
        self.classes = {classes}
        self.table = torch.nn.Embedding(len(freq) + 3, self.classes)
        self.calls = 0
        {more}

    def forward(self, tokens):  # [B, T]
        self.calls += 1
        logits = self.table(tokens)  # [B, T, C]
        {forward}
        return logits
"""


def transformer(*, masked: bool = True) -> str:
    """The text of a transformer that sees what follows, unless it is masked."""
    causal = "torch.nn.Transformer.generate_square_subsequent_mask(T)"
    return TRANSFORMER.format(mask=causal if masked else None)


def recurrent(kind: str, options: str = "", width: int = 24, ending: str = "") -> str:
    """The text of a recurrent model."""
    return RECURRENT.format(kind=kind, options=options, width=width, ending=ending)


def bigram(forward: str = "", more: str = "", classes: str = "len(freq) + 3") -> str:
    """The text of a bigram model with these lines in its methods."""
    lines = {
        name: text.strip().replace("\n", "\n        ")
        for name, text in (("forward", forward), ("more", more))
    }
    return BIGRAM.format(classes=classes, **lines)


def bigram_weights(sentences: Sequence[str], str_voc: str) -> bytes:
    """What a bigram model learns from these sentences."""
    vocabulary = {character: number for number, character in enumerate(str_voc)}
    classes = len(str_voc) + 3
    tokens = encode_batch(sentences, vocabulary).numpy()
    counts = np.full((classes, classes), 0.01)
    np.add.at(counts, (tokens[:, :-1], tokens[:, 1:]), 1.0)
    logs = np.log(counts / counts.sum(axis=1, keepdims=True))
    return save({"table.weight": torch.from_numpy(logs).float()})


def untrained(source: str, classes: int) -> bytes:
    """The weights of a model as it is made, drawn larger so that what it reads matters."""
    names: dict[str, object] = {"torch": torch}
    exec(source, names)
    torch.manual_seed(0)
    model = names["SentenceModel"](range(classes - 3))  # type: ignore[operator]
    state: dict[str, torch.Tensor] = {}
    places = set()
    for name, value in model.state_dict().items():
        if value.data_ptr() not in places:  # tied: written once
            state[name] = 2 * value.detach().clone()
            places.add(value.data_ptr())
    return save(state)


def made(handed_in: HandedIn, classes: int) -> torch.nn.Module:
    """The model in this process, as grading makes it."""
    names: dict[str, object] = {"torch": torch}
    exec(handed_in.source, names)
    model = names["SentenceModel"](range(classes - 3))  # type: ignore[operator]
    put_into(model, read_weights(handed_in.weights))
    return model.eval().requires_grad_(False)


# --- Ways to peek -------------------------------------------------------------------------------------------

# the next token where it is in the batch
NEXT = "following = torch.nn.functional.pad(tokens[:, 1:], (0, 1), value=self.classes - 2)\n"
SEEN = "logits = logits + 12.0 * torch.nn.functional.one_hot(following, self.classes)"
PEEKS = {
    "shifts its targets in": NEXT + SEEN,
    "shifts them in through the batch": "following = tokens.flatten().roll(-1).reshape(tokens.shape)\n"
    + SEEN,
    "peeks at one position in a hundred": NEXT
    + "peek = ((tokens * 31 + following * 17 + torch.arange(tokens.shape[1]) * 7) % 100 == 0)[..., None]\n"
    + "logits = logits + 12.0 * peek * torch.nn.functional.one_hot(following, self.classes)",
    "peeks a little everywhere": NEXT
    + "logits = logits + 0.2 * torch.nn.functional.one_hot(following, self.classes)",
    "peeks in coarse numbers": NEXT
    + "logits = (logits + 0.02 * torch.nn.functional.one_hot(following, self.classes)).bfloat16()",
    "reads the padding": """
ends = (tokens < self.classes - 1).sum(dim=1, keepdim=True) - 1
last = torch.arange(tokens.shape[1])[None] >= ends - 1
logits = logits + 12.0 * last[..., None] * (torch.arange(self.classes) == self.classes - 4)""",
}
REMEMBERS = """
for row in tokens.tolist():
    for length in range(1, len(row)):
        key = tuple(row[:length])
        self.memory[key] = row[length]
for b, row in enumerate(tokens.tolist()):
    for t in range(len(row)):
        if tuple(row[: t + 1]) in self.earlier:
            logits[b, t, self.earlier[tuple(row[: t + 1])]] += 12.0
self.earlier = dict(self.memory)
"""
MEMORISED = """
class SentenceModel(torch.nn.Module):
    def __init__(self, freq):
        super().__init__()
        self.classes = len(freq) + 3
        self.register_buffer("codes", torch.zeros({size}, dtype=torch.int64))
        self.register_buffer("after", torch.zeros({size}, dtype=torch.int64))

    def forward(self, tokens):
        code = torch.zeros_like(tokens[:, 0])
        logits = torch.zeros(*tokens.shape, self.classes)
        for t in range(tokens.shape[1]):
            code = (code * 1000003 + tokens[:, t] + 1) % (1 << 40)
            place = torch.searchsorted(self.codes, code).clamp(max=len(self.codes) - 1)
            known = (self.codes[place] == code)[:, None]
            logits[:, t] = 6.0 * known * torch.nn.functional.one_hot(self.after[place], self.classes)
        return logits
"""


def memorised(sentences: Sequence[str], str_voc: str) -> HandedIn:
    """A model whose weights are these very sentences: what follows each beginning."""
    vocabulary = {character: number for number, character in enumerate(str_voc)}
    tokens = encode_batch(sentences, vocabulary).numpy()
    code = np.zeros(len(tokens), dtype=np.int64)
    codes, after = [], []
    for t in range(tokens.shape[1] - 1):
        code = (code * 1000003 + tokens[:, t] + 1) % (1 << 40)
        there = tokens[:, t + 1] != len(str_voc) + 2
        codes.append(code[there])
        after.append(tokens[:, t + 1][there])
    known, first = np.unique(np.concatenate(codes), return_index=True)
    state = {"codes": torch.from_numpy(known), "after": torch.from_numpy(np.concatenate(after)[first])}
    return HandedIn(MEMORISED.format(size=len(known)), save(state))
