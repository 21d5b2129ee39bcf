"""Results with all that belongs to them as an RO-Crate, a folder that describes itself."""

from __future__ import annotations

from lume_services.results.crate.packing import NO_LICENSE, Packed, check, export

__all__ = ["NO_LICENSE", "Packed", "check", "export"]
