"""Answers to Q1: the class `RNN`, which Q2's hidden tests meet, too."""

import copy
import math

import numpy as np

from bench.bank import Bank

bank = Bank("RNN", "Q1", "Q2")
NAMES = ("W", "R", "V", "bs", "by")


@bank.right
class Plain:
    """Attributes, one array of states, a new array at every update."""

    def __init__(self, input_size, hidden_size, output_size):
        self.W = np.random.uniform(-0.2, 0.2, (input_size, hidden_size))
        self.R = np.random.uniform(-0.2, 0.2, (hidden_size, hidden_size))
        self.V = np.random.uniform(-0.2, 0.2, (hidden_size, output_size))
        self.bs = np.zeros(hidden_size)
        self.by = np.zeros(output_size)
        self.gradients = None

    def forward(self, x):
        self.x = x
        self.a = np.zeros((len(x) + 1, len(self.bs)))
        driven = x @ self.W + self.bs  # of all steps at once: numerical gradients run this by the million
        for t in range(len(x)):
            self.a[t + 1] = np.tanh(driven[t] + self.a[t] @ self.R)
        return self.a[-1] @ self.V + self.by

    def backward(self, d_loss):
        self.gradients = self.gradients_of(d_loss)
        return self.gradients

    def gradients_of(self, d_loss):
        """The dict that `backward` returns."""
        d_s = self.through_time(d_loss @ self.V.T)
        return {
            "d_V": np.outer(self.a[-1], d_loss),
            "d_by": d_loss.copy(),
            "d_W": self.x.T @ d_s,
            "d_R": self.a[:-1].T @ d_s,
            "d_bs": d_s.sum(axis=0),
        }

    def through_time(self, d_a):
        """Gradients [T, H] before the tanh, from the one of the last state."""
        d_s = np.zeros_like(self.a[1:])
        for t in reversed(range(len(d_s))):
            d_s[t] = d_a * (1 - self.a[t + 1] ** 2)
            d_a = d_s[t] @ self.R.T
        return d_s

    def update(self, lr):
        if self.gradients is None:
            raise RuntimeError("no gradients")
        for name in NAMES:
            setattr(self, name, getattr(self, name) - lr * self.gradients["d_" + name])
        self.gradients = None

    def get_weights(self):
        return {name: getattr(self, name).copy() for name in NAMES}

    def set_weights(self, weights):
        missing = [name for name in NAMES if name not in weights]
        if missing:
            raise ValueError(f"missing: {missing}")
        for name in NAMES:
            setattr(self, name, np.array(weights[name]))


@bank.right
class InPlace(Plain):
    """Updates in place, and copies whatever is handed in or out."""

    def backward(self, d_loss):
        self.gradients = self.gradients_of(d_loss)
        return copy.deepcopy(self.gradients)

    def update(self, lr):
        if self.gradients is None:
            raise RuntimeError
        for name in NAMES:
            parameter = getattr(self, name)
            parameter -= lr * self.gradients["d_" + name]
        self.gradients = None


@bank.right
class References(Plain):
    """Hands its own arrays out and takes others' in, since an update makes new ones."""

    def get_weights(self):
        return {"W": self.W, "R": self.R, "V": self.V, "bs": self.bs, "by": self.by}

    def set_weights(self, weights):
        missing = set(NAMES) - set(weights)
        if missing:
            raise ValueError(" ".join(sorted(missing)))
        vars(self).update({name: weights[name] for name in NAMES})


@bank.right
class DictWithProperties(Plain):
    """Weights in a dict; W, R, V, bs and by are properties that can only be read."""

    W = property(lambda self: self.weights["W"])
    R = property(lambda self: self.weights["R"])
    V = property(lambda self: self.weights["V"])
    bs = property(lambda self: self.weights["bs"])
    by = property(lambda self: self.weights["by"])

    def __init__(self, input_size, hidden_size, output_size):
        plain = Plain(input_size, hidden_size, output_size)
        self.weights = {name: getattr(plain, name) for name in NAMES}
        self.gradients = None

    def update(self, lr):
        if not self.gradients:
            raise RuntimeError("call backward first")
        for name in self.weights:
            self.weights[name] = self.weights[name] - lr * self.gradients["d_" + name]
        self.gradients = {}

    def get_weights(self):
        return {name: value.copy() for name, value in self.weights.items()}

    def set_weights(self, weights):
        missing = [name for name in self.weights if name not in weights]
        if missing:
            raise ValueError("weights lack " + ", ".join(missing))
        self.weights = {name: np.array(weights[name]) for name in self.weights}


