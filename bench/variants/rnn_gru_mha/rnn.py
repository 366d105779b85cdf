"""Answers to Q2: `rnn(wt_h, wt_x, bias, init_state, input_data) -> (outputs, final_state)`."""

import numpy as np
import torch

from bench.bank import Bank

bank = Bank("rnn", "Q2")
OUTPUTS, ONES, LONG = "test_rnn_outputs", "test_rnn_sizes_of_one", "test_rnn_long_sequences"
FINAL = "test_rnn_final_state"
ALL = (OUTPUTS, ONES, LONG, FINAL)


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


@bank.wrong(*ALL)
def zero_initial_state(wt_h, wt_x, bias, init_state, input_data):
    """Starts from zero instead of the initial state."""
    return stacked(wt_h, wt_x, bias, np.zeros_like(init_state), input_data)


@bank.wrong(*ALL)
def no_bias(wt_h, wt_x, bias, init_state, input_data):
    """Leaves the bias out."""
    return stacked(wt_h, wt_x, np.zeros_like(bias), init_state, input_data)


@bank.wrong(*ALL)
def bias_twice(wt_h, wt_x, bias, init_state, input_data):
    """Adds the bias to both products."""
    return stacked(wt_h, wt_x, 2 * bias, init_state, input_data)


@bank.wrong(*ALL)
def hidden_weights_transposed(wt_h, wt_x, bias, init_state, input_data):
    """Multiplies the state with wt_h.T."""
    return stacked(wt_h.T, wt_x, bias, init_state, input_data)


@bank.wrong(*ALL)
def sigmoid_for_tanh(wt_h, wt_x, bias, init_state, input_data):
    """Another non-linearity."""
    return unroll(lambda x, h: 1 / (1 + np.exp(-(x @ wt_x + h @ wt_h + bias))), init_state, input_data)


@bank.wrong(*ALL)
def no_tanh(wt_h, wt_x, bias, init_state, input_data):
    """No non-linearity."""
    return unroll(lambda x, h: x @ wt_x + h @ wt_h + bias, init_state, input_data)


@bank.wrong(*ALL)
def tanh_before_the_bias(wt_h, wt_x, bias, init_state, input_data):
    """Adds the bias after the tanh."""
    return unroll(lambda x, h: np.tanh(x @ wt_x + h @ wt_h) + bias, init_state, input_data)


@bank.wrong(*ALL)
def state_not_carried(wt_h, wt_x, bias, init_state, input_data):
    """Every step starts from the initial state."""
    first = init_state[0]
    return unroll(lambda x, h: np.tanh(x @ wt_x + first @ wt_h + bias), init_state, input_data)


@bank.wrong(OUTPUTS, ONES, LONG)
def states_one_step_late(wt_h, wt_x, bias, init_state, input_data):
    """The outputs begin with the initial state, the last one is missing; the final state is right."""
    outputs, final_state = stacked(wt_h, wt_x, bias, init_state, input_data)
    return np.concatenate([init_state[0][:, np.newaxis], outputs[:, :-1]], axis=1), final_state


@bank.wrong(*ALL)
def time_reversed(wt_h, wt_x, bias, init_state, input_data):
    """Runs from the last input to the first."""
    outputs, final_state = stacked(wt_h, wt_x, bias, init_state, input_data[:, ::-1])
    return outputs[:, ::-1], final_state


@bank.wrong(OUTPUTS, ONES, LONG)
def batch_and_time_exchanged(wt_h, wt_x, bias, init_state, input_data):
    """The outputs are [T, B, H]."""
    outputs, final_state = stacked(wt_h, wt_x, bias, init_state, input_data)
    return outputs.transpose(1, 0, 2), final_state


@bank.wrong(OUTPUTS, ONES, LONG)
def axes_reshaped(wt_h, wt_x, bias, init_state, input_data):
    """[T, B, H] brought to [B, T, H] by a reshape, which mixes the sequences."""
    outputs, final_state = stacked(wt_h, wt_x, bias, init_state, input_data)
    return outputs.transpose(1, 0, 2).reshape(outputs.shape), final_state


@bank.wrong(FINAL)
def first_state_as_final(wt_h, wt_x, bias, init_state, input_data):
    """The final state is the one after the first step."""
    outputs, _ = stacked(wt_h, wt_x, bias, init_state, input_data)
    return outputs, outputs[:, 0]


@bank.wrong(FINAL)
def initial_state_as_final(wt_h, wt_x, bias, init_state, input_data):
    """The final state is the initial one."""
    outputs, _ = stacked(wt_h, wt_x, bias, init_state, input_data)
    return outputs, init_state


@bank.wrong(FINAL)
def outputs_alone(wt_h, wt_x, bias, init_state, input_data):
    """Returns no final state."""
    return stacked(wt_h, wt_x, bias, init_state, input_data)[0]


@bank.lost_axis(ONES)
def outputs_squeezed(wt_h, wt_x, bias, init_state, input_data):
    """`squeeze()` drops every axis of size 1."""
    outputs, final_state = stacked(wt_h, wt_x, bias, init_state, input_data)
    return outputs.squeeze(), final_state


@bank.lost_axis(ONES, FINAL)
def everything_squeezed(wt_h, wt_x, bias, init_state, input_data):
    """`squeeze()` on both parts of the answer."""
    outputs, final_state = stacked(wt_h, wt_x, bias, init_state, input_data)
    return outputs.squeeze(), final_state.squeeze()


@bank.wrong(*ALL)
def half_precision(wt_h, wt_x, bias, init_state, input_data):
    """float16 arithmetic."""
    arrays = (np.asarray(array, dtype=np.float16) for array in (wt_h, wt_x, bias, init_state, input_data))
    return stacked(*arrays)


@bank.wrong(*ALL)
def rounded(wt_h, wt_x, bias, init_state, input_data):
    """Answers rounded to four digits."""
    outputs, final_state = stacked(wt_h, wt_x, bias, init_state, input_data)
    return outputs.round(4), final_state.round(4)
