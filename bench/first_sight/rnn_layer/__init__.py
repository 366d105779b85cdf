"""The answers of first sight."""

from bench.family import Family
from bench.first_sight.rnn_layer import ahead, back, slopes

FAMILIES: list[Family] = [*ahead.FAMILIES, *back.FAMILIES, *slopes.FAMILIES]
