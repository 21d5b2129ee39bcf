"""How the packaged file types are written and read."""
