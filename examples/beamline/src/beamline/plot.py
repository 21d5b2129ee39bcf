"""The picture of beam sizes along the line."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from beamline.comparison import relative_deviation
from beamline.optics import Optics, size_error

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from PIL.Image import Image

    from beamline.coordinates import Bunch
    from beamline.ellipse import Array

COLOURS = ("#0072B2", "#D55E00")
MICRO = 1e6
PERCENT = 100
DPI = 130


def draw(
    sigma: Array,
    theory: Optics,
    quadrupoles: Sequence[Mapping[str, float]],
    bunch: Bunch,
) -> Image:
    """Draw the lattice, the beam sizes with theory, and their relative deviation.

    Parameters
    ----------
    sigma
        Rms beam sizes in m, shape (places, 2).
    theory
        Optics at the same places.
    quadrupoles
        ``s``, ``length`` and ``k1`` of each quadrupole.
    bunch
        The particles that came through.
    """
    # The figure is made without pyplot, which would choose a window system and keep it alive.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5.6), layout="constrained")
    strip, sizes, deviation = figure.subplots(
        3, 1, sharex=True, gridspec_kw={"height_ratios": [0.5, 4, 1.8]}
    )
    n_particles = len(bunch.weight)
    strip.set_title(f"{bunch.p0 / 1e9:.4g} GeV/c electrons, {n_particles:,} particles", fontsize=12)
    _draw_lattice(strip, quadrupoles, float(theory.s[-1]))
    _draw_sizes(sizes, sigma, theory)
    _draw_deviation(deviation, sigma, theory, size_error(n_particles))
    deviation.set_xlabel("s [m]")
    deviation.set_xlim(theory.s[0], theory.s[-1])
    return _image(figure)


def _draw_lattice(axes: Axes, quadrupoles: Sequence[Mapping[str, float]], length: float) -> None:
    from matplotlib.patches import Rectangle

    axes.plot([0, length], [0, 0], color="black", linewidth=0.8)
    for quadrupole in quadrupoles:
        height = 1 if quadrupole["k1"] > 0 else -1
        corner = (quadrupole["s"], 0)
        box = Rectangle(corner, quadrupole["length"], height, facecolor="0.35", edgecolor="none")
        axes.add_patch(box)
    axes.set_ylim(-1.3, 1.3)
    axes.axis("off")


def _draw_sizes(axes: Axes, sigma: Array, theory: Optics) -> None:
    for plane, (name, colour) in enumerate(zip("xy", COLOURS, strict=True)):
        axes.plot(
            theory.s,
            MICRO * theory.sigma[:, plane],
            color=colour,
            linewidth=1.2,
            label=rf"$\sqrt{{\beta_{name}\,\varepsilon_{name}}}$ from the optics",
        )
        axes.plot(
            theory.s,
            MICRO * sigma[:, plane],
            "o",
            color=colour,
            markersize=3.5,
            markerfacecolor="white",
            label=rf"$\sigma_{name}$ of the tracked particles",
        )
    axes.set_ylabel("rms beam size [µm]")
    lowest, highest = MICRO * sigma.min(), MICRO * sigma.max()
    axes.set_ylim(lowest - 0.1 * (highest - lowest), highest + 0.4 * (highest - lowest))
    axes.legend(ncols=2, loc="upper center", frameon=False)


def _draw_deviation(axes: Axes, sigma: Array, theory: Optics, error: float) -> None:
    axes.axhspan(
        -PERCENT * error,
        PERCENT * error,
        color="0.88",
        label=rf"statistical error $1/\sqrt{{2N}}$ = {PERCENT * error:.2g} %",
    )
    axes.axhline(0, color="black", linewidth=0.8)
    values = PERCENT * relative_deviation(sigma, theory)
    for plane, colour in enumerate(COLOURS):
        axes.plot(theory.s, values[:, plane], ".-", color=colour, markersize=3, linewidth=0.8)
    reach = max(abs(values).max(), PERCENT * error)
    axes.set_ylim(-1.2 * reach, 1.9 * reach)
    axes.set_ylabel("deviation [%]")
    axes.legend(loc="upper right", frameon=False)


def _image(figure: Any) -> Image:
    from PIL import Image

    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI)
    return Image.open(buffer)
