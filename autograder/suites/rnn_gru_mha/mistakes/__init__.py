"""Known mistakes, a bank a function."""

from autograder.suites.rnn_gru_mha.mistakes import (
    attention,
    attention_heads,
    attention_inputs,
    attention_scores,
    gru,
    imitation,
    memory,
    rnn,
)

PARTS = (attention_scores, attention_heads, attention_inputs)  # these note the mistakes of attention
BANKS = [rnn.bank, gru.bank, imitation.bank, memory.bank, attention.bank]
