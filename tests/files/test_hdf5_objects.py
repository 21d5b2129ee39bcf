"""HDF5 files of lume-base objects: only for classes of allowed packages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import pytest

from lume_services.errors import FileCorruptError, InputError, UnknownFileTypeError
from lume_services.files import HDF5File, allow_hdf5_package, load_reference
from lume_services.files.serializers import hdf5_packages

USER = Path(__file__).parent / "user"

READ = """
import sys
from lume_services.errors import UnknownFileTypeError
from lume_services.files import HDF5File
before = set(sys.modules)
try:
    print(HDF5File("drift.h5").read().input)
except UnknownFileTypeError as error:
    print(error)
    print({"lume", "toy_model"} & set(sys.modules))
"""


@pytest.fixture
def drift(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(USER)
    monkeypatch.setattr(hdf5_packages, "_allowed", set())
    import toy_model

    return toy_model.Drift(1.5)


def name_class(path: Path, class_path: object) -> None:
    with h5py.File(path, "w") as file:
        file.attrs["object"] = class_path
        file.attrs["_pkg_version"] = "1"
        file["length"] = 2.5


def test_an_object_of_an_allowed_package_comes_back(drift: Any) -> None:
    allow_hdf5_package("toy_model")
    reference = HDF5File("drift.h5", obj=drift).write()
    found = load_reference(reference)
    assert type(found) is type(drift)
    assert found.input == {"length": 1.5}


def test_an_object_of_another_package_is_not_written(drift: Any, tmp_path: Path) -> None:
    with pytest.raises(
        UnknownFileTypeError,
        match=r"^the class toy_model\.Drift is of the package 'toy_model', whose objects HDF5 "
        r"files may not hold yet; call lume_services\.files\.allow_hdf5_package\('toy_model'\), or "
        r"install a package that offers it in the entry-point group 'lume_services\.hdf5_pack",
    ):
        HDF5File("drift.h5", obj=drift).write()
    assert list(tmp_path.iterdir()) == []


def test_a_package_without_a_version(drift: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    allow_hdf5_package("toy_model")
    monkeypatch.delattr("toy_model.__version__")
    with pytest.raises(InputError, match="'toy_model' has no __version__; add one to it"):
        HDF5File("drift.h5", obj=drift).write()


@pytest.mark.parametrize("allowed", [False, True])
def test_another_process(allowed: bool, tmp_path: Path) -> None:
    name_class(tmp_path / "drift.h5", "toy_model.Drift")
    site = tmp_path / "site"
    info = site / "toy_model-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-model\nVersion: 1\n")
    group = "lume_services.hdf5_packages" if allowed else "other"
    (info / "entry_points.txt").write_text(f"[{group}]\ntoy = toy_model\n")
    output = subprocess.run(
        [sys.executable, "-c", READ],
        env={"PYTHONPATH": f"{site}:{USER}"},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    ).stdout
    if allowed:
        assert output == "{'length': 2.5}\n"
    else:
        assert "the class toy_model.Drift is of the package 'toy_model'" in output
        assert output.endswith("\nset()\n")


@pytest.mark.parametrize("path", ["os.system", "posix.system", "builtins.exec", "subprocess.Popen"])
def test_a_class_that_the_file_chooses_is_not_called(path: str, tmp_path: Path) -> None:
    name_class(tmp_path / "evil.h5", path)
    with pytest.raises(UnknownFileTypeError, match=f"^the class {path} is of the package"):
        HDF5File("evil.h5").read()


def test_a_module_that_the_file_chooses_is_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "evil.py").write_text("open('proof', 'w')\n")
    monkeypatch.syspath_prepend(tmp_path)
    name_class(tmp_path / "evil.h5", "evil.Thing")
    with pytest.raises(UnknownFileTypeError, match=r"^the class evil\.Thing is of the package"):
        HDF5File("evil.h5").read()
    assert not (tmp_path / "proof").exists()


@pytest.mark.parametrize("name", ["not_a_class", "__version__", "Base.mro"])
def test_what_is_no_class_of_lume_base(name: str, drift: Any, tmp_path: Path) -> None:
    allow_hdf5_package("toy_model")
    name_class(tmp_path / "a.h5", f"toy_model.{name}")
    with pytest.raises(
        (FileCorruptError, UnknownFileTypeError),
        match=r"names toy_model\.\w+, which is no lume-base class\.$|cannot be imported: No module",
    ):
        HDF5File("a.h5").read()


def test_a_class_that_is_gone(drift: Any, tmp_path: Path) -> None:
    allow_hdf5_package("toy_model")
    name_class(tmp_path / "a.h5", "toy_model.Quadrupole")
    with pytest.raises(
        UnknownFileTypeError, match=r"holds a toy_model\.Quadrupole, which cannot be imported: mod"
    ):
        HDF5File("a.h5").read()


@pytest.mark.parametrize("value", [3, "nodots"])
def test_a_class_path_that_is_none(value: object, tmp_path: Path) -> None:
    name_class(tmp_path / "a.h5", value)
    with pytest.raises(FileCorruptError, match=r"names no class but .* in 'object'"):
        HDF5File("a.h5").read()


@pytest.mark.parametrize("name", ["", "a.b", "lume-impact", "../x"])
def test_what_is_no_package(name: str) -> None:
    with pytest.raises(InputError, match="is not the top-level name of a package; give such as"):
        allow_hdf5_package(name)
