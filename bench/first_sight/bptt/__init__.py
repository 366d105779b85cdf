"""The answers of first sight."""

from bench.family import Family
from bench.first_sight.bptt import check, network

FAMILIES: list[Family] = [*network.FAMILIES, *check.FAMILIES]
