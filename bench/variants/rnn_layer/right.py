"""Right answers: `class RNNLayer` in many styles, each a change to the plain one."""

import numpy as np

from bench.bank import Bank

bank = Bank("RNNLayer", "Q1", "Q2", "Q3", "Q4")


class Parameters:
    """The constructor that students are given."""

    def __init__(self, input_size, hidden_size):
        rng = np.random.default_rng()
        self.W_ih = rng.uniform(-0.1, 0.1, (input_size, hidden_size))
        self.W_hh = rng.uniform(-0.1, 0.1, (hidden_size, hidden_size))
        self.b = rng.uniform(-0.1, 0.1, hidden_size)


@bank.right
class Plain(Parameters):
    """The last step's tensors kept; `backward` puts each step's back before it calls `backward_step`."""

    def forward_step(self, x, prev_h):
        next_h = np.tanh(x @ self.W_ih + prev_h @ self.W_hh + self.b)
        self.cache = x, next_h
        return next_h

    def forward(self, x, h0):
        states = [h0]
        for t in range(x.shape[1]):
            states.append(self.forward_step(x[:, t], states[-1]))
        self.sequence = x, states
        return np.stack(states[1:], axis=1)  # [N, T, H]

    def slope(self, next_h):
        """The derivative of tanh by its value."""
        return 1 - next_h**2

    def backward_step(self, prev_h, dnext_h):
        x, next_h = self.cache
        da = dnext_h * self.slope(next_h)
        self.dW_ih, self.dW_hh, self.db = x.T @ da, prev_h.T @ da, da.sum(axis=0)
        self.dprev_h = da @ self.W_hh.T
        return da @ self.W_ih.T

    def backward(self, dout):
        x, states = self.sequence
        dx, dh = np.zeros_like(x), np.zeros_like(states[0])
        dW_ih, dW_hh, db = np.zeros_like(self.W_ih), np.zeros_like(self.W_hh), np.zeros_like(self.b)
        for t in reversed(range(x.shape[1])):
            self.cache = x[:, t], states[t + 1]
            dx[:, t] = self.backward_step(states[t], dout[:, t] + dh)
            dh = self.dprev_h
            dW_ih, dW_hh, db = dW_ih + self.dW_ih, dW_hh + self.dW_hh, db + self.db
        return dx, dh, dW_ih, dW_hh, db


@bank.right
class CourseStyle(Plain):
    """`dprev_H`, a cache of everything as a tuple in a list, popped on the way back; sums in place."""

    def forward_step(self, x, prev_h):
        next_h = super().forward_step(x, prev_h)
        self.caches = [(x, prev_h, next_h)]
        return next_h

    def forward(self, x, h0):
        N, T, _ = x.shape
        h = np.zeros((N, T, self.W_hh.shape[0]))
        caches, prev_h = [], h0
        for t in range(T):
            prev_h = self.forward_step(x[:, t, :], prev_h)
            h[:, t, :] = prev_h
            caches += self.caches
        self.caches = caches
        return h

    def backward_step(self, prev_h, dnext_h):
        x, prev_h, next_h = self.caches.pop()
        da = (1 - next_h * next_h) * dnext_h
        self.dW_ih, self.dW_hh = np.dot(x.T, da), np.dot(prev_h.T, da)
        self.db, self.dprev_H = np.sum(da, axis=0), np.dot(da, self.W_hh.T)
        return np.dot(da, self.W_ih.T)

    def backward(self, dout):
        N, T, H = dout.shape
        D = self.W_ih.shape[0]
        dx, dprev_h = np.zeros((N, T, D)), np.zeros((N, H))
        dW_ih, dW_hh, db = np.zeros((D, H)), np.zeros((H, H)), np.zeros(H)
        for t in range(T - 1, -1, -1):
            dx[:, t, :] = self.backward_step(None, dout[:, t, :] + dprev_h)
            dprev_h = self.dprev_H
            dW_ih += self.dW_ih
            dW_hh += self.dW_hh
            db += self.db
        return dx, dprev_h, dW_ih, dW_hh, db


