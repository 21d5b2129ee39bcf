"""Runs as jobs of a platform, such as containers: what every platform has in common."""
