"""Reading a transfer line in pyAT's JSON form."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import at

from beamline.beam import momentum
from lume_services.errors import InputError

SLICE_LENGTH = 0.18  # m


def load_line(path: str | None = None) -> at.Lattice:
    """Read a transfer line and cut its elements into slices of at most 0.18 m.

    Synchrotron radiation and cavities are switched off.

    Parameters
    ----------
    path
        File in pyAT's JSON form; None takes the FODO line of this package.

    Raises
    ------
    InputError
        If the file is missing, is not a pyAT lattice, or its elements have no length.
    """
    source = Path(path) if path else Path(str(files("beamline") / "data" / "fodo.json"))
    if not source.is_file():
        raise InputError(
            f"lattice file {str(source)!r} does not exist; give the path of a lattice "
            "that was saved by pyAT as JSON, or none for the FODO line of the example."
        )
    try:
        lattice = at.load_json(source, from_at=True)
    except (ValueError, KeyError, TypeError, AttributeError, at.AtError) as error:
        raise InputError(
            f"lattice file {str(source)!r} is not a lattice in pyAT's JSON form "
            f"({type(error).__name__}: {error}); write it with at.save_json(lattice, path)."
        ) from error
    if not lattice.circumference > 0:
        raise InputError(f"lattice file {str(source)!r} has no element with a length.")
    return lattice.disable_6d(copy=True).slice(size=SLICE_LENGTH)


def reference_momentum(line: at.Lattice) -> float:
    """Return the momentum in eV/c that the line's magnets are set for."""
    return float(momentum(line.energy))


def quadrupoles(line: at.Lattice) -> list[dict[str, float]]:
    """Return entrance ``s`` and ``length`` in m and ``k1`` in m^-2 of every quadrupole slice."""
    places = line.get_s_pos(range(len(line)))
    return [
        {"s": float(s), "length": float(element.Length), "k1": float(element.K)}
        for s, element in zip(places, line, strict=True)
        if isinstance(element, at.Quadrupole)
    ]
