"""Modules that a student gets beside a notebook; `source/NAME/` links to them."""
