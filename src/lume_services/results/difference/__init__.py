"""What differs between two results: what they were given, what they found, what made them."""

from __future__ import annotations

from lume_services.results.difference.arrays import Elements
from lume_services.results.difference.changes import Change, Difference, diff, of_fields

__all__ = ["Change", "Difference", "Elements", "diff", "of_fields"]
