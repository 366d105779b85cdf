"""Answers to Q3: `gru(linear_trans_r, linear_trans_z, linear_trans_n, init_state, input_data)`."""

import numpy as np
import torch
from scipy.special import expit

from bench.bank import Bank
from bench.variants.rnn_gru_mha.rnn import unroll

bank = Bank("gru", "Q3")


def linear(x, h, trans):
    """x wt_x + bias_x + h wt_h + bias_h."""
    wt_x, bias_x, wt_h, bias_h = trans
    return x @ wt_x + bias_x + h @ wt_h + bias_h


def new_state(x, h, trans, reset):
    """The new state, with the reset gate after the product."""
    wt_x, bias_x, wt_h, bias_h = trans
    return np.tanh(x @ wt_x + bias_x + reset * (h @ wt_h + bias_h))


def with_sigmoid(sigmoid, trans_r, trans_z, trans_n, init_state, input_data):
    """A right GRU whose gates use this sigmoid."""

    def step(x, h):
        r, z = sigmoid(linear(x, h, trans_r)), sigmoid(linear(x, h, trans_z))
        return (1 - z) * new_state(x, h, trans_n, r) + z * h

    return unroll(step, init_state, input_data)


@bank.right
def sigmoid_of_an_exponential(trans_r, trans_z, trans_n, init_state, input_data):
    """The sigmoid as 1 / (1 + exp(-a))."""
    return with_sigmoid(lambda a: 1 / (1 + np.exp(-a)), trans_r, trans_z, trans_n, init_state, input_data)


@bank.right
def sigmoid_of_exp_over_exp(trans_r, trans_z, trans_n, init_state, input_data):
    """The sigmoid as exp(a) / (1 + exp(a))."""
    return with_sigmoid(
        lambda a: np.exp(a) / (1 + np.exp(a)), trans_r, trans_z, trans_n, init_state, input_data
    )


@bank.right
def sigmoid_of_tanh(trans_r, trans_z, trans_n, init_state, input_data):
    """The sigmoid as (1 + tanh(a / 2)) / 2."""
    return with_sigmoid(
        lambda a: 0.5 * (1 + np.tanh(0.5 * a)), trans_r, trans_z, trans_n, init_state, input_data
    )


@bank.right
def scipy_expit(trans_r, trans_z, trans_n, init_state, input_data):
    """The sigmoid from scipy."""
    return with_sigmoid(expit, trans_r, trans_z, trans_n, init_state, input_data)


@bank.right
def sigmoid_by_cases(trans_r, trans_z, trans_n, init_state, input_data):
    """A sigmoid that never overflows, by np.where."""

    def sigmoid(a):
        small = np.exp(-np.abs(a))
        return np.where(a >= 0, 1, small) / (1 + small)

    return with_sigmoid(sigmoid, trans_r, trans_z, trans_n, init_state, input_data)


@bank.right
def torch_sigmoid_between_arrays(trans_r, trans_z, trans_n, init_state, input_data):
    """Arrays, but for torch.sigmoid: tensors mixed with arrays."""
    return with_sigmoid(
        lambda a: torch.sigmoid(torch.from_numpy(a)).numpy(),
        trans_r,
        trans_z,
        trans_n,
        init_state,
        input_data,
    )


@bank.right
def final_state_without_leading_axis(trans_r, trans_z, trans_n, init_state, input_data):
    """The final state as [B, H]."""
    outputs, final_state = scipy_expit(trans_r, trans_z, trans_n, init_state, input_data)
    return outputs, final_state[0]


@bank.right
def interpolated(trans_r, trans_z, trans_n, init_state, input_data):
    """The update written as n + z (h - n)."""

    def step(x, h):
        n = new_state(x, h, trans_n, expit(linear(x, h, trans_r)))
        return n + expit(linear(x, h, trans_z)) * (h - n)

    return unroll(step, init_state, input_data)


@bank.right
def loops(trans_r, trans_z, trans_n, init_state, input_data):
    """Explicit loops over batch, time and units."""
    B, T, _ = input_data.shape
    H = init_state.shape[2]
    outputs = np.zeros((B, T, H), dtype=np.float32)
    for b in range(B):
        state = init_state[0, b]
        for t in range(T):
            state = [_unit(j, input_data[b, t], state, trans_r, trans_z, trans_n) for j in range(H)]
            state = np.array(state, dtype=np.float32)
            outputs[b, t] = state
    return outputs, outputs[:, T - 1]


def _unit(j, x, state, trans_r, trans_z, trans_n):
    def from_input(trans):
        return np.dot(x, trans[0][:, j]) + trans[1][j]

    def from_state(trans):
        return np.dot(state, trans[2][:, j]) + trans[3][j]

    r = 1 / (1 + np.exp(-(from_input(trans_r) + from_state(trans_r))))
    z = 1 / (1 + np.exp(-(from_input(trans_z) + from_state(trans_z))))
    n = np.tanh(from_input(trans_n) + r * from_state(trans_n))
    return (1 - z) * n + z * state[j]


