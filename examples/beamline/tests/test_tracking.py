from __future__ import annotations

from dataclasses import replace

import at
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.constants import c
from scipy.special import erf

from beamline.beam import ELECTRON_MASS, BunchParameters, make_bunch
from beamline.comparison import compare, emittance_growth, largest_deviation
from beamline.coordinates import DELTA, Bunch, from_particles
from beamline.ellipse import Ellipse, Ellipses
from beamline.lattice import load_line, reference_momentum
from beamline.optics import chromatic_amplitude, chromatic_growth, optics_along, size_error
from beamline.tracking import track_bunch
from lume_services.errors import InputError


def bunch_for(line: at.Lattice, parameters: BunchParameters, ellipses: Ellipses) -> Bunch:
    return from_particles(make_bunch(parameters, ellipses), reference_momentum(line))


def without_chance(ellipses: Ellipses, spread: float, p0: float) -> Bunch:
    """Return weighted particles with exactly the moments of a Gaussian bunch.

    Four points on the ellipses for each node of the Gauss-Hermite quadrature in delta.
    """
    nodes, node_weight = np.polynomial.hermite_e.hermegauss(11)
    phase = np.arange(4) * np.pi / 2
    a, b = np.sqrt(2) * np.cos(phase), np.sqrt(2) * np.sin(phase)
    rows = []
    for ellipse in (ellipses.x, ellipses.y):
        size = np.sqrt(ellipse.emittance * ellipse.beta)
        rows += [size * a, size / ellipse.beta * (b - ellipse.alpha * a)]
    coordinates = np.zeros((6, len(nodes) * 4), order="F")
    coordinates[:4] = np.tile(rows, len(nodes))
    coordinates[DELTA] = np.repeat(spread * nodes, 4)
    n = coordinates.shape[1]
    return Bunch(coordinates, np.repeat(node_weight, 4), np.arange(n), p0=p0, z=0.0, t=0.0)


def test_without_energy_spread_the_emittance_is_conserved(
    line: at.Lattice, parameters: BunchParameters, design: Ellipses
) -> None:
    bunch = bunch_for(line, parameters, design)
    tracked = track_bunch(line, bunch)
    growth = emittance_growth(tracked.bunch, bunch.ellipses().each("emittance"))
    assert growth["x"] == pytest.approx(0, abs=1e-12)
    assert growth["y"] == pytest.approx(0, abs=1e-12)
    assert tracked.transmission == 1


def test_sizes_agree_with_the_design_within_the_statistical_error(
    line: at.Lattice, parameters: BunchParameters, design: Ellipses
) -> None:
    theory = optics_along(line, design)
    n = 5_000
    pulls = []
    for seed in range(8):
        bunch = bunch_for(line, replace(parameters, n_particles=n, seed=seed), design)
        tracked = track_bunch(line, bunch)
        pulls.append((tracked.sigma / theory.sigma - 1) / size_error(n))
    assert np.abs(pulls).max() < 4.5
    assert 0.75 < np.sqrt(np.mean(np.square(pulls))) < 1.25


@settings(deadline=None, max_examples=15)
@given(
    beta=st.floats(0.5, 50),
    alpha=st.floats(-5, 5),
    emittance=st.floats(1e-12, 1e-9),
    energy_offset=st.floats(-0.05, 0.05),
    seed=st.integers(0, 10**6),
)
def test_any_monochromatic_bunch_keeps_its_emittance_and_follows_its_optics(
    beta: float, alpha: float, emittance: float, energy_offset: float, seed: int
) -> None:
    line = load_line()
    ellipses = Ellipses(Ellipse(beta, alpha, emittance), Ellipse(beta / 2, -alpha, emittance * 2))
    parameters = BunchParameters(1e9 * (1 + energy_offset), 0.0, 1e-3, 1e-10, 200, seed)
    bunch = bunch_for(line, parameters, ellipses)
    tracked = track_bunch(line, bunch)
    own = bunch.ellipses()
    growth = emittance_growth(tracked.bunch, own.each("emittance"))
    assert max(map(abs, growth.values())) < 1e-9
    delta = float(bunch.coordinates[DELTA].mean())
    assert largest_deviation(tracked.sigma, optics_along(line, own, delta)).largest < 1e-6


