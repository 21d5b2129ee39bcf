"""What the packaged types keep and what they refuse to write."""

from __future__ import annotations

import datetime as dt
import enum
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from PIL import Image

from lume_services.errors import FileCorruptError, FileServiceError, InputError
from lume_services.files import (
    File,
    HDF5File,
    ImageFile,
    JSONFile,
    OpenPMDFile,
    TextFile,
    YAMLFile,
    load_reference,
)

# Importing openPMD-beamphysics imports Matplotlib, which announces a change.
pytestmark = pytest.mark.filterwarnings("ignore:The set_under function:PendingDeprecationWarning")


class Colour(enum.IntEnum):
    RED = 1


class Table(dict[str, Any]):
    pass


def loop() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


def deep(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels):
        value = {"a": value}
    return value


def beam() -> Any:
    from beamphysics import ParticleGroup

    rng = np.random.default_rng(1)
    data = {key: rng.normal(size=50) for key in ("x", "px", "y", "py", "z", "pz", "t")}
    return ParticleGroup(
        data={**data, "status": np.ones(50), "weight": np.full(50, 1e-12), "species": "electron"}
    )


def test_text_files_are_readable_by_people(tmp_path: Path) -> None:
    JSONFile("a.json").write({"β": [1.5, None, True]})
    YAMLFile("a.yaml").write({"β": [1.5, None, True, dt.date(2022, 5, 1)], "a": "x"})
    TextFile("a.txt").write("β\r\n\n")
    assert (tmp_path / "a.json").read_text() == (
        '{\n  "β": [\n    1.5,\n    null,\n    true\n  ]\n}\n'
    )
    assert (tmp_path / "a.yaml").read_text() == "β:\n- 1.5\n- null\n- true\n- 2022-05-01\na: x\n"
    assert (tmp_path / "a.txt").read_bytes() == b"\xce\xb2\r\n\n"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (float("nan"), r"^JSON has no such number \(.*\); replace NaN and infinities by null or"),
        ({"a": [1, float("inf")]}, "^JSON has no such number"),
        ({"a": [1, (2,)]}, r"^the value at 'a\[1\]' is of type tuple, which a JSONFile cannot"),
        ({"a": {1: 2}}, r"^the value at 'a' has the key 1 of type int; the keys of a JSONFile are"),
        (
            b"",
            "^the value is of type bytes, which a JSONFile cannot hold; it holds dict, list and ",
        ),
        ({"a": {"b": np.float64(1)}}, r"^the value at 'a\.b' is of type numpy\.float64, which"),
        (Colour.RED, r"Colour, which a JSONFile cannot hold"),
        (Table(), r"Table, which a JSONFile cannot hold"),
        (loop(), r"^the value at '\[0\]' holds itself; a JSONFile cannot\."),
        (
            deep(100),
            r"^the value at 'a\.a\..* is nested deeper than the 100 levels",
        ),
        ("\ud800", "^text in a JSONFile must be Unicode"),
    ],
)
def test_json_refuses_what_would_change(value: object, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        JSONFile("a.json").write(value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            [{"a": {1}}],
            r"^the value at '\[0\]\.a' is of type set, which a YAMLFile cannot",
        ),
        (object(), "^the value is of type object, which a YAMLFile cannot hold"),
        ({"a": Path()}, r"^the value at 'a' is of type pathlib\.[\w.]*PosixPath, which a YAML"),
        ({None: 1}, "^the value has the key None of type NoneType; the keys of a YAMLFile are str"),
        (deep(100), "is nested deeper than the 100 levels that a YAMLFile holds"),
        ("\ud800", "^text in a YAMLFile must be Unicode"),
    ],
)
def test_yaml_refuses_what_would_change(value: object, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        YAMLFile("a.yaml").write(value)
    assert list(tmp_path.iterdir()) == []


def test_yaml_times() -> None:
    aware = dt.datetime(2022, 5, 1, 12, 30, tzinfo=dt.UTC)
    value = [aware, aware.replace(tzinfo=None)]
    assert load_reference(YAMLFile("a.yaml").write(value)) == value


def test_shared_values_are_written_twice_or_by_alias() -> None:
    shared = [1, 2]
    for made in (JSONFile, YAMLFile):
        assert load_reference(made("a").write({"a": shared, "b": shared})) == {
            "a": [1, 2],
            "b": [1, 2],
        }


@pytest.mark.parametrize("levels", [1, 99])
def test_depth_that_is_written_is_read(levels: int) -> None:
    for made in (JSONFile, YAMLFile, HDF5File):
        assert load_reference(made("a").write(deep(levels))) == deep(levels)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".BMP", ".gif"])