@bank.right
class Accumulating(Plain):
    """`backward_step` adds to the attributes, `backward` starts them at zero."""

    def backward_step(self, prev_h, dnext_h):
        x, next_h = self.cache
        da = dnext_h * (1 - np.square(next_h))
        for name, value in (("dW_ih", x.T @ da), ("dW_hh", prev_h.T @ da), ("db", da.sum(0))):
            setattr(self, name, getattr(self, name, 0) + value)
        self.dprev_h = da @ self.W_hh.T
        return da @ self.W_ih.T

    def backward(self, dout):
        x, states = self.sequence
        self.dW_ih, self.dW_hh, self.db = 0 * self.W_ih, 0 * self.W_hh, 0 * self.b
        dx, self.dprev_h = np.empty(x.shape), np.zeros_like(states[0])
        for t in range(x.shape[1])[::-1]:
            self.cache = x[:, t], states[t + 1]
            dx[:, t] = self.backward_step(states[t], dout[:, t] + self.dprev_h)
        return dx, self.dprev_h, self.dW_ih, self.dW_hh, self.db


@bank.right
class AllAtOnce(Plain):
    """No `backward_step` in `backward`: the recurrence alone in the loop, all products after it by einsum."""

    def forward(self, x, h0):
        h, prev_h = np.empty((*x.shape[:2], len(self.b))), h0
        from_input = x @ self.W_ih + self.b
        for t in range(x.shape[1]):
            h[:, t] = prev_h = np.tanh(from_input[:, t] + prev_h @ self.W_hh)
        self.x, self.h, self.h0 = x, h, h0
        return h

    def backward(self, dout):
        da, dh = np.empty_like(dout), 0.0
        for t in reversed(range(dout.shape[1])):
            da[:, t] = (dout[:, t] + dh) * (1 - self.h[:, t] ** 2)
            dh = da[:, t] @ self.W_hh.T
        before = np.concatenate([self.h0[:, None], self.h[:, :-1]], axis=1)
        dW_ih = np.einsum("ntd,nth->dh", self.x, da)
        dW_hh = np.einsum("ntk,nth->kh", before, da)
        return da @ self.W_ih.T, dh, dW_ih, dW_hh, da.sum(axis=(0, 1))


@bank.right
class Loops(Plain):
    """Every element of a step and of its gradients in a loop of its own."""

    def forward_step(self, x, prev_h):
        next_h = np.zeros_like(prev_h)
        for n in range(len(x)):
            for j in range(len(self.b)):
                total = self.b[j]
                for d in range(x.shape[1]):
                    total += x[n, d] * self.W_ih[d, j]
                for k in range(len(self.b)):
                    total += prev_h[n, k] * self.W_hh[k, j]
                next_h[n, j] = np.tanh(total)
        self.cache = x, next_h
        return next_h

    def backward_step(self, prev_h, dnext_h):
        x, next_h = self.cache
        dx, self.dprev_h = np.zeros(x.shape), np.zeros(prev_h.shape)
        self.dW_ih, self.dW_hh = np.zeros(self.W_ih.shape), np.zeros(self.W_hh.shape)
        self.db = np.zeros(self.b.shape)
        for n in range(len(x)):
            for j in range(len(self.b)):
                da = dnext_h[n, j] * (1 - next_h[n, j] ** 2)
                self.db[j] += da
                dx[n] += da * self.W_ih[:, j]
                self.dprev_h[n] += da * self.W_hh[:, j]
                self.dW_ih[:, j] += da * x[n]
                self.dW_hh[:, j] += da * prev_h[n]
        return dx


@bank.right
class Lists(Plain):
    """Answers and attributes as nested lists, db as one row [1, H]."""

    def forward_step(self, x, prev_h):
        return super().forward_step(x, np.asarray(prev_h)).tolist()

    def forward(self, x, h0):
        return super().forward(x, h0).tolist()

    def backward_step(self, prev_h, dnext_h):
        dx = super().backward_step(np.asarray(prev_h), dnext_h)
        self.dW_ih, self.dW_hh, self.dprev_h = (a.tolist() for a in (self.dW_ih, self.dW_hh, self.dprev_h))
        self.db = [self.db.tolist()]
        return dx.tolist()

    def backward(self, dout):
        x, states = self.sequence
        dh, das = np.zeros_like(dout[:, 0]), []
        states = [np.asarray(state) for state in states]
        for t in reversed(range(x.shape[1])):
            das.append((dout[:, t] + dh) * (1 - states[t + 1] ** 2))
            dh = das[-1] @ self.W_hh.T
        da = np.stack(das[::-1], axis=1)
        dW_ih = sum(x[:, t].T @ da[:, t] for t in range(x.shape[1]))
        dW_hh = sum(states[t].T @ da[:, t] for t in range(x.shape[1]))
        db = da.sum((0, 1), keepdims=True)[0]
        return [part.tolist() for part in (da @ self.W_ih.T, dh, dW_ih, dW_hh, db)]


