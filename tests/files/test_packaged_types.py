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
    NumpyFile,
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
        ({"a": Path()}, r"^the value at 'a' is of type pathlib\.PosixPath, which a YAML"),
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


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            [1.0],
            r"^a NumpyFile holds a numpy\.ndarray, not builtins\.list; convert it with",
        ),
        (np.float64(1), r"not numpy\.float64; convert it"),
        (np.ma.array([1]), r"not numpy\.ma\.MaskedArray; convert it"),
        (np.array([object()]), r"^an array of data type object cannot be written without pickle;"),
        (np.array([("a", None)], "U1,O"), "cannot be written without pickle"),
    ],
)
def test_numpy_refuses_what_needs_pickle(value: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        NumpyFile("a.npy").write(value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("order", ["C", "F"])
def test_numpy_keeps_order_and_structure(order: Any) -> None:
    array = np.ones((3, 4), [("x", "<f8"), ("n", ">i4", (2,))], order=order)
    found = load_reference(NumpyFile("beam").write(array))
    assert found.dtype == array.dtype
    assert found.flags.f_contiguous == array.flags.f_contiguous
    assert (found == array).all()
    found["n"] = 2
    mapped = np.lib.format.open_memmap("beam", mode="r")
    assert load_reference(NumpyFile("again").write(mapped)).dtype == array.dtype


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (3, r"^an HDF5File holds a lume-base object or a dict, not int; put the value in a dict"),
        (
            {"a": {"b": [1]}},
            r"^the value at '/a/b' is of type builtins\.list; an HDF5File holds",
        ),
        ({"a": 2**64}, "^the value at '/a' is an int of more than 64 bits"),
        ({"a": "\0"}, "^the value at '/a' is text with NUL or lone surrogates"),
        ({"a": np.array(["x\0y"])}, "^the value at '/a' is text with NUL"),
        ({"a": np.array([None])}, "^the value at '/a' has the data type object"),
        ({"a": np.zeros(1, "i4,f4")}, "^the value at '/a' has the data type"),
        ({"a": np.ma.array([1])}, r"^the value at '/a' is of type numpy\.ma\.MaskedArray"),
        ({"a/b": 1}, r"^the key 'a/b' in '/' cannot be a name in HDF5; use text that is not empty"),
        ({"": 1}, "^the key '' in '/' cannot be a name"),
        ({"g": {".": 1}}, "^the key '.' in '/g' cannot be a name"),
        ({1: 1}, "^the key 1 in '/' cannot be a name"),
        (deep(102), "is nested deeper than the 100 levels that an HDF5File holds; does a dict"),
    ],
)
def test_hdf5_refuses_what_would_change(value: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        HDF5File("a.h5").write(value)
    assert list(tmp_path.iterdir()) == []


def test_hdf5_files_of_other_programs(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["run/x"] = np.arange(3.0)
        file["run/n"] = 3
        file["run/title"] = "FODO β"
        file["run/names"] = ["a", "bcd"]
        file["run/none"] = h5py.Empty("f4")
        file["run/packed"] = np.bytes_(b"ab")
        file.create_dataset("zip", data=np.zeros(10**6), compression="gzip")
    found = HDF5File("a.h5").read()
    run = found["run"]
    assert run["x"].tolist() == [0.0, 1.0, 2.0]
    assert run["n"] == 3
    assert type(run["n"]) is int
    assert run["title"] == "FODO β"
    assert run["names"].tolist() == ["a", "bcd"]
    assert run["names"].dtype == np.dtype("U3")
    assert run["none"] is None
    assert run["packed"] == b"ab"
    assert not found["zip"].any()
    assert HDF5File("b.h5").write({**found})["size"] > 0


def test_hdf5_keeps_the_order_of_keys() -> None:
    value = {"z": 1, "a": {"y": 1, "b": 2}, "m": None}
    found = load_reference(HDF5File("a.h5").write(value))
    assert (list(found), list(found["a"])) == (["z", "a", "m"], ["y", "b"])


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
