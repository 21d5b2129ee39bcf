"""The flow-of-flows file: its form, and reading it with the place of every value."""
