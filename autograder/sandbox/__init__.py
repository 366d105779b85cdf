"""The only door to student code."""

from autograder.sandbox.client import Worker
from autograder.sandbox.launch import Isolation, Sandbox

__all__ = ["Isolation", "Sandbox", "Worker"]
