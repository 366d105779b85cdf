"""Q4, `init_gru_with_rnn`, in three styles."""

from typing import Any

import numpy as np
import torch

from bench.family import Family, exclusive, hides
from bench.held_out.rnn_gru_mha.choose import choose

UPDATE = ("update gate closed", "update gate half open", "update gate not saturated")
RESET = ("reset gate closed", "reset gate half open", "reset gate not saturated")
OTHERS = (
    "bias counted twice",
    "bias dropped",
    "weights left in a gate",
    "hidden weights transposed",
    "gates in another order",
    "biases cancel",
)
IDS = (*UPDATE, *RESET, *OTHERS)
CLASHES = (
    exclusive(UPDATE, RESET, ("bias counted twice", "bias dropped"))
    # A GRU that keeps its state shows nothing else; without a reset gate, wt_h and bias_h of n are not seen.
    | hides("update gate closed", *RESET, *OTHERS)
    | hides("reset gate closed", "bias counted twice", "bias dropped", "hidden weights transposed")
    | hides("gates in another order", *UPDATE, *RESET, *OTHERS[:4], "biases cancel")
)


def make_zeros(wrong: frozenset[str]) -> Any:
    """NumPy float64; a bias of 30 in bias_x; order z, r, n; cancelled in both gates."""
    r_level = choose(
        wrong,
        {"reset gate closed": -30.0, "reset gate half open": 0.0, "reset gate not saturated": 6.0},
        30.0,
    )
    z_level = choose(
        wrong,
        {"update gate closed": 30.0, "update gate half open": 0.0, "update gate not saturated": -4.0},
        -30.0,
    )

    def init_gru_with_rnn(wt_h, wt_x, bias):
        """Zero weights in both gates, then what is needed on top."""
        size_in, size = wt_x.shape
        wt_xr, wt_xz = np.zeros((size_in, size)), np.zeros((size_in, size))
        wt_hr, wt_hz = np.zeros((size, size)), np.zeros((size, size))
        bias_xr, bias_xz = np.ones(size) * r_level, np.ones(size) * z_level
        bias_hr, bias_hz, bias_hn = np.zeros(size), np.zeros(size), np.zeros(size)
        wt_hn, bias_xn = wt_h, bias
        if "weights left in a gate" in wrong:
            wt_xz = np.random.default_rng(71).normal(size=(size_in, size)) * 17
        if "biases cancel" in wrong:
            bias_hr, bias_hz = -bias_xr, -bias_xz
        if "bias counted twice" in wrong:
            bias_hn = bias
        if "bias dropped" in wrong:
            bias_xn = bias_hn
        if "hidden weights transposed" in wrong:
            wt_hn = wt_h.transpose()
        r = (wt_xr, bias_xr, wt_hr, bias_hr)
        z = (wt_xz, bias_xz, wt_hz, bias_hz)
        n = (wt_x, bias_xn, wt_hn, bias_hn)
        if "gates in another order" in wrong:
            return z, r, n
        return r, z, n

    return init_gru_with_rnn


def make_torch(wrong: frozenset[str]) -> Any:
    """torch; 40 in bias_h, and the RNN's bias there too; order n, r, z; cancelled in the update gate."""

    def init_gru_with_rnn(wt_h, wt_x, bias):
        """Gates as tensors that see nothing."""
        wt_h, wt_x, bias = (
            torch.tensor(np.array(wt_h)),
            torch.tensor(np.array(wt_x)),
            torch.tensor(np.array(bias)),
        )
        none = torch.zeros_like(bias)

        def gate(level):
            return [torch.zeros_like(wt_x), none, torch.zeros_like(wt_h), torch.full_like(bias, level)]

        r = gate(choose(wrong, dict(zip(RESET, (-40, 0, 3), strict=True)), 40))
        z = gate(choose(wrong, dict(zip(UPDATE, (40, 0, -8), strict=True)), -40))
        if "weights left in a gate" in wrong:
            r[0] = torch.full_like(wt_x, 26)
        if "biases cancel" in wrong:
            z[1] = -z[3]
        n = [wt_x, none, wt_h, bias]
        if "bias counted twice" in wrong:
            n[1] = bias
        if "bias dropped" in wrong:
            n[3] = none
        if "hidden weights transposed" in wrong:
            n[2] = wt_h.t()
        return (n, r, z) if "gates in another order" in wrong else (r, z, n)

    return init_gru_with_rnn


def make_dict(wrong: frozenset[str]) -> Any:
    """Dictionaries and lists; 9 in each of a gate's biases; order r, n, z; cancelled in the reset gate."""

    def init_gru_with_rnn(wt_h, wt_x, bias):
        """Half of a gate's bias in bias_x, half in bias_h; half of the RNN's bias too."""
        half = {"r": 9.0, "z": -9.0}
        if "reset gate closed" in wrong:
            half["r"] *= -1
        if "reset gate half open" in wrong:
            half.update(r=0.0)
        if "reset gate not saturated" in wrong:
            half.update(r=1.0)
        if "update gate closed" in wrong:
            half["z"] *= -1
        if "update gate half open" in wrong:
            half.update(z=0.0)
        if "update gate not saturated" in wrong:
            half.update(z=-2.75)
        zero_x, zero_h = 0 * wt_x, 0 * wt_h
        if "weights left in a gate" in wrong:
            zero_h = np.random.RandomState(5).uniform(-25, 25, wt_h.shape).astype(np.float32)
        back = wt_h.T.copy() if "hidden weights transposed" in wrong else wt_h
        share = choose(wrong, {"bias counted twice": 1.0, "bias dropped": 0.0}, 0.5)
        sign = -1 if "biases cancel" in wrong else 1
        trans = {
            "r": (zero_x, [half["r"]] * len(bias), 0 * wt_h, [sign * half["r"]] * len(bias)),
            "z": (zero_x, [half["z"]] * len(bias), zero_h, [half["z"]] * len(bias)),
            "n": (wt_x, share * bias, back, share * bias),
        }
        return tuple(trans[g] for g in ("rnz" if "gates in another order" in wrong else "rzn"))

    return init_gru_with_rnn


FAMILIES = [
    Family(
        "init_gru_with_rnn",
        "NumPy float64, every array by name, biases of 30 in bias_x",
        IDS,
        make_zeros,
        CLASHES
        | hides("biases cancel", *UPDATE, *RESET)
        | hides("update gate half open", "reset gate half open")  # in effect as if both gates' biases cancel
        | hides("weights left in a gate", "update gate not saturated"),
    ),
    Family(
        "init_gru_with_rnn",
        "torch tensors, biases of 40 in bias_h",
        IDS,
        make_torch,
        CLASHES
        | hides("biases cancel", *UPDATE)
        | hides("weights left in a gate", "reset gate not saturated", "reset gate closed"),
    ),
    Family(
        "init_gru_with_rnn",
        "dictionary of tuples, biases shared by bias_x and bias_h",
        IDS,
        make_dict,
        CLASHES
        | hides("biases cancel", *RESET)
        | hides("weights left in a gate", "update gate not saturated"),
    ),
]