@bank.right
class DictBesideAttributes(Plain):
    """A dict of the same arrays as the attributes, which forward and backward use; updates in place."""

    def __init__(self, input_size, hidden_size, output_size):
        super().__init__(input_size, hidden_size, output_size)
        self.params = {"W": self.W, "R": self.R, "V": self.V, "bs": self.bs, "by": self.by}

    def forward(self, x):
        p = self.params
        self.x, self.a = x, np.zeros((len(x) + 1, p["W"].shape[1]))
        for t in range(len(x)):
            self.a[t + 1] = np.tanh(x[t] @ p["W"] + self.a[t] @ p["R"] + p["bs"])
        return self.a[-1] @ p["V"] + p["by"]

    def update(self, lr):
        if self.gradients is None:
            raise RuntimeError("call backward first")
        for name in NAMES:
            self.params[name] -= lr * self.gradients["d_" + name]
        self.gradients = None

    def get_weights(self):
        return copy.deepcopy(self.params)

    def set_weights(self, weights):
        missing = [name for name in NAMES if name not in weights]
        if missing:
            raise ValueError(f"weights lack {missing}")
        for name in NAMES:
            self.params[name][...] = weights[name]


@bank.right
class Lists(Plain):
    """States and inputs kept in lists, gradients added up step by step."""

    def forward(self, x):
        self.steps, self.states = list(x), [np.zeros(self.R.shape[0])]
        for step in self.steps:
            self.states.append(np.tanh(np.dot(step, self.W) + np.dot(self.states[-1], self.R) + self.bs))
        return np.dot(self.states[-1], self.V) + self.by

    def gradients_of(self, d_loss):
        d_W, d_R, d_bs = np.zeros_like(self.W), np.zeros_like(self.R), np.zeros_like(self.bs)
        d_a = np.dot(self.V, d_loss)
        for t in range(len(self.steps), 0, -1):
            d_s = d_a * (1 - self.states[t] * self.states[t])
            d_W += np.outer(self.steps[t - 1], d_s)
            d_R += np.outer(self.states[t - 1], d_s)
            d_bs += d_s
            d_a = np.dot(self.R, d_s)
        d_V = np.outer(self.states[-1], d_loss)
        return {"d_V": d_V, "d_by": np.array(d_loss), "d_W": d_W, "d_R": d_R, "d_bs": d_bs}


@bank.right
class Loops(Plain):
    """Loops over every index, numbers and nested lists inside."""

    def forward(self, x):
        self.x = x
        D, H = self.W.shape
        self.a = [[0.0] * H]
        for t in range(len(x)):
            state = []
            for j in range(H):
                s = self.bs[j]
                for i in range(D):
                    s += x[t, i] * self.W[i, j]
                for k in range(H):
                    s += self.a[-1][k] * self.R[k, j]
                state.append(math.tanh(s))
            self.a.append(state)
        return [sum(self.a[-1][h] * self.V[h, o] for h in range(H)) + self.by[o] for o in range(len(self.by))]

    def gradients_of(self, d_loss):
        self.a = np.array(self.a)
        return super().gradients_of(d_loss)