@bank.right
class ColumnVectors(Plain):
    """Units first, the batch last: every product from the left, and views returned."""

    def forward_step(self, x, prev_h):
        a = self.W_ih.T @ x.T + self.W_hh.T @ prev_h.T + self.b.reshape(-1, 1)  # [H, N]
        self.cache = x, np.tanh(a).T
        return self.cache[1]

    def backward_step(self, prev_h, dnext_h):
        x, next_h = self.cache
        da = dnext_h.T - dnext_h.T * next_h.T**2  # [H, N]
        self.dW_ih, self.dW_hh = (da @ x).T, (da @ prev_h).T
        self.db, self.dprev_h = da.sum(axis=1, keepdims=True).T, (self.W_hh @ da).T
        return (self.W_ih @ da).T


@bank.right
class TimeFirst(Plain):
    """Time as the leading axis inside, brought back at the end."""

    def forward(self, x, h0):
        self.x, self.h = x.transpose(1, 0, 2), [h0]
        for x_t in self.x:
            self.h.append(self.forward_step(x_t, self.h[-1]))
        return np.array(self.h[1:]).transpose(1, 0, 2)

    def backward(self, dout):
        steps = []
        dh = np.zeros_like(self.h[0])
        for x, before, after, d in zip(
            self.x[::-1], self.h[-2::-1], self.h[:0:-1], dout.transpose(1, 0, 2)[::-1], strict=True
        ):
            self.cache = x, after
            dx = self.backward_step(before, d + dh)
            dh = self.dprev_h
            steps.append((dx, self.dW_ih, self.dW_hh, self.db))
        dx, *sums = (np.array(part) for part in zip(*steps[::-1], strict=True))
        return dx.transpose(1, 0, 2), dh, *(part.sum(axis=0) for part in sums)


@bank.right
class StepsAgain(Plain):
    """`backward` runs every `forward_step` again before its step back, and keeps states alone."""

    def forward(self, x, h0):
        self.x, self.h0, self.h = x.copy(), h0.copy(), super().forward(x, h0)
        return self.h.copy()

    def backward(self, dout):
        dout = dout.copy()
        dx, sums = [], [0, 0, 0]
        for t in range(dout.shape[1] - 1, -1, -1):
            before = self.h[:, t - 1] if t else self.h0
            self.forward_step(self.x[:, t], before)
            dx.insert(0, self.backward_step(before, dout[:, t]))
            if t:
                dout[:, t - 1] += self.dprev_h
            sums = [total + part for total, part in zip(sums, (self.dW_ih, self.dW_hh, self.db), strict=True)]
        return np.stack(dx, 1), self.dprev_h, *sums


@bank.right
class Properties(Plain):
    """Gradients in a dict, read through properties; a counter; the parameters stacked at each use."""

    def forward_step(self, x, prev_h):
        stacked = np.vstack([self.W_ih, self.W_hh, self.b])  # [D + H + 1, H]
        next_h = np.tanh(np.hstack([x, prev_h, np.ones((len(x), 1))]) @ stacked)
        self.cache = x, next_h
        return next_h

    def backward_step(self, prev_h, dnext_h):
        x, next_h = self.cache
        D, H = self.W_ih.shape
        da = dnext_h * (1 - next_h**2)
        both = np.hstack([x, prev_h, np.ones((len(x), 1))]).T @ da  # [D + H + 1, H]
        self.grads = dict(zip(("W_ih", "W_hh", "b"), np.split(both, [D, D + H]), strict=True))
        self.grads["h"] = da @ self.W_hh.T
        return da @ self.W_ih.T

    @property
    def dW_ih(self):  # noqa: N802 - the attribute's name
        return self.grads["W_ih"]

    @property
    def dW_hh(self):  # noqa: N802
        return self.grads["W_hh"]

    @property
    def db(self):
        return self.grads["b"][0]

    @property
    def dprev_h(self):
        return self.grads["h"]


