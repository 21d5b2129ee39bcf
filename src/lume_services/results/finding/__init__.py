"""Finding results, and what selections of them become: tables, grids, plots, files."""
