"""Answers to Q3: `initial_state_gradient(model, input_data, initial_state, step) -> [B, H]`."""

import numpy as np
import torch

from bench.bank import Bank

bank = Bank("initial_state_gradient", "Q3")
RNN, GRU, ONES = "test_gradient_of_an_rnn", "test_gradient_of_a_gru", "test_gradient_sizes_of_one"
ALL = (RNN, GRU, ONES)


def gradient_of(scalar, model, input_data, initial_state):
    """The gradient [B, H] of scalar(outputs [B, T, H]) in the initial state."""
    start = initial_state.clone().requires_grad_()
    outputs, _ = model(input_data, start.unsqueeze(0))
    return torch.autograd.grad(scalar(outputs), start)[0]


@bank.right
def autograd(model, input_data, initial_state, step):
    """torch.autograd.grad with a leaf of its own."""
    start = initial_state.detach().clone().requires_grad_()
    outputs, _ = model(input_data, start.unsqueeze(0))
    return torch.autograd.grad(outputs[:, step].sum(), start)[0]


@bank.right
def backward_in_place(model, input_data, initial_state, step):
    """The argument itself is made to require a gradient, then `backward()`."""
    initial_state.requires_grad = True
    outputs, _ = model(input_data, initial_state[None])
    outputs[:, step, :].sum().backward()
    return initial_state.grad


@bank.right
def leading_axis_as_array(model, input_data, initial_state, step):
    """The leaf has the leading axis, and so has the gradient: [1, B, H], an array."""
    start = initial_state[None].clone().requires_grad_(True)
    outputs = model(input_data, start)[0]
    torch.sum(outputs[:, step]).backward()
    return start.grad.numpy()


@bank.right
def autograd_variable(model, input_data, initial_state, step):
    """The old style, with `Variable`, `retain_graph` and ones for the upstream gradient."""
    start = torch.autograd.Variable(initial_state, requires_grad=True)
    outputs, _ = model(input_data, start.unsqueeze(0))
    outputs[:, step].backward(torch.ones_like(outputs[:, step]), retain_graph=True)
    return start.grad.data.numpy().tolist()


@bank.right
def only_the_steps_needed(model, input_data, initial_state, step):
    """Runs step + 1 inputs and takes the final state."""
    start = initial_state.clone().requires_grad_()
    _, final = model(input_data[:, : step + 1], start[None])
    final.sum().backward()
    return start.grad


@bank.right
def sequence_by_sequence(model, input_data, initial_state, step):
    """A loop over the batch."""
    rows = []
    for x, h in zip(input_data, initial_state, strict=True):
        start = h.clone().requires_grad_()
        outputs, _ = model(x[None], start[None, None])
        rows.append(torch.autograd.grad(outputs[0, step].sum(), start)[0])
    return torch.stack(rows)


@bank.right
def unit_by_unit(model, input_data, initial_state, step):
    """The sum of every unit's own gradient."""
    start = initial_state.clone().requires_grad_()
    outputs, _ = model(input_data, start[None])
    total = torch.zeros_like(initial_state)
    for unit in range(initial_state.shape[1]):
        total += torch.autograd.grad(outputs[:, step, unit].sum(), start, retain_graph=True)[0]
    return total


@bank.right
def jacobian(model, input_data, initial_state, step):
    """torch.autograd.functional.jacobian of the sum."""
    return torch.autograd.functional.jacobian(
        lambda start: model(input_data, start.unsqueeze(0))[0][:, step].sum(), initial_state
    )


@bank.right
def doubles(model, input_data, initial_state, step):
    """Everything in float64."""
    return autograd(model.double(), input_data.double(), initial_state.double(), step)


@bank.undecided
def differences(model, input_data, initial_state, step):
    """Two-sided differences in float64, which know nothing of a gradient of 1e-9."""
    model, inputs, state = model.double(), input_data.double(), initial_state.double()
    answer = torch.zeros_like(state)
    with torch.no_grad():
        for unit in range(state.shape[1]):
            move = torch.zeros_like(state)
            move[:, unit] = 1e-5
            up, down = (model(inputs, (state + sign * move)[None])[0][:, step].sum(1) for sign in (1, -1))
            answer[:, unit] = (up - down) / 2e-5
    return answer


@bank.right
def outputs_retained(model, input_data, initial_state, step):
    """A leading axis in between, whose gradient is kept by `retain_grad`."""
    start = initial_state.requires_grad_().unsqueeze(0)
    start.retain_grad()
    model(input_data, start)[0][:, step].sum().backward()
    return start.grad[0]


@bank.wrong(*ALL)
def of_the_mean(model, input_data, initial_state, step):
    """The mean for the sum."""
    return gradient_of(lambda outputs: outputs[:, step].mean(), model, input_data, initial_state)


@bank.wrong(RNN, GRU, ONES)
def of_the_batch_mean(model, input_data, initial_state, step):
    """Summed over units, averaged over the batch."""
    return gradient_of(lambda out: out[:, step].sum(1).mean(), model, input_data, initial_state)


