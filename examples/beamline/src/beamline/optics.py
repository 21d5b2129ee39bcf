"""Linear optics of a transfer line: what theory expects of the beam."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import at
import numpy as np

from beamline.ellipse import PLANES, Array, Ellipses
from lume_services.errors import InputError

MOMENTUM_STEP = 1e-4
NO_DISPERSION = 1e-9  # m


@dataclass(frozen=True)
class Optics:
    """What linear optics expect of a beam at the entrance of every element and at the exit.

    Parameters
    ----------
    s
        Path along the line in m, shape (places,).
    beta, alpha
        Twiss functions (beta in m), shape (places, 2) for x and y.
    emittance
        Geometric rms emittances in m rad, shape (2,).
    """

    s: Array
    beta: Array
    alpha: Array
    emittance: Array

    @property
    def sigma(self) -> Array:
        """Rms beam sizes sigma(s) = sqrt(beta(s) emittance) in m, shape (places, 2)."""
        return np.sqrt(self.beta * self.emittance)

    def jsonable_dict(self) -> dict[str, list[float] | float]:
        """Return ``s``, ``beta_x``, ``beta_y``, ``alpha_x`` ... ``emittance_y``."""
        return {
            "s": self.s.tolist(),
            **{f"beta_{u}": self.beta[:, i].tolist() for i, u in enumerate(PLANES)},
            **{f"alpha_{u}": self.alpha[:, i].tolist() for i, u in enumerate(PLANES)},
            **{f"emittance_{u}": float(self.emittance[i]) for i, u in enumerate(PLANES)},
        }

    @classmethod
    def from_jsonable(cls, optics: Mapping[str, Any]) -> Optics:
        """Return the optics of which `jsonable_dict` made a dictionary."""
        return cls(
            s=np.array(optics["s"]),
            beta=np.column_stack([optics[f"beta_{u}"] for u in PLANES]),
            alpha=np.column_stack([optics[f"alpha_{u}"] for u in PLANES]),
            emittance=np.array([optics[f"emittance_{u}"] for u in PLANES]),
        )


def optics_along(line: at.Lattice, entrance: Ellipses, delta: float = 0.0) -> Optics:
    """Carry the ellipses of a beam through the line.

    Parameters
    ----------
    line
        The transfer line.
    entrance
        Ellipses of the beam at the entrance.
    delta
        Relative momentum deviation of the particles that the optics are for.

    Raises
    ------
    InputError
        If the line has dispersion, which the beam sizes compared here leave out.
    """
    start = {
        "beta": entrance.each("beta"),
        "alpha": entrance.each("alpha"),
        "closed_orbit": np.array([0.0, 0.0, 0.0, 0.0, delta, 0.0]),
    }
    _, _, data = at.get_optics(line, refpts=range(len(line) + 1), twiss_in=start)
    if np.abs(data.dispersion).max() > NO_DISPERSION:
        raise InputError(
            "the lattice has dispersion, and beam sizes are compared here without it; "
            "give a transfer line without bends."
        )
    return Optics(data.s_pos, data.beta, data.alpha, entrance.each("emittance"))


def chromatic_amplitude(line: at.Lattice, entrance: Ellipses) -> Array:
    """Return how the ellipses at the exit depend on momentum, shape (2,) for x and y.

    It is Montague's W (B. W. Montague, LEP Note 165, 1979) of a beam whose ellipse at the
    entrance is the same for all momenta: W^2 = b^2 + a^2 with b = (dbeta/ddelta) / beta and
    a = dalpha/ddelta - alpha b.
    """
    design, above, below = (
        optics_along(line, entrance, delta) for delta in (0.0, MOMENTUM_STEP, -MOMENTUM_STEP)
    )
    beta, alpha = design.beta[-1], design.alpha[-1]
    b = (above.beta[-1] - below.beta[-1]) / (2 * MOMENTUM_STEP * beta)
    a = (above.alpha[-1] - below.alpha[-1]) / (2 * MOMENTUM_STEP) - alpha * b
    return np.asarray(np.hypot(a, b))


def chromatic_growth(amplitude: float, momentum_spread: float) -> float:
    """Return the relative growth of the rms emittance, sqrt(1 + (W sigma_delta)^2) - 1.

    Particles of different momentum leave on different ellipses. To second order in the spread
    the determinant of their averaged moments is larger by (W sigma_delta)^2.
    """
    return math.hypot(1, amplitude * momentum_spread) - 1


def chromatic_growth_error(amplitude: float, momentum_spread: float, n_particles: int) -> float:
    """Return the rms error of the growth seen with N Gaussian particles, W sigma_delta / sqrt(N).

    It comes from the chance correlation of momentum and transverse amplitude in the bunch.
    """
    return amplitude * momentum_spread / math.sqrt(n_particles)


def size_error(n_particles: int) -> float:
    """Return the relative rms error of the beam size of N Gaussian particles, 1/sqrt(2N)."""
    return 1 / math.sqrt(2 * n_particles)
