"""A real Prefect server, by its REST API and its event stream."""