@bank.wrong(*ALL)
def one_step_early(model, input_data, initial_state, step):
    """Counts states from 1."""
    return gradient_of(lambda outputs: outputs[:, step - 1].sum(), model, input_data, initial_state)


@bank.wrong(*ALL)
def one_step_late(model, input_data, initial_state, step):
    """Counts the initial state as number -1; the last step does not exist."""
    return gradient_of(lambda outputs: outputs[:, step + 1].sum(), model, input_data, initial_state)


@bank.wrong(*ALL)
def inputs_up_to_step(model, input_data, initial_state, step):
    """Runs `step` inputs for step + 1."""
    return gradient_of(lambda outputs: outputs[:, -1].sum(), model, input_data[:, :step], initial_state)


@bank.wrong(RNN, GRU, ONES)
def of_all_states(model, input_data, initial_state, step):
    """The sum over all steps."""
    return gradient_of(lambda outputs: outputs.sum(), model, input_data, initial_state)


@bank.wrong(RNN, GRU, ONES)
def of_states_up_to_step(model, input_data, initial_state, step):
    """The sum over the steps up to this one."""
    return gradient_of(lambda outputs: outputs[:, : step + 1].sum(), model, input_data, initial_state)


@bank.wrong(RNN, GRU, ONES)
def of_the_final_state(model, input_data, initial_state, step):
    """The last state for the one asked for."""
    return gradient_of(lambda outputs: outputs[:, -1].sum(), model, input_data, initial_state)


@bank.wrong(*ALL)
def of_one_sequence(model, input_data, initial_state, step):
    """outputs[step]: the batch taken for time."""
    return gradient_of(lambda outputs: outputs[step].sum(), model, input_data, initial_state)


@bank.wrong(RNN, GRU, ONES)
def of_the_first_unit(model, input_data, initial_state, step):
    """One unit for the sum."""
    return gradient_of(lambda outputs: outputs[:, step, 0].sum(), model, input_data, initial_state)


@bank.wrong(*ALL)
def of_the_norm(model, input_data, initial_state, step):
    """The states' norms for their sum."""
    return gradient_of(lambda outputs: outputs[:, step].norm(dim=1).sum(), model, input_data, initial_state)


@bank.wrong(*ALL)
def at_zero(model, input_data, initial_state, step):
    """The gradient at an initial state of zero."""
    return autograd(model, input_data, torch.zeros_like(initial_state), step)


@bank.wrong(*ALL)
def in_the_inputs(model, input_data, initial_state, step):
    """The gradient with respect to the inputs."""
    inputs = input_data.clone().requires_grad_()
    model(inputs, initial_state[None])[0][:, step].sum().backward()
    return inputs.grad


@bank.wrong(*ALL)
def norms(model, input_data, initial_state, step):
    """A norm a sequence is returned."""
    return autograd(model, input_data, initial_state, step).norm(dim=1)


@bank.wrong(*ALL)
def normalised(model, input_data, initial_state, step):
    """Divided by its norm."""
    gradient = autograd(model, input_data, initial_state, step)
    return 0.999 * gradient / gradient.norm(dim=1, keepdim=True)


@bank.wrong(*ALL)
def not_a_leaf(model, input_data, initial_state, step):
    """Asks a tensor for its gradient that is no leaf: None is returned."""
    start = initial_state.clone().requires_grad_().unsqueeze(0)
    model(input_data, start)[0][:, step].sum().backward()
    return start.grad


@bank.wrong(*ALL)
def without_gradients(model, input_data, initial_state, step):
    """Runs the model under `no_grad`, from which nothing comes back."""
    with torch.no_grad():
        return autograd(model, input_data, initial_state, step)


@bank.wrong(GRU, ONES)
def rnn_only(model, input_data, initial_state, step):
    """The chain rule of an RNN, by hand, for every model."""
    states = model(input_data, initial_state[None])[0].detach().numpy()
    gradient = np.ones(initial_state.shape, dtype=np.float32)
    for t in range(step, -1, -1):
        gradient = (gradient * (1 - states[:, t] ** 2)) @ model.weight_hh_l0.detach().numpy()
    return gradient


@bank.lost_axis(ONES)
def squeezed(model, input_data, initial_state, step):
    """`squeeze()` drops every axis of size 1."""
    return autograd(model, input_data, initial_state, step).squeeze()


@bank.wrong(*ALL)
def coarse_differences(model, input_data, initial_state, step):
    """One-sided differences with a step of 0.01."""
    answer = torch.zeros_like(initial_state)
    with torch.no_grad():
        for unit in range(initial_state.shape[1]):
            moved = initial_state.clone()
            moved[:, unit] += 0.01
            after, before = (
                model(input_data, state[None])[0][:, step].sum(1) for state in (moved, initial_state)
            )
            answer[:, unit] = (after - before) / 0.01
    return answer
