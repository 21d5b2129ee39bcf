"""Filesystems, where files are kept."""
