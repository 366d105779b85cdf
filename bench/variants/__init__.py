"""Answers in many styles, right ones and wrong ones, each wrong one by one mistake; a package an assignment.

Right answers show that a suite takes what honest students write, wrong ones that it sees every slip;
`bench.prove` measures how far both are from the thresholds, `tests/test_suites.py` keeps it so.
"""
