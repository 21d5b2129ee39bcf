"""Pictures are written whole, or refused before they are drawn."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import pytest
from pictured import TEXT

from lume_services.errors import InputError
from lume_services.pictures import png, saving
from lume_services.pictures.graph import graph


def size(image: bytes) -> tuple[int, int]:
    assert image.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", image[16:24])
    return width, height


def test_svg_is_written_as_it_is() -> None:
    saving.save(graph(TEXT), Path("graph.svg"))
    assert Path("graph.svg").read_text(encoding="utf-8") == graph(TEXT)
    assert [path.name for path in Path().iterdir()] == ["graph.svg"]


def test_png_has_two_pixels_for_one() -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20"/>'
    saving.save(svg, Path("graph.PNG"))
    assert size(Path("graph.PNG").read_bytes()) == (60, 40)


def test_a_huge_picture_gives_a_png_that_fits_into_memory() -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="40000" height="10000"/>'
    width, height = size(png.render(svg))
    assert 31e6 < width * height < 33e6


def test_text_is_in_the_png() -> None:
    svg = graph(TEXT)
    assert png.render(svg) != png.render(svg.replace("save_text_file", "load_text_file"))


def test_without_a_font_png_is_refused() -> None:
    with pytest.raises(InputError, match=r"needs one of the fonts DejaVu Sans or Arial.*\.svg"):
        png.require(fonts="no such font")


def test_without_the_renderer_png_is_refused() -> None:
    code = (
        "import sys; sys.modules['resvg_py'] = None\n"
        "from lume_services.pictures import png\n"
        "png.require()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert "install lume-services[png], or give a name that ends in .svg" in done.stderr


@pytest.mark.parametrize("name", ["graph.gif", "graph", ".svg", "svg"])
def test_other_suffixes_are_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"end it in \.svg or \.png"):
        saving.check(Path(name))


def test_places_that_cannot_hold_a_picture_are_refused() -> None:
    Path("folder.svg").mkdir()
    with pytest.raises(InputError, match=r"'folder\.svg' is a folder"):
        saving.check(Path("folder.svg"))
    with pytest.raises(InputError, match="in a folder that does not exist"):
        saving.check(Path("missing/graph.svg"))
