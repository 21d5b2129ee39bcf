"""What the tests of the example share."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator
from pathlib import Path

import at
import pytest

from beamline.beam import BunchParameters, geometric_emittance
from beamline.ellipse import Ellipse, Ellipses
from beamline.flows import generate_beam
from beamline.lattice import load_line
from lume_services import config

ENERGY = 1e9


@pytest.fixture(scope="session")
def defaults() -> dict[str, float]:
    """Return the defaults of the flow that makes the bunch."""
    parameters = inspect.signature(generate_beam.fn).parameters
    return {name: parameter.default for name, parameter in parameters.items()}


@pytest.fixture(scope="session")
def line() -> at.Lattice:
    return load_line()


@pytest.fixture(scope="session")
def design(defaults: dict[str, float]) -> Ellipses:
    x, y = (
        Ellipse(
            defaults[f"beta_{plane}"],
            defaults[f"alpha_{plane}"],
            geometric_emittance(defaults[f"norm_emittance_{plane}"], ENERGY),
        )
        for plane in "xy"
    )
    return Ellipses(x, y)


@pytest.fixture
def parameters() -> BunchParameters:
    return BunchParameters(
        energy=ENERGY, energy_spread=0.0, length=3e-4, charge=1e-10, n_particles=100_000, seed=0
    )


@pytest.fixture(scope="module")
def lume_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Work in an empty directory, with services that end with the module."""
    directory = tmp_path_factory.mktemp("work")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("LUME_", "PREFECT_"))]:
            patch.delenv(name)
        patch.setenv("LUME_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("DO_NOT_TRACK", "1")
        patch.chdir(directory)
        config.reset()
        yield directory
        config.reset()
