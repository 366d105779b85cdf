"""Styles of answering the questions of `bptt`, one module a function and one a style of the class."""

from bench.unseen.bptt import analytical, numerical, rnn

FAMILIES = [*rnn.FAMILIES, *numerical.FAMILIES, *analytical.FAMILIES]
