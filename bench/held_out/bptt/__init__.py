"""Ways of writing the class RNN and either gradient, with the mistakes that each can carry."""

from bench.family import Family
from bench.held_out.bptt import (
    arrays,
    by_name,
    chain,
    differences,
    gradients,
    lists,
    methods,
    one_dict,
    rows,
    way_back,
)

FAMILIES: list[Family] = [
    lists.FAMILY,
    arrays.FAMILY,
    chain.FAMILY,
    *one_dict.FAMILIES,
    *way_back.FAMILIES,
    *rows.FAMILIES,
    *gradients.FAMILIES,
    *by_name.FAMILIES,
    *methods.FAMILIES,
    *differences.FAMILIES,
]
