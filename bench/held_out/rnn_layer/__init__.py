"""Ways of writing the recurrent layer, with the mistakes that each can carry."""

from bench.family import Family
from bench.held_out.rnn_layer import arrays, cells, plain, tape, time_first

FAMILIES: list[Family] = [plain.FAMILY, arrays.FAMILY, cells.FAMILY, *time_first.FAMILIES, *tape.FAMILIES]
