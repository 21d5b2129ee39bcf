"""All services on one host, as containers: server, databases and a worker."""
