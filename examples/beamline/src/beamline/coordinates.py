"""From openPMD particles to pyAT's coordinates and back.

pyAT tracks ``(x, px/p0, y, py/p0, delta, ct)`` at a fixed place, where ``delta = p/p0 - 1`` is the
relative deviation of the total momentum and ``ct`` is positive for a particle that comes late.
A `ParticleGroup` has positions in m, momenta in eV/c and times in s.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from beamphysics import ParticleGroup
from beamphysics.status import ParticleStatus
from scipy.constants import c

from beamline.ellipse import Array, Ellipse, Ellipses
from lume_services.errors import InputError

X, PX, Y, PY, DELTA, CT = range(6)
LARGEST_OFFSET = 0.1


@dataclass(frozen=True)
class Bunch:
    """Particles in pyAT's coordinates about a reference particle.

    Parameters
    ----------
    coordinates
        Array of shape (6, particles) in Fortran order, as pyAT wants it.
    weight
        Charge of each particle in C.
    id
        Numbers by which particles are recognised after losses.
    p0
        Reference momentum in eV/c.
    z, t
        Place in m and time in s of the reference particle.
    """

    coordinates: Array
    weight: Array
    id: np.ndarray
    p0: float
    z: float
    t: float

    def ellipses(self) -> Ellipses:
        """Return the measured ellipses."""
        r = self.coordinates
        return Ellipses(
            x=Ellipse.of_particles(r[X], r[PX], self.weight),
            y=Ellipse.of_particles(r[Y], r[PY], self.weight),
        )

    def momentum_spread(self) -> float:
        """Return the relative rms momentum spread."""
        delta = self.coordinates[DELTA]
        centred = delta - np.average(delta, weights=self.weight)
        return float(np.sqrt(np.average(centred**2, weights=self.weight)))


def from_particles(particles: ParticleGroup, p0: float) -> Bunch:
    """Return the living particles of a group about a reference momentum in eV/c.

    Particles that are given at one time instead of one place are drifted to their mean z.

    Raises
    ------
    InputError
        If the particles are no electrons, or their momentum is not the reference momentum.
    """
    if particles.species != "electron":
        raise InputError(f"the bunch holds {particles.species}s; this example tracks electrons.")
    alive = particles.where(particles.status == ParticleStatus.ALIVE)
    if not len(alive):
        raise InputError("the bunch holds no living particles (status 1); give one that does.")
    if not alive.in_z_coordinates:
        alive.drift_to_z()
    delta = alive.p / p0 - 1
    offset = float(np.average(delta, weights=alive.weight))
    if abs(offset) > LARGEST_OFFSET:
        raise InputError(
            f"the bunch has a mean momentum of {(1 + offset) * p0 / 1e6:.6g} MeV/c, the lattice is "
            f"set for {p0 / 1e6:.6g} MeV/c; give a bunch or a lattice of the other's energy."
        )
    t = float(np.average(alive.t, weights=alive.weight))
    rows = [alive.x, alive.px / p0, alive.y, alive.py / p0, delta, c * (alive.t - t)]
    return Bunch(
        coordinates=np.asfortranarray(rows),
        weight=alive.weight,
        id=alive.id,
        p0=p0,
        z=float(alive.z[0]),
        t=t,
    )


def to_particles(bunch: Bunch) -> ParticleGroup:
    """Return a bunch as openPMD particles at the plane of its reference particle."""
    x, slope_x, y, slope_y, delta, ct = bunch.coordinates
    px, py = bunch.p0 * slope_x, bunch.p0 * slope_y
    p = bunch.p0 * (1 + delta)
    data = {
        "x": x,
        "px": px,
        "y": y,
        "py": py,
        "z": np.full(len(x), bunch.z),
        "pz": np.sqrt(p**2 - px**2 - py**2),
        "t": bunch.t + ct / c,
        "status": np.full(len(x), int(ParticleStatus.ALIVE)),
        "weight": bunch.weight,
        "species": "electron",
        "id": bunch.id,
    }
    return ParticleGroup(data=data)