@bank.right
def einsum(trans_r, trans_z, trans_n, init_state, input_data):
    """Products as einsum, the three gates on an axis of their own."""
    wt_x, bias_x, wt_h, bias_h = (np.stack(parts) for parts in zip(trans_r, trans_z, trans_n, strict=True))
    from_input = np.einsum("bti,gih->gtbh", input_data, wt_x) + bias_x[:, np.newaxis, np.newaxis]
    state, outputs = init_state[0], []
    for t in range(input_data.shape[1]):
        from_state = np.einsum("bk,gkh->gbh", state, wt_h) + bias_h[:, np.newaxis]  # [3, B, H]
        r, z = expit(from_input[:2, t] + from_state[:2])
        state = (1 - z) * np.tanh(from_input[2, t] + r * from_state[2]) + z * state
        outputs.append(state)
    return np.swapaxes(np.array(outputs), 0, 1), state


@bank.right
def gates_concatenated(trans_r, trans_z, trans_n, init_state, input_data):
    """One product for all three gates, split afterwards, as torch stacks them."""
    wt_x, bias_x, wt_h, bias_h = (
        np.concatenate(parts, axis=-1) for parts in zip(trans_r, trans_z, trans_n, strict=True)
    )

    def step(x, h):
        xr, xz, xn = np.split(x @ wt_x + bias_x, 3, axis=1)
        hr, hz, hn = np.split(h @ wt_h + bias_h, 3, axis=1)
        z = expit(xz + hz)
        return (1 - z) * np.tanh(xn + expit(xr + hr) * hn) + z * h

    return unroll(step, init_state, input_data)


@bank.right
def input_and_state_concatenated(trans_r, trans_z, trans_n, init_state, input_data):
    """The two gates as one product of [x, h] with stacked weights."""
    weights = [np.vstack([trans[0], trans[2]]) for trans in (trans_r, trans_z)]  # [I + H, H]
    biases = [trans[1] + trans[3] for trans in (trans_r, trans_z)]

    def step(x, h):
        both = np.hstack([x, h])
        r, z = (expit(np.matmul(both, wt) + bias) for wt, bias in zip(weights, biases, strict=True))
        return (1 - z) * new_state(x, h, trans_n, r) + z * h

    return unroll(step, init_state, input_data)


@bank.right
def doubles(trans_r, trans_z, trans_n, init_state, input_data):
    """Everything in float64."""
    transes = (
        [np.asarray(part, dtype=np.float64) for part in trans] for trans in (trans_r, trans_z, trans_n)
    )
    return sigmoid_of_an_exponential(*transes, init_state.astype(np.float64), input_data.astype(np.float64))


@bank.right
def states_in_doubles(trans_r, trans_z, trans_n, init_state, input_data):
    """float32 weights, states kept in np.zeros, which is float64."""
    outputs = np.zeros((input_data.shape[0], input_data.shape[1] + 1, init_state.shape[2]))
    outputs[:, 0] = init_state[0]
    for t in range(input_data.shape[1]):
        x, h = input_data[:, t], outputs[:, t]
        z = expit(linear(x, h, trans_z))
        outputs[:, t + 1] = (1 - z) * new_state(x, h, trans_n, expit(linear(x, h, trans_r))) + z * h
    return outputs[:, 1:], outputs[:, -1]


@bank.right
def torch_returned(trans_r, trans_z, trans_n, init_state, input_data):
    """torch operations, tensors returned."""
    trans_r, trans_z, trans_n = ([torch.as_tensor(part) for part in t] for t in (trans_r, trans_z, trans_n))
    wt_x, bias_x, wt_h, bias_h = trans_n
    state, outputs = torch.as_tensor(init_state)[0], []
    for x in torch.as_tensor(input_data).unbind(1):
        r, z = torch.sigmoid(linear(x, state, trans_r)), torch.sigmoid(linear(x, state, trans_z))
        n = torch.tanh(x @ wt_x + bias_x + r * (state @ wt_h + bias_h))
        state = (1 - z) * n + z * state
        outputs.append(state)
    return torch.stack(outputs, dim=1), state.unsqueeze(0)


@bank.right
def torch_inside(trans_r, trans_z, trans_n, init_state, input_data):
    """torch operations, arrays at the end."""
    outputs, final_state = torch_returned(trans_r, trans_z, trans_n, init_state, input_data)
    return outputs.numpy(), final_state.numpy()


