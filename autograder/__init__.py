"""Grades deep-learning notebooks: student code in a sandbox, hidden tests outside of it."""