@bank.right
class ByExponentials(Plain):
    """tanh by exponentials, its slope from the pre-activation."""

    def forward_step(self, x, prev_h):
        e = np.exp(-2 * (x @ self.W_ih + prev_h @ self.W_hh + self.b))
        self.cache = x, 4 * e / (1 + e) ** 2
        return (1 - e) / (1 + e)

    def forward(self, x, h0):
        self.steps, self.states = [], [h0]
        for x_t in np.moveaxis(x, 1, 0):
            self.states.append(self.forward_step(x_t, self.states[-1]))
            self.steps.append(self.cache)
        return np.stack(self.states[1:], axis=1)

    def backward_step(self, prev_h, dnext_h):
        x, slope = self.cache
        da = dnext_h * slope
        self.dW_ih, self.dW_hh, self.db = x.T @ da, prev_h.T @ da, da.sum(axis=0)
        self.dprev_h = da @ self.W_hh.T
        return da @ self.W_ih.T

    def backward(self, dout):
        dxs, totals, dh = [], np.zeros(3, dtype=object), 0
        for t in reversed(range(len(self.steps))):
            self.cache = self.steps[t]
            dxs.append(self.backward_step(self.states[t], dout[:, t] + dh))
            dh = self.dprev_h
            for i, part in enumerate((self.dW_ih, self.dW_hh, self.db)):
                totals[i] = totals[i] + part
        return np.stack(dxs[::-1], axis=1), dh, *totals


@bank.right
class BuffersInSinglePrecision(Plain):
    """float64 arithmetic, dx and the states handed out in float32 buffers."""

    def forward(self, x, h0):
        return super().forward(x, h0).astype(np.float32)

    def backward(self, dout):
        dx, *others = super().backward(dout)
        return dx.astype(np.float32), *others


@bank.right
class Recursive(Plain):
    """Both passes call themselves for the rest of the sequence."""

    def forward(self, x, h0):
        self.steps = []
        return np.stack(self._rest(x, h0), axis=1)

    def _rest(self, x, before):
        if x.shape[1] == 0:
            return []
        state = self.forward_step(x[:, 0], before)
        self.steps.append((self.cache, before))
        return [state, *self._rest(x[:, 1:], state)]

    def backward(self, dout):
        dx, sums = np.zeros((*dout.shape[:2], len(self.W_ih))), [0, 0, 0]
        dh = self._back(dout, 0, dx, sums)
        return dx, dh, *sums

    def _back(self, dout, t, dx, sums):
        later = self._back(dout, t + 1, dx, sums) if t + 1 < dout.shape[1] else 0
        self.cache, before = self.steps[t]
        dx[:, t] = self.backward_step(before, dout[:, t] + later)
        sums[:] = (s + part for s, part in zip(sums, (self.dW_ih, self.dW_hh, self.db), strict=True))
        return self.dprev_h


@bank.right
class Stacked(Plain):
    """One matrix of all parameters, and a column of ones beside inputs and states."""

    def forward_step(self, x, prev_h):
        row = np.hstack([x, prev_h, np.ones((len(x), 1))])
        next_h = np.tanh(row @ np.vstack([self.W_ih, self.W_hh, self.b]))
        self.cache = x, next_h
        return next_h

    def backward_step(self, prev_h, dnext_h):
        x, next_h = self.cache
        D, H = self.W_ih.shape
        da = dnext_h * self.slope(next_h)
        row = np.hstack([x, prev_h, np.ones((len(x), 1))])
        self.dW_ih, self.dW_hh, self.db = np.split(row.T @ da, [D, D + H])  # db [1, H]
        both = da @ np.vstack([self.W_ih, self.W_hh]).T
        self.dprev_h = both[:, D:]
        return both[:, :D]


@bank.right
class AddsToWhatComesIn(Plain):
    """What comes back to a state is added to `dout` itself, in place."""

    def backward(self, dout):
        x, states = self.sequence
        dx, sums = np.zeros_like(x), [0, 0, 0]
        for t in reversed(range(x.shape[1])):
            self.cache = x[:, t], states[t + 1]
            dx[:, t] = self.backward_step(states[t], dout[:, t])
            if t:
                dout[:, t - 1] += self.dprev_h
            sums = [a + b for a, b in zip(sums, (self.dW_ih, self.dW_hh, self.db), strict=True)]
        return dx, self.dprev_h, *sums


@bank.right
class CheckedProperties(Plain):
    """Parameters behind properties that convert what is assigned."""

    def __init__(self, input_size, hidden_size):
        self.values = {}
        super().__init__(input_size, hidden_size)


def _converted(name):
    def assign(layer, value):
        layer.values[name] = np.asarray(value, dtype=np.float64)

    return property(lambda layer: layer.values[name], assign)


for _name in ("W_ih", "W_hh", "b"):
    setattr(CheckedProperties, _name, _converted(_name))
