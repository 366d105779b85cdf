"""Known mistakes, a bank a function."""

from autograder.suites.gate_mistakes import keeping_bank
from autograder.suites.long_term.mistakes.exploding_rnn_params import bank as exploding
from autograder.suites.long_term.mistakes.initial_state_gradient import bank as gradient
from autograder.suites.long_term.mistakes.run_models import bank as models
from autograder.suites.long_term.mistakes.vanishing_rnn_params import bank as vanishing

BANKS = [
    models,
    # 5 is enough for step 10, 3 for nothing
    keeping_bank("long_term_gru_params", "Q2", short=(3.0, 5.0)),
    gradient,
    vanishing,
    exploding,
    keeping_bank("non_vanishing_gru_params", "Q4", short=(1.0, 3.0)),
]
