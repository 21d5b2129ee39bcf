from __future__ import annotations

import json
import runpy
from pathlib import Path

import at
import pytest

from beamline.lattice import load_line, quadrupoles, reference_momentum
from lume_services.errors import InputError

EXAMPLE = Path(__file__).parents[1]


def test_the_shipped_line_is_what_the_script_makes(tmp_path: Path) -> None:
    script = runpy.run_path(str(EXAMPLE / "make_lattice.py"))
    made = tmp_path / "fodo.json"
    script["make_line"]().save(str(made))
    shipped = json.loads(script["TARGET"].read_text())
    assert json.loads(made.read_text())["elements"] == shipped["elements"]


def test_the_default_beam_is_matched_to_the_cell(defaults: dict[str, float]) -> None:
    script = runpy.run_path(str(EXAMPLE / "make_lattice.py"))
    optics = script["periodic_optics"](script["matched_strength"]())
    for i, plane in enumerate("xy"):
        assert defaults[f"beta_{plane}"] == pytest.approx(optics.beta[i], rel=1e-9)
        assert defaults[f"alpha_{plane}"] == pytest.approx(optics.alpha[i], rel=1e-9)


def test_slices_add_up_to_the_line(line: at.Lattice) -> None:
    assert line.circumference == pytest.approx(32.0)
    assert max(element.Length for element in line) <= 0.18 + 1e-12
    assert reference_momentum(line) == pytest.approx(0.999999869440028e9)


def test_quadrupoles_alternate(line: at.Lattice) -> None:
    found = quadrupoles(line)
    assert len(found) == 32
    assert [round(quadrupole["s"], 9) for quadrupole in found[::2]] == [
        round(0.9 + 2 * i, 9) for i in range(16)
    ]
    assert [quadrupole["k1"] > 0 for quadrupole in found] == [True, True, False, False] * 8


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no_such\.json' does not exist; give the path"):
        load_line(str(tmp_path / "no_such.json"))


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("QF: QUAD, L=0.2;", "JSONDecodeError"),
        ("{}", "KeyError: 'elements'"),
        ("[1, 2]", "TypeError"),
        ('{"elements": [{"Class": "Drift", "FamName": "D"}]}', "missing .* argument: 'length'"),
        ('{"elements": [], "properties": {"energy": 1e9}}', "no element with a length"),
    ],
)
def test_a_file_that_is_no_lattice_is_refused(tmp_path: Path, text: str, cause: str) -> None:
    path = tmp_path / "line.json"
    path.write_text(text)
    with pytest.raises(InputError, match=cause) as refused:
        load_line(str(path))
    assert str(path) in str(refused.value)


def test_a_lattice_without_energy_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "line.json"
    path.write_text('{"elements": [{"FamName": "D", "Length": 1.0, "Class": "Drift"}]}')
    with pytest.raises(InputError, match="energy"):
        load_line(str(path))
