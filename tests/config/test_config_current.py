"""Which services are the current ones: of the process, of a context, of a forked child."""

from __future__ import annotations

import asyncio
import contextvars
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import pytest

from lume_services import config
from lume_services.errors import SettingsError
from lume_services.services.files.local import LocalFilesystem
from lume_services.services.files.service import FileService
from lume_services.settings import LUMEServicesSettings

# Later Pythons warn of every fork beside threads, which is what is tried here.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")


def settings_at(home: Path) -> LUMEServicesSettings:
    return LUMEServicesSettings(home=home)


def current_home() -> Path:
    return config.current().settings.home


def test_first_use_configures_from_the_environment(lume_home: Path) -> None:
    assert current_home() == lume_home
    assert config.current() is config.current()


def test_configure_with_settings(tmp_path: Path) -> None:
    services = config.configure(settings_at(tmp_path))
    assert config.current() is services
    assert services.settings.home == tmp_path


def test_configure_again_reads_the_environment_again(
    tmp_path: Path, lume_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = config.configure()
    monkeypatch.setenv("LUME_HOME", str(tmp_path))
    assert config.current() is first
    assert config.configure().settings.home == tmp_path


def test_same_settings_keep_the_services(lume_home: Path) -> None:
    assert config.configure() is config.configure(settings_at(lume_home))


def test_refused_settings_leave_the_services(monkeypatch: pytest.MonkeyPatch) -> None:
    services = config.configure()
    monkeypatch.setenv("LUME_BACKEND", "nosuch")
    with pytest.raises(SettingsError, match="LUME_BACKEND is 'nosuch'"):
        config.configure()
    assert config.current() is services


def test_reset_forgets() -> None:
    services = config.current()
    config.reset()
    assert config.current() is not services


def test_nothing_is_made_before_use(tmp_path: Path) -> None:
    home = tmp_path / "home"
    config.configure(settings_at(home))
    assert not home.exists()


def test_first_use_by_many_threads_makes_one_set() -> None:
    barrier = threading.Barrier(8)

    def first_use(_: int) -> config.Services:
        barrier.wait()
        return config.current()

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(first_use, range(8)))
    assert len({id(services) for services in made}) == 1


def test_use_is_over_at_the_end(tmp_path: Path, lume_home: Path) -> None:
    with config.use(settings_at(tmp_path)) as services:
        assert config.current() is services
        assert current_home() == tmp_path
    assert current_home() == lume_home


def test_use_is_over_after_an_error(tmp_path: Path, lume_home: Path) -> None:
    with pytest.raises(KeyError, match="inside"), config.use(settings_at(tmp_path)):
        raise KeyError("inside")
    assert current_home() == lume_home


def test_nested(tmp_path: Path) -> None:
    outer, inner = tmp_path / "outer", tmp_path / "inner"
    with config.use(settings_at(outer)):
        with config.use(settings_at(inner)):
            assert current_home() == inner
        assert current_home() == outer


def test_configure_inside_use_is_for_afterwards(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    with config.use(settings_at(one)):
        config.configure(settings_at(other))
        assert current_home() == one
    assert current_home() == other


def test_replaced_service(tmp_path: Path) -> None:
    original = config.current()
    scratch = FileService([LocalFilesystem("scratch")])
    with config.use(replace(original, files=scratch)) as services:
        assert config.current().files is scratch
        assert services.results_db is original.results_db
    assert config.current() is original


def test_services_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError, match="files"):
        config.current().files = FileService([])  # type: ignore[misc]


def test_two_set_ups_side_by_side_in_threads(tmp_path: Path) -> None:
    barrier = threading.Barrier(2)

    def work(home: Path) -> Path:
        with config.use(settings_at(home)):
            barrier.wait()
            return current_home()

    homes = [tmp_path / "one", tmp_path / "other"]
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(work, homes)) == homes


def test_two_set_ups_keep_their_own_results(tmp_path: Path) -> None:
    document = {"unique_hash": "u", "content_hash": "c", "project_name": "p", "flow_id": "f"}
    with config.use(settings_at(tmp_path / "one")) as one:
        one.results_db.insert(document)
        with config.use(settings_at(tmp_path / "other")) as other:
            assert other.results_db.count({}) == 0
        assert config.current().results_db.count({}) == 1


def test_new_thread_uses_the_process_and_a_copied_context_the_override(
    tmp_path: Path, lume_home: Path
) -> None:
    with config.use(settings_at(tmp_path)), ThreadPoolExecutor(1) as pool:
        copied = contextvars.copy_context()
        assert pool.submit(current_home).result() == lume_home
        assert pool.submit(copied.run, current_home).result() == tmp_path


def test_tasks_of_an_event_loop_do_not_meet(tmp_path: Path) -> None:
    async def work(home: Path) -> Path:
        with config.use(settings_at(home)):
            await asyncio.sleep(0.01)
            return await asyncio.to_thread(current_home)

    async def both() -> list[Path]:
        return await asyncio.gather(work(tmp_path / "one"), work(tmp_path / "other"))

    assert asyncio.run(both()) == [tmp_path / "one", tmp_path / "other"]


def in_child(answer: object) -> str:
    """Return what a function returns in a forked child."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(write, str(answer()).encode())  # type: ignore[operator]
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return text


def test_forked_child_makes_its_own_services(lume_home: Path) -> None:
    services = config.current()
    assert in_child(lambda: config.current() is services) == "False"
    assert in_child(current_home) == str(lume_home)
    assert config.current() is services


def test_forked_child_makes_its_own_services_inside_use(tmp_path: Path) -> None:
    with config.use(settings_at(tmp_path)) as services:
        assert in_child(lambda: config.current() is services) == "False"
        assert in_child(current_home) == str(tmp_path)
        assert config.current() is services


def test_forked_child_leaves_the_connections_of_its_parent_open() -> None:
    services = config.current()
    assert services.results_db.count({}) == 0
    assert in_child(config.reset) == "None"
    assert services.results_db.count({}) == 0


def test_fork_while_another_thread_configures() -> None:
    stop = threading.Event()

    def configure_over_and_over() -> None:
        while not stop.is_set():
            config.configure()
            config.reset()

    thread = threading.Thread(target=configure_over_and_over)
    thread.start()
    try:
        homes = {in_child(current_home) for _ in range(20)}
    finally:
        stop.set()
        thread.join()
    assert homes == {str(current_home())}


def test_settings_of_another_type() -> None:
    home: object = {"home": "/somewhere"}
    with pytest.raises(SettingsError, match="given as dict; give LUMEServicesSettings"):
        config.configure(home)  # type: ignore[arg-type]


def test_services_for_the_whole_process_are_seen_by_all_threads(tmp_path: Path) -> None:
    before = config.current()
    services = config.build(settings_at(tmp_path))
    with ThreadPoolExecutor(1) as pool:
        with config.use_everywhere(services):
            assert pool.submit(config.current).result() is services
            assert config.current() is services
            child = os.fork()
            if child == 0:
                own = config.current()
                os._exit(own is not services and own.settings.home == tmp_path)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
        assert pool.submit(config.current).result() is before
