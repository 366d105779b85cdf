"""Q2, `rnn`, and Q3, `gru`, as a fold over time with columns [H, 1]."""

from collections.abc import Callable
from itertools import accumulate
from typing import Any

import numpy as np

from bench.family import Family, exclusive, hides
from bench.held_out.rnn_gru_mha.choose import choose

Step = Callable[[Any, Any], Any]

LOOP = (
    "state not reset between sequences",
    "first step left out",
    "last step left out",
    "one array for all states",
    "outputs reshaped",
    "state before the last as final",
    "axes of size one lost",
)
RNN = (
    "activation twice",
    "hidden product left out",
    "state added",
    "input left out",
    "sign of the bias wrong",
)
SIGMOIDS = ("wrong sigmoid", "hard sigmoid", "sign in the sigmoid")
BIASES = ("input bias dropped", "biases of the new state exchanged", "one bias twice")
GRU = (
    "reset on the input",
    "old state left out",
    "parentheses missing",
    "gates in another order",
    "one gate for both",
    "a parameter of another part",
    "hidden product left out",
    "input left out",
    *BIASES,
    "no sigmoid",
    *SIGMOIDS,
    "relu for tanh",
)
CLASHES = hides("one array for all states", "state before the last as final")


def overwriting(step: Step) -> Step:
    """The same step, with the new state written over the old one."""

    def in_place(h: Any, x: Any) -> Any:
        h[:] = step(h, x)
        return h

    return in_place


def folded(step: Step, init_state: Any, input_data: Any, wrong: frozenset[str]) -> tuple[Any, Any]:
    """Folds each sequence's columns into a buffer with the time first; exchanges the axes at the end."""
    xs = np.swapaxes(input_data, 0, 1)[..., np.newaxis]  # [T, B, I, 1]
    steps, batch = xs.shape[:2]
    first = 1 if "first step left out" in wrong else 0
    end = steps - 1 if "last step left out" in wrong else steps
    states = np.zeros((steps, *init_state.shape[1:], 1), dtype=np.float32)  # [T, B, H, 1]
    final = np.zeros_like(states[0])
    if "one array for all states" in wrong:
        step = overwriting(step)

    h = init_state[0, 0, :, np.newaxis].copy()
    for b in range(batch):
        if "state not reset between sequences" not in wrong:
            h = init_state[0, b, :, np.newaxis].copy()
        path = list(accumulate(xs[first:end, b], step, initial=h))
        for t, state in zip(range(first, end), path[1:], strict=True):
            states[t, b] = state
        h = path[-1]
        final[b] = path[-2:][0] if "state before the last as final" in wrong else h

    outputs = states.swapaxes(0, 1)
    if "outputs reshaped" in wrong:
        outputs = states.reshape(outputs.shape)
    if "axes of size one lost" in wrong:
        return outputs.squeeze(), final.squeeze()
    return outputs.squeeze(-1), final.squeeze(-1)


def make_rnn(wrong: frozenset[str]) -> Any:
    """The step is a closure over the transposed weights."""

    def rnn(wt_h: Any, wt_x: Any, bias: Any, init_state: Any, input_data: Any) -> Any:
        """Adds a list of terms."""
        bias = bias[:, np.newaxis]

        def step(h: Any, x: Any) -> Any:
            terms = [-bias if "sign of the bias wrong" in wrong else bias]
            if "input left out" not in wrong:
                terms.append(wt_x.T @ x)
            if "state added" in wrong:
                terms.append(h)
            elif "hidden product left out" not in wrong:
                terms.append(wt_h.T @ h)
            new = np.tanh(sum(terms))
            return np.tanh(new) if "activation twice" in wrong else new

        return folded(step, init_state, input_data, wrong)

    return rnn


def make_gru(wrong: frozenset[str]) -> Any:
    """The gates are closures over their four parameters, as columns."""
    sigmoid = choose(
        wrong,
        {
            "wrong sigmoid": lambda a: 0.5 * (1 + np.tanh(a)),
            "hard sigmoid": lambda a: np.clip(0.2 * a + 0.5, 0, 1),
            "sign in the sigmoid": lambda a: 1 / (1 + np.exp(a)),
        },
        lambda a: 0.5 * (1 + np.tanh(a / 2)),
    )

    def columns(linear_trans: Any) -> tuple[Any, Any, Any, Any]:
        wt_x, bias_x, wt_h, bias_h = linear_trans
        if "one bias twice" in wrong:
            bias_h = bias_x
        return wt_x.T, bias_x[:, np.newaxis], wt_h.T, bias_h[:, np.newaxis]

    def gate(four: Any, use_h: bool = True, use_x: bool = True) -> Step:
        """A gate's sum, as a function of the state and the input."""
        wt_x, bias_x, wt_h, bias_h = four

        def total(h: Any, x: Any) -> Any:
            from_x = wt_x @ x + bias_x if use_x else bias_x
            return from_x + (wt_h @ h + bias_h if use_h else bias_h)

        return total

    def gru(
        linear_trans_r: Any, linear_trans_z: Any, linear_trans_n: Any, init_state: Any, input_data: Any
    ) -> Any:
        """Puts the gates together to one step."""
        if "gates in another order" in wrong:
            linear_trans_z, linear_trans_n = linear_trans_n, linear_trans_z
        four_r, four_z, four_n = map(columns, (linear_trans_r, linear_trans_z, linear_trans_n))
        reset = gate(four_r, use_h="hidden product left out" not in wrong)
        update = gate(four_r if "one gate for both" in wrong else four_z, use_x="input left out" not in wrong)
        wt_xn, bias_xn, wt_hn, bias_hn = four_n
        if "a parameter of another part" in wrong:
            wt_hn = four_z[2]
        if "biases of the new state exchanged" in wrong:
            bias_xn, bias_hn = bias_hn, bias_xn

        def step(h: Any, x: Any) -> Any:
            r = reset(h, x) if "no sigmoid" in wrong else sigmoid(reset(h, x))
            z = sigmoid(update(h, x))
            from_x = wt_xn @ x if "input bias dropped" in wrong else wt_xn @ x + bias_xn
            from_h = wt_hn @ h + bias_hn
            total = r * from_x + from_h if "reset on the input" in wrong else from_x + r * from_h
            n = np.maximum(total, 0) if "relu for tanh" in wrong else np.tanh(total)
            new = 1 - z * n if "parentheses missing" in wrong else (1 - z) * n
            return new if "old state left out" in wrong else new + z * h

        return folded(step, init_state, input_data, wrong)

    return gru


FAMILIES = [
    Family(
        "rnn",
        "float32 columns, a fold over time, swapaxes",
        (*LOOP, *RNN),
        make_rnn,
        CLASHES
        | exclusive(("hidden product left out", "state added"))
        | hides("hidden product left out", "state not reset between sequences"),
    ),
    Family(
        "gru",
        "float32 columns, gates as closures, a fold over time",
        (*LOOP, *GRU),
        make_gru,
        CLASHES
        | exclusive(SIGMOIDS, BIASES)
        | hides("no sigmoid", "sign in the sigmoid")  # as if the update gate alone were inverted
        | hides("one gate for both", "gates in another order"),  # no gate has the new state's any more
    ),
]
