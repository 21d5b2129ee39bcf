from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from beamphysics import ParticleGroup
from hypothesis import given
from hypothesis import strategies as st
from scipy.constants import c

from beamline.beam import BunchParameters, make_bunch, momentum
from beamline.coordinates import from_particles, to_particles
from beamline.ellipse import Ellipse, Ellipses
from lume_services.errors import InputError

P0 = float(momentum(1e9))


def particles(**changes: list[float] | str) -> ParticleGroup:
    data: dict[str, list[float] | str] = {
        "x": [1e-3, -1e-3, 0.0],
        "px": [2e5, 0.0, -2e5],
        "y": [0.0, 5e-4, 1e-4],
        "py": [-1e5, 1e5, 0.0],
        "z": [0.0, 0.0, 0.0],
        "pz": [P0, 1.01 * P0, 0.99 * P0],
        "t": [0.0, 1e-12, -1e-12],
        "status": [1, 1, 1],
        "weight": [1e-15, 1e-15, 1e-15],
        "species": "electron",
    }
    return ParticleGroup(data=data | changes)


def test_pyat_coordinates_and_their_signs() -> None:
    r = from_particles(particles(), P0).coordinates
    np.testing.assert_allclose(r[0], [1e-3, -1e-3, 0.0])
    np.testing.assert_allclose(r[1], [2e5 / P0, 0.0, -2e5 / P0])
    np.testing.assert_allclose(r[2], [0.0, 5e-4, 1e-4])
    np.testing.assert_allclose(r[3], [-1e5 / P0, 1e5 / P0, 0.0])
    # delta is of the total momentum; the late particle has positive ct.
    np.testing.assert_allclose(r[4], particles().p / P0 - 1)
    np.testing.assert_allclose(r[5], [0.0, c * 1e-12, -c * 1e-12], atol=1e-20)


def test_particles_given_at_one_time_are_drifted_to_one_place() -> None:
    ahead = particles(z=[1e-3, 0.0, -1e-3], t=[0.0, 0.0, 0.0])
    bunch = from_particles(ahead, P0)
    assert bunch.z == pytest.approx(0.0, abs=1e-15)
    # The particle ahead came by early, at a place further back along its slope.
    assert bunch.coordinates[5, 0] == pytest.approx(-1e-3, rel=1e-6)
    assert bunch.coordinates[0, 0] == pytest.approx(1e-3 - 1e-3 * 2e5 / P0, rel=1e-9)
    assert ahead.z[0] == 1e-3


def test_dead_particles_are_left_out() -> None:
    bunch = from_particles(particles(status=[1, 0, 1], id=[7, 8, 9]), P0)
    assert bunch.coordinates.shape == (6, 2)
    assert bunch.id.tolist() == [7, 9]


@given(
    energy_spread=st.floats(0, 0.1),
    seed=st.integers(0, 10**6),
    beta=st.floats(0.1, 100),
    alpha=st.floats(-10, 10),
    emittance=st.floats(1e-12, 1e-7),
)
def test_to_pyat_and_back_changes_nothing(
    energy_spread: float, seed: int, beta: float, alpha: float, emittance: float
) -> None:
    parameters = BunchParameters(1e9, energy_spread, 1e-3, 1e-10, 50, seed)
    ellipse = Ellipse(beta, alpha, emittance)
    before = make_bunch(parameters, Ellipses(ellipse, ellipse))
    after = to_particles(from_particles(before, P0))
    for name in ("x", "y", "z", "px", "py", "pz", "weight", "id"):
        np.testing.assert_allclose(after[name], before[name], rtol=1e-13)
    np.testing.assert_allclose(after.t, before.t, rtol=0, atol=1e-25)


def test_to_an_openpmd_file_and_back_changes_nothing(
    tmp_path: Path, parameters: BunchParameters, design: Ellipses
) -> None:
    before = make_bunch(replace(parameters, n_particles=1000, energy_spread=0.01), design)
    before.write(str(tmp_path / "beam.h5"))
    after = from_particles(ParticleGroup(str(tmp_path / "beam.h5")), P0)
    np.testing.assert_array_equal(after.coordinates, from_particles(before, P0).coordinates)
    np.testing.assert_array_equal(after.id, before.id)
    assert after.weight.sum() == pytest.approx(1e-10, rel=1e-12)


def test_a_bunch_of_another_energy_is_refused() -> None:
    with pytest.raises(InputError, match=r"mean momentum of 1000 MeV/c, the lattice .* 500 MeV/c"):
        from_particles(particles(), 5e8)


def test_a_bunch_of_another_species_is_refused() -> None:
    with pytest.raises(InputError, match="holds protons; this example tracks electrons"):
        from_particles(particles(species="proton"), P0)


def test_a_bunch_without_living_particles_is_refused() -> None:
    with pytest.raises(InputError, match="no living particles"):
        from_particles(particles(status=[0, 0, 0]), P0)
