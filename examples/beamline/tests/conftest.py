"""What the tests of the example share."""

from __future__ import annotations

import inspect

import at
import pytest

from beamline.beam import BunchParameters, geometric_emittance
from beamline.ellipse import Ellipse, Ellipses
from beamline.flows import generate_beam
from beamline.lattice import load_line

ENERGY = 1e9


def default(name: str) -> float:
    return inspect.signature(generate_beam.fn).parameters[name].default


@pytest.fixture(scope="session")
def line() -> at.Lattice:
    return load_line()


@pytest.fixture(scope="session")
def design() -> Ellipses:
    return Ellipses(
        *(
            Ellipse(
                default(f"beta_{u}"),
                default(f"alpha_{u}"),
                geometric_emittance(default(f"norm_emittance_{u}"), ENERGY),
            )
            for u in "xy"
        )
    )


@pytest.fixture
def parameters() -> BunchParameters:
    return BunchParameters(
        energy=ENERGY, energy_spread=0.0, length=3e-4, charge=1e-10, n_particles=100_000, seed=0
    )
