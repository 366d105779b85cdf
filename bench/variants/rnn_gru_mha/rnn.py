"""Answers to Q2: `rnn(wt_h, wt_x, bias, init_state, input_data) -> (outputs, final_state)`."""

import numpy as np
import torch

from bench.bank import Bank

bank = Bank("rnn", "Q2")


def unroll(step, init_state, input_data):
    """Outputs and final state of `step(x [B, I], state [B, H]) -> state`."""
    outputs = []
    state = init_state[0]  # [B, H]
    for t in range(input_data.shape[1]):
        state = step(input_data[:, t], state)
        outputs.append(state)
    return np.stack(outputs, axis=1), state[np.newaxis]  # [B, T, H], [1, B, H]


@bank.right
def vectorised(wt_h, wt_x, bias, init_state, input_data):
    """All products with the inputs at once, outputs preallocated."""
    from_input = input_data @ wt_x + bias  # [B, T, H]
    outputs = np.empty_like(from_input)
    state = init_state[0]
    for t in range(input_data.shape[1]):
        state = np.tanh(from_input[:, t] + state @ wt_h)
        outputs[:, t] = state
    return outputs, state[np.newaxis]


@bank.right
def stacked(wt_h, wt_x, bias, init_state, input_data):
    """States collected in a list and stacked."""
    return unroll(lambda x, h: np.tanh(x @ wt_x + h @ wt_h + bias), init_state, input_data)


@bank.right
def final_state_without_leading_axis(wt_h, wt_x, bias, init_state, input_data):
    """The final state as [B, H]."""
    outputs, final_state = stacked(wt_h, wt_x, bias, init_state, input_data)
    return outputs, final_state[0]


@bank.right
def loops(wt_h, wt_x, bias, init_state, input_data):
    """Explicit loops over batch, time and units."""
    B, T, _ = input_data.shape
    H = wt_h.shape[0]
    outputs = np.zeros((B, T, H), dtype=np.float32)
    final_state = np.zeros((1, B, H), dtype=np.float32)
    for b in range(B):
        state = init_state[0, b]
        for t in range(T):
            state = np.array(
                [
                    np.tanh(np.dot(input_data[b, t], wt_x[:, j]) + np.dot(state, wt_h[:, j]) + bias[j])
                    for j in range(H)
                ]
            )
            outputs[b, t] = state
        final_state[0, b] = state
    return outputs, final_state


@bank.right
def einsum(wt_h, wt_x, bias, init_state, input_data):
    """Products as einsum."""

    def step(x, h):
        return np.tanh(np.einsum("bi,ih->bh", x, wt_x) + np.einsum("bk,kh->bh", h, wt_h) + bias)

    return unroll(step, init_state, input_data)


@bank.right
def concatenated(wt_h, wt_x, bias, init_state, input_data):
    """One product of [x, h] with the stacked weights."""
    weights = np.concatenate([wt_x, wt_h])  # [I + H, H]

    def step(x, h):
        return np.tanh(np.matmul(np.concatenate([x, h], axis=1), weights) + bias)

    return unroll(step, init_state, input_data)


@bank.right
def batch_last(wt_h, wt_x, bias, init_state, input_data):
    """Column vectors: every product from the left, the batch as last axis, views returned."""
    state = init_state[0].T  # [H, B]
    outputs = np.zeros((input_data.shape[1], *state.shape), dtype=np.float32)  # [T, H, B]
    for t, x in enumerate(np.moveaxis(input_data, 0, -1)):  # [I, B]
        state = np.tanh(wt_x.T @ x + wt_h.T @ state + bias[:, np.newaxis])
        outputs[t] = state
    return outputs.transpose(2, 0, 1), state.T


@bank.right
def doubles(wt_h, wt_x, bias, init_state, input_data):
    """Everything in float64."""
    arrays = (np.asarray(array, dtype=np.float64) for array in (wt_h, wt_x, bias, init_state, input_data))
    return stacked(*arrays)


@bank.right
def outputs_in_doubles(wt_h, wt_x, bias, init_state, input_data):
    """float32 states written into np.zeros, which is float64."""
    outputs = np.zeros((*input_data.shape[:2], wt_h.shape[0]))
    state = init_state[0]
    for t in range(input_data.shape[1]):
        state = np.tanh(input_data[:, t] @ wt_x + state @ wt_h + bias)
        outputs[:, t, :] = state
    return outputs, outputs[:, -1]


@bank.right
def torch_inside(wt_h, wt_x, bias, init_state, input_data):
    """torch operations, arrays at the end."""
    outputs, final_state = torch_returned(wt_h, wt_x, bias, init_state, input_data)
    return outputs.numpy(), final_state.numpy()


@bank.right
def torch_returned(wt_h, wt_x, bias, init_state, input_data):
    """torch operations, tensors returned."""
    wt_h, wt_x, bias, init_state, input_data = map(
        torch.as_tensor, (wt_h, wt_x, bias, init_state, input_data)
    )
    state, outputs = init_state.squeeze(0), []
    for x in input_data.unbind(dim=1):
        state = torch.tanh(x @ wt_x + state @ wt_h + bias)
        outputs.append(state)
    return torch.stack(outputs, dim=1), state.unsqueeze(0)


@bank.right
def torch_with_gradients(wt_h, wt_x, bias, init_state, input_data):
    """Tensors that require grad."""
    parameters = (torch.tensor(array, requires_grad=True) for array in (wt_h, wt_x, bias))
    return torch_returned(*parameters, init_state, input_data)


