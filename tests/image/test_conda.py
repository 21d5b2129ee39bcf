"""Packages of conda are solved against the environment's Python, and used with it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest
from image_packages import Start

from lume_services.image import conda

USE = """
import sys, numpy, field_map, optics_tables
optics_tables.main()
print(field_map.GRADIENT, numpy.__version__, sys.prefix)
"""


def test_packages_of_all_kinds_work_with_this_python(start: Start, tmp_path: Path) -> None:
    done = start(
        "sh",
        "-c",
        f"beam-tool protons && optics-tables && exec {sys.executable} -c '{USE}'",
        EXTRA_CONDA_PACKAGES="beam-tool optics-tables field-map=0.3",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "bunch of protons",
        "k1 1.25",
        "k1 1.25",
        f"7 {np.__version__} {sys.prefix}",
    ]
    installed = {path.name for path in (tmp_path / "extra").glob("*/conda-meta/*.json")}
    assert installed == {"beam-tool-2.0-0.json", "optics-tables-1.2-0.json", "field-map-0.3-0.json"}


def test_both_kinds_of_packages_are_in_one_place(start: Start) -> None:
    done = start(
        "sh",
        "-c",
        "lattice-kit && optics-tables",
        EXTRA_CONDA_PACKAGES="optics-tables",
        EXTRA_PIP_PACKAGES="lattice-kit<2 optics-tables",
    )
    # A package of conda without metadata of Python is not seen by pip.
    assert done.returncode == 65
    assert "No matching distribution found for optics-tables" in done.stderr


def test_a_program_is_not_taken_for_a_python_package_of_its_name(start: Start) -> None:
    done = start("dot", EXTRA_CONDA_PACKAGES="graphviz")
    assert done.stdout == "dot\n"


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("old-code", "old-code 1.0 would require\n.*numpy <1.0"),
        ("no-such-package", "No candidates were found for no-such-package"),
        ("'numpy <1'", f"numpy 0.9 would replace {np.__version__} of the image"),
        ("python=2.7", "No candidates were found for python 2.7"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_solvers_message(
    start: Start, tmp_path: Path, word: str, message: str
) -> None:
    done = start("touch", "ran", EXTRA_CONDA_PACKAGES=word)
    assert done.returncode == 66, done.stderr
    assert re.search(message, done.stderr), done.stderr
    assert not (tmp_path / "ran").exists()
    assert not list((tmp_path / "extra").glob("*/conda-meta"))


def test_a_channel_that_is_not_there(start: Start) -> None:
    url = "file:///t/secret-token/no/channel"
    done = start("true", EXTRA_CONDA_PACKAGES="beam-tool", EXTRA_CONDA_CHANNELS=url)
    assert done.returncode == 66
    assert "/t/***/no/channel" in done.stderr
    assert "secret-token" not in done.stderr


def test_a_word_that_is_no_requirement(start: Start) -> None:
    done = start("true", EXTRA_CONDA_PACKAGES="'beam-tool[='")
    assert done.returncode == 64
    assert "'beam-tool[=' is no requirement" in done.stderr


@pytest.mark.parametrize(
    ("word", "there"),
    [
        ("numpy", True),
        ("numpy>=1,<99", True),
        ("numpy<1", False),
        ("python>=3", True),
        ("python=2.7", False),
        ("graphviz", False),
        ("beam-tool", False),
    ],
)
def test_is_there(word: str, there: bool) -> None:
    assert conda.is_there(word) is there