def test_images_come_back(suffix: str) -> None:
    image = Image.fromarray(np.arange(200, dtype=np.uint8).reshape(10, 20))
    found = load_reference(ImageFile(f"plot{suffix}").write(image))
    assert np.array_equal(np.asarray(found), np.asarray(image))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_png_keeps_its_mode(mode: str) -> None:
    image = Image.new(mode, (3, 2))
    found = load_reference(ImageFile("a.png").write(image))
    assert (found.mode, found.size) == (image.mode, image.size)
    assert found.tobytes() == image.tobytes()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("a.png", np.zeros((2, 2)), r"^an ImageFile holds a PIL\.Image\.Image, not ndarray; con"),
        (
            "a.eps",
            Image.new("L", (1, 1)),
            r"^'a\.eps' has the suffix '\.eps'; an ImageFile has",
        ),
        ("plot", Image.new("L", (1, 1)), r"^'plot' has the suffix ''; an ImageFile has one of \.p"),
        ("a.jpg", Image.new("RGBA", (1, 1)), r"^this image cannot be written as \.jpg: cannot wri"),
    ],
)
def test_images_that_cannot_be_written(name: str, value: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        ImageFile(name).write(value)
    assert list(tmp_path.iterdir()) == []


def test_a_bunch_comes_back(tmp_path: Path) -> None:
    bunch = beam()
    # Where the package writes by path, it would expand this name.
    found = load_reference(OpenPMDFile("$HOME.h5").write(bunch))
    assert (tmp_path / "$HOME.h5").is_file()
    assert found == bunch
    assert found.x.tolist() == bunch.x.tolist()
    assert found.species == "electron"


def test_what_is_no_bunch(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^an OpenPMDFile holds a ParticleGroup, not dict; ma"):
        OpenPMDFile("a.h5").write({"x": 1})
    HDF5File("a.h5").write({"x": 1})
    with pytest.raises(FileCorruptError, match=r"a\.h5' is not an openPMD file; read it as the HD"):
        OpenPMDFile("a.h5").read()
    with h5py.File(tmp_path / "a.h5", "a") as file:
        file.attrs["openPMD"] = "2.0.0"
        file["secret"] = h5py.ExternalLink("other.h5", "/")
    with pytest.raises(FileCorruptError, match="is refused: 'secret' in '/' is of type External"):
        OpenPMDFile("a.h5").read()


def test_an_openpmd_file_without_a_bunch(tmp_path: Path) -> None:
    OpenPMDFile("a.h5").write(beam())
    with h5py.File(tmp_path / "a.h5", "a") as file:
        del file["particles/electron/momentum"]
    with pytest.raises(FileCorruptError, match=r"a\.h5' holds no bunch that openPMD-beamphysics c"):
        OpenPMDFile("a.h5").read()


@pytest.mark.parametrize(
    ("made", "module", "message"),
    [
        (OpenPMDFile, "beamphysics", r"openpmd-beamphysics; install lume-services\[openpmd\]\.$"),
        (ImageFile, "PIL", r"needs the package pillow; install lume-services\[image\]\.$"),
    ],
)
def test_a_package_that_is_not_installed(
    made: type[File[Any]], module: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(FileServiceError, match=message):
        made("a").write(1)
