"""The answers of first sight."""

from bench.family import Family
from bench.first_sight.rnn_gru_mha import gru, inits, mha, rnn

FAMILIES: list[Family] = [*rnn.FAMILIES, *gru.FAMILIES, *inits.FAMILIES, *mha.FAMILIES]
