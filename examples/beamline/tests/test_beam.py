from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.constants import c

from beamline.beam import (
    ELECTRON_MASS,
    BunchParameters,
    geometric_emittance,
    make_bunch,
    momentum,
)
from beamline.coordinates import from_particles
from beamline.ellipse import Ellipse, Ellipses
from lume_services.errors import InputError


def test_momentum_of_a_1_gev_electron() -> None:
    assert momentum(1e9) == pytest.approx(0.999999869440028e9, rel=1e-12)
    assert momentum(ELECTRON_MASS) == 0


@given(st.floats(1e-9, 1e-3), st.floats(1e6, 1e12))
def test_geometric_emittance_is_the_normalized_one_over_beta_gamma(
    normalized: float, energy: float
) -> None:
    gamma = energy / ELECTRON_MASS
    beta_gamma = np.sqrt(gamma**2 - 1)
    assert geometric_emittance(normalized, energy) == pytest.approx(normalized / beta_gamma)


def test_without_energy_spread_all_particles_have_the_reference_momentum(
    parameters: BunchParameters, design: Ellipses
) -> None:
    bunch = make_bunch(parameters, design)
    assert np.abs(bunch.p / momentum(parameters.energy) - 1).max() < 1e-15


def test_moments_are_those_asked_for_within_the_statistical_error(
    parameters: BunchParameters,
) -> None:
    design = Ellipses(Ellipse(12.0, 2.5, 3e-9), Ellipse(0.7, -1.5, 8e-10))
    pulls = []
    for seed in range(20):
        parameters = replace(parameters, seed=seed, n_particles=20_000)
        bunch = from_particles(make_bunch(parameters, design), momentum(parameters.energy))
        for asked, found in (
            (design.x, bunch.ellipses().x),
            (design.y, bunch.ellipses().y),
        ):
            # The relative rms error of both is 1/sqrt(N) for Gaussian particles.
            root = np.sqrt(parameters.n_particles)
            pulls.append(root * (found.emittance / asked.emittance - 1))
            pulls.append(root * (found.beta / asked.beta - 1))
    assert max(np.abs(pulls)) < 4.5
    assert 0.75 < np.sqrt(np.mean(np.square(pulls))) < 1.25


def test_longitudinal_moments_and_charge(parameters: BunchParameters, design: Ellipses) -> None:
    bunch = make_bunch(replace(parameters, energy_spread=0.02), design)
    assert bunch["sigma_t"] * c == pytest.approx(3e-4, rel=0.01)
    assert bunch["sigma_energy"] / bunch["mean_energy"] == pytest.approx(0.02, rel=0.01)
    assert bunch.charge == pytest.approx(1e-10, rel=1e-12)
    assert set(bunch.z) == {0.0}


def test_a_seed_gives_one_bunch(parameters: BunchParameters, design: Ellipses) -> None:
    assert make_bunch(parameters, design) == make_bunch(parameters, design)
    assert make_bunch(parameters, design) != make_bunch(replace(parameters, seed=1), design)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("energy", 1e5, r"energy is 100000.0; give a number \(eV above the rest energy\)"),
        ("energy", float("nan"), "energy is nan"),
        ("energy_spread", -1e-3, r"energy_spread is -0.001; .* from 0 to 0.1"),
        ("energy_spread", 0.5, "energy_spread is 0.5"),
        ("length", -1.0, r"bunch_length is -1.0; .*m, zero or above"),
        ("charge", 0.0, r"charge is 0.0; .*above zero"),
        ("n_particles", 2, "n_particles is 2; .*at least 3"),
        ("seed", -1, "seed is -1; .*zero or above"),
    ],
)
def test_impossible_bunches_are_refused(
    parameters: BunchParameters, name: str, value: float, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        replace(parameters, **{name: value})


@pytest.mark.parametrize(
    ("ellipse", "message"),
    [
        ((4.0, 0.0, -1e-9), "emittance is -1e-09 m rad; give a number above zero"),
        ((4.0, 0.0, float("nan")), "emittance is nan m rad; give a number above zero"),
        ((0.0, 0.0, 1e-9), "beta is 0.0 m; give a number above zero"),
        ((4.0, float("inf"), 1e-9), "alpha is inf; give a finite number"),
    ],
)
def test_impossible_ellipses_are_refused(ellipse: tuple[float, float, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Ellipse(*ellipse)


def test_particles_on_a_line_have_no_ellipse() -> None:
    line = np.arange(5.0)
    with pytest.raises(InputError, match="emittance of 5 particles is not above zero"):
        Ellipse.of_particles(line, 2 * line, np.ones(5))


@pytest.mark.parametrize("normalized", [0.0, -1e-6, float("nan")])
def test_an_impossible_normalized_emittance_is_refused(normalized: float) -> None:
    message = rf"normalized emittance is {normalized!r}; give a number \(m rad, above zero\)"
    with pytest.raises(InputError, match=message):
        geometric_emittance(normalized, 1e9)
