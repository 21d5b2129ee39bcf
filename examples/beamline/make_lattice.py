"""Write the FODO transfer line that the example ships, and print the Twiss functions it matches.

Run it as ``python make_lattice.py``; it overwrites ``src/beamline/data/fodo.json``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import at
import numpy as np
from scipy.optimize import brentq

ENERGY = 1e9  # eV, total
CELLS = 8
QUADRUPOLE_LENGTH = 0.2  # m
DRIFT_LENGTH = 1.8  # m
PIPE_RADIUS = 0.01  # m
PHASE_ADVANCE = np.pi / 3  # rad per cell, in both planes
TARGET = Path(__file__).parent / "src" / "beamline" / "data" / "fodo.json"


def cell(strength: float) -> list[at.Element]:
    """Return one cell from mid-drift to mid-drift for quadrupoles of ``strength`` K1 in m^-2."""
    pipe = {"EApertures": np.array([PIPE_RADIUS, PIPE_RADIUS])}
    return [
        at.Drift("DH", DRIFT_LENGTH / 2, **pipe),
        at.Quadrupole("QF", QUADRUPOLE_LENGTH, strength, **pipe),
        at.Drift("D", DRIFT_LENGTH, **pipe),
        at.Quadrupole("QD", QUADRUPOLE_LENGTH, -strength, **pipe),
        at.Drift("DH", DRIFT_LENGTH / 2, **pipe),
    ]


def periodic_optics(strength: float) -> np.record:
    """Return the periodic optics of one cell at its exit, and so at its entrance."""
    lattice = at.Lattice(cell(strength), energy=ENERGY)
    optics: np.record = at.get_optics(lattice, refpts=[len(lattice)])[2][0]
    return optics


def matched_strength() -> float:
    """Return the quadrupole strength in m^-2 for the phase advance."""

    def excess(strength: float) -> float:
        return float(periodic_optics(strength).mu[0]) - PHASE_ADVANCE

    return round(float(brentq(excess, 0.5, 3.3, xtol=1e-13)), 9)


def make_line() -> at.Lattice:
    """Return the transfer line."""
    return at.Lattice(cell(matched_strength()) * CELLS, name="FODO transfer line", energy=ENERGY)


def main() -> None:
    """Write the line and say which beam it is for."""
    make_line().save(str(TARGET))
    optics = periodic_optics(matched_strength())
    sys.stdout.writelines(
        f"beta_{plane} = {optics.beta[i]:.9f} m, alpha_{plane} = {optics.alpha[i]:.9f}\n"
        for i, plane in enumerate("xy")
    )


if __name__ == "__main__":
    main()
