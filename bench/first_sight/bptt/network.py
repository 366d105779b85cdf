"""Q1 with the gradients summed in place, step by step, into a dict of zeros."""

from typing import Any

import numpy as np

from bench.family import Family
from bench.first_sight.bptt.network_forward import Forward
from bench.first_sight.bptt.network_pairs import CLASHES, IDS


class Network(Forward):
    """The way back over the list of states."""

    def backward(self, d_loss: Any) -> Any:
        """Shapes: d_loss [O], what is carried [H]."""
        g = self.upstream(d_loss)
        self.begin()
        self.fresh = True
        self.at_output(g)
        order = range(1 if "first step left out of the gradients" in self.wrong else 0, len(self.a) - 1)
        da = g @ self.V.T
        for t in order if "forward in time" in self.wrong else reversed(order):
            ds = da * self.slope(t)
            self.at_step(t, ds)
            if "output bias over time" in self.wrong:
                self.grads["d_by"] += self.of_output_bias(g)
            da = self.carried(ds, g)
            if "only the last step" in self.wrong:
                break
        return self.grads

    def upstream(self, d_loss: Any) -> Any:
        g = np.asarray(d_loss, dtype=float)
        if "upstream ignored" in self.wrong:
            g = np.ones_like(g)
        if "outputs as upstream" in self.wrong:
            g = self.y
        if "mean over the outputs" in self.wrong:
            g = g / g.size
        return -g if "sign wrong" in self.wrong else g

    def begin(self) -> None:
        """Zeros for every gradient."""
        if "sums left over" in self.wrong and self.grads:
            return
        self.grads = {"d_" + name: np.zeros_like(p) for name, p in self.params().items()}
        for name in ("d_W", "d_V"):
            if name + " transposed" in self.wrong:
                self.grads[name] = np.zeros(self.grads[name].shape[::-1])
        for name in ("d_bs", "d_by"):
            if name + " as a column" in self.wrong:
                self.grads[name] = np.zeros((self.grads[name].size, 1))

    def at_output(self, g: Any) -> None:
        a = self.a[-1]
        self.grads["d_V"] += np.outer(g, a) if "d_V transposed" in self.wrong else np.outer(a, g)
        if "output bias over time" not in self.wrong:
            self.grads["d_by"] += self.of_output_bias(g)

    def of_output_bias(self, g: Any) -> Any:
        if "d_by ones" in self.wrong:
            return 1
        if "d_by summed" in self.wrong:
            return g.sum()
        return g[:, None] if "d_by as a column" in self.wrong else g

    def slope(self, t: int) -> Any:
        a = self.a[t + 1]
        if "slope of the old state" in self.wrong:
            a = self.a[t]
        if "slope of the next state" in self.wrong:
            a = self.a[min(t + 2, len(self.a) - 1)]
        if "slope of the pre-activation" in self.wrong:
            a = self.s[t]
        slope = 1 - a**2
        if "slope missing" in self.wrong:
            slope = np.ones_like(a)
        if "slope not squared" in self.wrong:
            slope = 1 - a
        if "slope of a sigmoid" in self.wrong:
            slope = a * (1 - a)
        if "slope plus the square" in self.wrong:
            slope = 1 + a**2
        return slope * slope if "slope twice" in self.wrong else slope

    def at_step(self, t: int, ds: Any) -> None:
        """Adds one step's part to the sums of W, R and bs."""
        x, a = self.x[t], self.a[t + 1 if "step off by one" in self.wrong else t]
        parts = {
            "d_W": np.outer(ds, x) if "d_W transposed" in self.wrong else np.outer(x, ds),
            "d_R": np.outer(ds, a) if "d_R transposed" in self.wrong else np.outer(a, ds),
        }
        if "bias gradient zero" not in self.wrong:
            parts["d_bs"] = ds[:, None] if "d_bs as a column" in self.wrong else ds
        steps = len(self.a) - 1
        for name, part in parts.items():
            if "mean over time" in self.wrong:
                part = part / steps
            if name + " of the last step only" in self.wrong and t < steps - 1:
                continue
            if "only the first step" in self.wrong or name + " of the first step only" in self.wrong:
                self.grads[name] = part
            else:
                self.grads[name] += part

    def carried(self, ds: Any, g: Any) -> Any:
        """What goes on to the step before."""
        if "gradient not carried" in self.wrong:
            return g @ self.V.T
        da = ds @ (self.R if "R not transposed" in self.wrong else self.R.T)
        if "R left out on the way back" in self.wrong:
            da = ds
        return da + g @ self.V.T if "outputs at every step" in self.wrong else da


def make(wrong: frozenset[str]) -> Any:
    """The class with these mistakes."""
    return type("RNN", (Network,), {"wrong": wrong})


FAMILIES = [
    Family("RNN", "NumPy float64, gradients summed in place into a dict of zeros", IDS, make, CLASHES)
]
