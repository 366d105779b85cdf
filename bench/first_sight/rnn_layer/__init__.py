"""The answers of first sight."""

from bench.first_sight.rnn_layer.layer import FAMILIES

__all__ = ["FAMILIES"]
