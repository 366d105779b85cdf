"""Q3's gradient, unit by unit: torch.autograd.grad with ones for the batch, a list of gradients added up."""

from typing import Any

import torch

from bench.family import Family, exclusive, hides

PICKED = (
    "step too late",
    "step too early",
    "last step in place of step",
    "first step in place of step",
    "sum over all steps",
    "batch and time exchanged",
)
STARTS = ("zero initial state", "one initial state for all", "random initial state")
OF_STATES = ("gradient of the square", "gradient of the norm")
SCALED = ("mean for sum", "mean over the batch", "sums left over")
CHAIN = ("recurrent weights transposed", "slope missing")
ENDS = (
    "batch summed",
    "norms of the gradient",
    "gradient divided by its norm",
    "gradient transposed",
    "axes of size one lost",
)
WRONG_AT_SIZE_ONE = (  # whatever becomes of the axes there
    "batch and time exchanged",
    "random initial state",
    "gradient of the norm",
    "one unit in place of the sum",
    "one sequence in place of the sum",
    "gradient zero",
    "gradient in the inputs",
    "norms of the gradient",
    "gradient divided by its norm",
    "gradient transposed",
)
GRADIENT = (
    *PICKED,
    *STARTS,
    *OF_STATES,
    *SCALED,
    "one unit in place of the sum",
    "one sequence in place of the sum",
    "sign wrong",
    "gradient zero",
    "gradient in the inputs",
    *ENDS,
    *CHAIN,
)
CLASHES = (
    exclusive(
        PICKED,
        STARTS,
        OF_STATES,
        ("mean for sum", "mean over the batch"),  # both: the mean of the state, which is a mean for sum
        ("mean over the batch", "batch summed"),  # both: averaged over the batch
        ("norms of the gradient", "gradient divided by its norm"),
    )
    | hides("gradient of the norm", "mean for sum", "one unit in place of the sum")
    | hides("one unit in place of the sum", "mean for sum")
    | hides("one sequence in place of the sum", "mean over the batch", "one initial state for all")
    # the first axis of outputs[step] is time: no batch is there to average, or to take the first of
    | hides("batch and time exchanged", "mean over the batch", "one sequence in place of the sum")
    # beside the division squares and norms are the same: they differ by a factor for each sequence
    | hides("gradient divided by its norm", *SCALED, *OF_STATES)
    | hides("norms of the gradient", "sign wrong", "gradient transposed", "batch summed")
    | hides("batch summed", "gradient transposed")
    | hides("gradient zero", *PICKED, *STARTS, *OF_STATES, *SCALED, *CHAIN, "sign wrong", "batch summed")
    | hides("gradient zero", "one unit in place of the sum", "one sequence in place of the sum")
    | hides("gradient zero", "gradient in the inputs", "gradient divided by its norm")
    # [B, T, I] has neither a norm for each sequence in one axis nor two axes to exchange
    | hides("gradient in the inputs", "norms of the gradient", "gradient divided by its norm")
    | hides("gradient in the inputs", "gradient transposed", *CHAIN)
    # at states of zero, where factors and signs are looked at, that of the square is zero
    | hides("gradient of the square", *SCALED, "sign wrong")
    | hides("slope missing", "zero initial state", "one initial state for all")
    | hides("axes of size one lost", *WRONG_AT_SIZE_ONE)
)


