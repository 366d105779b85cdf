"""Answers to Q1: `run_models(rnn, gru, input_data, initial_state) -> (rnn_outputs, gru_outputs)`."""

import numpy as np
import torch

from bench.bank import Bank

bank = Bank("run_models", "Q1")
RNN, GRU = "test_rnn_states", "test_gru_states"
BOTH = (RNN, GRU)


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


@bank.wrong(*BOTH)
def zero_initial_state(rnn, gru, input_data, initial_state):
    """The initial state is left out."""
    return rnn(input_data)[0], gru(input_data)[0]


@bank.wrong(GRU)
def zero_initial_state_of_the_gru(rnn, gru, input_data, initial_state):
    """The GRU alone starts from zero."""
    return rnn(input_data, initial_state[None])[0], gru(input_data)[0]


@bank.wrong(RNN)
def zero_initial_state_of_the_rnn(rnn, gru, input_data, initial_state):
    """The RNN alone starts from zero."""
    return rnn(input_data)[0], gru(input_data, initial_state[None])[0]


@bank.wrong(GRU)
def gru_goes_on_from_the_rnn(rnn, gru, input_data, initial_state):
    """The state is a variable that the RNN has overwritten."""
    state = initial_state.unsqueeze(0)
    rnn_outputs, state = rnn(input_data, state)
    gru_outputs, state = gru(input_data, state)
    return rnn_outputs, gru_outputs


@bank.wrong(*BOTH)
def exchanged(rnn, gru, input_data, initial_state):
    """The GRU's states come first."""
    return with_gradients(rnn, gru, input_data, initial_state)[::-1]


@bank.wrong(*BOTH)
def no_leading_axis(rnn, gru, input_data, initial_state):
    """[B, H] is handed over as it is."""
    return rnn(input_data, initial_state)[0], gru(input_data, initial_state)[0]


@bank.wrong(*BOTH)
def time_first(rnn, gru, input_data, initial_state):
    """[T, B, H] is returned."""
    return [out.transpose(0, 1) for out in with_gradients(rnn, gru, input_data, initial_state)]


@bank.wrong(*BOTH)
def final_states(rnn, gru, input_data, initial_state):
    """The final states instead of all."""
    return rnn(input_data, initial_state[None])[1], gru(input_data, initial_state[None])[1]


@bank.wrong(GRU)
def rnn_alone(rnn, gru, input_data, initial_state):
    """What the RNN returns is returned: its outputs and its final state."""
    return rnn(input_data, initial_state[None])


@bank.wrong(GRU)
def rnn_for_both(rnn, gru, input_data, initial_state):
    """A slip of the pen: the RNN is run twice."""
    return rnn(input_data, initial_state[None])[0], rnn(input_data, initial_state[None])[0]


@bank.wrong(*BOTH)
def pairs_returned(rnn, gru, input_data, initial_state):
    """The outputs are not taken out of what torch returns."""
    return rnn(input_data, initial_state[None]), gru(input_data, initial_state[None])


@bank.wrong(*BOTH)
def initial_state_prepended(rnn, gru, input_data, initial_state):
    """T + 1 states, the initial one first."""
    both = with_gradients(rnn, gru, input_data, initial_state)
    return [torch.cat([initial_state[:, None], out], dim=1) for out in both]


@bank.wrong(*BOTH)
def one_state_for_all(rnn, gru, input_data, initial_state):
    """Every sequence starts from the first one's state."""
    return with_gradients(rnn, gru, input_data, initial_state[:1].expand_as(initial_state).contiguous())


@bank.lost_axis(*BOTH)
def squeezed(rnn, gru, input_data, initial_state):
    """`squeeze()` drops every axis of size 1."""
    return [out.squeeze() for out in with_gradients(rnn, gru, input_data, initial_state)]


@bank.wrong(*BOTH)
def rounded(rnn, gru, input_data, initial_state):
    """Answers rounded to three digits."""
    return [out.detach().numpy().round(3) for out in with_gradients(rnn, gru, input_data, initial_state)]
