"""Packages of pip are installed beside those of the environment, where these do not suffice."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from image_packages import Sources, Start

from lume_services.image import pip

USE = "import lattice_kit, prefect; lattice_kit.main(); print(prefect.__version__)"


def test_a_wheel_is_installed_once(start: Start, tmp_path: Path, sources: Sources) -> None:
    first = start(
        "sh",
        "-c",
        f"lattice-kit && {sys.executable} -c '{USE}'",
        EXTRA_PIP_PACKAGES="lattice-kit==1.*",
        PYTHONPATH="/elsewhere",
    )
    assert first.returncode == 0, first.stderr
    assert first.stdout.splitlines()[:2] == ["lattice-kit 1.0"] * 2
    assert "installing lattice-kit==1.*" in first.stderr
    assert "already satisfied" not in first.stderr
    [prefix] = [path for path in (tmp_path / "extra").iterdir() if (path / "bin").is_dir()]
    second = start("lattice-kit", EXTRA_PIP_PACKAGES="lattice-kit==1.*", PIP_FIND_LINKS="/gone")
    assert (second.stdout, second.stderr) == ("lattice-kit 1.0\n", "")
    # Its own Python finds the packages of the environment, too.
    own = start(str(prefix / "bin" / "python"), "-c", USE)
    assert own.stdout == first.stdout.removeprefix("lattice-kit 1.0\n")


def test_what_does_not_fit_the_package_is_refused(start: Start, tmp_path: Path) -> None:
    done = start("touch", "ran", EXTRA_PIP_PACKAGES="lattice-kit>=2")
    assert done.returncode == 65
    assert "lattice-kit 2.0 depends on prefect<3" in done.stderr
    assert done.stderr.splitlines()[-1].startswith(
        "error: pip could not install lattice-kit>=2 of EXTRA_PIP_PACKAGES"
    )
    assert not (tmp_path / "ran").exists()
    assert not [path for path in (tmp_path / "extra").iterdir() if path.is_dir()]


def test_what_is_there_costs_nothing(start: Start, tmp_path: Path) -> None:
    done = start(
        "echo", "done", EXTRA_PIP_PACKAGES="numpy>=1.2 'prefect[redis] ; python_version<\"3\"'"
    )
    assert (done.stdout, done.stderr) == ("done\n", "")
    assert not (tmp_path / "extra").exists()


@pytest.mark.parametrize(
    ("word", "there"),
    [
        ("numpy", True),
        ("Lume_Services", True),
        ("numpy>=1.2,<99", True),
        ("numpy<1", False),
        ("no-such-package", False),
        ("no-such-package; python_version < '3'", True),
        ("lume-services[postgresql]", True),
        ("httpx[no-such-extra]", True),
        ("numpy @ file:///numpy.whl", False),
        ("/numpy.whl", False),
    ],
)
def test_is_there(word: str, there: bool) -> None:
    assert pip.is_there(word) is there
