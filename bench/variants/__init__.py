"""Answers to `rnn_gru_mha` in many styles, right ones and wrong ones, each wrong one by one mistake.

Right answers show that the suite takes what honest students write, wrong ones that it sees every slip;
`bench.margins` measures how far both are from the thresholds, `tests/test_suite_rnn_gru_mha.py` keeps it so.
"""

from bench.variants import attention, gru, imitation, memory, rnn
from bench.variants.bank import Bank, Variant

BANKS: dict[str, Bank] = {
    bank.function: bank for bank in (rnn.bank, gru.bank, imitation.bank, memory.bank, attention.bank)
}

__all__ = ["BANKS", "Bank", "Variant"]
