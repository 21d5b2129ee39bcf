"""Where flows run: one module for each backend, all of the same shape."""
