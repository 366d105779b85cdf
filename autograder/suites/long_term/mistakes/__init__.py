"""Known mistakes, a bank a function."""

from autograder.suites.gate_mistakes import keeping_bank
from autograder.suites.long_term.mistakes import (
    exploding_rnn_params,
    initial_state_gradient,
    run_models,
    vanishing_rnn_params,
)

BANKS = [
    run_models.bank,
    # 5 is enough for step 10, 3 for nothing
    keeping_bank("long_term_gru_params", "Q2", short=(3.0, 5.0)),
    initial_state_gradient.bank,
    vanishing_rnn_params.bank,
    exploding_rnn_params.bank,
    keeping_bank("non_vanishing_gru_params", "Q4", short=(1.0, 3.0)),
]
