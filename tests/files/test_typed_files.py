"""Typed files: writing, reading, references and types."""

from __future__ import annotations

import copy
import pickle
import re
import subprocess
import sys
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from lume_services.errors import (
    FileNotThereError,
    FileServiceError,
    InputError,
    PathNotAllowedError,
)
from lume_services.files import (
    File,
    JSONFile,
    TextFile,
    YAMLFile,
    file_types,
    from_reference,
    load_reference,
)
from lume_services.services.files.mounted import MountedFilesystem
from lume_services.services.files.service import FileService


class Shouting:
    """A serializer of a user."""

    def serialize(self, filename: str, obj: str) -> None:
        Path(filename).write_text(obj.upper())

    @classmethod
    def deserialize(cls, filename: str) -> str:
        return Path(filename).read_text()


class Named(File[Shouting]):
    """A named type with a method of its own."""

    def first(self) -> str:
        return self.read()[:1]


def test_the_published_use(tmp_path: Path) -> None:
    file = TextFile(filename="a.txt", filesystem_identifier="local", obj="beam\r\n")
    file.write()
    assert (tmp_path / "a.txt").read_bytes() == b"beam\r\n"
    again = TextFile(filename="a.txt")
    assert again.obj is None
    assert again.read() == "beam\r\n"
    assert again.obj is None
    assert again.load_file() == "beam\r\n"
    assert again.obj == "beam\r\n"
    assert again.exists()
    assert again.resolve() == tmp_path / "a.txt"


@pytest.mark.parametrize("value", [0, [], {}, None, False, "", 0.0])
def test_falsy_objects_are_written(value: object) -> None:
    for made in (JSONFile, YAMLFile):
        assert made("a", obj=value).write() == made("a").write(value)
        assert made("a").read() == value


def test_write_prefers_what_it_is_given() -> None:
    file = JSONFile("a.json", obj=[1])
    file.write(None)
    assert file.read() is None
    assert file.obj is None
    file.obj = 7
    file.write()
    assert file.read() == 7


def test_nothing_to_write(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^File\[TextSerializer\]\(.*\) has no object"):
        TextFile("a.txt").write()
    assert list(tmp_path.iterdir()) == []


def test_an_object_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^a text file holds str, not int; convert it to text"):
        TextFile("a.txt").write(3)
    with pytest.raises(InputError, match=r"cannot be written as UTF-8 .* at character 1\)"):
        TextFile("a.txt").write("a\udc80")
    assert list(tmp_path.iterdir()) == []


def test_missing_directories(tmp_path: Path) -> None:
    with pytest.raises(FileNotThereError, match=r"make it, or write with create_dir=True\.$"):
        TextFile("x/a.txt", obj="a").write()
    TextFile("x/a.txt", obj="a").write(create_dir=True)
    assert (tmp_path / "x/a.txt").read_text() == "a"


def test_equality() -> None:
    file = TextFile("a.txt", obj="a")
    reference = file.write()
    assert from_reference(reference) == file
    assert from_reference(reference) != TextFile("a.txt")
    assert from_reference(reference) != from_reference({**reference, "file_type": "YAMLFile"})
    assert from_reference(reference) != from_reference({**reference, "size": 2})
    assert file != "a.txt"
    with pytest.raises(TypeError, match="unhashable"):
        hash(file)


def test_contents_are_not_in_the_repr() -> None:
    assert "secret" not in repr(TextFile("a.txt", obj="secret"))


def test_copies_and_pickles() -> None:
    """Process pools pickle what they pass on."""
    file = TextFile("a.txt", obj="a")
    for found in (pickle.loads(pickle.dumps(file)), copy.deepcopy(file), copy.copy(file)):
        assert type(found) is TextFile
        assert found == file
        assert found.obj == "a"
    unset = pickle.loads(pickle.dumps(TextFile("a.txt")))
    with pytest.raises(InputError, match="has no object to write"):
        unset.write()
    named = pickle.loads(pickle.dumps(Named("a.txt", obj="x")))
    assert type(named) is Named
    assert named.obj == "x"


def test_a_named_type() -> None:
    reference = Named("a.txt", obj="beam").write()
    assert Named("a.txt").first() == "B"
    assert reference["file_type"] == f"{__name__}:Shouting"
    assert load_reference(reference) == "BEAM"


def test_subscribing_in_threads_makes_one_class() -> None:
    class Local(Shouting):
        pass

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: File[Local], range(64)))) == 1


@pytest.mark.parametrize(
    ("serializer", "message"),
    [
        ("csv", "File['csv']: a serializer is a class."),
        (Shouting(), ": a serializer is a class."),
        (dict, "File[dict]: the serializer has no deserialize and no serialize; write serialize("),
    ],
)
def test_what_is_no_serializer(serializer: Any, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        File[serializer]


def test_an_unfinished_serializer() -> None:
    class Half(ABC):
        def serialize(self, filename: str, obj: object) -> None:
            raise NotImplementedError

        @classmethod
        @abstractmethod
        def deserialize(cls, filename: str) -> object: ...

    with pytest.raises(InputError, match=r"Half\]: the serializer has no deserialize; write"):
        File[Half]


def test_a_file_of_no_type() -> None:
    with pytest.raises(InputError, match=r"^File does not know what its file holds; use a pack"):
        File("a.txt")


@pytest.mark.parametrize(("name", "message"), [("", "is empty"), ("\0", "NUL"), (3, "type int")])
def test_bad_names_are_refused_at_once(name: str, message: str) -> None:
    with pytest.raises(PathNotAllowedError, match=message):
        TextFile(name)


def test_the_packaged_types() -> None:
    packaged = {name for name in file_types() if ":" not in name}
    assert packaged == {
        "HDF5File",
        "ImageFile",
        "JSONFile",
        "NumpyFile",
        "OpenPMDFile",
        "TextFile",
        "YAMLFile",
    }


def test_services_are_those_of_the_context(tmp_path: Path) -> None:
    """A file is bound to a filesystem by name only, so that two set-ups stand side by side."""
    files = FileService([MountedFilesystem("mounted", tmp_path)])
    assert files.identifiers == ["mounted"]
    with pytest.raises(FileServiceError, match=r"no filesystem 'mounted' is configured; there are"):
        TextFile("a.txt", "mounted").exists()


def test_declaring_types_imports_nothing_heavy() -> None:
    program = """
import sys
import lume_services.files
from lume_services.files import HDF5File, ImageFile, OpenPMDFile, TextFile
TextFile(filename="a.txt", obj="a")
heavy = {"prefect", "lume", "numpy", "h5py", "PIL", "ruamel", "beamphysics", "pydantic"}
print(sorted(heavy & set(sys.modules)))
TextFile(filename="a.txt").write("a")
TextFile(filename="a.txt").read()
print(sorted((heavy - {"pydantic"}) & set(sys.modules)))
"""
    output = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=300
    ).stdout
    assert output == "[]\n[]\n"
