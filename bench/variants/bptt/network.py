"""Answers to Q1: the class `RNN`, which Q2's hidden tests meet, too."""

import copy
import math

import numpy as np

from bench.bank import Bank

bank = Bank("RNN", "Q1", "Q2")
NAMES = ("W", "R", "V", "bs", "by")

INITIAL = "test_initial_weights"
FORWARD = ("test_forward", "test_forward_sizes_of_one", "test_forward_starts_anew")
ONES, ANEW = "test_forward_sizes_of_one", "test_forward_starts_anew"
D_V, D_BY, D_BS = "test_gradient_of_v", "test_gradient_of_by", "test_gradient_of_bs"
D_W, D_R = "test_gradient_of_w", "test_gradient_of_r"
THROUGH_TIME = (D_W, D_R, D_BS)
UPDATE, NEEDS = "test_update", "test_update_needs_a_backward"
ROUND, REFUSES = "test_weights_go_round", "test_set_weights_refuses"
NUMERICAL = (
    "test_numerical_gradient",
    "test_numerical_gradient_is_two_sided",
    "test_numerical_gradient_restores",
)
ANALYTICAL = ("test_analytical_gradient", "test_analytical_gradient_restores")


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
        for t in range(len(x)):
            self.a[t + 1] = np.tanh(x[t] @ self.W + self.a[t] @ self.R + self.bs)
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


# --- Right ones ---------------------------------------------------------------------------------------------


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


# --- Wrong from the start -----------------------------------------------------------------------------------


@bank.wrong(INITIAL)
class UniformAboveZero(Plain):
    """Uniform in (0, 0.2)."""

    def __init__(self, input_size, hidden_size, output_size):
        super().__init__(input_size, hidden_size, output_size)
        for name in ("W", "R", "V"):
            setattr(self, name, abs(getattr(self, name)))


@bank.wrong(INITIAL)
class HalfTheRange(Plain):
    """Uniform in (-0.1, 0.1)."""

    def __init__(self, input_size, hidden_size, output_size):
        super().__init__(input_size, hidden_size, output_size)
        for name in ("W", "R", "V"):
            setattr(self, name, getattr(self, name) / 2)


@bank.wrong(INITIAL)
class Normal(Plain):
    """Normal with a standard deviation of 0.2."""

    def __init__(self, input_size, hidden_size, output_size):
        super().__init__(input_size, hidden_size, output_size)
        for name in ("W", "R", "V"):
            setattr(self, name, 0.2 * np.random.standard_normal(getattr(self, name).shape))


@bank.wrong(INITIAL)
class Constant(Plain):
    """One number for a whole matrix, the outputs' here."""

    def __init__(self, input_size, hidden_size, output_size):
        super().__init__(input_size, hidden_size, output_size)
        self.V = np.full_like(self.V, np.random.uniform(-0.2, 0.2))


@bank.wrong(INITIAL)
class Seeded(Plain):
    """The constructor seeds the generator."""

    def __init__(self, input_size, hidden_size, output_size):
        rng = np.random.default_rng(320)
        super().__init__(input_size, hidden_size, output_size)
        for name in ("W", "R", "V"):
            setattr(self, name, rng.uniform(-0.2, 0.2, getattr(self, name).shape))


@bank.wrong(INITIAL)
class BiasesDrawn(Plain):
    """Biases are drawn, too."""

    def __init__(self, input_size, hidden_size, output_size):
        super().__init__(input_size, hidden_size, output_size)
        self.bs = np.random.uniform(-0.2, 0.2, hidden_size)
        self.by = np.random.uniform(-0.2, 0.2, output_size)


@bank.wrong(INITIAL, D_BS)
class BiasAsRow(Plain):
    """bs is [1, H], and its gradient as well."""

    def __init__(self, input_size, hidden_size, output_size):
        super().__init__(input_size, hidden_size, output_size)
        self.bs = np.zeros((1, hidden_size))

    def forward(self, x):
        bias = np.ravel(self.bs)
        self.x, self.a = x, np.zeros((len(x) + 1, len(bias)))
        for t in range(len(x)):
            self.a[t + 1] = np.tanh(x[t] @ self.W + self.a[t] @ self.R + bias)
        return self.a[-1] @ self.V + self.by

    def gradients_of(self, d_loss):
        answer = super().gradients_of(d_loss)
        return {**answer, "d_bs": answer["d_bs"].reshape(1, -1)}

    def update(self, lr):
        self.bs = np.reshape(self.bs, (1, -1))
        super().update(lr)

    def set_weights(self, weights):
        super().set_weights(weights)
        self.bs = self.bs.reshape(1, -1)


# --- Wrong forward: costs its own points alone where backward fits it ---------------------------------------


