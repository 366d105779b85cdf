"""Answers to Q2: `get_analytical_gradient(model, x) -> dict`."""

import copy

import numpy as np

from bench.bank import Bank
from bench.variants.bptt.numerical import in_place

bank = Bank("get_analytical_gradient", "Q2")
RIGHT, RESTORES = "test_analytical_gradient", "test_analytical_gradient_restores"


@bank.right
def ones_by_bias(model, x):
    """As many ones as by has elements."""
    model.forward(x)
    return model.backward(np.ones(np.shape(model.by)))


@bank.right
def ones_like(model, x):
    """An upstream gradient of ones, as many as outputs."""
    return model.backward(np.ones_like(model.forward(x)))


@bank.right
def on_a_copy(model, x):
    """A deep copy is asked."""
    twin = copy.deepcopy(model)
    y = twin.forward(x)
    return twin.backward(np.full(len(y), 1.0))


@bank.right
def on_an_object_of_its_own(model, x):
    """A new object with the same weights is asked."""
    twin = type(model)(*model.W.shape, model.by.size)
    twin.set_weights(model.get_weights())
    return twin.backward(np.ones(twin.forward(x).shape))


@bank.right
def copied_answer(model, x):
    """Copies of what backward returns, in another order."""
    outputs = np.asarray(model.forward(x))
    answer = model.backward(np.ones(outputs.size))
    return {key: np.array(answer[key]) for key in sorted(answer)}


@bank.right
def whole_ones(model, x):
    """Ones that are whole numbers."""
    model.forward(x)
    return model.backward(np.ones(model.V.shape[1], dtype=int))


@bank.right
def weights_set_back(model, x):
    """Keeps the weights and sets them again, though nothing moved them."""
    weights = model.get_weights()
    model.forward(x)
    answer = model.backward(np.ones(len(model.by)))
    model.set_weights(weights)
    return answer


@bank.right
def output_by_output(model, x):
    """The gradients of the outputs one by one, added up."""
    answer = {}
    for upstream in np.eye(len(model.by)):
        model.forward(x)
        for key, value in model.backward(upstream).items():
            answer[key] = answer.get(key, 0) + value
    return answer


@bank.wrong(RIGHT, RESTORES)
def without_forward(model, x):
    """No forward before backward."""
    return model.backward(np.ones(len(model.by)))


@bank.wrong(RIGHT)
def one_one(model, x):
    """A single one, whatever the number of outputs."""
    model.forward(x)
    return model.backward(np.ones(1))


@bank.wrong(RIGHT)
def first_output(model, x):
    """The gradient of the first output."""
    return model.backward(np.eye(len(model.forward(x)))[0])


@bank.wrong(RIGHT)
def mean_of_outputs(model, x):
    """The gradient of the outputs' mean."""
    y = model.forward(x)
    return model.backward(np.ones_like(y) / len(y))


@bank.wrong(RIGHT, RESTORES)
def outputs_as_upstream(model, x):
    """The gradient of half the squared outputs."""
    return model.backward(model.forward(x))


@bank.wrong(RIGHT, RESTORES)
def zeros(model, x):
    """An upstream gradient of zeros."""
    return model.backward(np.zeros_like(model.forward(x)))


@bank.wrong(RESTORES)
def updates(model, x):
    """Makes an update, too."""
    answer = model.backward(np.ones_like(model.forward(x)))
    model.update(1e-3)
    return answer


@bank.wrong(RIGHT, RESTORES)
def reversed_sequence(model, x):
    """The sequence from its end."""
    return model.backward(np.ones_like(model.forward(x[::-1])))


@bank.wrong(RIGHT, RESTORES)
def other_keys(model, x):
    """Keys without their d_."""
    return {key[2:]: value for key, value in model.backward(np.ones_like(model.forward(x))).items()}


@bank.wrong(RIGHT, RESTORES)
def values_alone(model, x):
    """A list without keys."""
    return list(model.backward(np.ones_like(model.forward(x))).values())


@bank.wrong(RIGHT, RESTORES)
def differences(model, x):
    """A numerical gradient."""
    return in_place(model, x)
