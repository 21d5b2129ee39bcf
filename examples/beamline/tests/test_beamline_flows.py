from __future__ import annotations

from pathlib import Path
from typing import Any

import at
import numpy as np
import pytest

from lume_services import FlowOfFlows, Result
from lume_services.errors import FlowFailedError, ParameterError
from lume_services.files import from_reference

pytestmark = pytest.mark.usefixtures("lume_home")

FILE = Path(__file__).parents[1] / "flow_of_flows.yaml"
N = 5000


def run(**parameters: Any) -> dict[str, Any]:
    """Run the flow-of-flows with a small bunch; return what its flows made."""
    given = {"generate_beam-n_particles": N} | parameters
    return FlowOfFlows.from_yaml(FILE).run_and_return(given)


def last_comparison() -> Result:
    """Return the database result of the last analysis."""
    return next(iter(Result.find({"flow_name": "analyze"}, sort=[("created", -1)], limit=1)))


@pytest.fixture(scope="module")
def default_run(lume_home: Path) -> tuple[dict[str, Any], Result, Result]:
    """Run with the defaults; what was made, and the results of tracking and analysis."""
    made = run(**{"generate_beam-directory": "default"})
    return made, Result.load(made["track"]["save_tracking"]), last_comparison()


def test_files_and_sizes_are_handed_on(default_run: tuple[dict[str, Any], Result, Result]) -> None:
    made, tracking, comparison = default_run
    beam, tracked = (
        from_reference(made[flow][task]).read()
        for flow, task in (("generate_beam", "save_beam"), ("track", "save_tracked_beam"))
    )
    assert len(beam) == len(tracked) == N
    assert tracked["mean_z"] == pytest.approx(32.0)
    assert tracking.outputs["transmission"] == 1
    sizes = tracking.outputs["sizes"]
    assert sizes["sigma_x"][0] == pytest.approx(beam["sigma_x"], rel=1e-12)
    assert sizes["sigma_y"][-1] == pytest.approx(tracked["sigma_y"], rel=1e-12)
    assert tracking.project_name == comparison.project_name == "beamline"
    assert made["generate_beam"]["save_beam"] in tracking.parents
    assert made["track"]["save_tracked_beam"] in comparison.parents


def test_emittances_and_sizes_are_those_of_theory(
    default_run: tuple[dict[str, Any], Result, Result],
) -> None:
    made, tracking, comparison = default_run
    before, after = (np.array(tracking.outputs["emittances"][end]) for end in ("in", "out"))
    np.testing.assert_allclose(after, before, rtol=1e-6)
    numbers = comparison.outputs
    assert numbers["statistical_error"] == pytest.approx(0.01)
    assert 0 < numbers["largest_relative_deviation"] < 0.05
    assert numbers["largest_relative_deviation_from_own_optics"] < 1e-6
    assert abs(numbers["emittance_growth_x"]) < 1e-6
    assert abs(numbers["emittance_growth_y"]) < 1e-6
    assert made["analyze"].startswith(f"{numbers['largest_relative_deviation']:.2%} from theory")


def test_a_run_has_one_folder(
    lume_home: Path, default_run: tuple[dict[str, Any], Result, Result]
) -> None:
    (folder,) = (lume_home / "default").iterdir()
    made = sorted(path.name for path in folder.iterdir())
    assert made == ["beam.h5", "beam_size.png", "tracked_beam.h5"]
    assert (folder / "beam_size.png").stat().st_size > 50_000


def test_energy_spread_gives_chromatic_growth() -> None:
    run(**{"generate_beam-energy_spread": 0.02})
    numbers = last_comparison().outputs
    for plane in "xy":
        growth, expected, error = (
            numbers[f"{name}_{plane}"]
            for name in ("emittance_growth", "chromatic_growth_expected", "chromatic_growth_error")
        )
        assert expected == pytest.approx(7e-5, rel=0.5)
        assert abs(growth - expected) < 5 * error
    assert numbers["largest_relative_deviation_from_own_optics"] > 1e-6


def test_a_line_with_small_apertures_cuts_the_beam(tmp_path: Path) -> None:
    pipe = {"EApertures": np.array([1e-4, 1e-4])}
    line = at.Lattice([at.Drift("D", 0.5, **pipe) for _ in range(4)], energy=1e9)
    line.save(str(tmp_path / "pipe.json"))
    made = run(**{"track-lattice_file": str(tmp_path / "pipe.json")})
    tracking = Result.load(made["track"]["save_tracking"])
    left = len(from_reference(made["track"]["save_tracked_beam"]).read())
    assert 0.5 < tracking.outputs["transmission"] < 0.99
    assert left == pytest.approx(N * tracking.outputs["transmission"])


@pytest.mark.parametrize(
    ("parameter", "value", "flow", "message"),
    [
        ("generate_beam-norm_emittance_y", -1e-6, "generate_beam", "emittance is -1e-06; give"),
        ("generate_beam-n_particles", 0, "generate_beam", "n_particles is 0; give"),
        ("generate_beam-energy", 5e8, "track", "500 MeV/c, the lattice is set for 1000 MeV/c"),
        ("track-lattice_file", "none.json", "track", "'none.json' does not exist; give the path"),
    ],
)
def test_what_cannot_be_done_is_said(parameter: str, value: Any, flow: str, message: str) -> None:
    with pytest.raises(FlowFailedError, match=message) as failed:
        run(**{parameter: value})
    assert f"flow {flow!r}" in str(failed.value)


def test_an_unknown_parameter_is_refused_before_anything_runs(lume_home: Path) -> None:
    with pytest.raises(ParameterError, match="generate_beam-n_particles"):
        run(**{"generate_beam-n_particle": 10, "generate_beam-directory": "unknown"})
    assert not (lume_home / "unknown").exists()
