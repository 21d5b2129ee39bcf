"""Whole or not at all: full disks, crashes, damage and many writers."""

from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lume_services.errors import FileCorruptError, FileServiceError
from lume_services.services.files.filesystem import FileStat
from lume_services.services.files.local import LocalFilesystem

local = LocalFilesystem()

WRITE_FOREVER = """
import sys, time
from lume_services.services.files.local import LocalFilesystem

def writer(path):
    with open(path, "w") as stream:
        stream.write("half")
        stream.flush()
        print("writing", flush=True)
        time.sleep(300)

LocalFilesystem().write(sys.argv[1], writer)
"""

WRITE_MUCH = """
import resource, signal, sys
from lume_services.errors import FileServiceError
from lume_services.services.files.local import LocalFilesystem

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    LocalFilesystem().write(sys.argv[1], lambda path: path.write_bytes(bytes(10000)))
except FileServiceError as error:
    print(error)
"""

WRITE_OFTEN = """
import sys
from lume_services.services.files.local import LocalFilesystem

content = sys.argv[2].encode() * 100_000
for _ in range(15):
    LocalFilesystem().write(sys.argv[1], lambda path: path.write_bytes(content))
"""


def put(content: bytes) -> Callable[[Path], None]:
    def writer(path: Path) -> None:
        path.write_bytes(content)

    return writer


def start(program: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


@pytest.mark.parametrize("error", [ValueError("bad"), KeyboardInterrupt(), SystemExit(3)])
def test_a_writer_that_fails_leaves_the_old_file(error: BaseException, tmp_path: Path) -> None:
    local.write("a.txt", put(b"old"))

    def fail(path: Path) -> None:
        path.write_bytes(b"new, half")
        raise error

    with pytest.raises(type(error), match=f"^{error}$"):
        local.write("a.txt", fail)
    assert (tmp_path / "a.txt").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    local.write("a.bin", put(b"old"))
    process = start(WRITE_MUCH, str(tmp_path / "a.bin"))
    output, _ = process.communicate(timeout=300)
    assert output == f"cannot write '{tmp_path}/a.bin': File too large.\n"
    assert (tmp_path / "a.bin").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.bin"]


def test_a_killed_writer_leaves_the_old_file(tmp_path: Path) -> None:
    local.write("a.txt", put(b"old"))
    process = start(WRITE_FOREVER, str(tmp_path / "a.txt"))
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    process.send_signal(signal.SIGKILL)
    assert process.wait(timeout=300) == -signal.SIGKILL
    process.stdout.close()
    assert (tmp_path / "a.txt").read_bytes() == b"old"
    local.write("a.txt", put(b"new"))
    assert (tmp_path / "a.txt").read_bytes() == b"new"


def test_an_interrupted_writer_leaves_nothing(tmp_path: Path) -> None:
    process = start(WRITE_FOREVER, str(tmp_path / "a.txt"))
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=300) == -signal.SIGINT
    process.stdout.close()
    assert list(tmp_path.iterdir()) == []


def test_many_processes_write_one_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    processes = [start(WRITE_OFTEN, str(path), letter) for letter in "ab"]
    seen = set()
    while any(process.poll() is None for process in processes):
        if path.exists():
            content = local.read("a.txt", Path.read_bytes)
            assert len(content) == 100_000
            seen.add(content[:1] * 100_000 == content)
        time.sleep(0.002)
    for process in processes:
        process.communicate()
        assert process.returncode == 0
    assert seen == {True}
    assert [found.name for found in tmp_path.iterdir()] == ["a.txt"]


def test_many_threads_write_one_file(tmp_path: Path) -> None:
    contents = [bytes([number]) * 50_000 for number in range(16)]
    with ThreadPoolExecutor(8) as pool:
        stats = list(pool.map(lambda content: local.write("d/a", put(content), True), contents))
    last = (tmp_path / "d/a").read_bytes()
    assert last in contents
    assert local.read("d/a", Path.read_bytes, stats[contents.index(last)]) == last
    assert [found.name for found in (tmp_path / "d").iterdir()] == ["a"]


