"""The flows of the project: make a bunch, track it, compare it with theory.

Physics packages are imported when a flow runs, so that listing and validating flows is quick.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import PurePath
from typing import Any

from prefect import flow
from prefect.runtime import flow_run

from beamline.ellipse import Ellipse, Ellipses
from lume_services.files import ImageFile, OpenPMDFile
from lume_services.results import Result
from lume_services.tasks import LoadFile, SaveDBResult, SaveFile

load_beam = LoadFile(name="load_beam")
save_beam = SaveFile(name="save_beam")
save_design = SaveDBResult(name="save_design")
save_tracked_beam = SaveFile(name="save_tracked_beam")
save_tracking = SaveDBResult(name="save_tracking")
save_plot = SaveFile(name="save_plot")
save_comparison = SaveDBResult(name="save_comparison")


@flow(name="generate_beam")
def generate_beam(
    *,
    n_particles: int = 100_000,
    energy: float = 1e9,
    norm_emittance_x: float = 1e-6,
    norm_emittance_y: float = 5e-7,
    beta_x: float = 4.060048342,
    alpha_x: float = -1.194895869,
    beta_y: float = 4.060048342,
    alpha_y: float = 1.194895869,
    energy_spread: float = 0.0,
    bunch_length: float = 3e-4,
    charge: float = 1e-10,
    seed: int = 0,
    directory: str = "beamline_results",
    filesystem_identifier: str = "local",
) -> None:
    """Make a Gaussian electron bunch and save it as an openPMD file.

    The default Twiss functions are those of the FODO line that the project ships.

    Parameters
    ----------
    n_particles
        Number of macroparticles.
    energy
        Mean total energy in eV.
    norm_emittance_x, norm_emittance_y
        Normalized rms emittances in m rad.
    beta_x, alpha_x, beta_y, alpha_y
        Twiss functions, beta in m.
    energy_spread
        Relative rms energy spread.
    bunch_length
        Rms bunch length in m.
    charge
        Bunch charge in C.
    seed
        What the random numbers start from.
    directory
        Where a folder for this run is made.
    filesystem_identifier
        The filesystem that the directory is on.
    """
    from beamline.beam import BunchParameters, geometric_emittance, make_bunch

    parameters = BunchParameters(
        energy=energy,
        energy_spread=energy_spread,
        length=bunch_length,
        charge=charge,
        n_particles=n_particles,
        seed=seed,
    )
    design = Ellipses(
        x=Ellipse(beta_x, alpha_x, geometric_emittance(norm_emittance_x, energy)),
        y=Ellipse(beta_y, alpha_y, geometric_emittance(norm_emittance_y, energy)),
    )
    filename = str(PurePath(directory, flow_run.id[:8], "beam.h5"))
    bunch = make_bunch(parameters, design)
    save_beam(bunch, filename, filesystem_identifier, OpenPMDFile, create_dir=True)
    inputs = asdict(parameters) | {
        "norm_emittance_x": norm_emittance_x,
        "norm_emittance_y": norm_emittance_y,
    }
    save_design(Result(inputs=inputs, outputs=asdict(design)))


@flow(name="track")
def track(
    file_rep: dict[str, Any], design: Ellipses | None = None, lattice_file: str | None = None
) -> None:
    """Track a bunch through a transfer line; save it beside the bunch, and what was seen.

    Parameters
    ----------
    file_rep
        The bunch: JSON reference of an openPMD file.
    design
        ``beta`` (m), ``alpha`` and geometric ``emittance`` (m rad) that the bunch was made
        for, under ``"x"`` and ``"y"``; without it, those that the particles have.
    lattice_file
        The line in pyAT's JSON form; without one, the FODO line that the project ships.
    """
    from beamline.coordinates import from_particles, to_particles
    from beamline.lattice import load_line, quadrupoles, reference_momentum
    from beamline.optics import chromatic_amplitude, optics_along
    from beamline.tracking import track_bunch

    line = load_line(lattice_file)
    bunch = from_particles(load_beam(file_rep), reference_momentum(line))
    tracked = track_bunch(line, bunch)
    own, out = bunch.ellipses(), tracked.bunch.ellipses()
    filename, filesystem = _beside(file_rep, "tracked_beam.h5")
    save_tracked_beam(to_particles(tracked.bunch), filename, filesystem, OpenPMDFile)
    outputs = {
        "sizes": tracked.sizes(),
        "optics": {
            "design": optics_along(line, design or own).jsonable_dict(),
            "own": optics_along(line, own).jsonable_dict(),
            "chromatic_amplitude": chromatic_amplitude(line, own).tolist(),
        },
        "emittances": {"in": own.each("emittance").tolist(), "out": out.each("emittance").tolist()},
        "transmission": tracked.transmission,
        "line": {"reference_momentum": bunch.p0, "quadrupoles": quadrupoles(line)},
    }
    save_tracking(Result(inputs={"beam": file_rep, "lattice_file": lattice_file}, outputs=outputs))


@flow(name="analyze")
def analyze(
    file_rep: dict[str, Any],
    sizes: dict[str, list[float]],
    optics: dict[str, Any],
    line: dict[str, Any],
) -> str:
    """Compare a tracked bunch with linear optics; save a plot beside it, and the numbers.

    Returns what was found in one line.

    Parameters
    ----------
    file_rep
        The tracked bunch: JSON reference of an openPMD file.
    sizes
        ``s``, ``sigma_x`` and ``sigma_y`` in m.
    optics
        What theory expects: ``design`` and ``own`` optics, ``chromatic_amplitude``.
    line
        ``reference_momentum`` in eV/c and ``quadrupoles``.
    """
    import numpy as np

    from beamline.comparison import compare, summary
    from beamline.coordinates import from_particles
    from beamline.optics import Optics
    from beamline.plot import draw

    bunch = from_particles(load_beam(file_rep), line["reference_momentum"])
    sigma = np.column_stack([sizes["sigma_x"], sizes["sigma_y"]])
    design, own = (Optics.from_jsonable(optics[name]) for name in ("design", "own"))
    comparison = compare(bunch, sigma, design, own, optics["chromatic_amplitude"])
    picture = draw(sigma, design, line["quadrupoles"], bunch)
    save_plot(picture, *_beside(file_rep, "beam_size.png"), ImageFile)
    save_comparison(Result(inputs={"beam": file_rep}, outputs=comparison))
    return summary(comparison)


def _beside(file_rep: dict[str, Any], name: str) -> tuple[str, str]:
    """Return filename and filesystem of a file in the same directory as another."""
    return str(PurePath(file_rep["filename"]).with_name(name)), file_rep["filesystem_identifier"]