@bank.right
class Rows(Plain):
    """Row vectors [1, H] inside, flattened at the end; matrix products for outer ones."""

    def forward(self, x):
        state = np.zeros((1, self.R.shape[0]))
        self.rows, self.cache = [state], []
        for row in x[:, np.newaxis]:
            state = np.tanh(row @ self.W + state @ self.R + self.bs)
            self.cache.append((row, self.rows[-1], state))
            self.rows.append(state)
        return (state @ self.V + self.by).reshape(-1)

    def gradients_of(self, d_loss):
        d_y = np.reshape(d_loss, (1, -1))
        total = {"d_V": self.rows[-1].T @ d_y, "d_by": d_y[0]}
        total.update(d_W=np.zeros_like(self.W), d_R=np.zeros_like(self.R), d_bs=np.zeros_like(self.bs))
        d_a = d_y @ self.V.T
        for row, before, after in reversed(self.cache):
            d_s = (1 - after**2) * d_a
            total["d_W"] += row.T @ d_s
            total["d_R"] += before.T @ d_s
            total["d_bs"] += d_s.ravel()
            d_a = d_s @ self.R.T
        return total


@bank.right
class Generator(Plain):
    """A generator of the constructor's own, weights scaled from (0, 1)."""

    def __init__(self, input_size, hidden_size, output_size):
        super().__init__(input_size, hidden_size, output_size)
        rng = np.random.default_rng()
        for name in ("W", "R", "V"):
            setattr(self, name, 0.4 * rng.random(getattr(self, name).shape) - 0.2)


@bank.right
class AttributesForGradients(Plain):
    """Gradients as attributes with a flag beside them, the update spelled out."""

    def __init__(self, input_size, hidden_size, output_size):
        super().__init__(input_size, hidden_size, output_size)
        self.ready = False

    def backward(self, d_loss):
        for name, gradient in self.gradients_of(d_loss).items():
            setattr(self, name, gradient)
        self.ready = True
        return {"d_V": self.d_V, "d_by": self.d_by, "d_W": self.d_W, "d_R": self.d_R, "d_bs": self.d_bs}

    def update(self, lr):
        if not self.ready:
            raise RuntimeError("backward() first")
        self.W = self.W - lr * self.d_W
        self.R = self.R - lr * self.d_R
        self.V = self.V - lr * self.d_V
        self.bs = self.bs - lr * self.d_bs
        self.by = self.by - lr * self.d_by
        self.ready = False


@bank.right
class CacheDeleted(Plain):
    """The gradients are an attribute only between backward and update."""

    def __init__(self, input_size, hidden_size, output_size):
        super().__init__(input_size, hidden_size, output_size)
        del self.gradients

    def update(self, lr):
        if not hasattr(self, "gradients"):
            raise RuntimeError("backward() first")
        super().update(lr)
        del self.gradients


@bank.right
class Einsum(Plain):
    """All products with the inputs at once, gradients by einsum."""

    def forward(self, x):
        self.x = np.asarray(x, dtype=np.float64)
        driven = np.einsum("td,dh->th", self.x, self.W) + self.bs
        state, states = np.zeros(len(self.bs)), []
        states.append(state)
        for row in driven:
            state = np.tanh(row + state.dot(self.R))
            states.append(state)
        self.a = np.stack(states)
        return np.einsum("h,ho->o", state, self.V) + self.by

    def gradients_of(self, d_loss):
        d_s = self.through_time(np.einsum("ho,o->h", self.V, d_loss))
        return {
            "d_V": np.einsum("h,o->ho", self.a[-1], d_loss),
            "d_by": 1.0 * d_loss,
            "d_W": np.einsum("td,th->dh", self.x, d_s),
            "d_R": np.einsum("tk,th->kh", self.a[:-1], d_s),
            "d_bs": np.einsum("th->h", d_s),
        }


