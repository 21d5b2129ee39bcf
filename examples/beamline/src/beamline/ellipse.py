"""Phase-space ellipses of a beam in the transverse planes: Twiss functions and emittances."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lume_services.errors import InputError

Array = NDArray[np.float64]
PLANES = ("x", "y")


@dataclass(frozen=True)
class Ellipse:
    """Second moments of a beam in one plane, in the coordinates ``u`` and ``pu / p0``.

    Parameters
    ----------
    beta
        Twiss beta in m.
    alpha
        Twiss alpha; negative where the beam diverges.
    emittance
        Geometric rms emittance in m rad. `p0` is the reference momentum, so this times
        ``p0 / (m c)`` is the normalized emittance also of a beam with energy spread.
    """

    beta: float
    alpha: float
    emittance: float

    def __post_init__(self) -> None:
        for name, unit in (("beta", "m"), ("emittance", "m rad")):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise InputError(f"{name} is {value!r} {unit}; give a number above zero.")
        if not math.isfinite(self.alpha):
            raise InputError(f"alpha is {self.alpha!r}; give a finite number.")

    def sample(self, rng: np.random.Generator, size: int) -> tuple[Array, Array]:
        """Draw ``(u, pu / p0)`` of Gaussian particles.

        With independent standard normals a and b, u = sqrt(emittance beta) a and
        pu/p0 = sqrt(emittance / beta) (b - alpha a) have the ellipse's second moments
        (S. Y. Lee, *Accelerator Physics*, Courant-Snyder normalized coordinates).
        """
        a, b = rng.standard_normal((2, size))
        position = math.sqrt(self.emittance * self.beta) * a
        return position, math.sqrt(self.emittance / self.beta) * (b - self.alpha * a)

    @classmethod
    def of_particles(cls, position: Array, slope: Array, weight: Array) -> Ellipse:
        """Return the ellipse of particles by their weighted second moments about the centroid.

        emittance = sqrt(<u^2> <p^2> - <u p>^2), beta = <u^2> / emittance,
        alpha = -<u p> / emittance.
        """
        (uu, up), (_, pp) = np.cov(position, slope, aweights=weight, ddof=0)
        determinant = uu * pp - up**2
        if not determinant > 0:
            raise InputError(
                f"the emittance of {len(position)} particles is not above zero; "
                "give a bunch of at least three particles that are spread in both planes."
            )
        emittance = math.sqrt(determinant)
        return cls(beta=uu / emittance, alpha=-up / emittance, emittance=emittance)


@dataclass(frozen=True)
class Ellipses:
    """The ellipses of both transverse planes, uncoupled."""

    x: Ellipse
    y: Ellipse

    def each(self, name: str) -> Array:
        """Return ``"beta"``, ``"alpha"`` or ``"emittance"`` of x and y, shape (2,)."""
        return np.array([getattr(self.x, name), getattr(self.y, name)])
