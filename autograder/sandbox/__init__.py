"""The only door to student code."""

from autograder.sandbox.client import Outcome, Worker
from autograder.sandbox.launch import Isolation, Sandbox

__all__ = ["Isolation", "Outcome", "Sandbox", "Worker"]
