"""Q5: `init_gru_with_long_term_memory(input_size, hidden_size)`."""

from autograder.suites.gate_mistakes import keeping_bank

# 15 keeps ten steps, but not a thousand
bank = keeping_bank("init_gru_with_long_term_memory", "Q5", short=(10.0, 15.0))
