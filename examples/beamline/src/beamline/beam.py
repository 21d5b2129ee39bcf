"""Making an electron bunch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from beamphysics import ParticleGroup
from beamphysics.species import mass_of
from scipy.constants import c

from beamline.ellipse import Ellipses
from lume_services.errors import InputError

SPECIES = "electron"
ELECTRON_MASS = float(mass_of(SPECIES))  # eV / c^2
LARGEST_SPREAD = 0.1


@dataclass(frozen=True)
class BunchParameters:
    """What a bunch is made from, beside its transverse ellipses.

    Parameters
    ----------
    energy
        Mean total energy in eV.
    energy_spread
        Relative rms energy spread.
    length
        Rms bunch length in m.
    charge
        Bunch charge in C.
    n_particles, seed
        How many macroparticles, and what the random numbers start from.
    """

    energy: float
    energy_spread: float
    length: float
    charge: float
    n_particles: int
    seed: int

    def __post_init__(self) -> None:
        _require(self.energy > ELECTRON_MASS, "energy", self.energy, "eV above the rest energy")
        _require(
            0 <= self.energy_spread <= LARGEST_SPREAD,
            "energy_spread",
            self.energy_spread,
            f"relative, from 0 to {LARGEST_SPREAD}",
        )
        _require(0 <= self.length < math.inf, "bunch_length", self.length, "m, zero or above")
        _require(0 < self.charge < math.inf, "charge", self.charge, "C, above zero")
        _require(self.n_particles >= 3, "n_particles", self.n_particles, "at least 3")
        _require(self.seed >= 0, "seed", self.seed, "a whole number, zero or above")


def _require(holds: bool, name: str, value: float, expected: str) -> None:
    if not holds:
        raise InputError(f"{name} is {value!r}; give a number ({expected}).")


def momentum(energy: Any) -> Any:
    """Return an electron's momentum in eV/c from its total energy in eV."""
    return np.sqrt((energy - ELECTRON_MASS) * (energy + ELECTRON_MASS))


def geometric_emittance(normalized: float, energy: float) -> float:
    """Return the geometric emittance in m rad: the normalized one over ``p / (m c)``."""
    _require(normalized > 0, "normalized emittance", normalized, "m rad, above zero")
    return normalized * ELECTRON_MASS / float(momentum(energy))


def make_bunch(parameters: BunchParameters, ellipses: Ellipses) -> ParticleGroup:
    """Return a Gaussian bunch at the plane z = 0, each particle with its own arrival time.

    The slopes of the ellipses are px/p0 and py/p0 with p0 the momentum at the mean energy.
    The longitudinal momentum completes each particle's total momentum, so that without energy
    spread all particles have exactly the same one.
    """
    rng = np.random.default_rng(parameters.seed)
    n = parameters.n_particles
    p0 = momentum(parameters.energy)
    position_x, slope_x = ellipses.x.sample(rng, n)
    position_y, slope_y = ellipses.y.sample(rng, n)
    lag = parameters.length * rng.standard_normal(n)
    energy = parameters.energy * (1 + parameters.energy_spread * rng.standard_normal(n))
    px, py = p0 * slope_x, p0 * slope_y
    bunch = {
        "x": position_x,
        "px": px,
        "y": position_y,
        "py": py,
        "z": np.zeros(n),
        "pz": np.sqrt(momentum(energy) ** 2 - px**2 - py**2),
        "t": lag / c,
        "status": np.ones(n, dtype=int),
        "weight": np.full(n, parameters.charge / n),
        "species": SPECIES,
        "id": np.arange(1, n + 1),
    }
    return ParticleGroup(data=bunch)
