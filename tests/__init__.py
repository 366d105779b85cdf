"""The kit's own tests; a package, so that the repository is on the path of whoever runs them."""