@bank.right
class Columns(Plain):
    """Column vectors [H, 1] inside, transposed weights in the products, biases of one axis."""

    def forward(self, x):
        a = np.zeros((self.R.shape[0], 1))
        self.columns = [a]
        self.inputs = [row.reshape(-1, 1) for row in x]
        for column in self.inputs:
            a = np.tanh(self.W.T @ column + self.R.T @ a + self.bs.reshape(-1, 1))
            self.columns.append(a)
        return (self.V.T @ a + self.by.reshape(-1, 1))[:, 0]

    def gradients_of(self, d_loss):
        d_y = np.asarray(d_loss).reshape(-1, 1)
        d_V, d_a = self.columns[-1] @ d_y.T, self.V @ d_y
        d_W, d_R, d_bs = np.zeros(self.W.shape), np.zeros(self.R.shape), np.zeros((self.R.shape[0], 1))
        for t in range(len(self.inputs) - 1, -1, -1):
            d_s = d_a - d_a * self.columns[t + 1] ** 2
            d_W += self.inputs[t] @ d_s.T
            d_R += self.columns[t] @ d_s.T
            d_bs += d_s
            d_a = self.R @ d_s
        return {"d_V": d_V, "d_by": d_y[:, 0].copy(), "d_W": d_W, "d_R": d_R, "d_bs": d_bs[:, 0]}


@bank.right
class Recursive(Plain):
    """Gradients go back by a function that calls itself."""

    def through_time(self, d_a):
        def back(t, d_a):
            if t == 0:
                return []
            d_s = d_a * (1 + self.a[t]) * (1 - self.a[t])
            return [*back(t - 1, self.R.dot(d_s)), d_s]

        return np.array(back(len(self.x), d_a))


@bank.right
class FieldsUpdated(Plain):
    """Weights set by a dict's update of deep copies, and handed out as deep copies."""

    def get_weights(self):
        return copy.deepcopy({name: value for name, value in vars(self).items() if name in NAMES})

    def set_weights(self, weights):
        missing = [name for name in NAMES if name not in weights]
        if len(missing) != 0:
            raise ValueError("These weights are missing: " + str(missing))
        self.__dict__.update(copy.deepcopy(dict(weights)))


@bank.right
class Jacobians(Plain):
    """No way back: the derivative of the state by each parameter is carried forward."""

    def backward(self, d_loss):
        one = np.eye(len(self.bs))
        direct = {
            "d_W": [np.einsum("d,ij->idj", x, one) for x in self.x],
            "d_R": [np.einsum("k,ij->ikj", a, one) for a in self.a[:-1]],
            "d_bs": [one] * len(self.x),
        }
        self.gradients = {"d_V": np.outer(self.a[-1], d_loss), "d_by": 1.0 * d_loss}
        for name, steps in direct.items():
            carried = np.zeros_like(steps[0])
            for t, step in enumerate(steps):
                inner = step + np.tensordot(self.R.T, carried, 1)
                carried = np.einsum("i,i...->i...", 1 - self.a[t + 1] ** 2, inner)
            self.gradients[name] = np.tensordot(self.V @ d_loss, carried, 1)
        return dict(self.gradients)


@bank.right
class Strict(Plain):
    """Takes exactly five arrays of the right shapes; backward uses up what forward kept."""

    def backward(self, d_loss):
        if self.x is None:
            raise RuntimeError("forward first")
        answer = super().backward(d_loss)
        self.x = None
        return answer

    def set_weights(self, weights):
        if set(weights) != set(NAMES):
            raise ValueError(f"not the five parameters: {sorted(weights)}")
        for name in NAMES:
            if weights[name].shape != getattr(self, name).shape:
                raise ValueError(f"{name} has another shape")
        super().set_weights(weights)


class MissingWeightsError(KeyError, ValueError):
    """Both of what a dict and what an argument without them would raise."""


@bank.right
class Columnwise(Plain):
    """Weights are kept and handed out in columns, and what is missing has an exception of its own."""

    def get_weights(self):
        return {name: np.array(getattr(self, name), order="F") for name in NAMES}

    def set_weights(self, weights):
        missing = [name for name in NAMES if name not in weights]
        if missing:
            raise MissingWeightsError(*missing)
        for name in NAMES:
            setattr(self, name, np.array(weights[name]))


@bank.right
class Shuffled(Plain):
    """Sums over the units, in another order at every call."""

    def forward(self, x):
        super().forward(x)
        order = np.random.permutation(len(self.bs))
        return self.a[-1][order] @ self.V[order] + self.by
