"""Tables of measured values and their targets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A measured value; ``target`` is the most, or with ``at_least`` the least, it should be."""

    label: str
    value: float
    unit: str
    target: float | None = None
    at_least: bool = False

    @property
    def met(self) -> bool:
        if self.target is None:
            return True
        return self.value >= self.target if self.at_least else self.value <= self.target


def show(rows: Iterable[Row]) -> None:
    lines = [_cells(row) for row in rows]
    width = max(len(line[0]) for line in lines)
    for label, value, target, verdict in lines:
        print(f"  {label:{width}} {value:>14}  {target:>16}  {verdict}".rstrip())


def _cells(row: Row) -> tuple[str, str, str, str]:
    value = f"{row.value:.3g} {row.unit}" if row.value < 100 else f"{row.value:.0f} {row.unit}"
    if row.target is None:
        return row.label, value, "", ""
    bound = "at least" if row.at_least else "at most"
    return row.label, value, f"{bound} {row.target:g}", "met" if row.met else "MISSED"
