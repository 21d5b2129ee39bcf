"""Doors to the outside, one folder each: files, results, scheduling."""
