"""A directory that the host and a container see under different paths."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lume_services.errors import (
    FileNotThereError,
    FileServiceError,
    PathNotAllowedError,
    SettingsError,
)
from lume_services.services.files.mounted import MountedFilesystem

names = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=12
).filter(lambda name: name not in {".", ".."})
relatives = st.lists(names, min_size=1, max_size=4).map("/".join)
roots = st.lists(names, min_size=1, max_size=3).map(lambda parts: "/" + "/".join(parts))


def nested(one: str, other: str) -> bool:
    return PurePosixPath(one).is_relative_to(other) or PurePosixPath(other).is_relative_to(one)


def put(text: str):  # type: ignore[no-untyped-def]
    def writer(path: Path) -> None:
        path.write_text(text)

    return writer


@pytest.fixture
def mount(tmp_path: Path) -> MountedFilesystem:
    (tmp_path / "data").mkdir()
    return MountedFilesystem("mounted", tmp_path / "data", "/lume/data")


@given(relatives, roots, roots)
def test_a_file_has_one_reference_on_both_sides(relative: str, path: str, alias: str) -> None:
    if path != alias and nested(path, alias):
        return
    mount = MountedFilesystem("mounted", path, alias)
    reference = str(PurePosixPath(relative))
    assert mount.reference(relative) == reference
    assert mount.reference(str(mount.to_host(relative))) == reference
    assert mount.reference(str(mount.to_container(relative))) == reference
    assert str(mount.to_host(relative)) == f"{path}/{relative}"
    assert str(mount.to_container(mount.to_host(relative).as_posix())) == f"{alias}/{relative}"


@given(roots, roots, relatives)
def test_other_absolute_paths_are_refused(path: str, other: str, relative: str) -> None:
    mount = MountedFilesystem("mounted", path)
    for outside in (f"{other}/{relative}", f"{path}-evil/{relative}", f"{path}{relative}"):
        if not PurePosixPath(outside).is_relative_to(path):
            with pytest.raises(PathNotAllowedError, match="lies outside; filesystem 'mounted'"):
                mount.reference(outside)


@given(st.lists(names | st.just(".."), max_size=5).map(lambda parts: [*parts, "..", "x"]))
def test_going_up_is_refused_anywhere(parts: list[str]) -> None:
    mount = MountedFilesystem("mounted", "/mnt/data", "/lume")
    for name in ("/".join(parts), "/mnt/data/" + "/".join(parts), "/lume/" + "/".join(parts)):
        with pytest.raises(PathNotAllowedError, match=r"holds '\.\.'; filesystem 'mounted'"):
            mount.reference(name)


@pytest.mark.parametrize("name", [".", "/mnt/data", "/mnt/data/", "/lume/.", "//mnt/data"])
def test_the_mount_itself_is_no_file(name: str) -> None:
    mount = MountedFilesystem("mounted", "/mnt/data", "/lume")
    with pytest.raises(PathNotAllowedError, match="is the mount itself, not a file in it"):
        mount.reference(name)


@pytest.mark.parametrize(
    "name",
    ["./a/b.txt", "a//b.txt", "/mnt/data/./a/b.txt", "///mnt/data/a/b.txt", "//lume/a/b.txt"],
)
def test_ways_to_write_one_path(name: str) -> None:
    assert MountedFilesystem("mounted", "//mnt/data/", "/lume/").reference(name) == "a/b.txt"


def test_a_refusal_names_both_paths() -> None:
    mount = MountedFilesystem("mounted", "/mnt/data", "/lume")
    with pytest.raises(
        PathNotAllowedError,
        match=r"^filename '/mnt/data-evil/x' lies outside; filesystem 'mounted' takes paths "
        r"relative to its mount, or under mount_path '/mnt/data' or mount_alias '/lume'\.$",
    ):
        mount.write("/mnt/data-evil/x", put("x"))


def test_a_reference_is_read_on_both_sides(tmp_path: Path) -> None:
    inside = tmp_path / "container"
    host = MountedFilesystem("mounted", tmp_path / "data", inside, "DirectoryOrCreate")
    stat = host.write("run/a.txt", put("beam"), create_dir=True)
    reference = host.reference(str(tmp_path / "data/run/a.txt"))
    assert host.read(reference, Path.read_text, stat) == "beam"

    (tmp_path / "data").rename(inside)
    container = MountedFilesystem("mounted", tmp_path / "data", inside, "Directory")
    assert container.resolve(reference) == inside / "run/a.txt"
    assert container.read(reference, Path.read_text, stat) == "beam"
    assert container.read(str(tmp_path / "data/run/a.txt"), Path.read_text, stat) == "beam"


def test_links_that_leave_the_mount(mount: MountedFilesystem, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/s.txt").write_text("secret")
    (tmp_path / "data/dir").symlink_to("../secret")
    (tmp_path / "data/file.txt").symlink_to(tmp_path / "secret/s.txt")
    (tmp_path / "data/new.txt").symlink_to(tmp_path / "secret/new.txt")
    for name in ("dir/s.txt", "file.txt", "new.txt", "dir/deep/new.txt"):
        with pytest.raises(PathNotAllowedError, match=r"is a symbolic link to '.*/secret/"):
            mount.read(name, Path.read_text)
        with pytest.raises(PathNotAllowedError, match=r"is a symbolic link to '.*/secret/"):
            mount.write(name, put("evil"), create_dir=True)
        with pytest.raises(PathNotAllowedError, match=r"is a symbolic link to '.*/secret/"):
            mount.exists(name)
    assert [path.name for path in (tmp_path / "secret").iterdir()] == ["s.txt"]
    assert (tmp_path / "secret/s.txt").read_text() == "secret"


def test_links_inside_the_mount_are_followed(mount: MountedFilesystem, tmp_path: Path) -> None:
    (tmp_path / "data/run1").mkdir()
    (tmp_path / "data/latest").symlink_to("run1")
    mount.write("latest/a.txt", put("a"))
    assert (tmp_path / "data/run1/a.txt").read_text() == "a"


def test_the_mount_may_itself_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "volume").mkdir()
    (tmp_path / "data").symlink_to("volume")
    mount = MountedFilesystem("mounted", tmp_path / "data", "/lume/data")
    mount.write(str(tmp_path / "data/a.txt"), put("a"))
    assert (tmp_path / "volume/a.txt").read_text() == "a"


def test_a_link_put_in_place_while_writing(mount: MountedFilesystem, tmp_path: Path) -> None:
    run, outside = tmp_path / "data/run", tmp_path / "outside"
    run.mkdir()
    outside.mkdir()

    def swap(path: Path) -> None:
        path.write_text("x")
        run.rename(tmp_path / "data/moved")
        run.symlink_to(outside)

    mount.write("run/a.txt", swap)
    assert list(outside.iterdir()) == []
    assert [path.name for path in (tmp_path / "data/moved").iterdir()] == ["a.txt"]


def test_directory_is_required(tmp_path: Path) -> None:
    mount = MountedFilesystem("mounted", tmp_path / "no", "/lume/no", "Directory")
    expected = (
        f"filesystem 'mounted': neither mount_path '{tmp_path}/no' nor mount_alias '/lume/no' is a "
        "directory here; make or mount it, or set mount_type to DirectoryOrCreate."
    )
    with pytest.raises(FileNotThereError, match=f"^{re.escape(expected)}$"):
        mount.write("a.txt", put("a"), create_dir=True)
    assert list(tmp_path.iterdir()) == []


def test_directory_or_create_makes_it_on_first_use(tmp_path: Path) -> None:
    mount = MountedFilesystem("mounted", tmp_path / "a/b", "/lume/x", "DirectoryOrCreate")
    assert list(tmp_path.iterdir()) == []
    mount.write("a.txt", put("1"))
    again = MountedFilesystem("mounted", tmp_path / "a/b", "/lume/x", "DirectoryOrCreate")
    again.write("a.txt", put("2"))
    assert (tmp_path / "a/b/a.txt").read_text() == "2"


def test_a_mount_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    mount = MountedFilesystem("mounted", tmp_path / "file/m", "/lume/x", "DirectoryOrCreate")
    with pytest.raises(
        FileServiceError, match=r"mount_path '.*/file/m' cannot be made: Not a directory; choose"
    ):
        mount.exists("a.txt")


@pytest.mark.parametrize(
    ("path", "alias", "kind", "message"),
    [
        ("/a", "/b", "File", "mount_type is 'File'; use Directory or DirectoryOrCreate."),
        ("/a", "/b", "directory", "mount_type is 'directory'; use Directory or DirectoryOrCreate."),
        ("a", "/b", "Directory", "mount_path is 'a'; give an absolute path without '..'."),
        ("/a", "b", "Directory", "mount_alias is 'b'; give an absolute path without '..'."),
        ("/a/../b", "/c", "Directory", "mount_path is '/a/../b'; give an absolute path without"),
        ("/a", "/a/b", "Directory", "mount_path '/a' and mount_alias '/a/b' lie one inside the"),
        ("/a/b", "/a", "Directory", "mount_path '/a/b' and mount_alias '/a' lie one inside the"),
    ],
)
def test_impossible_mounts(path: str, alias: str, kind: str, message: str) -> None:
    with pytest.raises(SettingsError, match=f"^{re.escape(message)}"):
        MountedFilesystem("mounted", path, alias, kind)  # type: ignore[arg-type]
