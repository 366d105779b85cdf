"""Answers to Q3: `initial_state_gradient(model, input_data, initial_state, step) -> [B, H]`."""

import numpy as np
import torch

from bench.bank import Bank

bank = Bank("initial_state_gradient", "Q3")


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


@bank.right
def outputs_retained(model, input_data, initial_state, step):
    """A leading axis in between, whose gradient is kept by `retain_grad`."""
    start = initial_state.requires_grad_().unsqueeze(0)
    start.retain_grad()
    model(input_data, start)[0][:, step].sum().backward()
    return start.grad[0]


@bank.right
def functional(model, input_data, initial_state, step):
    """torch.func.grad of a function of the state."""

    def total(start):
        return model(input_data, start[None])[0].select(1, step).sum()

    return torch.func.grad(total)(initial_state)


@bank.right
def chain_rule(model, input_data, initial_state, step):
    """The question's formula where the model is an RNN, autograd where it is a GRU."""
    if isinstance(model, torch.nn.GRU):
        return autograd(model, input_data, initial_state, step)
    with torch.no_grad():
        states = model(input_data, initial_state.unsqueeze(0))[0].numpy()
    weights, gradient = model.weight_hh_l0.detach().numpy(), np.ones(initial_state.shape, dtype=np.float32)
    for state in states[:, : step + 1].swapaxes(0, 1)[::-1]:
        gradient = (gradient * (1 - state**2)) @ weights
    return gradient


@bank.right
def step_by_step(model, input_data, initial_state, step):
    """The chain rule over single steps, each of them by autograd."""
    states, state = [], initial_state[None]
    for t in range(step + 1):
        states.append(state.detach())
        _, state = model(input_data[:, t : t + 1], states[-1])
    upstream = torch.ones_like(state)
    for t in reversed(range(step + 1)):
        before = states[t].clone().requires_grad_()
        _, after = model(input_data[:, t : t + 1], before)
        (upstream,) = torch.autograd.grad(after, before, upstream)
    return upstream[0]


@bank.right
def ones_at_the_step(model, input_data, initial_state, step):
    """All outputs are the end, and the upstream gradient is one at the step alone."""
    start = torch.nn.Parameter(initial_state.clone())
    outputs, _ = model(input_data, start.unsqueeze(0))
    upstream = torch.zeros_like(outputs)
    upstream[:, step] = 1
    outputs.backward(upstream)
    return start.grad.tolist()
