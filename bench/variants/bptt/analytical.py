"""Answers to Q2: `get_analytical_gradient(model, x) -> dict`."""

import copy

import numpy as np

from bench.bank import Bank

bank = Bank("get_analytical_gradient", "Q2")


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


@bank.right
def put_back(model, x):
    """The weights are taken before and set again after, in columns."""
    weights = {name: np.array(array, order="F") for name, array in model.get_weights().items()}
    gradients = model.backward(np.ones_like(model.forward(x)))
    model.set_weights(weights)
    return gradients
