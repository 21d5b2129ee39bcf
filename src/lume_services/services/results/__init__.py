"""The results database: its contract and its stores."""
