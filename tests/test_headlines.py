"""A user's own headlines are read from what people have, made usable, and split alike everywhere."""

import csv
import gzip
import hashlib
import json
import lzma
from pathlib import Path

import pytest

from autograder.errors import CourseError
from data.headlines import LEAST, read_headlines, split, usable

HEADLINES = [f"Council number {number} opens a swimming pool" for number in range(LEAST)]
SPLIT_DIGEST = "32efec5997ee31949ce819c964e5e7e74204b07d149f80cbe13754dddbb46a71"


def as_csv(headlines: list[str], header: str = "sentence,label") -> bytes:
    """A column `label`, where the header has one, is 0 throughout; the other column is the headlines."""
    columns = header.split(",")
    rows = (
        ",".join("0" if column == "label" else f'"{headline}"' for column in columns)
        for headline in headlines
    )
    return "\n".join([header, *rows]).encode()


def as_json_lines(headlines: list[str], field: str = "headline") -> bytes:
    return "".join(json.dumps({"link": "https", field: headline}) + "\n" for headline in headlines).encode()


def written(folder: Path, content: bytes, name: str = "headlines") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


FORMS = {
    "csv": as_csv(HEADLINES),
    "csv, the column second": as_csv(HEADLINES, "label,sentence"),
    "csv with the line ends of Windows": as_csv(HEADLINES).replace(b"\n", b"\r\n"),
    "csv with a byte-order mark": b"\xef\xbb\xbf" + as_csv(HEADLINES),
    "csv of headlines": as_csv(HEADLINES, "headline"),
    "csv in xz": lzma.compress(as_csv(HEADLINES), preset=0),
    "csv in gzip": gzip.compress(as_csv(HEADLINES)),
    "json lines": as_json_lines(HEADLINES),
    "json lines of sentences": as_json_lines(HEADLINES, "sentence"),
    "json lines in gzip": gzip.compress(as_json_lines(HEADLINES)),
}


@pytest.mark.parametrize("content", FORMS.values(), ids=FORMS.keys())
def test_each_form_of_file_gives_the_same_headlines(content: bytes, tmp_path: Path) -> None:
    """CSV or JSON lines, plain or packed, by content and not by name, in the file's order."""
    assert read_headlines(written(tmp_path, content)) == HEADLINES


@pytest.mark.parametrize("content", [as_csv(HEADLINES, "label,title"), as_json_lines(HEADLINES, "title")])
def test_a_column_of_another_name_is_asked_for(content: bytes, tmp_path: Path) -> None:
    """`column` names a CSV file's column or a field of JSON."""
    assert read_headlines(written(tmp_path, content), "title") == HEADLINES


def test_a_sentence_is_preferred_to_a_headline(tmp_path: Path) -> None:
    """Of the two usual columns the first that the corpus itself has is taken."""
    rows = "\n".join(f"other,{headline}" for headline in HEADLINES)
    assert read_headlines(written(tmp_path, f"headline,sentence\n{rows}".encode())) == HEADLINES


def test_white_space_becomes_single_spaces(tmp_path: Path) -> None:
    """Tabs, line breaks in quotes and spaces at the ends; commas and quotes stay."""
    path = tmp_path / "odd.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["sentence"])
        rows.writerow(['  "Calm",\tsays\u00a0mayor,\r\nas  the river rises '])
        rows.writerows([headline] for headline in HEADLINES)
    assert read_headlines(path)[0] == '"Calm", says mayor, as the river rises'


def test_a_line_of_json_ends_at_a_line_break_alone(tmp_path: Path) -> None:
    """Unicode's separators stand unescaped inside of strings, and are white space there."""
    odd = '{"headline": "Calm, says mayor,\u2028as the river\u0085rises"}\r\n'.encode()
    found = read_headlines(written(tmp_path, odd + as_json_lines(HEADLINES)))
    assert found == ["Calm, says mayor, as the river rises", *HEADLINES]


def test_half_a_character_of_json_becomes_a_question_mark(tmp_path: Path) -> None:
    """A lone surrogate can be escaped in JSON, and could not be written into the training set."""
    odd = b'{"headline": "Town hall to be painted \\ud83d, says mayor"}\n'
    found = read_headlines(written(tmp_path, odd + as_json_lines(HEADLINES)))
    assert found[0] == "Town hall to be painted ?, says mayor"


def test_rows_and_objects_without_a_text_are_passed_over(tmp_path: Path) -> None:
    """A short row, an empty headline, a number and a missing field are no headlines and no errors."""
    short = as_csv(HEADLINES, "label,sentence") + b"\n\n0\n0,\n"
    odd = as_json_lines(HEADLINES) + b'\n{"headline": 7}\n{"headline": null}\n{"headline": ""}\n{}\n'
    assert read_headlines(written(tmp_path, short, "short")) == HEADLINES
    assert read_headlines(written(tmp_path, odd, "odd")) == HEADLINES


