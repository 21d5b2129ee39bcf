"""Collecting values: all that nothing refers to, and never what something does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import saving_programs
from saving_programs import ALONE, array

from lume_services import Result, config
from lume_services.errors import FileServiceError
from lume_services.results.codec import VERSION
from lume_services.results.documents.saving import draft
from lume_services.results.values.garbage import collect_garbage
from lume_services.settings import LUMEServicesSettings

NOW = timedelta()


@pytest.fixture(autouse=True)
def _set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUME_RESULTS_DB__INLINE_LIMIT", "4KiB")


@pytest.fixture(params=["sqlite", "postgresql_url", "mongodb_url"])
def _any_store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param != "sqlite":
        monkeypatch.setenv("LUME_RESULTS_DB__URL", str(request.getfixturevalue(request.param)))


def save(flow_id: str, **outputs: Any) -> dict[str, Any]:
    return Result(**ALONE, flow_id=flow_id, inputs={}, outputs=outputs).insert()


def files() -> set[str]:
    return {path.stem for path in config.current().values.folder.glob("??/*")}


def program(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, saving_programs.__file__, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.mark.usefixtures("_any_store")
def test_what_nothing_refers_to_is_removed() -> None:
    rep = save("kept", a=array(1), b=["text"] * 2000)
    save("gone", a=array(1), c=array(2))
    config.current().results_db.delete({"flow_id": "gone"})
    dry = collect_garbage(NOW, dry_run=True)
    assert (dry.removed, dry.kept, len(files())) == (1, 2, 3)
    assert dry.size == saving_programs.SIZE * 8 + 128
    assert collect_garbage(NOW) == dry
    assert collect_garbage(NOW).removed == 0
    loaded = Result.load(rep)
    np.testing.assert_array_equal(loaded.outputs["a"], array(1))
    assert loaded.outputs["b"] == ["text"] * 2000


def test_young_values_stay() -> None:
    save("gone", a=array(1))
    config.current().results_db.delete({})
    assert collect_garbage().removed == 0
    (path,) = config.current().values.folder.glob("??/*")
    os.utime(path, (time.time() - 4000, time.time() - 4000))
    assert collect_garbage().removed == 1


def test_there_may_be_nothing_at_all(lume_home: Path) -> None:
    collected = collect_garbage(NOW)
    assert (collected.removed, collected.kept) == (0, 0)
    assert not (lume_home / "results.values").exists()


def test_other_files_in_the_folder_stay() -> None:
    save("1", a=array(1))
    folder = config.current().values.folder
    others = [folder / "notes.txt", folder / "ab" / "notes.txt", folder / "ab" / ("0" * 64)]
    for path in others:
        path.parent.mkdir(exist_ok=True)
        path.write_text("mine")
    collect_garbage(NOW)
    assert all(path.read_text() == "mine" for path in others)


def test_a_folder_of_two_databases_is_not_cleaned(tmp_path: Path) -> None:
    def settings(name: str) -> LUMEServicesSettings:
        return LUMEServicesSettings(
            results_db={"url": f"sqlite:///{tmp_path}/{name}/r", "values_filesystem": "mounted"},
            mounted_filesystem={"mount_path": tmp_path},
        )

    for name in ("one", "two"):
        with config.use(settings(name)):
            save(name, a=array(len(name)))
    with config.use(settings("one")) as services:
        folder = services.values.folder
        with pytest.raises(FileServiceError, match=f"keeps values of sqlite:///{tmp_path}/two/r"):
            collect_garbage(NOW)
        lines = (folder / "databases").read_text().splitlines()
        (folder / "databases").write_text(f"{lines[0]}\n")
        assert collect_garbage(NOW, dry_run=True).removed == 0


@pytest.mark.usefixtures("_any_store")
def test_values_stay_while_their_document_is_being_inserted() -> None:
    waiting, collected = threading.Event(), []
    services = config.current()

    def collect() -> None:
        with config.use(services):
            waiting.set()
            collected.append(collect_garbage(NOW))

    result = Result(**ALONE, flow_id="1", inputs={}, outputs={"a": array(1)})
    with draft(result._described(VERSION)) as (document, values), values.placed():
        collector = threading.Thread(target=collect)
        collector.start()
        assert waiting.wait(300)
        time.sleep(0.2)
        services.results_db.insert(document)
    collector.join(300)
    assert [each.removed for each in collected] == [0]
    assert len(files()) == 1


def test_a_value_that_was_collected_while_it_was_saved_is_written_again() -> None:
    save("first", a=array(1))
    store = config.current().values
    config.current().results_db.delete({})

    class Value:
        suffix = ".npy"

        def blocks(self) -> list[bytes]:
            return [path.read_bytes() for path in [kept]]

    (path,) = store.folder.glob("??/*")
    kept = path.with_name("copy")
    kept.write_bytes(path.read_bytes())
    with store.saving() as saving:
        saving.put(Value())
        assert collect_garbage(NOW).removed == 1
        with saving.placed():
            assert path.read_bytes() == kept.read_bytes()


def test_a_writer_that_is_killed_leaves_nothing_for_long() -> None:
    writer = program("hold", 1)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "writing\n"
    scratch = config.current().values.folder / ".writing"
    collect_garbage(NOW)
    assert len(list(scratch.glob("*/[!.]*"))) == 1
    writer.send_signal(signal.SIGKILL)
    writer.wait(300)
    writer.stdout.close()
    collect_garbage(NOW)
    assert list(scratch.iterdir()) == []
    assert files() == set()


def test_nothing_is_lost_while_processes_save_and_collect() -> None:
    collector = program("collect", 300)
    assert collector.stdout is not None
    assert collector.stdout.readline() == "collecting\n"
    writers = [program("save", number, 16) for number in range(3)]
    end = time.monotonic() + 300
    while config.current().results_db.count({"flow_id": {"$lt": "1"}}) < 5:
        assert time.monotonic() < end
        time.sleep(0.01)
    writers[0].send_signal(signal.SIGKILL)
    ended = [writer.wait(300) for writer in writers]
    Path("stop").touch()
    removed, _ = collector.communicate(timeout=300)
    for writer in writers:
        writer.communicate()
    assert ended[1:] == [0, 0]
    assert int(removed) > 2
    results = list(Result.find({}))
    assert len(results) > 24
    for result in results:
        writer, number = map(int, result.flow_id.split("-"))
        np.testing.assert_array_equal(result.outputs["same"], array(number))
        np.testing.assert_array_equal(result.outputs["own"], array(1000 * (writer + 1) + number))
    collect_garbage(NOW)
    referred = {result.outputs[name].sha256 for result in results for name in ("same", "own")}
    assert files() == referred
    assert list((config.current().values.folder / ".writing").iterdir()) == []
