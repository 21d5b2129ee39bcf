"""Runs flows in containers of a Docker engine."""
