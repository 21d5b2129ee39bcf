"""Amounts of CPU and memory as Kubernetes writes them: ``500m``, ``1.5``, ``1Gi``."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

_QUANTITY = re.compile(
    r"\+?(?P<number>\d{1,30}\.?\d{0,30}|\.\d{1,30})"
    r"(?P<unit>[KMGTPE]i|[numkMGTPE]|[eE][+-]?\d{1,2}|)"
)
_POWERS = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {f"{letter}i": 10 * power for power, letter in enumerate("KMGTPE", start=1)}

_WRITTEN = re.compile(r"(?i)\s*(?P<number>\d+\.?\d*|\.\d+)\s*(?P<unit>[a-z]*)\s*")
_BYTES = re.compile(r"(?P<letter>[kmgtpe]?)(?P<binary>i?)(?:b|bytes?)?")
_CPUS = {
    **dict.fromkeys(("", "c", "cpu", "cpus", "core", "cores"), ""),
    **dict.fromkeys(("m", "mc", "mcpu", "mcpus", "millicpu", "millicores"), "m"),
}


def amount(quantity: str) -> Decimal:
    """Return a quantity as a number of CPUs or bytes.

    Raises
    ------
    ValueError
        If Kubernetes would not take it.
    """
    found = _QUANTITY.fullmatch(quantity)
    if found is None:
        raise ValueError("is no quantity")
    number, unit = Decimal(found["number"]), found["unit"]
    if unit in _BINARY:
        return number * (1 << _BINARY[unit])
    power = _POWERS[unit] if unit in _POWERS else int(unit[1:])
    return number.scaleb(power)


def _as_text(value: object) -> object:
    """Take a number too, as TOML and Python write ``2`` and ``0.5``."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _cpu(quantity: str) -> str:
    try:
        good = amount(quantity) >= Decimal("0.001")
    except ValueError:
        good = False
    if not good:
        raise ValueError(f"must be an amount of CPU, such as 500m or 2{_hint(_cpus(quantity))}")
    return quantity


def _memory(quantity: str) -> str:
    try:
        found = amount(quantity)
        good = 1 <= found < 2**63 and found == found.to_integral_value()
    except ValueError:
        good = False
    if not good:
        meant = _hint(_bytes(quantity))
        raise ValueError(f"must be an amount of memory, such as 512Mi or 1Gi{meant}")
    return quantity


def _hint(spellings: list[str]) -> str:
    return f"; write {' or '.join(spellings)}" if spellings else ""


def _cpus(quantity: str) -> list[str]:
    """Return how an amount of CPU is to be spelled, where that can be told."""
    written = _WRITTEN.fullmatch(quantity)
    unit = written and _CPUS.get(written["unit"].lower())
    spelled = f"{written['number']}{unit}" if written and unit is not None else quantity
    return [] if spelled == quantity else [spelled]


def _bytes(quantity: str) -> list[str]:
    """Return how an amount of memory is to be spelled, first as what is most often meant."""
    written = _WRITTEN.fullmatch(quantity)
    if written is None or quantity == written["number"]:
        return []
    number, unit = written["number"], _BYTES.fullmatch(written["unit"].lower())
    if unit is None:
        return []
    letter = unit["letter"].upper()
    if not letter or unit["binary"]:
        return [number + (letter and f"{letter}i")]
    return [f"{number}{letter}i", f"{number}{'k' if letter == 'K' else letter}"]


CPU = Annotated[str, BeforeValidator(_as_text), AfterValidator(_cpu)]
Memory = Annotated[str, BeforeValidator(_as_text), AfterValidator(_memory)]