@bank.right
def tensors_and_arrays(wt_h, wt_x, bias, init_state, input_data):
    """A list of tensors for the outputs, an array for the final state."""
    state, outputs = init_state[0], []
    for t in range(input_data.shape[1]):
        state = torch.tanh(torch.from_numpy(input_data[:, t] @ wt_x + bias) + torch.from_numpy(state @ wt_h))
        state = state.numpy()
        outputs.append(torch.from_numpy(state))
    return torch.stack(outputs).transpose(0, 1), state


@bank.right
def lists(wt_h, wt_x, bias, init_state, input_data):
    """Nested lists, in a list."""
    outputs, final_state = stacked(wt_h, wt_x, bias, init_state, input_data)
    return [outputs.tolist(), final_state.tolist()]


@bank.right
def not_contiguous(wt_h, wt_x, bias, init_state, input_data):
    """Every second element of a larger array, in Fortran order."""
    outputs, final_state = stacked(wt_h, wt_x, bias, init_state, input_data)
    wide = np.zeros((*outputs.shape[:2], 2 * outputs.shape[2]), dtype=np.float32, order="F")
    wide[:, :, ::2] = outputs
    return wide[:, :, ::2], np.asfortranarray(final_state)


@bank.right
def tanh_of_exponentials(wt_h, wt_x, bias, init_state, input_data):
    """tanh written with exponentials."""

    def step(x, h):
        a = x @ wt_x + h @ wt_h + bias
        return (np.exp(a) - np.exp(-a)) / (np.exp(a) + np.exp(-a))

    return unroll(step, init_state, input_data)


@bank.right
def tanh_of_a_sigmoid(wt_h, wt_x, bias, init_state, input_data):
    """tanh written as 2 sigmoid(2 a) - 1."""
    return unroll(
        lambda x, h: 2 / (1 + np.exp(-2 * (x @ wt_x + h @ wt_h + bias))) - 1, init_state, input_data
    )


@bank.right
def products_first_in_time_order(wt_h, wt_x, bias, init_state, input_data):
    """Time first all the way through, exchanged at the end."""
    by_time = np.swapaxes(input_data, 0, 1) @ wt_x + bias  # [T, B, H]
    outputs = np.empty_like(by_time)
    state = np.squeeze(init_state, axis=0)
    for t, from_input in enumerate(by_time):
        state = outputs[t] = np.tanh(from_input + state @ wt_h)
    return np.ascontiguousarray(outputs.swapaxes(0, 1)), outputs[-1:]


@bank.right
def state_beside_the_outputs(wt_h, wt_x, bias, init_state, input_data):
    """One array of T + 1 states, whose first is the initial one."""
    states = np.concatenate([init_state, np.zeros((input_data.shape[1], *init_state.shape[1:]))])
    for t in range(input_data.shape[1]):
        states[t + 1] = np.tanh(np.dot(input_data[:, t, :], wt_x) + np.dot(states[t], wt_h) + bias)
    return np.transpose(states[1:], (1, 0, 2)), states[-1][None]


@bank.right
def grown_by_concatenation(wt_h, wt_x, bias, init_state, input_data):
    """Outputs that grow by a step at a time, with the leading axis kept throughout."""
    state, outputs = init_state, None  # [1, B, H]
    for t in range(input_data.shape[1]):
        state = np.tanh(input_data[:, t][None] @ wt_x + state @ wt_h + bias[None, None])
        step = state.transpose(1, 0, 2)  # [B, 1, H]
        outputs = step if outputs is None else np.concatenate([outputs, step], axis=1)
    return outputs, state


@bank.right
def recursive(wt_h, wt_x, bias, init_state, input_data):
    """A sequence at a time, each a generator of states."""

    def states(xs, h):
        for x in xs:
            h = np.tanh(wt_x.T @ x + wt_h.T @ h + bias)
            yield h

    outputs = np.array([list(states(xs, h)) for xs, h in zip(input_data, init_state[0], strict=True)])
    return outputs, outputs[None, :, -1, :]


@bank.right
def initial_state_overwritten(wt_h, wt_x, bias, init_state, input_data):
    """The state is kept in the array that came in, which is returned as the final state."""
    outputs = []
    for t in range(input_data.shape[1]):
        init_state[0] = np.tanh(input_data[:, t] @ wt_x + init_state[0] @ wt_h + bias)
        outputs.append(init_state[0].copy())
    return np.array(outputs).transpose(1, 0, 2), init_state


@bank.right
def a_class_of_cells(wt_h, wt_x, bias, init_state, input_data):
    """A callable object that holds its parameters in a dict."""

    class Cell:
        def __init__(self, **parameters):
            self.parameters = parameters

        def __call__(self, x, h):
            p = self.parameters
            return np.tanh(np.dot(x, p["wt_x"]) + np.dot(h, p["wt_h"]) + p["bias"])

    return unroll(Cell(wt_h=wt_h, wt_x=wt_x, bias=bias), init_state, input_data)


@bank.right
def long_doubles(wt_h, wt_x, bias, init_state, input_data):
    """Everything in np.longdouble."""
    wide = (array.astype(np.longdouble) for array in (wt_h, wt_x, bias, init_state, input_data))
    wt_h, wt_x, bias, init_state, input_data = wide
    return unroll(lambda x, h: np.tanh(x @ wt_x + h @ wt_h + bias), init_state, input_data)
