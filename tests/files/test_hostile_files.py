"""Files that were made to harm, or by mistake: refused with a reason, running nothing."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest

from lume_services.errors import FileCorruptError
from lume_services.files import (
    HDF5File,
    ImageFile,
    JSONFile,
    NumpyFile,
    TextFile,
    YAMLFile,
)


class Evil:
    """Makes a file when it is unpickled."""

    def __reduce__(self) -> tuple[object, ...]:
        return open, ("proof", "w")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("!!python/object/apply:os.system ['touch proof']", "could not determine a constructor"),
        ("!!python/object/new:os.system ['touch proof']", "could not determine a constructor"),
        ("a: !!python/name:os.system", "could not determine a constructor"),
        ("!evil x", "could not determine a constructor"),
        ("a: 1\na: 2", 'found duplicate key "a"'),
        ("a: [1", r"is not plain YAML: .* at line 2, column 1\. Tags"),
        ("a: 1\n---\nb: 2", "but found another document"),
        ("[" * 300 + "]" * 300, "it is nested deeper than 100 levels"),
        ("[" * 100_000, "is not plain YAML"),
        ("a: " * 3 + "1", "mapping values are not allowed"),
        ("\0", "is not plain YAML"),
        ("a: *b", "found undefined alias"),
        ("2020-13-45", "is not plain YAML"),
    ],
)
def test_yaml(content: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(content)
    with pytest.raises(FileCorruptError, match=message):
        YAMLFile("a.yaml").read()
    assert not (tmp_path / "proof").exists()


def test_yaml_aliases_that_multiply(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    (tmp_path / "a.yaml").write_text("\n".join(lines))
    with pytest.raises(FileCorruptError, match="aliases stand for more than 10000000 values"):
        YAMLFile("a.yaml").read()
    (tmp_path / "a.yaml").write_text("base: &b {x: 1}\nmore: {<<: *b, y: 2}\n")
    assert YAMLFile("a.yaml").read() == {"base": {"x": 1}, "more": {"x": 1, "y": 2}}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "is not JSON: Expecting property name"),
        (b"NaN", "NaN is not a JSON number"),
        (b"[-Infinity]", "-Infinity is not a JSON number"),
        (b"1e999", "the number 1e999 is out of range"),
        (b'{"a": 1, "b": 2, "b": 3}', "the key 'b' occurs twice"),
        (b"[" * 200_000, "is nested too deeply to be read"),
        (b"1" * 5000, "is not JSON: Exceeds the limit"),
        (b"\xff\xfe\xfa", "is not JSON"),
        (b"", "is not JSON: Expecting value"),
        (b"1 2", "is not JSON: Extra data"),
    ],
)
def test_json(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(FileCorruptError, match=message):
        JSONFile("a.json").read()


def test_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"ok \xff")
    with pytest.raises(FileCorruptError, match=r"is not UTF-8 text \(invalid start byte at byte 3"):
        TextFile("a.txt").read()


def npy(header: str) -> bytes:
    text = header.encode().ljust(118) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def pickled() -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.array([Evil()], dtype=object), allow_pickle=True)
    return stream.getvalue()


def archive() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        file.writestr("a.npy", pickled())
    return stream.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        pickled(),
        pickle.dumps(Evil()),
        archive(),
        b"",
        b"\x93NUMPY\x01\x00",
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': (10000000000000,), }"),
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': (4,), }"),
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': (-4,), }"),
        npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"),
        npy("__import__('os').system('touch proof')"),
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': (" + "1," * 70 + "), }") + bytes(8),
    ],
    ids=range(11),
)
def test_numpy(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(FileCorruptError, match="is not a NumPy array file without pickled objects"):
        NumpyFile("a.npy").read()
    assert not (tmp_path / "proof").exists()


def png(width: int, height: int, data: bytes = b"") -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        crc = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc)

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize("side", [10_000, 60_000])
def test_an_image_with_too_many_pixels(side: int, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(side, side))
    with pytest.raises(FileCorruptError, match=r"is larger than images may be: .* Raise PIL"):
        ImageFile("a.png").read()


@pytest.mark.parametrize(
    "content",
    [b"", b"not an image", png(4, 4)[:40], png(4, 4, b"short"), b"%!PS-Adobe-3.0 EPSF-3.0\n"],
    ids=range(5),
)
def test_what_is_no_image(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(FileCorruptError, match=r"is not an image that can be read: .* Formats are"):
        ImageFile("a.png").read()


def refused(tmp_path: Path, message: str) -> None:
    with pytest.raises(FileCorruptError, match=message):
        HDF5File("a.h5").read()


def test_hdf5_links(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["x"] = 1
    for link, kind in (
        (h5py.ExternalLink("secret.h5", "/x"), "ExternalLink"),
        (h5py.SoftLink("/y"), "SoftLink"),
        (h5py.SoftLink("/nowhere"), "SoftLink"),
    ):
        with h5py.File(tmp_path / "a.h5", "w") as file:
            file["y"] = 2
            file["g/link"] = link
        refused(tmp_path, rf"a\.h5' is refused: 'link' in '/g' is of type {kind}\. Copy the data")


def test_hdf5_datasets_kept_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"password")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("x", (8,), "u1", external=[("secret", 0, 8)])
    refused(tmp_path, "is refused: the data of '/x' are in another file")
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["x"] = np.arange(4)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        layout = h5py.VirtualLayout((4,), "i8")
        layout[:] = h5py.VirtualSource("secret.h5", "x", (4,))
        file.create_virtual_dataset("x", layout)
    refused(tmp_path, "is refused: the data of '/x' are in another file")


def test_hdf5_objects_linked_twice(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        group = file.create_group("g")
        group["loop"] = file["/"]
    refused(tmp_path, "is refused: '/g/loop' is linked twice")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = np.zeros(3)
        file["y"] = file["x"]
    refused(tmp_path, "is refused: '/y' is linked twice")


def test_hdf5_nested_deeply(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_group("/".join("g" * 3000))
    refused(tmp_path, "is refused: it is nested deeper than 100 levels")


def test_hdf5_claims_without_content(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("x", (10**13,), "f8", chunks=(1000,))
    refused(tmp_path, "is refused: '/x' claims 80000000000000 bytes and holds 0")


def test_hdf5_types_that_are_not_read(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["t"] = np.dtype("f8")
    refused(tmp_path, "is refused: '/t' is a named data type")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["r"] = file.ref
    refused(tmp_path, "'/r' in .* holds references or arrays of different lengths")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("v", (2,), h5py.vlen_dtype("i4"))
    refused(tmp_path, "'/v' in .* holds references or arrays of different lengths")


@pytest.mark.parametrize(
    "mark", ["numpy O", "numpy <M8[xx]", "int", "array <U9999999999", 3, "str"]
)
def test_hdf5_marks_that_do_not_fit(mark: object, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = np.arange(3, dtype="i1")
        file["x"].attrs["python_type"] = mark
    refused(tmp_path, "'/x' in .* is marked as .* and is not")


def test_what_is_no_hdf5(tmp_path: Path) -> None:
    HDF5File("a.h5").write({"x": np.arange(1000)})
    content = (tmp_path / "a.h5").read_bytes()
    for damaged in (b"", b"text", content[:1000]):
        (tmp_path / "a.h5").write_bytes(damaged)
        refused(tmp_path, r"a\.h5' is not an HDF5 file that can be read")