@bank.wrong(*FORWARD)
class WithoutBiases(Plain):
    """The forward pass forgets both biases."""

    def forward(self, x):
        self.x, self.a = x, np.zeros((len(x) + 1, len(self.bs)))
        for t in range(len(x)):
            self.a[t + 1] = np.tanh(x[t] @ self.W + self.a[t] @ self.R)
        return self.a[-1] @ self.V


@bank.wrong(*FORWARD)
class Linear(Plain):
    """No tanh, forward and backward."""

    def forward(self, x):
        self.x, self.a = x, np.zeros((len(x) + 1, len(self.bs)))
        for t in range(len(x)):
            self.a[t + 1] = x[t] @ self.W + self.a[t] @ self.R + self.bs
        return self.a[-1] @ self.V + self.by

    def through_time(self, d_a):
        d_s = np.zeros_like(self.a[1:])
        for t in reversed(range(len(d_s))):
            d_s[t] = d_a
            d_a = d_s[t] @ self.R.T
        return d_s


@bank.wrong(*FORWARD)
class TransposedForward(Plain):
    """R transposed, forward and backward."""

    def forward(self, x):
        self.x, self.a = x, np.zeros((len(x) + 1, len(self.bs)))
        for t in range(len(x)):
            self.a[t + 1] = np.tanh(x[t] @ self.W + self.R @ self.a[t] + self.bs)
        return self.a[-1] @ self.V + self.by

    def through_time(self, d_a):
        self.R = self.R.T
        d_s = super().through_time(d_a)
        self.R = self.R.T
        return d_s

    def gradients_of(self, d_loss):
        answer = super().gradients_of(d_loss)
        return {**answer, "d_R": answer["d_R"].T}


@bank.wrong(*FORWARD)
class WithoutTheFirstStep(Plain):
    """Forward starts with the second step where there is one; backward follows it."""

    def forward(self, x):
        return super().forward(x[1:] if len(x) > 1 else x)


@bank.wrong(*FORWARD)
class OutputActivation(Plain):
    """A tanh on the outputs, which backward knows of."""

    def forward(self, x):
        self.y = np.tanh(super().forward(x))
        return self.y

    def gradients_of(self, d_loss):
        return super().gradients_of(d_loss * (1 - self.y**2))


@bank.wrong(*FORWARD)
class OutputsAsRow(Plain):
    """The outputs are [1, O]."""

    def forward(self, x):
        return super().forward(x)[np.newaxis]


@bank.wrong(*FORWARD, *THROUGH_TIME)
class LinearForward(Plain):
    """No tanh, but backward has its derivative."""

    forward = Linear.forward


@bank.wrong(*FORWARD, D_V, D_BY, *THROUGH_TIME, UPDATE, *NUMERICAL, *ANALYTICAL)
class ForwardOfZeros(Plain):
    """Outputs and gradients are zero."""

    def forward(self, x):
        return np.zeros_like(self.by)

    def gradients_of(self, d_loss):
        return {"d_" + name: np.zeros_like(getattr(self, name)) for name in NAMES}


@bank.wrong(*FORWARD, *NUMERICAL)
class WithoutReturn(Plain):
    """Forward returns nothing."""

    def forward(self, x):
        super().forward(x)


@bank.wrong(ONES)
class ScalarOutput(Plain):
    """A single output is returned as a number."""

    def forward(self, x):
        y = super().forward(x)
        return y[0] if len(y) == 1 else y


@bank.wrong(ONES)
class Squeezed(Plain):
    """The inputs are squeezed: a single step or a single input raises."""

    def forward(self, x):
        return super().forward(np.squeeze(x))


@bank.wrong(ANEW, *NUMERICAL)
class KeepsItsState(Plain):
    """The next sequence starts from the last state of the one before."""

    last = 0.0

    def forward(self, x):
        self.x, self.a = x, np.zeros((len(x) + 1, len(self.bs)))
        self.a[0] = self.last
        for t in range(len(x)):
            self.a[t + 1] = np.tanh(x[t] @ self.W + self.a[t] @ self.R + self.bs)
        self.last = self.a[-1]
        return self.a[-1] @ self.V + self.by


# --- Wrong backward -----------------------------------------------------------------------------------------


@bank.wrong(*THROUGH_TIME)
class WithoutDerivative(Plain):
    """No derivative of the tanh."""

    def through_time(self, d_a):
        d_s = np.zeros_like(self.a[1:])
        for t in reversed(range(len(d_s))):
            d_s[t] = d_a
            d_a = d_s[t] @ self.R.T
        return d_s


@bank.wrong(*THROUGH_TIME)
class DerivativeOfTheOutput(Plain):
    """The derivative is 1 - tanh(a)^2, of the state that has been through the tanh already."""

    def through_time(self, d_a):
        d_s = np.zeros_like(self.a[1:])
        for t in reversed(range(len(d_s))):
            d_s[t] = d_a * (1 - np.tanh(self.a[t + 1]) ** 2)
            d_a = d_s[t] @ self.R.T
        return d_s


