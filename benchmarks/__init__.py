"""Timings of the main paths; ``python -m benchmarks`` prints them."""
