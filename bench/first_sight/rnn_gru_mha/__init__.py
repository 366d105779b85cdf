"""The answers of first sight."""

from bench.family import Family
from bench.first_sight.rnn_gru_mha import attention, gated, initial, recurrent

FAMILIES: list[Family] = [
    *recurrent.FAMILIES,
    *gated.FAMILIES,
    *attention.FAMILIES,
    *initial.FAMILIES,
]
