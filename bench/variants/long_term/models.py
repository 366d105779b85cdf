"""Answers to Q1: `run_models(rnn, gru, input_data, initial_state) -> (rnn_outputs, gru_outputs)`."""

import numpy as np
import torch

from bench.bank import Bank

bank = Bank("run_models", "Q1")


@bank.right
def unsqueezed(rnn, gru, input_data, initial_state):
    """Both layers called with [1, B, H], without gradients."""
    first = initial_state.unsqueeze(0)
    with torch.no_grad():
        rnn_outputs, _ = rnn(input_data, first)
        gru_outputs, _ = gru(input_data, first)
    return rnn_outputs, gru_outputs


@bank.right
def with_gradients(rnn, gru, input_data, initial_state):
    """Tensors that require grad are returned."""
    return rnn(input_data, initial_state[None])[0], gru(input_data, initial_state[None])[0]


@bank.right
def arrays(rnn, gru, input_data, initial_state):
    """NumPy arrays are returned."""
    return tuple(outputs.detach().numpy() for outputs in with_gradients(rnn, gru, input_data, initial_state))


@bank.right
def lists(rnn, gru, input_data, initial_state):
    """Nested lists, in a list."""
    return [outputs.tolist() for outputs in with_gradients(rnn, gru, input_data, initial_state)]


@bank.right
def reshaped(rnn, gru, input_data, initial_state):
    """The leading axis by a reshape, evaluation mode, inference mode."""
    rnn.eval()
    gru.eval()
    first = initial_state.reshape(1, initial_state.shape[0], -1).contiguous()
    with torch.inference_mode():
        return rnn(input_data, first)[0], gru(input_data, first)[0]


@bank.right
def step_by_step(rnn, gru, input_data, initial_state):
    """One step after the other, the state carried by hand."""
    answers = []
    for model in (rnn, gru):
        state, outputs = initial_state[np.newaxis], []
        for t in range(input_data.shape[1]):
            out, state = model(input_data[:, t : t + 1], state)
            outputs.append(out[:, 0])
        answers.append(torch.stack(outputs, dim=1))
    return answers


@bank.right
def sequence_by_sequence(rnn, gru, input_data, initial_state):
    """A loop over the batch, with torch's unbatched inputs."""
    answers = []
    for model in (rnn, gru):
        outputs = [model(x, h.unsqueeze(0))[0] for x, h in zip(input_data, initial_state, strict=True)]
        answers.append(torch.stack(outputs).detach())
    return tuple(answers)


@bank.right
def doubles(rnn, gru, input_data, initial_state):
    """Everything in float64."""
    return with_gradients(rnn.double(), gru.double(), input_data.double(), initial_state.double())


@bank.right
def parameters_by_hand(rnn, gru, input_data, initial_state):
    """The RNN with NumPy products, the GRU by torch; arrays written one by one."""
    wt_x, wt_h = rnn.weight_ih_l0.detach().numpy().T, rnn.weight_hh_l0.detach().numpy().T
    bias = (rnn.bias_ih_l0 + rnn.bias_hh_l0).detach().numpy()
    state = initial_state.numpy()
    outputs = np.zeros((*input_data.shape[:2], state.shape[1]))
    for t in range(input_data.shape[1]):
        state = np.tanh(input_data[:, t].numpy() @ wt_x + state @ wt_h + bias)
        outputs[:, t] = state
    return outputs, gru(input_data, initial_state[None])[0]
