"""Documents, as a database holds them: their form, their references, their queries."""