def test_permissions_are_those_of_any_new_file(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        local.write("a.txt", put(b""))
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o640


def test_the_writer_sees_the_final_name(tmp_path: Path) -> None:
    seen: list[Path] = []

    def writer(path: Path) -> None:
        seen.append(path)
        path.write_text("x")

    local.write("bunch.tar.gz", writer)
    assert seen[0].name == "bunch.tar.gz"
    assert seen[0].parent.parent == tmp_path


def test_a_writer_that_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(
        FileServiceError,
        match=r"^the serializer was to write 'a' and wrote nothing; its serialize method must",
    ):
        local.write("a", lambda path: None)
    assert list(tmp_path.iterdir()) == []


def test_a_writer_that_changes_the_name(tmp_path: Path) -> None:
    with pytest.raises(FileServiceError, match=r"was to write 'a' and wrote 'a\.npy'; its"):
        local.write("a", lambda path: put(b"")(path.with_name("a.npy")))
    with pytest.raises(FileServiceError, match=r"was to write 'a' and wrote 'a', 'b'; its"):
        local.write("a", lambda path: (put(b"")(path), put(b"")(path.with_name("b"))))
    assert list(tmp_path.iterdir()) == []


def test_a_writer_that_makes_a_link(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s")
    with pytest.raises(FileServiceError, match=r"cannot write '.*/a': Too many levels of symbolic"):
        local.write("a", lambda path: path.symlink_to(tmp_path / "secret"))
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"bean", r"has sha256 [0-9a-f]{64}, but its reference says [0-9a-f]{64}: the file was"),
        (b"bea", r"has size 3, but its reference says 4: the file was damaged or overwritten"),
        (b"beam ", r"has size 5, but its reference says 4: the file was damaged or overwritten"),
        (b"", r"has size 0, but its reference says 4: the file was damaged or overwritten"),
    ],
)
def test_damage_is_found_before_reading(content: bytes, message: str, tmp_path: Path) -> None:
    expected = local.write("a.txt", put(b"beam"))
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(FileCorruptError, match=message):
        local.read("a.txt", lambda path: pytest.fail("was read"), expected)


def test_a_file_replaced_while_it_is_read(tmp_path: Path) -> None:
    expected = local.write("a.txt", put(b"beam"))

    def reader(path: Path) -> bytes:
        local.write("a.txt", put(b"evil"))
        return path.read_bytes()

    with pytest.raises(FileCorruptError, match=r"a\.txt' was replaced while it was read; read it"):
        local.read("a.txt", reader, expected)


def test_what_the_system_refuses_is_translated(tmp_path: Path) -> None:
    def reader(path: Path) -> bytes:
        return path.with_name("other").read_bytes()

    local.write("a.txt", put(b""))
    with pytest.raises(FileServiceError, match=r"^cannot read '.*a\.txt': No such file or dire"):
        local.read("a.txt", reader)


def test_a_large_file_is_measured_without_holding_it(tmp_path: Path) -> None:
    def sparse(path: Path) -> None:
        with path.open("wb") as stream:
            stream.truncate(200 * 2**20)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = local.write("big", sparse)
    assert found == FileStat(
        200 * 2**20, "72abf2ca8f36943ebe2e49ca3a51d409ca5f0bfcffab6c9d25643c17c32889da"
    )
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 1024


def test_threads_may_wait_for_one_another(tmp_path: Path) -> None:
    """A slow writer blocks no other."""
    started, finish = threading.Event(), threading.Event()

    def slow(path: Path) -> None:
        path.write_text("slow")
        started.set()
        finish.wait(300)

    with ThreadPoolExecutor(1) as pool:
        pending = pool.submit(local.write, "a.txt", slow)
        started.wait(300)
        local.write("a.txt", put(b"fast"))
        assert (tmp_path / "a.txt").read_text() == "fast"
        finish.set()
        pending.result(10)
    assert (tmp_path / "a.txt").read_text() == "slow"
