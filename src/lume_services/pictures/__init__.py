"""Pictures of flows and runs: SVG of our own making, PNG by an optional renderer."""
