"""Comparing the tracked beam with linear optics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from beamline.coordinates import Bunch
from beamline.ellipse import PLANES, Array
from beamline.optics import Optics, chromatic_growth, chromatic_growth_error, size_error


@dataclass(frozen=True)
class Deviation:
    """Where beam sizes deviate most from theory, over both planes.

    Parameters
    ----------
    largest
        Absolute value of the largest relative deviation.
    plane, s
        Where it is: ``"x"`` or ``"y"``, and the path along the line in m.
    """

    largest: float
    plane: str
    s: float


def relative_deviation(sigma: Array, theory: Optics) -> Array:
    """Return sigma / sqrt(beta emittance) - 1 at every place, shape (places, 2)."""
    return sigma / theory.sigma - 1


def largest_deviation(sigma: Array, theory: Optics) -> Deviation:
    """Return where the relative deviation from theory is largest."""
    size = np.abs(relative_deviation(sigma, theory))
    place, plane = np.unravel_index(np.argmax(size), size.shape)
    return Deviation(float(size[place, plane]), PLANES[plane], float(theory.s[place]))


def emittance_growth(bunch: Bunch, emittance_in: Array) -> dict[str, float]:
    """Return the relative growth of the rms emittances since the entrance, by plane."""
    growth = bunch.ellipses().each("emittance") / emittance_in - 1
    return dict(zip(PLANES, growth.tolist(), strict=True))


def compare(
    bunch: Bunch, sigma: Array, design: Optics, own: Optics, amplitude: Array
) -> dict[str, float | str]:
    """Compare a tracked beam with theory.

    Parameters
    ----------
    bunch
        The particles at the exit.
    sigma
        Rms beam sizes along the line in m, shape (places, 2).
    design
        Optics of the beam that was asked for: it deviates by chance, as N particles do.
    own
        Optics of the very particles that were tracked: it deviates by chromatic effects,
        losses and errors of tracking only.
    amplitude
        Chromatic amplitudes of the line, shape (2,).

    Returns
    -------
    dict
        The numbers of the comparison, all relative but for ``largest_deviation_s`` in m.
    """
    n = bunch.coordinates.shape[1]
    spread = bunch.momentum_spread()
    worst = largest_deviation(sigma, design)
    growth = emittance_growth(bunch, own.emittance)
    numbers: dict[str, float | str] = {
        "largest_relative_deviation": worst.largest,
        "largest_deviation_plane": worst.plane,
        "largest_deviation_s": worst.s,
        "statistical_error": size_error(n),
        "largest_relative_deviation_from_own_optics": largest_deviation(sigma, own).largest,
    }
    for plane, w in zip(PLANES, amplitude, strict=True):
        numbers[f"emittance_growth_{plane}"] = growth[plane]
        numbers[f"chromatic_growth_expected_{plane}"] = chromatic_growth(float(w), spread)
        numbers[f"chromatic_growth_error_{plane}"] = chromatic_growth_error(float(w), spread, n)
    return numbers


def summary(numbers: Mapping[str, Any]) -> str:
    """Say in one line what `compare` found."""
    largest = numbers["largest_relative_deviation"]
    growth = ", ".join(f"{plane} {numbers[f'emittance_growth_{plane}']:.1e}" for plane in PLANES)
    return (
        f"{largest:.2%} from theory at most ({largest / numbers['statistical_error']:.1f} "
        f"statistical errors), emittance growth {growth}"
    )
