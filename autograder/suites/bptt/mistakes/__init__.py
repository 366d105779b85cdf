"""Known mistakes, a bank a function or class."""

from autograder.suites.bptt.mistakes import backward, exchange, forward, shapes
from autograder.suites.bptt.mistakes.analytical import bank as analytical
from autograder.suites.bptt.mistakes.network import bank as network
from autograder.suites.bptt.mistakes.numerical import bank as numerical

PARTS = (forward, backward, exchange, shapes)  # these note the class's mistakes in its bank
BANKS = [network, numerical, analytical]