@pytest.mark.parametrize(("spread", "tolerance"), [(0.001, 1e-3), (0.005, 0.01), (0.01, 0.05)])
def test_chromatic_growth_goes_with_the_square_of_the_energy_spread(
    line: at.Lattice, design: Ellipses, spread: float, tolerance: float
) -> None:
    bunch = without_chance(design, spread, reference_momentum(line))
    assert bunch.ellipses().x.beta == pytest.approx(design.x.beta)
    assert bunch.momentum_spread() == pytest.approx(spread)
    growth = emittance_growth(track_bunch(line, bunch).bunch, design.each("emittance"))
    for found, w in zip(growth.values(), chromatic_amplitude(line, design), strict=True):
        assert found > 0
        assert found == pytest.approx(chromatic_growth(w, spread), rel=tolerance)


def test_growth_of_an_independent_bunch_is_expected_within_its_error(
    line: at.Lattice, parameters: BunchParameters, design: Ellipses
) -> None:
    pulls = []
    for seed in range(8):
        spread = replace(parameters, energy_spread=0.01, n_particles=5_000, seed=seed)
        bunch = bunch_for(line, spread, design)
        tracked = track_bunch(line, bunch)
        own = optics_along(line, bunch.ellipses())
        amplitude = chromatic_amplitude(line, bunch.ellipses())
        numbers = compare(tracked.bunch, tracked.sigma, own, own, amplitude)
        for u in "xy":
            excess = numbers[f"emittance_growth_{u}"] - numbers[f"chromatic_growth_expected_{u}"]
            pulls.append(excess / numbers[f"chromatic_growth_error_{u}"])
    assert np.abs(pulls).max() < 4.5
    assert 0.6 < np.sqrt(np.mean(np.square(pulls))) < 1.4


def test_a_small_aperture_cuts_the_gaussian_where_it_should(parameters: BunchParameters) -> None:
    beam = Ellipses(Ellipse(4.0, 0.0, 2.5e-10), Ellipse(9.0, 0.0, 1e-10))
    half = 4e-5
    collimator = at.Drift("COL", 1e-3, RApertures=np.array([-half, half, -half, half]))
    line = at.Lattice([collimator, at.Drift("D", 1.0)], energy=1e9)
    tracked = track_bunch(line, bunch_for(line, parameters, beam))
    sigma = [np.sqrt(e.beta * e.emittance) for e in (beam.x, beam.y)]
    expected = np.prod([erf(half / (np.sqrt(2) * s)) for s in sigma])
    error = np.sqrt(expected * (1 - expected) / parameters.n_particles)
    assert tracked.transmission == pytest.approx(expected, abs=5 * error)
    assert tracked.bunch.coordinates.shape[1] == round(tracked.transmission * 100_000)
    assert np.isfinite(tracked.bunch.coordinates).all()
    assert tracked.charge[0] == pytest.approx(1e-10)


def test_a_beam_that_is_lost_is_reported(parameters: BunchParameters) -> None:
    beam = Ellipses(Ellipse(4.0, 0.0, 2.5e-10), Ellipse(9.0, 0.0, 1e-10))
    closed = at.Drift("COL", 1e-3, RApertures=np.array([1.0, 2.0, 1.0, 2.0]))
    line = at.Lattice([closed], energy=1e9)
    with pytest.raises(InputError, match="fewer than 3 of 100000 particles are left"):
        track_bunch(line, bunch_for(line, parameters, beam))


def test_the_reference_particle_arrives_when_it_should(
    line: at.Lattice, parameters: BunchParameters, design: Ellipses
) -> None:
    bunch = bunch_for(line, replace(parameters, n_particles=100), design)
    tracked = track_bunch(line, bunch)
    speed = c * np.sqrt(1 - (ELECTRON_MASS / 1e9) ** 2)
    assert tracked.bunch.t - bunch.t == pytest.approx(32.0 / speed, rel=1e-12)
    assert tracked.bunch.z == pytest.approx(32.0)
    # Oscillating particles take the longer way and come late, by 1e-9 of the length at most.
    late = tracked.bunch.coordinates[5] - bunch.coordinates[5]
    assert late.min() >= 0
    assert late.max() < 1e-6
