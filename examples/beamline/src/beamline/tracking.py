"""Tracking a bunch through a transfer line and recording its size on the way."""

from __future__ import annotations

from dataclasses import dataclass, replace

import at
import numpy as np
from scipy.constants import c

from beamline.beam import ELECTRON_MASS
from beamline.coordinates import Bunch, X, Y
from beamline.ellipse import PLANES, Array
from lume_services.errors import InputError


@dataclass(frozen=True)
class Tracked:
    """A bunch at the end of the line and what was seen on the way.

    Parameters
    ----------
    bunch
        The particles that came through.
    s
        Path along the line in m, shape (places,).
    sigma
        Rms beam size of the particles alive in m, shape (places, 2) for x and y.
    charge
        Charge of the particles alive in C, shape (places,).
    """

    bunch: Bunch
    s: Array
    sigma: Array
    charge: Array

    def sizes(self) -> dict[str, list[float]]:
        """Return ``s``, ``sigma_x`` and ``sigma_y``, all in m, as lists."""
        sigma = {f"sigma_{u}": self.sigma[:, i].tolist() for i, u in enumerate(PLANES)}
        return {"s": self.s.tolist(), **sigma}

    @property
    def transmission(self) -> float:
        """The part of the charge that came through."""
        return float(self.charge[-1] / self.charge[0])


def track_bunch(line: at.Lattice, bunch: Bunch) -> Tracked:
    """Track a bunch element by element; a particle outside an element's aperture is lost.

    Raises
    ------
    InputError
        If fewer than three particles come through.
    """
    r = bunch.coordinates.copy(order="F")
    sizes, charges = [], []
    for place in range(len(line) + 1):
        if place:
            line.track(r, in_place=True, refpts=None, start_elem=place - 1, end_elem=place)
        alive = np.isfinite(r[X])
        if np.count_nonzero(alive) < 3:
            raise InputError(
                f"fewer than 3 of {r.shape[1]} particles are left after element {place} of "
                f"{len(line)}; give a smaller beam or a lattice with larger apertures."
            )
        sizes.append(_rms(r[[X, Y]][:, alive], bunch.weight[alive]))
        charges.append(bunch.weight[alive].sum())
    return Tracked(
        bunch=_at_exit(bunch, r, alive, line.circumference),
        s=line.get_s_pos(range(len(line) + 1)),
        sigma=np.array(sizes),
        charge=np.array(charges),
    )


def _rms(values: Array, weight: Array) -> Array:
    centred = values - np.average(values, axis=1, weights=weight)[:, None]
    return np.sqrt(np.average(centred**2, axis=1, weights=weight))


def _at_exit(bunch: Bunch, r: Array, alive: np.ndarray, length: float) -> Bunch:
    speed = c * bunch.p0 / np.hypot(bunch.p0, ELECTRON_MASS)
    return replace(
        bunch,
        coordinates=np.asfortranarray(r[:, alive]),
        weight=bunch.weight[alive],
        id=bunch.id[alive],
        z=bunch.z + length,
        t=bunch.t + length / float(speed),
    )
