"""Where the code of flows is kept, and how it gets to where it runs."""
