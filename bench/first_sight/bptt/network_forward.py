"""The network's parameters and its states, in a list that begins with zeros."""

from typing import Any

import numpy as np


class Parameters:
    """Five arrays, and a dict of them to loop over; an update changes them in place."""

    wrong: frozenset[str] = frozenset()

    def __init__(self, input_size: int, hidden_size: int, output_size: int) -> None:
        self.rng = np.random.default_rng()
        self.W = self.draw(input_size, hidden_size)
        self.R = self.draw(hidden_size, hidden_size)
        self.V = self.draw(hidden_size, output_size)
        self.bs = np.zeros((1, hidden_size) if "a bias as a row" in self.wrong else hidden_size)
        self.by = np.zeros(output_size)
        self.a = [np.zeros(hidden_size)]
        self.grads: dict[str, Any] = {}
        self.fresh = False  # whether the gradients have not been used yet

    def draw(self, *shape: int) -> Any:
        if "weights not in the range" in self.wrong:
            return self.rng.normal(0, 0.2, shape)
        return self.rng.uniform(-0.2, 0.2, shape)

    def params(self) -> dict[str, Any]:
        return {"W": self.W, "R": self.R, "V": self.V, "bs": self.bs, "by": self.by}

    def update(self, lr: float) -> None:
        """Walks over the dict and takes each step away."""
        if not self.fresh:
            raise RuntimeError("no new gradients")
        if "update without gradients" not in self.wrong:
            self.fresh = False
        for name, p in self.params().items():
            if name in ("bs", "by") and "biases not updated" in self.wrong:
                continue
            if name == "R" and "a matrix not updated" in self.wrong:
                continue
            self.move(p, self.step(self.grads["d_" + name], lr))

    def step(self, g: Any, lr: float) -> Any:
        if "learning rate left out" in self.wrong:
            return g
        if "gradient changed in place" in self.wrong:
            if "learning rate divided" in self.wrong:
                g /= lr
            else:
                g *= lr
            return g
        return g / lr if "learning rate divided" in self.wrong else g * lr

    def move(self, p: Any, step: Any) -> None:
        if "updates nothing" in self.wrong:
            p = p - step
        elif "gradient in place of the parameter" in self.wrong:
            p[...] = step
        else:
            for _ in range(2 if "update twice" in self.wrong else 1):
                if "ascent" in self.wrong:
                    p += step
                else:
                    p -= step

    def get_weights(self) -> dict[str, Any]:
        if "weights not copied" in self.wrong:
            return self.params()
        return {name: p.copy() for name, p in self.params().items()}

    def set_weights(self, weights: Any) -> None:
        missing = []
        for name in self.params():
            if name not in weights:
                missing.append(name)
            elif "weights set before the check" in self.wrong:
                self.put(name, weights[name])
        if missing:
            raise ValueError("missing: " + " ".join(missing))
        for name in self.params():
            self.put(name, weights[name])

    def put(self, name: str, weight: Any) -> None:
        if name in ("bs", "by") and "some weights not set" in self.wrong:
            return
        if "weights not copied" not in self.wrong:
            weight = np.array(weight)
        if "weights not set" in self.wrong:
            name = weight  # a local name alone
        else:
            setattr(self, name, weight)


class Forward(Parameters):
    """One state after the other, appended to the list."""

    def forward(self, x: Any) -> Any:
        """Shapes: x [T, D], states [H], answer [O]."""
        if "time reversed" in self.wrong:
            x = x[::-1]
        if "first step left out" in self.wrong:
            x = x[1:]
        self.x = x
        self.s: list[Any] = []
        self.a = self.a[-1:] if "state kept over calls" in self.wrong else [np.zeros(len(self.R))]
        for t in range(len(x) - 1 if "last step left out" in self.wrong else len(x)):
            a = self.state(t)
            if "one array for all states" in self.wrong:
                self.a[-1][...] = a
                a = self.a[-1]
            self.a.append(a)
        if "activation at the end" in self.wrong:
            self.a[-1] = np.tanh(self.a[-1])
        return self.answer()

    def state(self, t: int) -> Any:
        x = self.x[0 if "first input at every step" in self.wrong else t]
        total = x @ self.W
        if "no recurrence" not in self.wrong:
            R = self.R.T if "recurrent weights transposed" in self.wrong else self.R
            total = total + self.a[-1] @ R
        bias = self.bias(t)
        s = total + bias
        self.s.append(s)
        if "no activation" in self.wrong or "activation at the end" in self.wrong:
            return s
        if "sigmoid for tanh" in self.wrong:
            return 1 / (1 + np.exp(-s))
        if "relu for tanh" in self.wrong:
            return np.maximum(s, 0)
        if "activation before the sum" in self.wrong:
            return np.tanh(total) + bias
        return np.tanh(s)

    def bias(self, t: int) -> Any:
        if "hidden bias dropped" in self.wrong:
            return 0
        if "hidden bias at the first step alone" in self.wrong and t > 0:
            return 0
        if "bias counted twice" in self.wrong:
            return 2 * self.bs
        return -self.bs if "bias subtracted" in self.wrong else self.bs

    def output(self, a: Any) -> Any:
        y = a @ self.V
        if "output bias dropped" not in self.wrong:
            y = y + self.by
        return np.tanh(y) if "output activation" in self.wrong else y

    def answer(self) -> Any:
        self.y = self.output(sum(self.a) if "all states in place of the last" in self.wrong else self.a[-1])
        if "outputs of every step" in self.wrong:
            return np.array([self.output(a) for a in self.a[1:]])
        if "outputs as a row" in self.wrong:
            return self.y.reshape(1, -1)
        return self.y.squeeze() if "axes of size one lost" in self.wrong else self.y