@pytest.mark.parametrize(("length", "kept"), [(30, False), (31, True), (99, True), (100, False)])
def test_lengths_count_the_line_break(length: int, kept: bool) -> None:
    """32 to 100 characters with it, so 31 to 99 without."""
    assert list(usable(["x" * length])) == ["x" * length] * kept


def test_a_character_outside_of_ascii_counts_as_one() -> None:
    """A headline keeps its accents, and each is one character long whatever its bytes are."""
    headline = "é" * 99
    assert list(usable([headline])) == [headline]


def test_headlines_that_the_loader_makes_alike_come_once() -> None:
    """Two that differ only outside of ASCII are one after the replacement; the first stays."""
    first, second = "Café opens beside the old town hall", "Cafè opens beside the old town hall"
    assert list(usable([first, second, first])) == [first]


def test_control_characters_are_no_headline() -> None:
    """A headline with a bell in it would put the bell into everybody's vocabulary."""
    assert not list(usable(["Mayor rings the bell\a at the opening of the fair"]))


def test_a_split_is_four_fifths_and_a_fifth_of_the_same_sentences() -> None:
    """Nothing lost, nothing twice, and shuffled."""
    train, test = split(HEADLINES)
    assert (len(train), len(test)) == (16_000, 4_000)
    assert sorted(train + test) == sorted(HEADLINES)
    assert train != sorted(train)


def test_a_split_is_the_same_everywhere() -> None:
    """The order is what it was when the seed was chosen, or the same file would make another corpus."""
    train, test = split(HEADLINES)
    assert hashlib.sha256("\n".join(train + test).encode()).hexdigest() == SPLIT_DIGEST


FAULTS = {
    "too few": (
        as_csv(HEADLINES[1:]),
        "19,999 of its 19,999 headlines .* 20,000 are needed, since",
    ),
    "too few after the filter": (as_csv(HEADLINES[1:] + ["Short"] * 9), "19,999 of its 20,008 headlines"),
    "too few that differ": (as_csv(HEADLINES[1:] * 2), "19,999 of its 39,998 headlines"),
    "nothing": (b"", "no column 'sentence' or 'headline': name one that it has .none at all"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "binary data"),
    "utf-16": (as_csv(HEADLINES).decode().encode("utf-16"), "UTF-16"),
    "latin-1": (
        "sentence\nok\nCafé closes\n".encode("latin-1"),
        r"not text in UTF-8 \(byte 0xe9 in line 3\)",
    ),
    "another column": (b"title,label\na,0\n", "no column .* that it has .'title', 'label'"),
    "another field": (b'{"title": "a", "date": "b"}\n', "no field .* that it has .'title', 'date'"),
    "json in part": (
        as_json_lines(HEADLINES) + b'{"headline": "cut of',
        "line 20001 of .* is no JSON",
    ),
    "json of lists": (b'{"headline": "a"}\n[1]\n', r"line 2 of .* is no JSON object: '\[1\]'"),
    "a json array": (b'[{"headline": "a"}]\n', "one JSON array"),
    "an open quote": (b'sentence\n"' + b"a b " * 50_000, "no CSV file: field larger"),
    "a broken xz": (lzma.compress(as_csv(HEADLINES), preset=0)[:999], "packed and can't be unpacked"),
    "a broken gzip": (gzip.compress(as_csv(HEADLINES))[:999], "packed and can't be unpacked"),
}


@pytest.mark.parametrize(("content", "told"), FAULTS.values(), ids=FAULTS.keys())
def test_a_file_that_can_not_serve_is_refused_in_one_line(content: bytes, told: str, tmp_path: Path) -> None:
    """Each fault has its own sentence, which names the file."""
    path = written(tmp_path, content)
    with pytest.raises(CourseError, match=told) as caught:
        read_headlines(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_column_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    """Whoever names a column gets that one or an error, never a usual one instead."""
    with pytest.raises(CourseError, match=r"no column 'text': name one that it has .'sentence', 'label'"):
        read_headlines(written(tmp_path, as_csv(HEADLINES)), "text")


@pytest.mark.parametrize(("name", "told"), [("missing.csv", "No such file"), ("", "Is a directory")])
def test_what_is_no_file_is_refused(name: str, told: str, tmp_path: Path) -> None:
    """A missing file and a folder."""
    with pytest.raises(CourseError, match=told):
        read_headlines(tmp_path / name)
