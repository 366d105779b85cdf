"""The numerical and the analytical gradient, in two styles each."""

import numpy as np

from bench.family import Family, exclusive, hides

ORDER = ("V", "by", "W", "R", "bs")

NUMERICAL_IDS = (
    "one-sided",
    "not halved",
    "halved twice",
    "weights not restored",
    "mean of the outputs",
    "first output only",
    "eps ignored",
    "sign wrong",
)
NUMERICAL_CLASHES = exclusive(
    ("one-sided", "not halved", "halved twice"), ("mean of the outputs", "first output only")
)


def make_numerical_in_place(mistakes: frozenset[str]):
    """Element by element, moved in place."""

    def get_numerical_gradient(model, x, eps=1e-7):
        if "eps ignored" in mistakes:
            eps = 0.03

        def f():
            y = model.forward(x)
            if "mean of the outputs" in mistakes:
                return np.mean(y)
            if "first output only" in mistakes:
                return y[0]
            return np.sum(y)

        width = 2 * eps
        if "one-sided" in mistakes or "not halved" in mistakes:
            width = eps
        if "halved twice" in mistakes:
            width = 2 * (2 * eps)
        gradients = {}
        for name in ORDER:
            flat = getattr(model, name).reshape(-1)  # a view
            gradient = np.zeros(flat.size)
            for i in range(flat.size):
                before = float(flat[i])
                if "one-sided" in mistakes:
                    low = f()
                else:
                    flat[i] = before - eps
                    low = f()
                flat[i] = before + eps
                high = f()
                if "weights not restored" not in mistakes:
                    flat[i] = before
                gradient[i] = (low - high if "sign wrong" in mistakes else high - low) / width
            gradients["d_" + name] = gradient.reshape(getattr(model, name).shape)
        return gradients

    return get_numerical_gradient


def make_numerical_by_copies(mistakes: frozenset[str]):
    """A moved copy of the whole parameter for every element, from a list comprehension."""

    def output(model, x):
        y = model.forward(x)
        if "first output only" in mistakes:
            return float(np.ravel(y)[0])
        return float(np.sum(y)) / (np.size(y) if "mean of the outputs" in mistakes else 1)

    def moved(model, name, value, x):
        setattr(model, name, value)
        return output(model, x)

    def one_element(model, x, name, direction, h):
        kept = getattr(model, name)
        up = moved(model, name, kept + h * direction, x)
        down = moved(model, name, kept - h * direction, x)
        setattr(model, name, kept)
        if "one-sided" in mistakes:
            quotient = (output(model, x) - down) / h
        elif "not halved" in mistakes:
            quotient = (up - down) / h
        elif "halved twice" in mistakes:
            quotient = 0.5 * (up - down) / (h + h)
        else:
            quotient = 0.5 * (up - down) / h
        if "weights not restored" in mistakes:
            setattr(model, name, kept - h * direction)
        return -quotient if "sign wrong" in mistakes else quotient

    def get_numerical_gradient(model, x, eps=1e-7):
        h = 0.1 if "eps ignored" in mistakes else eps
        answer = {}
        for name in reversed(ORDER):
            shape = np.shape(getattr(model, name))
            directions = np.eye(int(np.prod(shape))).reshape(-1, *shape)
            numbers = [one_element(model, x, name, direction, h) for direction in directions]
            answer[f"d_{name}"] = np.array(numbers).reshape(shape)
        return answer

    return get_numerical_gradient


ANALYTICAL_IDS = (
    "a numerical gradient",
    "mean of the outputs",
    "upstream of the first output only",
    "forward not run",
    "weights changed",
    "sums left over",
)
ANALYTICAL_CLASHES = exclusive(("mean of the outputs", "upstream of the first output only")) | hides(
    "a numerical gradient", "forward not run"
)


def differences(model, x, weigh, eps):
    """What a student takes for the analytical gradient, who has only understood the other one."""
    gradients = {}
    for name in ORDER:
        parameter = getattr(model, name)
        gradients[f"d_{name}"] = np.zeros_like(parameter)
        for place in np.ndindex(*parameter.shape):
            kept = parameter[place]
            parameter[place] = kept + eps
            above = weigh(model.forward(x))
            parameter[place] = kept - eps
            gradients[f"d_{name}"][place] = (above - weigh(model.forward(x))) / (2 * eps)
            parameter[place] = kept
    return gradients


def make_analytical_plain(mistakes: frozenset[str]):
    """forward, ones, backward."""

    def get_analytical_gradient(model, x):
        if "forward not run" not in mistakes:
            model.forward(x)
        d_loss = np.ones(model.by.shape)
        if "mean of the outputs" in mistakes:
            d_loss = d_loss / d_loss.size
        if "upstream of the first output only" in mistakes:
            d_loss[1:] = 0
        if "a numerical gradient" in mistakes:
            gradients = differences(model, x, lambda y: np.dot(y, d_loss), 1e-6)
        else:
            gradients = model.backward(d_loss)
        if "sums left over" in mistakes:
            sums = getattr(model, "gradient_sums", {})
            gradients = {name: gradient + sums.get(name, 0) for name, gradient in gradients.items()}
            model.gradient_sums = gradients
        if "weights changed" in mistakes:
            if "a numerical gradient" in mistakes:
                model.backward(d_loss)
            model.update(0.01)
        return gradients

    return get_analytical_gradient


def make_analytical_dict(mistakes: frozenset[str]):
    """An upstream from the outputs, and a new dict with copies."""
    sums: dict[tuple, np.ndarray] = {}

    def upstream(y):
        if "upstream of the first output only" in mistakes:
            return np.eye(len(y))[0]
        return np.full(len(y), 1 / len(y) if "mean of the outputs" in mistakes else 1.0)

    def get_analytical_gradient(model, x):
        if "forward not run" in mistakes:
            try:
                found = model.backward(upstream(model.by))
            except Exception:  # noqa: BLE001 (it needs a forward, of whatever sequence)
                found = model.backward(upstream(model.forward(x)))
        else:
            found = model.backward(upstream(model.forward(x)))
        if "weights changed" in mistakes:
            model.update(lr=0.1)
        if "a numerical gradient" in mistakes:
            found = differences(model, x, lambda y: np.sum(y * upstream(y)), 1e-5)
        answer = {key: np.array(found[key]) for key in sorted(found)}
        if "sums left over" in mistakes:
            for key in answer:
                place = (key, answer[key].shape)
                sums[place] = answer[key] = answer[key] + sums.get(place, 0)
        return answer

    return get_analytical_gradient


FAMILIES: list[Family] = [
    Family(
        "get_numerical_gradient",
        "elements moved in place in a flat view",
        NUMERICAL_IDS,
        make_numerical_in_place,
        NUMERICAL_CLASHES,
    ),
    Family(
        "get_numerical_gradient",
        "a moved copy an element, list comprehension",
        NUMERICAL_IDS,
        make_numerical_by_copies,
        NUMERICAL_CLASHES,
    ),
    Family(
        "get_analytical_gradient",
        "forward, ones, backward",
        ANALYTICAL_IDS,
        make_analytical_plain,
        ANALYTICAL_CLASHES,
    ),
    Family(
        "get_analytical_gradient",
        "upstream from the outputs, a dict of copies",
        ANALYTICAL_IDS,
        make_analytical_dict,
        ANALYTICAL_CLASHES,
    ),
]
