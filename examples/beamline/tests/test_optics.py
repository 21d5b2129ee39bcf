from __future__ import annotations

import at
import numpy as np
import pytest

from beamline.ellipse import Ellipse, Ellipses
from beamline.optics import (
    Optics,
    chromatic_amplitude,
    chromatic_growth,
    chromatic_growth_error,
    optics_along,
    size_error,
)
from lume_services.errors import InputError

BEAM = Ellipses(Ellipse(3.0, 0.8, 2e-9), Ellipse(5.0, -0.4, 1e-9))


def test_beta_in_a_drift_is_a_parabola() -> None:
    drift = at.Lattice([at.Drift("D", 0.5) for _ in range(10)], energy=1e9)
    optics = optics_along(drift, BEAM)
    for i, start in enumerate((BEAM.x, BEAM.y)):
        gamma = (1 + start.alpha**2) / start.beta
        expected = start.beta - 2 * start.alpha * optics.s + gamma * optics.s**2
        np.testing.assert_allclose(optics.beta[:, i], expected, rtol=1e-12)
        np.testing.assert_allclose(optics.alpha[:, i], start.alpha - gamma * optics.s, rtol=1e-12)
        np.testing.assert_allclose(optics.sigma[:, i] ** 2, expected * start.emittance, rtol=1e-12)


def test_the_design_beam_repeats_every_cell(line: at.Lattice, design: Ellipses) -> None:
    optics = optics_along(line, design)
    cells = slice(0, None, len(line) // 8)
    np.testing.assert_allclose(optics.beta[cells, 0], design.x.beta, rtol=1e-6)
    np.testing.assert_allclose(optics.beta[cells, 1], design.y.beta, rtol=1e-6)


def test_a_thin_quadrupole_is_achromatic_in_canonical_momentum() -> None:
    # Its kick of px does not depend on momentum; only the drifts after it bring that in.
    thin = at.Quadrupole("Q", 1e-5, 2000.0)
    amplitude = chromatic_amplitude(at.Lattice([thin], energy=1e9), BEAM)
    np.testing.assert_allclose(amplitude, 0.0, atol=1e-5)


def test_a_drift_has_the_chromatic_amplitude_gamma_l() -> None:
    # As x' = px / (1 + delta), the drift is of length L / (1 + delta) for off-momentum particles.
    drift = at.Lattice([at.Drift("D", 0.01)], energy=1e9)
    gamma = [(1 + e.alpha**2) / e.beta for e in (BEAM.x, BEAM.y)]
    expected = 0.01 * np.array(gamma)
    np.testing.assert_allclose(chromatic_amplitude(drift, BEAM), expected, rtol=1e-2)


def test_growth_and_errors() -> None:
    assert chromatic_growth(2.0, 1e-3) == pytest.approx(0.5 * (2e-3) ** 2, rel=1e-5)
    assert chromatic_growth(2.0, 0.0) == 0
    assert chromatic_growth_error(2.0, 1e-3, 10_000) == pytest.approx(2e-5)
    assert size_error(100_000) == pytest.approx(0.00223607, rel=1e-6)


def test_optics_to_json_and_back(line: at.Lattice, design: Ellipses) -> None:
    optics = optics_along(line, design)
    again = Optics.from_jsonable(optics.jsonable_dict())
    for name in ("s", "beta", "alpha", "emittance"):
        np.testing.assert_array_equal(getattr(again, name), getattr(optics, name))


def test_a_line_with_dispersion_is_refused() -> None:
    bend = at.Lattice([at.Dipole("B", 1.0, 0.1)], energy=1e9)
    with pytest.raises(InputError, match=r"has dispersion.*give a transfer line without bends"):
        optics_along(bend, BEAM)