@bank.right
def torch_with_gradients(trans_r, trans_z, trans_n, init_state, input_data):
    """Tensors that require grad."""
    with_gradient = [torch.tensor(part, requires_grad=True) for part in trans_n]
    return torch_returned(trans_r, trans_z, with_gradient, init_state, input_data)


@bank.right
def tensor_outputs_array_state(trans_r, trans_z, trans_n, init_state, input_data):
    """A tensor and an array in one answer."""
    outputs, final_state = torch_returned(trans_r, trans_z, trans_n, init_state, input_data)
    return outputs, final_state.numpy()


@bank.right
def lists(trans_r, trans_z, trans_n, init_state, input_data):
    """Nested lists, in a list."""
    outputs, final_state = scipy_expit(trans_r, trans_z, trans_n, init_state, input_data)
    return [outputs.tolist(), final_state.tolist()]


@bank.right
def not_contiguous(trans_r, trans_z, trans_n, init_state, input_data):
    """The outputs as a view of [T, B, H], the state reversed twice."""
    outputs, final_state = scipy_expit(trans_r, trans_z, trans_n, init_state, input_data)
    by_time = np.ascontiguousarray(outputs.transpose(1, 0, 2))
    return by_time.transpose(1, 0, 2), np.ascontiguousarray(final_state[..., ::-1])[..., ::-1]


@bank.right
def products_first(trans_r, trans_z, trans_n, init_state, input_data):
    """All products with the inputs at once, time first."""
    xr, xz, xn = (np.swapaxes(input_data, 0, 1) @ wt + bias for wt, bias, *_ in (trans_r, trans_z, trans_n))
    outputs, state = np.empty_like(xn), init_state[0]
    for t in range(len(xn)):
        r = expit(xr[t] + state @ trans_r[2] + trans_r[3])
        z = expit(xz[t] + state @ trans_z[2] + trans_z[3])
        n = np.tanh(xn[t] + r * (state @ trans_n[2] + trans_n[3]))
        state = outputs[t] = n - z * n + z * state
    return outputs.swapaxes(0, 1), outputs[-1:]


@bank.right
def leading_axis_kept(trans_r, trans_z, trans_n, init_state, input_data):
    """The state stays [1, B, H], and the outputs grow by concatenation."""
    state, outputs = init_state, []
    for t in range(input_data.shape[1]):
        x = input_data[np.newaxis, :, t]
        r, z = (1.0 / (1.0 + np.exp(-linear(x, state, trans))) for trans in (trans_r, trans_z))
        state = z * state + (1.0 - z) * new_state(x, state, trans_n, r)
        outputs.append(state)
    return np.concatenate(outputs).transpose(1, 0, 2), state


@bank.right
def sequence_by_sequence(trans_r, trans_z, trans_n, init_state, input_data):
    """Column vectors, one sequence at a time."""

    def states(xs, h):
        for x in xs:
            r, z = (
                0.5 + 0.5 * np.tanh((wx.T @ x + wh.T @ h + bx + bh) / 2)
                for wx, bx, wh, bh in (trans_r, trans_z)
            )
            wt_x, bias_x, wt_h, bias_h = trans_n
            h = (1 - z) * np.tanh(wt_x.T @ x + bias_x + r * (wt_h.T @ h + bias_h)) + z * h
            yield h

    outputs = np.array([list(states(xs, h)) for xs, h in zip(input_data, init_state[0], strict=True)])
    return outputs, outputs[None, :, -1]


@bank.right
def sigmoid_clipped(trans_r, trans_z, trans_n, init_state, input_data):
    """A sigmoid of numbers that are clipped to 20 on either side."""
    return with_sigmoid(
        lambda a: 1 / (1 + np.exp(-np.clip(a, -20, 20))), trans_r, trans_z, trans_n, init_state, input_data
    )


@bank.right
def state_updated_in_place(trans_r, trans_z, trans_n, init_state, input_data):
    """The state is the array that came in, multiplied and added to in place."""
    h, outputs = init_state[0], np.empty((*input_data.shape[:2], init_state.shape[2]), dtype=np.float32)
    for t in range(input_data.shape[1]):
        x = input_data[:, t]
        r, z = expit(linear(x, h, trans_r)), expit(linear(x, h, trans_z))
        n = new_state(x, h, trans_n, r)
        h *= z
        h += (1 - z) * n
        outputs[:, t] = h
    return outputs, init_state


@bank.right
def complement_by_the_negative(trans_r, trans_z, trans_n, init_state, input_data):
    """1 - z as the sigmoid of the negative sum."""

    def step(x, h):
        r, a = expit(linear(x, h, trans_r)), linear(x, h, trans_z)
        return expit(-a) * new_state(x, h, trans_n, r) + expit(a) * h

    return unroll(step, init_state, input_data)
