"""Registering and running flows, on a laptop or on a server."""
