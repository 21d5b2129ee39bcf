"""Plots of results: what is drawn, and how it is named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lume_services import Result, Results
from lume_services.errors import InputError
from lume_services.pictures.plot import save
from lume_services.pictures.points import Axis, Series, is_curve, power

START = datetime(2026, 1, 1, tzinfo=UTC)


def put(number: int, inputs: dict[str, Any], outputs: dict[str, Any]) -> None:
    Result(
        project_name="scan",
        flow_id=f"run-{number}",
        inputs=inputs,
        outputs=outputs,
        created=START + timedelta(hours=number),
    ).insert()


@pytest.fixture
def scan() -> None:
    for number in range(10):
        charge, k1 = [0.1, 0.5][number % 2], number // 2 / 2
        put(
            number,
            {"k1": k1, "charge": charge, "gun": "AB"[number % 2]},
            {
                "size": 1e-6 * (1 + (k1 - 1) ** 2 + charge),
                "units": {"size": "m"},
                "noise": float(np.sin(number**3 * 17.0)),
                "s": np.linspace(0, 1, 50),
                "beta": np.full(50, k1),
            },
        )


def drawn(figure: Figure) -> Axes:
    figure.draw_without_rendering()
    return figure.axes[0]


def footer(figure: Figure) -> str:
    return figure.get_supxlabel()


def legend(figure: Figure) -> list[str]:
    (made,) = figure.legends
    return [made.get_title().get_text(), *(text.get_text() for text in made.get_texts())]


@pytest.mark.usefixtures("scan")
def test_a_scan_is_a_line_for_each_value() -> None:
    figure = Results("scan").find().plot("inputs.k1", "outputs.size", by="inputs.charge")
    axes = drawn(figure)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("k1", "size (10⁻⁶ m)")
    assert legend(figure) == ["charge", "0.1", "0.5"]
    first, second = axes.get_lines()
    np.testing.assert_array_equal(first.get_xdata(), [0, 0.5, 1, 1.5, 2])
    np.testing.assert_allclose(np.asarray(second.get_ydata())[2], 1.5e-6)
    assert first.get_color() != second.get_color()
    assert first.get_marker() != second.get_marker()
    assert "1.6" in [label.get_text() for label in axes.get_yticklabels()]
    assert footer(figure) == "project scan  ·  10 points"


@pytest.mark.usefixtures("scan")
def test_points_in_no_order_are_not_joined() -> None:
    figure = Results().find("inputs.k1 > 0").plot("time", "outputs.noise")
    axes = drawn(figure)
    assert axes.get_lines() == []
    (points,) = axes.collections
    assert len(points.get_offsets()) == 8
    assert axes.get_xlabel() == "time (UTC)"
    assert footer(figure) == "all projects  ·  8 points  ·  inputs.k1 > 0"


def test_many_numbers_have_a_colour_bar() -> None:
    for number in range(20):
        put(number, {"a": number % 3, "b": float(number)}, {"y": number % 7})
    figure = Results().find().plot("inputs.a", "outputs.y", by="inputs.b")
    axes, bar = figure.axes
    assert figure.legends == []
    assert bar.get_ylabel() == "b"
    (points,) = axes.collections
    assert points.norm.vmin == 0
    assert points.norm.vmax == 19


@pytest.mark.usefixtures("scan")
def test_texts_stand_on_an_axis_and_in_the_legend() -> None:
    figure = Results().find().plot("inputs.gun", "outputs.noise", by="inputs.gun")
    axes = drawn(figure)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["A", "B"]
    assert legend(figure) == ["gun", "A", "B"]
    assert len(axes.collections) == 2


@pytest.mark.usefixtures("scan")
def test_arrays_are_curves() -> None:
    figure = Results().find(limit=4).plot("outputs.s", "outputs.beta", by="inputs.gun")
    lines = drawn(figure).get_lines()
    assert [len(line.get_xdata()) for line in lines] == [50] * 4
    assert [line.get_color() == lines[0].get_color() for line in lines] == [True, False] * 2
    assert legend(figure) == ["gun", "A", "B"]
    assert "4 curves" in footer(figure)


def test_what_cannot_be_drawn_is_counted() -> None:
    for number, y in enumerate([1.0, None, float("nan"), "text", 10.0, -1.0]):
        put(number, {"x": number}, {"y": y})
    put(7, {}, {"y": 1.0})
    figure = Results().find().plot("inputs.x", "outputs.y", log_y=True)
    axes = drawn(figure)
    assert axes.get_yscale() == "log"
    assert "5 without values" in footer(figure)
    assert "10" in [label.get_text() for label in axes.get_yticklabels()]


def test_what_nobody_would_plot_is_left_out(tmp_path: Path) -> None:
    odd: list[Any] = [10**400, 1e308, 1j, [1, "a"], {"a": 1}, np.array(["a"]), np.array([]), True]
    odd += [np.array([1j]), b"a", START, [], "text"]
    for number, value in enumerate(odd):
        put(number, {"x": number, "by": 1}, {"y": value})
        put(100 + number, {"x": number, "by": value}, {"y": number})
    put(99, {"x": 5, "by": "a"}, {"y": np.float32(2)})
    figure = Results().find().plot("inputs.x", "outputs.y", by="inputs.by")
    save(figure, tmp_path / "a.png")
    assert legend(figure) == ["by", "2026-01-01 00:00:00", "True", "a", "text"]
    assert "4 points  ·  23 without values" in footer(figure)


def test_curves_with_gaps(tmp_path: Path) -> None:
    put(0, {"s": np.arange(4)}, {"y": np.array([1.0, np.nan, 3.0, np.inf], "float32")})
    figure = Results().find().plot("inputs.s", "outputs.y", log_y=True)
    save(figure, tmp_path / "a.png")
    assert footer(figure) == "all projects  ·  1 curve"


def test_names_are_shown_as_they_are() -> None:
    put(0, {"$a$": 1, "b": "_$x$"}, {"y_1": 2})
    figure = Results().find("inputs.b == '_$x$'").plot("inputs.$a$", "outputs.y_1", by="inputs.b")
    drawn(figure)
    assert figure.axes[0].get_xlabel() == "$a$"
    assert legend(figure) == ["b", "_$x$"]


def test_equal_last_names_are_whole_paths() -> None:
    put(0, {"x": 1}, {"x": 2})
    axes = drawn(Results().find().plot("inputs.x", "outputs.x"))
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("inputs.x", "outputs.x")


@pytest.mark.parametrize(
    ("x", "y", "by", "message"),
    [
        (
            "inputs.x",
            "outputs.none",
            None,
            "no result has values to plot at inputs.x and outputs.n",
        ),
        ("inputs.mixed", "outputs.y", None, "at inputs.mixed are numbers and texts; narrow"),
        ("outputs.s", "outputs.t", None, r"shapes \(3,\) at outputs.s and \(2,\) at outputs.t"),
        ("outputs.some", "outputs.s", None, "some results have arrays at .* and some have numbers"),
        ("inputs.x", "outputs.y", "inputs.id", "more than 35 different values that are no num"),
        ("a..b", "outputs.y", None, "cannot be searched"),
    ],
)
def test_what_makes_no_plot(x: str, y: str, by: str | None, message: str) -> None:
    array = np.arange(3)
    for n in range(40):
        put(
            n,
            {"x": n, "mixed": n if n % 2 else "a", "id": f"id {n}"},
            {"y": n, "s": array if n else 1, "t": np.arange(2), "some": array if n else 1},
        )
    with pytest.raises(InputError, match=message):
        Results().find().plot(x, y, by=by)


@pytest.mark.usefixtures("scan")
@pytest.mark.parametrize(("name", "begin"), [("a.png", b"\x89PNG"), ("a.svg", b"<?xml")])
def test_files(tmp_path: Path, name: str, begin: bytes) -> None:
    figure = Results().find().plot("inputs.k1", "outputs.size", by="inputs.gun")
    save(figure, tmp_path / name)
    content = (tmp_path / name).read_bytes()
    assert content.startswith(begin)
    save(figure, tmp_path / name)
    assert (tmp_path / name).read_bytes() == content


def test_a_name_without_letters_in_the_fonts_is_no_problem(tmp_path: Path) -> None:
    put(0, {"\N{CJK UNIFIED IDEOGRAPH-6F22}": 1}, {"y": 2})
    figure = Results().find().plot("inputs['\N{CJK UNIFIED IDEOGRAPH-6F22}']", "outputs.y")
    save(figure, tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("y", "expected"),
    [
        ([1, 2, 3, 2, 5], True),
        (list(np.sin(np.linspace(0, 12, 100))), True),
        (list(np.random.default_rng(0).normal(size=100)), False),
        ([10 ** (x**2) for x in range(9)], True),
        ([1.0] * 50, True),
        ([1], False),
    ],
)
def test_what_is_a_curve(y: list[float], expected: bool) -> None:
    assert is_curve(Series(list(range(len(y))), y)) is expected
    assert is_curve(Series([0] * len(y), y)) is False


@pytest.mark.parametrize(
    ("values", "expected"),
    [([], 0), ([0], 0), ([0.5, -20], 0), ([2e-6], -6), ([-9.9e-7], -9), ([6e9], 9), ([99999], 0)],
)
def test_power_of_ten(values: list[float], expected: int) -> None:
    assert power(values) == expected


def test_labels() -> None:
    assert Axis("size").label() == "size"
    assert Axis("size").label(-6) == "size (10⁻⁶)"
    assert Axis("size", "m").label() == "size (m)"