@bank.wrong(*THROUGH_TIME)
class DerivativeOneStepEarly(Plain):
    """The derivative is taken at the state before."""

    def through_time(self, d_a):
        d_s = np.zeros_like(self.a[1:])
        for t in reversed(range(len(d_s))):
            d_s[t] = d_a * (1 - self.a[t] ** 2)
            d_a = d_s[t] @ self.R.T
        return d_s


@bank.wrong(*THROUGH_TIME)
class LastStepAlone(Plain):
    """Gradients of the last step only."""

    def through_time(self, d_a):
        d_s = np.zeros_like(self.a[1:])
        d_s[-1] = d_a * (1 - self.a[-1] ** 2)
        return d_s


@bank.wrong(D_W, D_BS)
class WithoutTheFirstStepBack(Plain):
    """The loop backwards ends before the first step, to which R adds nothing."""

    def through_time(self, d_a):
        d_s = super().through_time(d_a)
        d_s[0] = 0
        return d_s


@bank.wrong(*THROUGH_TIME)
class NotTransposed(Plain):
    """R in place of its transpose on the way back."""

    def through_time(self, d_a):
        d_s = np.zeros_like(self.a[1:])
        for t in reversed(range(len(d_s))):
            d_s[t] = d_a * (1 - self.a[t + 1] ** 2)
            d_a = d_s[t] @ self.R
        return d_s


@bank.wrong(*THROUGH_TIME)
class MeanOverTime(Plain):
    """Gradients averaged over the steps."""

    def through_time(self, d_a):
        d_s = super().through_time(d_a)
        return d_s / len(d_s)


@bank.wrong(D_R)
class SameStep(Plain):
    """The gradient of R with the states after the step in place of those before."""

    def gradients_of(self, d_loss):
        answer = super().gradients_of(d_loss)
        return {**answer, "d_R": self.a[1:].T @ self.through_time(self.V @ d_loss)}


@bank.wrong(D_R)
class TransposedGradient(Plain):
    """The gradient of R transposed."""

    def gradients_of(self, d_loss):
        answer = super().gradients_of(d_loss)
        return {**answer, "d_R": answer["d_R"].T}


@bank.wrong(D_W)
class TransposedInputs(Plain):
    """The gradient of W is [H, D]."""

    def gradients_of(self, d_loss):
        answer = super().gradients_of(d_loss)
        return {**answer, "d_W": answer["d_W"].T}


@bank.wrong(D_V)
class StateBefore(Plain):
    """The gradient of V with the state before the last."""

    def gradients_of(self, d_loss):
        return {**super().gradients_of(d_loss), "d_V": np.outer(self.a[-2], d_loss)}


@bank.wrong(D_BY)
class OnesForTheOutputBias(Plain):
    """The gradient of by is one, whatever comes from above."""

    def gradients_of(self, d_loss):
        return {**super().gradients_of(d_loss), "d_by": np.ones_like(d_loss)}


@bank.wrong(D_BY)
class SumForTheOutputBias(Plain):
    """The gradient of by is a number."""

    def gradients_of(self, d_loss):
        return {**super().gradients_of(d_loss), "d_by": np.sum(d_loss)}


@bank.wrong(D_BY)
class OutputBiasAsColumn(Plain):
    """The gradient of by is [O, 1]."""

    def gradients_of(self, d_loss):
        return {**super().gradients_of(d_loss), "d_by": d_loss[:, np.newaxis]}


@bank.wrong(D_BS)
class BiasAsColumnForOneOutput(Plain):
    """With one output the gradient of bs is [H, 1]."""

    def gradients_of(self, d_loss):
        answer = super().gradients_of(d_loss)
        return {**answer, "d_bs": answer["d_bs"][:, np.newaxis] if len(d_loss) == 1 else answer["d_bs"]}


@bank.wrong(D_BS)
class BiasOfTheLastStep(Plain):
    """The gradient of bs is the last step's alone."""

    def gradients_of(self, d_loss):
        last = (self.V @ d_loss) * (1 - self.a[-1] ** 2)
        return {**super().gradients_of(d_loss), "d_bs": last}


@bank.wrong(D_BS, UPDATE, NEEDS, *ANALYTICAL)
class WithoutABias(Plain):
    """The gradient of bs is not in the dict."""

    def gradients_of(self, d_loss):
        answer = super().gradients_of(d_loss)
        del answer["d_bs"]
        return answer


@bank.wrong(D_BY)
class LeftOver(Plain):
    """Gradients are added to those of the calls before."""

    def backward(self, d_loss):
        fresh = self.gradients_of(d_loss)
        self.total = {name: value + getattr(self, "total", {}).get(name, 0) for name, value in fresh.items()}
        self.gradients = self.total
        return dict(self.total)


