"""The answers of first sight."""

from bench.family import Family
from bench.first_sight.rnn_layer import ahead, slopes

FAMILIES: list[Family] = [*ahead.FAMILIES, *slopes.FAMILIES]
