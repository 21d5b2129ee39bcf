"""Plots as figures of Matplotlib, and as files."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from lume_services.extras import needed
from lume_services.pictures import saving
from lume_services.pictures.palette import LIGHT
from lume_services.pictures.points import Plot, Series, is_time, power

with needed("plot", "a plot"):
    import matplotlib as mpl
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis as TickAxis
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine
    from matplotlib.text import Text
    from matplotlib.ticker import LogLocator, ScalarFormatter, StrMethodFormatter

# Okabe and Ito's colours without their yellow, which white paper hides: all people see them apart.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
_MARKERS = ("o", "s", "^", "D", "v")
MOST_NAMES = len(_COLOURS) * len(_MARKERS)
_SCALE = "viridis"
_INCHES, _DOTS = (10.0, 5.625), 200
_MARGIN = 0.12
_MANY = 5000
_MARKED = 200
_LEGEND_LINES = 16
_STYLE: Any = {
    "axes.edgecolor": LIGHT["dim"],
    "axes.grid": True,
    "axes.labelcolor": LIGHT["text"],
    "axes.labelpad": 8,
    "axes.labelsize": 16,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.size": 13,
    "grid.color": "#e2e8f0",
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "legend.title_fontsize": 13,
    "text.color": LIGHT["text"],
    "xtick.color": LIGHT["raw"],
    "ytick.color": LIGHT["raw"],
}


def figure(plot: Plot, *, log_x: bool = False, log_y: bool = False) -> Figure:
    """Return a plot.

    Parameters
    ----------
    plot
        What it shows.
    log_x, log_y
        Whether the axes are logarithmic.
    """
    with mpl.rc_context(_STYLE):
        made = Figure(
            figsize=_INCHES, dpi=100, layout=ConstrainedLayoutEngine(w_pad=_MARGIN, h_pad=_MARGIN)
        )
        axes = made.add_subplot()
        axes.set_axisbelow(True)
        if plot.by is None:
            _draw(axes, plot, [_COLOURS[0]] * len(plot.series), [_MARKERS[0]] * len(plot.series))
        elif plot.numeric:
            _draw_by_number(made, axes, plot)
        else:
            _draw_by_name(made, axes, plot)
        _label(axes, plot, log_x, log_y)
        footer = made.supxlabel(plot.footer, x=0.01, ha="left", size=9, color=LIGHT["dim"])
        _as_written([footer, axes.xaxis.label, axes.yaxis.label])
    return made


def save(made: Figure, path: Path) -> None:
    """Write a figure, whole or not at all.

    Parameters
    ----------
    made
        The figure.
    path
        Ends in .png or .svg.
    """
    saving.check_name(path)
    content = io.BytesIO()
    kind = path.suffix.lower()[1:]
    with warnings.catch_warnings(), mpl.rc_context({"svg.hashsalt": "lume-services"}):
        # A letter that no font has is drawn as a box, and the rest is as good as without it.
        warnings.filterwarnings("ignore", message="Glyph")
        undated = {"Date": None} if kind == "svg" else None
        made.savefig(content, format=kind, dpi=_DOTS, metadata=undated)
    saving.write(content.getvalue(), path)


def _draw(axes: Axes, plot: Plot, colours: Sequence[Any], markers: Sequence[str]) -> list[Artist]:
    """Draw the series, and return what was drawn of each."""
    artists: list[Artist] = []
    for series, colour, marker in zip(plot.series, colours, markers, strict=True):
        if plot.joined:
            # Where points are close, marks would hide the line.
            shown = marker if plot.size <= _MARKED else ""
            artists += axes.plot(series.x, series.y, color=colour, marker=shown, linewidth=1.8)
        else:
            artists.append(_scatter(axes, series, plot, color=colour, marker=marker))
    return artists


def _scatter(axes: Axes, series: Series, plot: Plot, **style: Any) -> Any:
    few, many = plot.size <= 300, plot.size > _MANY
    size, alpha = (36, 0.9) if few else (6, 0.4) if many else (16, 0.7)
    return axes.scatter(
        series.x,
        series.y,
        s=size,
        alpha=alpha,
        linewidths=0 if many else 0.4,
        edgecolors="white",
        rasterized=many,
        **style,
    )


def _draw_by_name(made: Figure, axes: Axes, plot: Plot) -> None:
    places = [plot.keys.index(series.key) for series in plot.series]
    colours = [_COLOURS[place % len(_COLOURS)] for place in places]
    markers = [_MARKERS[place % len(_MARKERS)] for place in places]
    drawn = _draw(axes, plot, colours, markers)
    legend = made.legend(
        [drawn[places.index(place)] for place in range(len(plot.keys))],
        [str(key) for key in plot.keys],
        title=plot.by.label() if plot.by else None,
        loc="outside right upper",
        markerscale=1.0 if plot.joined else 1.6,
        ncols=1 + (len(plot.keys) - 1) // _LEGEND_LINES,
    )
    _as_written([*legend.get_texts(), legend.get_title()])


def _draw_by_number(made: Figure, axes: Axes, plot: Plot) -> None:
    assert plot.by is not None  # noqa: S101
    keys = [series.key for series in plot.series]
    scale = ScalarMappable(Normalize(min(keys), max(keys)), _SCALE)
    if plot.joined:
        colours = list(scale.to_rgba(np.asarray(keys)))
        _draw(axes, plot, colours, [_MARKERS[0]] * len(colours))
    else:
        keyed = [(x, y, one.key) for one in plot.series for x, y in zip(one.x, one.y, strict=True)]
        # In order of their keys, the largest would hide all others.
        np.random.default_rng(0).shuffle(keyed)
        xs, ys, values = zip(*keyed, strict=True)
        _scatter(axes, Series(xs, ys), plot, c=values, cmap=_SCALE, norm=scale.norm)
    bar = made.colorbar(scale, ax=axes, pad=0.02, aspect=30)
    bar.outline.set_visible(False)
    bar.set_label(plot.by.label(_leave_out(bar.ax.yaxis, keys)))
    _as_written([bar.ax.yaxis.label])


def _label(axes: Axes, plot: Plot, log_x: bool, log_y: bool) -> None:
    powers = {}
    for name, axis, log in (("x", axes.xaxis, log_x), ("y", axes.yaxis, log_y)):
        values = list(_all(plot, name))
        if log:
            (axes.set_xscale if name == "x" else axes.set_yscale)("log")
            _spell_out(axis, values)
        elif values and is_time(values[0]):
            locator = AutoDateLocator()  # type: ignore[no-untyped-call]
            axis.set_major_locator(locator)
            formatter = ConciseDateFormatter(locator)  # type: ignore[no-untyped-call]
            axis.set_major_formatter(formatter)
        elif name == "x" and plot.texts:
            axis.set_ticks(range(len(plot.texts)), plot.texts)
            _as_written(axis.get_ticklabels())
        else:
            powers[name] = _leave_out(axis, values)
    axes.set_xlabel(plot.x.label(powers.get("x", 0)))
    axes.set_ylabel(plot.y.label(powers.get("y", 0)))


def _spell_out(axis: TickAxis, values: Sequence[Any]) -> None:
    """Write 20 in place of 2 x 10^1 on a logarithmic axis of usual numbers."""
    least, most = min(values), max(values)
    if power([most]) or least < 1e-3:
        return
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    if most / least < 100:
        axis.set_minor_locator(LogLocator(subs=(2, 5)))
        axis.set_minor_formatter(StrMethodFormatter("{x:g}"))


def _leave_out(axis: TickAxis, values: Sequence[Any]) -> int:
    """Make the ticks leave out a power of ten, and return it."""
    left_out = power(values)
    formatter = ScalarFormatter(useOffset=False)
    formatter.set_scientific(bool(left_out))
    if left_out:
        formatter.set_powerlimits((left_out, left_out))
    axis.set_major_formatter(formatter)
    axis.get_offset_text().set_visible(False)
    return left_out


def _all(plot: Plot, name: str) -> Iterator[Any]:
    return chain.from_iterable(getattr(series, name) for series in plot.series)


def _as_written(texts: Sequence[Text]) -> None:
    """Show texts as they are, dollars and all."""
    for text in texts:
        text.set_parse_math(False)
