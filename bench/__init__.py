"""Measurements: what the thresholds rest on, and what a class costs. Nothing here is run by a test."""
