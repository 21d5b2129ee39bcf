"""The embedded store: one file, many processes, faults."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from lume_services.errors import NeedsServerError, SchedulingError
from lume_services.services.scheduling.local_api.history import SCHEMA_VERSION, History
from lume_services.services.scheduling.local_api.registered import LocalRegistry
from lume_services.services.scheduling.registry import FlowRecord, TaskRecord
from lume_services.services.scheduling.schedule import Schedule

RECORD = FlowRecord(
    "track", "linac", "m:f", "img:1", ("gpu",), "doc", {"type": "object"}, (TaskRecord("a", {}),)
)


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "deep" / "home" / "history.sqlite")


def test_nothing_is_made_before_the_first_use(history: History) -> None:
    assert not history.path.parent.exists()


def test_the_file_is_the_owners_alone(history: History) -> None:
    LocalRegistry(history).create_project("linac")
    assert stat.S_IMODE(history.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(history.path.parent.stat().st_mode) == 0o700
    history.close()


def test_a_registered_flow_comes_back_as_it_was(history: History) -> None:
    registry = LocalRegistry(history)
    registry.save(RECORD)
    assert LocalRegistry(History(history.path)).find("track", "linac") == RECORD
    assert registry.find("track", "other") is None
    assert registry.records() == registry.records("linac") == [RECORD]
    assert registry.projects() == ["linac"]
    history.close()


def test_a_schedule_needs_a_server(history: History) -> None:
    with pytest.raises(
        NeedsServerError, match=r"'track' cannot be scheduled .* cron .*LUME_BACKEND"
    ):
        LocalRegistry(history).save(RECORD, schedule=Schedule(cron="* * * * *"))
    assert not history.path.exists()


def _create_and_fail(history: History, registry: LocalRegistry) -> float:
    def work(db: sqlite3.Connection) -> float:
        registry.create_project("lost")
        return 1 / 0

    return history.transaction(work)


def test_an_error_rolls_everything_back(history: History) -> None:
    registry = LocalRegistry(history)
    with pytest.raises(ZeroDivisionError, match="division"):
        _create_and_fail(history, registry)
    assert registry.projects() == []
    history.close()


# Interrupted at any moment, by a caller that keeps the exception; others go on.
INTERRUPTED = """
import random, signal, sys, threading
from pathlib import Path
from lume_services.services.scheduling.local_api.history import History
from lume_services.services.scheduling.local_api.registered import LocalRegistry

def interrupt(number, frame):
    raise KeyboardInterrupt

registry = LocalRegistry(History(Path(sys.argv[1])))
signal.signal(signal.SIGALRM, interrupt)
kept = []
while len(kept) < 2000:
    try:
        # Again after a while, as Python drops what it raises in a finalizer.
        signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-5, 1e-3), 0.5)
        while True:
            registry.create_project("kept")
            registry.projects()
    except KeyboardInterrupt as error:
        signal.setitimer(signal.ITIMER_REAL, 0)
        kept.append(error)
thread = threading.Thread(target=lambda: print(registry.projects()), daemon=True)
thread.start()
thread.join(10)
registry.create_project("last")
"""


def test_an_interruption_leaves_the_history_to_the_others(history: History) -> None:
    command = [sys.executable, "-c", INTERRUPTED, str(history.path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert (ended.returncode, ended.stdout) == (0, "['kept']\n"), ended.stderr
    assert LocalRegistry(history).projects() == ["kept", "last"]
    history.close()


def test_a_newer_format_is_refused_and_left_alone(history: History) -> None:
    LocalRegistry(history).create_project("linac")
    history.close()
    with sqlite3.connect(history.path) as db:
        db.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    db.close()
    with pytest.raises(SchedulingError, match=rf"format {SCHEMA_VERSION + 1}.*Upgrade"):
        LocalRegistry(history).projects()


def test_a_file_that_is_no_database_is_named(history: History) -> None:
    history.path.parent.mkdir(parents=True)
    history.path.write_bytes(b"not a database, but long enough to have a header" * 20)
    with pytest.raises(SchedulingError, match=r"history\.sqlite cannot be used: file is not"):
        LocalRegistry(history).projects()


def test_a_home_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SchedulingError, match=r"file/history\.sqlite cannot be used"):
        LocalRegistry(History(tmp_path / "file" / "history.sqlite")).projects()


WRITER = """
import sys
from pathlib import Path
from lume_services.services.scheduling.local_api.history import History
from lume_services.services.scheduling.local_api.registered import LocalRegistry
registry = LocalRegistry(History(Path(sys.argv[1])))
for i in range(50):
    registry.create_project(f"{sys.argv[2]}-{i}")
"""


def test_processes_write_side_by_side(history: History) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(history.path), name]) for name in "abc"
    ]
    assert [writer.wait(300) for writer in writers] == [0, 0, 0]
    assert len(LocalRegistry(history).projects()) == 150
    history.close()


def test_a_forked_child_opens_its_own_connection(history: History) -> None:
    registry = LocalRegistry(history)
    registry.create_project("parent")
    child = os.fork()
    if child == 0:
        registry.create_project("child")
        os._exit(0 if registry.projects() == ["child", "parent"] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    registry.create_project("after")
    assert registry.projects() == ["after", "child", "parent"]
    history.close()
