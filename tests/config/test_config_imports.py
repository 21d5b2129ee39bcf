"""What configuring costs: no engine, no driver."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"prefect", "lume", "h5py", "PIL", "pandas", "numpy", "beamphysics"}


@pytest.mark.parametrize(
    ("code", "forbidden"),
    [
        ("import lume_services.config", HEAVY | {"sqlalchemy"}),
        (
            "from lume_services.settings import *; explain(LUMEServicesSettings())",
            HEAVY | {"sqlalchemy"},
        ),
        ("from lume_services import config; config.current()", HEAVY),
    ],
)
def test_heavy_modules_are_not_imported(code: str, forbidden: set[str]) -> None:
    shown = subprocess.run(
        [sys.executable, "-c", f"{code}; import sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(shown.stdout.split()) & forbidden == set()
