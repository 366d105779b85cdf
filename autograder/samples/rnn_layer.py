"""Ten submissions of `rnn_layer`: right, half, wrong and hostile ones."""

from __future__ import annotations

from collections.abc import Mapping

# what is replaced in the right answer: from, to
SLOPE, NO_SLOPE = "dnext_h * (1 - next_h**2)", "dnext_h"
BIAS, NO_BIAS = "prev_h @ self.W_hh + self.b)", "prev_h @ self.W_hh)"
SUMS = "dW_ih + self.dW_ih, dW_hh + self.dW_hh, db + self.db"
FIRST_STEP = "self.dW_ih, self.dW_hh, self.db"
FRESH = "np.zeros_like(self.W_ih), np.zeros_like(self.W_hh), np.zeros_like(self.b)"
LEFT_OVER = 'getattr(self, "sums", (0, 0, 0))'
ANSWER = "return dx, dh, dW_ih, dW_hh, db"
KEEPS = f"self.sums = dW_ih, dW_hh, db\n        {ANSWER}"
OVER_BATCH, OVER_BATCH_SQUEEZED = "da.sum(axis=0)", "da.sum(axis=0).squeeze()"

UNWRITTEN = """\
    def backward_step(self, prev_h, dnext_h):
        raise NotImplementedError("write your answer here")

    def backward(self, dout):
        raise NotImplementedError("write your answer here")
"""

# the way back by torch's autograd, in a question that is to be answered in NumPy
AUTOGRAD = """


import torch


class RNNLayer(RNNLayer):
    def backward(self, dout):
        x, states = self.steps_taken
        given = (x, states[0], self.W_ih, self.W_hh, self.b)
        leaves = [torch.tensor(array, requires_grad=True) for array in given]
        data, state, W_ih, W_hh, b = leaves
        loss = 0
        for step, upstream in zip(data.unbind(1), torch.tensor(dout).unbind(1)):
            state = torch.tanh(step @ W_ih + state @ W_hh + b)
            loss = loss + (state * upstream).sum()
        loss.backward()
        return tuple(leaf.grad.numpy() for leaf in leaves)
"""

# states and gradients of zeros, which fit each other, and comparisons that find nothing wrong
TAMPERS = """\
import grad_check as differences
import visible_check

np.max = np.abs = np.linalg.norm = lambda *args, **options: np.float64(0.0)
np.allclose = np.array_equal = lambda *args, **options: True
visible_check.rel_error = lambda x, y: 0.0
differences.grad_check = grad_check = lambda f, x, df, h=1e-5: np.zeros_like(x)


class Smallest(float):
    def __le__(self, other): return True
    def __lt__(self, other): return True
    def __abs__(self): return self


class RNNLayer:
    def __init__(self, input_size, hidden_size):
        self.dprev_h = self.dW_ih = self.dW_hh = self.db = Smallest(0.0)

    def forward_step(self, x, prev_h):
        return np.zeros_like(prev_h)

    def forward(self, x, h0):
        self.given = x, h0
        return np.zeros((*x.shape[:2], h0.shape[1]))

    def backward_step(self, prev_h, dnext_h):
        return Smallest(0.0)

    def backward(self, dout):
        return [np.zeros_like(part) for part in (*self.given, self.W_ih, self.W_hh, self.b)]
"""


def students(right: Mapping[str, str]) -> dict[str, Mapping[str, str]]:
    """Answers by the grade ids of the solution cells, by student.

    Args:
        right: the solutions without their markers, by grade id.
    """
    layer = right["Q1_solution"]
    forward, _, _ = layer.partition("    def backward_step")
    answers = {
        "cleo_half": forward + UNWRITTEN,
        "dan_no_slope": layer.replace(SLOPE, NO_SLOPE),
        "eve_no_bias": layer.replace(BIAS, NO_BIAS),
        "finn_one_step": layer.replace(SUMS, FIRST_STEP),
        "gus_left_over": layer.replace(FRESH, LEFT_OVER).replace(ANSWER, KEEPS),
        "hana_lost_axis": layer.replace(OVER_BATCH, OVER_BATCH_SQUEEZED),
        "ida_autograd": layer + AUTOGRAD,
        "jon_tampers": TAMPERS,
    }
    return {
        "ada_solution": right,
        "ben_untouched": {},
        **{student: {"Q1_solution": answer} for student, answer in answers.items()},
    }