def make_gradient(wrong: frozenset[str]) -> Any:
    """All in float32, as the models are."""

    def leaf(initial_state: torch.Tensor) -> torch.Tensor:
        """Where the model starts, [B, H]."""
        if "zero initial state" in wrong:
            return torch.zeros_like(initial_state, requires_grad=True)
        if "random initial state" in wrong:
            return torch.ones_like(initial_state, requires_grad=True)
        if "one initial state for all" in wrong:
            return initial_state[0].detach().repeat(len(initial_state), 1).requires_grad_()
        return initial_state.detach().clone().requires_grad_()

    def picked(outputs: torch.Tensor, step: int) -> torch.Tensor:
        """The state asked for, [B, H]."""
        if "step too late" in wrong:
            step = min(step + 1, outputs.shape[1] - 1)
        if "step too early" in wrong:
            step = step - 1
        if "last step in place of step" in wrong:
            step = -1
        if "first step in place of step" in wrong:
            step = 0
        if "batch and time exchanged" in wrong:
            return outputs[step]
        return outputs[:, : step + 1] if "sum over all steps" in wrong else outputs[:, step]

    def by_unit(state: torch.Tensor) -> list[torch.Tensor]:
        """What is differentiated, [B] for each unit."""
        if "one sequence in place of the sum" in wrong:
            state = state[:1]
        if "gradient of the square" in wrong:
            state = state**2
        if "mean over the batch" in wrong:
            state = state.mean(dim=0)
        if "gradient of the norm" in wrong:
            return [state.norm(dim=-1)]
        return list(state.unbind(dim=-1))

    def pulled(values: torch.Tensor, source: torch.Tensor) -> Any:
        """The gradient of the sum of these values in `source`."""
        ones = torch.ones_like(values)
        if "sign wrong" in wrong:
            ones = -ones
        if "sums left over" in wrong and "gradient zero" not in wrong:
            source.grad = None
            for _ in range(2):
                torch.autograd.backward(values, ones, retain_graph=True)
            return source.grad
        options = {"retain_graph": True, "create_graph": False, "materialize_grads": "gradient zero" in wrong}
        (gradient,) = torch.autograd.grad(values, source, grad_outputs=ones, **options)
        return gradient

    def chained(rnn: Any, outputs: torch.Tensor, seeds: torch.Tensor) -> torch.Tensor:
        """The gradients `seeds` [B, T, H] in an RNN's outputs, by the formula back to where it started."""
        weights = rnn.weight_hh_l0.detach()
        if "recurrent weights transposed" in wrong:
            weights = weights.T
        gradient = torch.zeros_like(seeds[:, 0])
        for state, seed in zip(outputs.detach().unbind(1)[::-1], seeds.unbind(1)[::-1], strict=True):
            slope = torch.ones_like(state) if "slope missing" in wrong else 1 - state**2
            gradient = ((gradient + seed) * slope) @ weights
        return gradient

    def finished(gradient: torch.Tensor) -> torch.Tensor:
        """The gradient to return, [B, H]."""
        if "gradient divided by its norm" in wrong:
            gradient = torch.nn.functional.normalize(gradient, dim=-1, eps=1e-30)
        if "batch summed" in wrong:
            gradient = gradient.sum(dim=0)
        if "norms of the gradient" in wrong:
            gradient = gradient.norm(dim=-1)
        if "gradient transposed" in wrong:
            gradient = gradient.transpose(0, -1)
        return gradient.squeeze() if "axes of size one lost" in wrong else gradient

    def initial_state_gradient(
        model: Any, input_data: torch.Tensor, initial_state: torch.Tensor, step: int
    ) -> torch.Tensor:
        """A gradient [B, H] for each unit of the state, and their sum."""
        inputs = input_data.detach().clone().requires_grad_()
        start = leaf(initial_state)
        reached = start.detach() if "gradient zero" in wrong else start
        outputs, _ = model(inputs, reached.unsqueeze(0))
        outputs.retain_grad()
        source = inputs if "gradient in the inputs" in wrong else start
        by_hand = not wrong.isdisjoint(CHAIN) and isinstance(model, torch.nn.RNN)
        gradients = []
        for values in by_unit(picked(outputs, step)):
            if by_hand:
                gradients.append(chained(model, outputs, pulled(values, outputs)))
            else:
                gradients.append(pulled(values, source))
        if "one unit in place of the sum" in wrong:
            return finished(gradients[0])
        stacked = torch.stack(gradients)
        return finished(stacked.mean(dim=0) if "mean for sum" in wrong else stacked.sum(dim=0))

    return initial_state_gradient


FAMILIES = [
    Family(
        "initial_state_gradient",
        "torch float32, autograd.grad unit by unit, a list added up",
        GRADIENT,
        make_gradient,
        CLASHES,
    ),
]
