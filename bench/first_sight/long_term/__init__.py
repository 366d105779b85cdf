"""The answers of first sight."""
