"""RNN with one dict of shapes, vectors as rows [1, H] and the states in a list."""

import numpy as np

from bench.family import Family, exclusive

NAMES = ("W", "R", "V", "bs", "by")
STORING = (
    "updates nothing",
    "a matrix not updated",
    "weights not set",
    "some weights not set",
    "weights set before the check",
    "update without gradients",
)
STATES = (
    "relu for tanh",
    "activation before the sum",
    "activation at the end",
    "bias counted twice",
    "bias subtracted",
    "hidden bias at the first step alone",
    "no recurrence",
    "first input at every step",
    "one array for all states",
)
OUTPUTS = (
    "all states in place of the last",
    "outputs of every step",
    "axes of size one lost",
    "outputs as a row",
)
SHAPES = ("d_by as a column", "d_W transposed", "d_V transposed", "a bias as a row")
IDS = STORING + STATES + OUTPUTS + SHAPES


def _next_state(mistakes: frozenset[str], t: int, inputs: np.ndarray, carried: np.ndarray, bias: np.ndarray):
    """The state [1, H] of step t."""
    if "activation before the sum" in mistakes:
        return np.tanh(inputs + carried) + bias
    s = inputs + carried
    if "bias subtracted" in mistakes:
        s = s - bias
    elif "hidden bias at the first step alone" not in mistakes or t == 0:
        s = s + bias
    if "relu for tanh" in mistakes:
        return np.maximum(s, 0)
    return s if "activation at the end" in mistakes else np.tanh(s)


def _states(mistakes: frozenset[str], model, x: np.ndarray) -> list[np.ndarray]:
    """The zero state and the state of every step, [1, H] each."""
    state = np.zeros((1, len(model.R)))
    states = [state]
    for t in range(len(x)):
        row = x[:1] if "first input at every step" in mistakes else x[t : t + 1]
        inputs = row @ model.W
        if "bias counted twice" in mistakes:
            inputs = inputs + model.bs
        before = states[0] if "no recurrence" in mistakes else states[-1]
        new = _next_state(mistakes, t, inputs, before @ model.R, model.bs)
        if "one array for all states" in mistakes:
            state[:] = new
        else:
            state = new
        states.append(state)
    if "activation at the end" in mistakes:
        states[-1] = np.tanh(states[-1])
    return states


def _outputs(mistakes: frozenset[str], model, states: list[np.ndarray]) -> np.ndarray:
    """The outputs [O] of the last state."""
    last = states[-1]
    if "all states in place of the last" in mistakes:
        last = np.mean(states[1:], axis=0)
    if "outputs of every step" in mistakes:
        return np.concatenate(states[1:]) @ model.V + model.by
    y = last @ model.V + model.by
    if "outputs as a row" in mistakes:
        return y
    return y.squeeze() if "axes of size one lost" in mistakes else y[0]


def _gradients(mistakes: frozenset[str], model, upstream: np.ndarray) -> dict[str, np.ndarray]:
    """The gradients for the upstream gradient [1, O], added up from the last step to the first."""
    states, x = model.states, model.x
    d_w, d_r = np.zeros_like(model.W), np.zeros_like(model.R)
    d_bs = np.zeros((1, len(model.R)))
    d_a = upstream @ model.V.T
    for t in reversed(range(len(x))):
        d_s = d_a * (1 - states[t + 1] ** 2)
        d_w += x[t : t + 1].T @ d_s
        d_r += states[t].T @ d_s
        d_bs += d_s
        d_a = d_s @ model.R.T
    d_v = states[-1].T @ upstream
    return {
        "d_V": d_v.T if "d_V transposed" in mistakes else d_v,
        "d_by": upstream if "d_by as a column" in mistakes else upstream[0],
        "d_W": d_w.T if "d_W transposed" in mistakes else d_w,
        "d_R": d_r,
        "d_bs": d_bs[0],
    }


def _update(mistakes: frozenset[str], model, lr: float) -> None:
    """One step downhill."""
    if model.gradients is None:
        raise RuntimeError("there are no new gradients")
    for name in NAMES:
        if name == "R" and "a matrix not updated" in mistakes:
            continue
        parameter = getattr(model, name)
        parameter = parameter - lr * model.gradients["d_" + name]
        if "updates nothing" not in mistakes:
            setattr(model, name, parameter)
    if "update without gradients" not in mistakes:
        model.gradients = None


def _set_weights(mistakes: frozenset[str], model, weights: dict[str, np.ndarray]) -> None:
    """Copy the weights into the model."""
    missing = [name for name in NAMES if name not in weights]
    if missing and "weights set before the check" not in mistakes:
        raise ValueError("missing: " + " ".join(missing))
    for name in NAMES[:3] if "some weights not set" in mistakes else NAMES:
        if name in weights:
            parameter = np.array(weights[name], dtype=float)
            if "weights not set" not in mistakes:
                setattr(model, name, parameter)
    if missing:
        raise ValueError("missing: " + " ".join(missing))


def make(mistakes: frozenset[str]) -> type:
    """The class with these mistakes in it."""

    class RNN:
        def __init__(self, input_size, hidden_size, output_size):
            shapes = {
                "W": (input_size, hidden_size),
                "R": (hidden_size, hidden_size),
                "V": (hidden_size, output_size),
                "bs": (1, hidden_size) if "a bias as a row" in mistakes else (hidden_size,),
                "by": (output_size,),
            }
            for name, shape in shapes.items():
                setattr(
                    self, name, np.zeros(shape) if name[0] == "b" else np.random.uniform(-0.2, 0.2, shape)
                )
            self.gradients = None

        def forward(self, x):
            self.x = np.asarray(x)
            self.states = _states(mistakes, self, self.x)
            return _outputs(mistakes, self, self.states)

        def backward(self, d_loss):
            self.gradients = _gradients(mistakes, self, np.array(d_loss, dtype=float).reshape(1, -1))
            return dict(self.gradients)

        def update(self, lr):
            _update(mistakes, self, lr)

        def get_weights(self):
            return {name: np.copy(getattr(self, name)) for name in NAMES}

        def set_weights(self, weights):
            _set_weights(mistakes, self, weights)

    return RNN


FAMILY = Family("RNN", "one dict of shapes, rows, states in a list", IDS, make, clashes=exclusive(IDS))
FAMILIES = (FAMILY,)
