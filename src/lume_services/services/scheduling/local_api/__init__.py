"""The embedded Prefect API of the local backend: no server to start."""
