"""Small real packages: wheels, and a channel of conda with both of its formats."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import subprocess
import tarfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

Start = Callable[..., subprocess.CompletedProcess[str]]


class Sources(NamedTuple):
    """A folder with wheels, and the URL of a channel of conda."""

    wheels: Path
    channel: str


def wheel(folder: Path, name: str, version: str, *requires: str) -> Path:
    """Write a wheel with a module ``name`` whose ``main`` says its version, and a script."""
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {each}\n" for each in requires)
    contents = {
        f"{module}.py": f"def main():\n    print('{name} {version}')\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{name} = {module}:main\n",
    }
    contents[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*contents, f"{info}/RECORD"])
    path = folder / f"{module}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, text in contents.items():
            archive.writestr(member, text)
    return path


def conda_package(
    channel: Path,
    name: str,
    version: str,
    files: Mapping[str, str],
    *depends: str,
    scripts: Sequence[str] = (),
    noarch: bool = False,
) -> None:
    """Write a package: in the new format where it is for any machine, else in the old one."""
    subdir = "noarch" if noarch else _subdir()
    paths = [
        {
            "_path": path,
            "path_type": "hardlink",
            "sha256": hashlib.sha256(text.encode()).hexdigest(),
            "size_in_bytes": len(text),
        }
        for path, text in files.items()
    ]
    index = {
        "name": name,
        "version": version,
        "build": "0",
        "build_number": 0,
        "subdir": subdir,
        "depends": depends,
    }
    info = {"info/paths.json": {"paths": paths, "paths_version": 1}}
    if noarch:
        index["noarch"] = "python"
        link = {"noarch": {"type": "python", "entry_points": list(scripts)}}
        info["info/link.json"] = {**link, "package_metadata_version": 1}
    info["info/index.json"] = index
    about = {path: json.dumps(content) for path, content in info.items()}
    folder = channel / subdir
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}-{version}-0"
    if noarch:
        _write_conda(file.with_name(f"{file.name}.conda"), about, files)
    else:
        with tarfile.open(f"{file}.tar.bz2", "w:bz2") as archive:
            _fill(archive, {**about, **files})


def index(channel: Path) -> str:
    """Write what the channel has, and return its URL."""
    from rattler.index import index_fs

    (channel / "noarch").mkdir(parents=True, exist_ok=True)
    asyncio.run(index_fs(channel))
    return channel.as_uri()


def _write_conda(path: Path, about: Mapping[str, str], files: Mapping[str, str]) -> None:
    stem = path.stem
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", '{"conda_pkg_format_version": 2}')
        for part, members in (("info", about), ("pkg", files)):
            data = io.BytesIO()
            with tarfile.open(fileobj=data, mode="w") as inner:
                _fill(inner, members)
            archive.writestr(f"{part}-{stem}.tar.zst", _zstandard(data.getvalue()))


def _fill(archive: tarfile.TarFile, members: Mapping[str, str]) -> None:
    for path, text in members.items():
        member = tarfile.TarInfo(path)
        member.size = len(text.encode())
        member.mode = 0o755 if path.startswith("bin/") else 0o644
        archive.addfile(member, io.BytesIO(text.encode()))


def _zstandard(data: bytes) -> bytes:
    """Return a frame of Zstandard whose blocks are not compressed."""
    size = 1 << 16
    blocks = [data[start : start + size] for start in range(0, len(data), size)]
    frame = b"\x28\xb5\x2f\xfd\xe0" + len(data).to_bytes(8, "little")
    for number, block in enumerate(blocks, 1):
        header = (number == len(blocks)) | len(block) << 3
        frame += header.to_bytes(3, "little") + block
    return frame


def _subdir() -> str:
    from rattler import Subdir

    return str(Subdir.current())