@bank.wrong(D_V, D_BY, *THROUGH_TIME)
class UpstreamIgnored(Plain):
    """As if the upstream gradient were one."""

    def backward(self, d_loss):
        return super().backward(np.ones_like(d_loss))


# --- Wrong updates and weights ------------------------------------------------------------------------------


@bank.wrong(UPDATE)
class Ascent(Plain):
    """Goes uphill."""

    def update(self, lr):
        super().update(-lr)


@bank.wrong(UPDATE)
class WithoutRate(Plain):
    """No learning rate."""

    def update(self, lr):
        super().update(1.0)


@bank.wrong(UPDATE)
class BiasesStay(Plain):
    """The biases are not updated."""

    def update(self, lr):
        bs, by = self.bs, self.by
        super().update(lr)
        self.bs, self.by = bs, by


@bank.wrong(UPDATE)
class Clipped(Plain):
    """Gradients are clipped on the way."""

    def update(self, lr):
        if self.gradients is None:
            raise RuntimeError
        self.gradients = {name: np.clip(value, -0.1, 0.1) for name, value in self.gradients.items()}
        super().update(lr)


@bank.wrong(UPDATE)
class ScalesTheAnswer(Plain):
    """The gradients that backward returned are scaled in place."""

    def update(self, lr):
        if self.gradients is None:
            raise RuntimeError
        for name in NAMES:
            self.gradients["d_" + name] *= lr
            setattr(self, name, getattr(self, name) - self.gradients["d_" + name])
        self.gradients = None


@bank.wrong(UPDATE)
class EmptiesTheAnswer(Plain):
    """The dict that backward returned is emptied."""

    def update(self, lr):
        used = self.gradients
        super().update(lr)
        used.clear()


@bank.wrong(NEEDS)
class SecondUpdate(Plain):
    """A second update with the same gradients is possible."""

    def update(self, lr):
        gradients = self.gradients
        super().update(lr)
        self.gradients = gradients


@bank.wrong(NEEDS)
class UpdateOfNothing(Plain):
    """An update without gradients does nothing."""

    def update(self, lr):
        if self.gradients is not None:
            super().update(lr)


@bank.wrong(NEEDS)
class OtherException(Plain):
    """A missing backward raises TypeError."""

    def update(self, lr):
        if self.gradients is None:
            raise TypeError("'NoneType' object is not subscriptable")
        super().update(lr)


@bank.wrong(ROUND)
class KeyMissing(Plain):
    """`get_weights` has no by."""

    def get_weights(self):
        return {name: getattr(self, name) for name in NAMES if name != "by"}


@bank.wrong(ROUND)
class SharedArrays(InPlace):
    """Updates in place, and hands out and takes in the arrays themselves."""

    get_weights = References.get_weights
    set_weights = References.set_weights


@bank.wrong(ROUND)
class OtherKeys(Plain):
    """The keys of `get_weights` are those of the gradients."""

    def get_weights(self):
        return {"d_" + name: getattr(self, name) for name in NAMES}


@bank.wrong(ROUND)
class GetsATuple(Plain):
    """`get_weights` returns a tuple."""

    def get_weights(self):
        return self.W, self.R, self.V, self.bs, self.by


@bank.wrong(ROUND)
class SetsNothing(Plain):
    """`set_weights` sets local names."""

    def set_weights(self, weights):
        keep = {name: getattr(self, name) for name in NAMES}
        super().set_weights(weights)
        vars(self).update(keep)


@bank.wrong(ROUND)
class BiasesNotSet(Plain):
    """`set_weights` leaves the biases."""

    def set_weights(self, weights):
        bs, by = self.bs, self.by
        super().set_weights(weights)
        self.bs, self.by = bs, by


@bank.wrong(REFUSES)
class KeyErrors(Plain):
    """A missing weight raises KeyError."""

    def set_weights(self, weights):
        vars(self).update({name: np.array(weights[name]) for name in NAMES})


@bank.wrong(REFUSES)
class SetsSomeFirst(Plain):
    """Sets what is there before it raises."""

    def set_weights(self, weights):
        for name in NAMES:
            if name not in weights:
                raise ValueError(f"no {name}")
            setattr(self, name, np.array(weights[name]))


@bank.wrong(REFUSES)
class SetsWhatIsThere(Plain):
    """A missing weight stays as it is, silently."""

    def set_weights(self, weights):
        for name in weights:
            setattr(self, name, np.array(weights[name]))


@bank.wrong(REFUSES)
class Asserts(Plain):
    """A missing weight raises AssertionError."""

    def set_weights(self, weights):
        if not set(NAMES) <= set(weights):
            raise AssertionError
        super().set_weights(weights)
