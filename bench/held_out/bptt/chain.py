"""RNN as a chain of step objects, each of which knows the one before it and hands its gradient back to it."""

import numpy as np

from bench.family import Family
from bench.held_out.bptt.pairs import CLASHES, IDS

PARAMETERS = ["W", "R", "V", "bs", "by"]


def make_steps(mistakes: frozenset[str]) -> tuple[type, type]:
    """The class of the start, and that of a step."""

    class Start:
        previous = None

        def __init__(self, state):
            self.a = state

        def back(self, d_a, found):
            return found

    class Step:
        def __init__(self, model, x, previous):
            self.model, self.x, self.previous = model, x, previous
            recurrent = model.R if "recurrent weights transposed" in mistakes else model.R.T
            s = model.W.T.dot(x) + recurrent.dot(previous.a)
            if "hidden bias dropped" not in mistakes:
                s += model.bs
            self.a = s
            if "sigmoid for tanh" in mistakes:
                self.a = np.exp(s) / (1 + np.exp(s))
            elif "no activation" not in mistakes:
                self.a = np.tanh(s)

        def back(self, d_a, found):
            """Adds (d_W, d_R, d_bs) of this step and of those before it to the list `found`."""
            power = 1 if "slope not squared" in mistakes else 2
            slope = np.ones(self.a.size) if "slope missing" in mistakes else 1 - self.a**power
            d_s = (-d_a if "sign wrong" in mistakes else d_a) * slope
            before = self.a if "step off by one" in mistakes else self.previous.a
            d_R = before[:, None] * d_s[None, :]
            d_bs = d_s
            if "d_bs of the last step only" in mistakes and found:
                d_bs = np.zeros_like(d_s)
            found.append((np.outer(self.x, d_s), d_R.T if "d_R transposed" in mistakes else d_R, d_bs))
            if "only the last step" in mistakes:
                return found
            recurrent = self.model.R.T if "R not transposed" in mistakes else self.model.R
            return self.previous.back(recurrent.dot(d_s), found)

    return Start, Step


def make(mistakes: frozenset[str]) -> type:
    """The class with these mistakes in it."""
    Start, Step = make_steps(mistakes)

    class RNN:
        def __init__(self, input_size, hidden_size, output_size):
            def draw(*shape):
                return np.random.default_rng().uniform(-0.2, 0.2, shape)

            self.W, self.R = draw(input_size, hidden_size), draw(hidden_size, hidden_size)
            self.V = draw(hidden_size, output_size)
            self.bs, self.by = np.zeros((hidden_size,)), np.zeros((output_size,))
            self.chain = self.gradients = self.earlier = None

        def forward(self, x):
            queue = list(x)
            if "first step left out" in mistakes:
                queue.pop(0)
            if "last step left out" in mistakes and queue:
                queue.pop()
            kept = self.chain if "state kept over calls" in mistakes else None
            link = Start(kept.a if kept else np.zeros(len(self.R)))
            while queue:
                link = Step(self, queue.pop(-1 if "time reversed" in mistakes else 0), link)
            self.chain = link
            y = self.V.T.dot(link.a)
            if "output bias dropped" not in mistakes:
                y = y + self.by
            return np.tanh(y) if "output activation" in mistakes else y

        def backward(self, d_loss):
            d_y = np.array(d_loss)
            if "upstream ignored" in mistakes:
                d_y = np.ones(d_y.shape)
            d_by = np.ones(d_y.shape) if "d_by ones" in mistakes else d_y.copy()
            if "bias gradient zero" in mistakes:
                d_by = np.zeros(d_y.shape)
            steps = self.chain.back(self.V.dot(d_y), [])
            combine = np.mean if "mean over time" in mistakes else np.sum
            empty = not steps
            steps = steps or [(np.zeros(self.W.shape), np.zeros(self.R.shape), np.zeros(self.bs.shape))]
            d_W, d_R, d_bs = (combine(parts, axis=0) for parts in zip(*steps, strict=True))
            if "d_bs as a column" in mistakes and not empty:
                d_bs = d_bs[:, np.newaxis]
            values = (np.outer(self.chain.a, d_y), d_by, d_W, d_R, d_bs)
            gradients = dict(zip(("d_V", "d_by", "d_W", "d_R", "d_bs"), values, strict=True))
            if "sums left over" in mistakes:
                if self.earlier is not None:
                    gradients = {key: self.earlier[key] + value for key, value in gradients.items()}
                self.earlier = {key: np.array(value) for key, value in gradients.items()}
            self.gradients = gradients
            return gradients.copy()

        def update(self, lr):
            if self.gradients is None:
                raise RuntimeError("backward comes first")
            names = PARAMETERS[:3] if "biases not updated" in mistakes else PARAMETERS
            for name in names + (names if "update twice" in mistakes else []):
                parameter, gradient = getattr(self, name), self.gradients["d_" + name]
                change = gradient if "learning rate left out" in mistakes else lr * gradient
                if "ascent" in mistakes:
                    change = -change
                if "weights not copied" in mistakes and parameter.ndim == 2 and name in "WRV":
                    parameter -= change
                else:
                    setattr(self, name, parameter - change)
            if "gradient changed in place" in mistakes:
                for gradient in self.gradients.values():
                    gradient /= np.linalg.norm(gradient) + 1e-3
            self.gradients = None

        def get_weights(self):
            copied = np.asarray if "weights not copied" in mistakes else np.array
            return {name: copied(getattr(self, name)) for name in PARAMETERS}

        def set_weights(self, weights):
            missing = [name for name in PARAMETERS if name not in weights]
            if len(missing) > 0:
                raise ValueError(f"set_weights: no {' and no '.join(missing)}")
            for name in PARAMETERS:
                setattr(self, name, np.array(weights[name]))

    return RNN


FAMILY = Family("RNN", "a chain of step objects, recursion back through it", IDS, make, CLASHES)
