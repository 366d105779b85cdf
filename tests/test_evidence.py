"""The numbers that failed verdicts rest on: when two are the same, and how they are kept."""

from __future__ import annotations

import numpy as np
import pytest

from autograder import evidence as evidences
from autograder.evidence import MAX_NUMBERS, Evidence, agree

RIGHT = np.linspace(-1.0, 1.0, 12).reshape(3, 4)
WRONG = RIGHT**3


def of(found, **wanted):
    return Evidence({"outputs": found}, wanted)


def test_float32_and_float64_agree():
    """One mistake in two numeric types gives one answer."""
    assert agree(of(WRONG, outputs=RIGHT), of(WRONG.astype(np.float32).astype(float), outputs=RIGHT))


@pytest.mark.parametrize(
    "other",
    [RIGHT, WRONG + 1e-3, WRONG.T, WRONG.ravel(), np.where(WRONG > 0.9, np.nan, WRONG)],
    ids=["right", "moved", "transposed", "flat", "not finite"],
)
def test_other_numbers_do_not_agree(other):
    """Another number, shape or NaN in another place is another answer."""
    assert not agree(of(WRONG, outputs=RIGHT), of(other, outputs=RIGHT))


def test_the_same_nan_agrees():
    """NaN in the same places is no difference."""
    broken = np.where(WRONG > 0.9, np.nan, WRONG)
    assert agree(of(broken), of(broken.copy()))


def test_infinity_has_a_sign():
    """And is not the same as NaN."""
    above, below = np.array([1.0, np.inf]), np.array([1.0, -np.inf])
    assert agree(of(above), of(above.copy()))
    assert not agree(of(above), of(below))
    assert not agree(of(above), of(np.array([1.0, np.nan])))


def test_noise_beside_what_is_right_is_none():
    """Rounding around zero does not keep two zeros apart."""
    noise = 1e-9 * np.sin(np.arange(12.0)).reshape(3, 4)
    assert agree(of(noise, outputs=RIGHT), of(-noise, outputs=RIGHT))


def test_small_mistakes_have_to_be_off_alike():
    """Answers that are all but right agree only if they are off what is right by the same."""
    one, other = RIGHT + 1e-6, RIGHT - 1e-6
    assert agree(of(one, outputs=RIGHT), of(one + 1e-9, outputs=RIGHT))
    assert not agree(of(one, outputs=RIGHT), of(other, outputs=RIGHT))


def test_other_quantities_do_not_agree():
    """Equal numbers under another name are another thing."""
    assert not agree(of(WRONG), Evidence({"final_state": WRONG}))


def test_is_kept_as_it_was(tmp_path):
    """What is written comes back, shapes and empty parts included."""
    path = tmp_path / "ada.evidence"
    path.write_bytes(evidences.write({"one": of(WRONG, outputs=RIGHT), "two": of(np.zeros((0, 3)))}))
    back = evidences.read(path)
    assert list(back) == ["one", "two"]
    np.testing.assert_array_equal(back["one"].found["outputs"], WRONG)
    np.testing.assert_array_equal(back["one"].wanted["outputs"], RIGHT)
    assert back["two"].found["outputs"].shape == (0, 3)


@pytest.mark.parametrize("content", [b"", b"not this", b"\x81\xa3one\x01"])
def test_what_cannot_be_read_is_nothing(tmp_path, content):
    """A file of another form costs a diagnosis, not a run."""
    path = tmp_path / "ada.evidence"
    path.write_bytes(content)
    assert evidences.read(path) == {}


def test_enormous_answers_are_not_kept():
    """What a student's code chose to be enormous does not fill the disk."""
    assert of(WRONG).is_kept
    assert not of(np.zeros(MAX_NUMBERS + 1)).is_kept
