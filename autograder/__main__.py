"""`python -m autograder`."""

from autograder.cli import main

if __name__ == "__main__":  # spawned grading processes import this module, too
    raise SystemExit(main())
