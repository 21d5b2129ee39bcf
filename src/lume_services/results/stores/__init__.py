"""Results in other databases: opened, copied, compared."""
