"""A switch between the ways of writing one line."""

from collections.abc import Mapping
from typing import Any


def choose(wrong: frozenset[str], ways: Mapping[str, Any], right: Any) -> Any:
    """The way that belongs to the first mistake of `ways` that is made, or else the right one."""
    return next((way for name, way in ways.items() if name in wrong), right)
