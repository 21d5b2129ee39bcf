"""Results in another database, whole, or not at all."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lume_services import LUMEServicesSettings, Result, config
from lume_services.errors import (
    FileCorruptError,
    FileNotThereError,
    InputError,
    ResultConflictError,
    ResultNotFoundError,
    ResultsError,
    SettingsError,
)
from lume_services.files import TextFile
from lume_services.results.origin import environment
from lume_services.results.stores.copying import Copied, copy
from lume_services.results.stores.databases import opened, settings_of

_COPY = """
import sys
from lume_services import LUMEServicesSettings
from lume_services.results.stores.copying import copy
from lume_services.results.stores.databases import opened

current = LUMEServicesSettings()
with opened(sys.argv[1], current) as source, opened(sys.argv[2], current) as target:
    copy(source, target, None, lambda number: print(number, flush=True))
"""


@pytest.fixture
def source() -> Iterator[config.Services]:
    """Return services whose database has three results, two of them with a large array."""
    with config.use(LUMEServicesSettings()) as services:
        for number in range(3):
            save(number, array=np.arange(60_000.0) + number // 2, text="x" * (number * 400_000))
        yield services


@pytest.fixture
def target(tmp_path: Path) -> Iterator[config.Services]:
    with opened(f"sqlite:///{tmp_path}/there/r.sqlite", LUMEServicesSettings()) as services:
        yield services


def save(number: int, project: str = "lab", **outputs: Any) -> None:
    Result(
        project_name=project, flow_id=str(number), inputs={"n": number}, outputs=outputs
    ).insert()


def documents(services: config.Services) -> list[str]:
    return [json.dumps(entry, sort_keys=True) for entry in services.results_db.find({})]


def copied(source: config.Services, target: config.Services, project: str | None = None) -> Copied:
    return copy(source, target, project, lambda number: None)


def files(services: config.Services) -> list[str]:
    return sorted(path.name for path in services.values.folder.glob("??/*"))


def test_results_and_their_values_are_copied_once(
    source: config.Services, target: config.Services
) -> None:
    source.results_db.index("inputs.n")
    done: list[int] = []
    first = copy(source, target, None, done.append)
    assert (first.results, first.there, done) == (3, 0, [3])
    links = [link for entry in source.results_db.find({}) for link in entry["links"]]
    assert first.values == len(files(target)) == len(set(links)) < len(links)
    # Two arrays, one of them in two results, and two texts.
    assert 0 < first.size - (2 * 480_000 + 400_000 + 800_000) < 100_000
    assert documents(target) == documents(source)
    assert files(target) == files(source)
    assert target.results_db.indexes() == ["inputs.n"]
    with config.use(target):
        last = next(Result.find({"inputs.n": 2}))
        assert np.asarray(last.outputs["array"])[-1] == 60_000.0
        assert len(last.outputs["text"]) == 800_000
    assert copied(source, target) == Copied(there=3)


def test_the_names_of_the_installed_packages_go_along(
    source: config.Services, target: config.Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest, before = environment.digest(), environment.installed()
    copied(source, target)
    monkeypatch.setattr(environment, "digest", lambda: "of another process")
    assert environment.packages(digest, target) == before


def test_between_all_databases_and_back(
    source: config.Services, mongodb_url: str, postgresql_url: str, tmp_path: Path
) -> None:
    current = source.settings
    with (
        opened(mongodb_url, current) as second,
        opened(postgresql_url, current) as third,
        opened(f"sqlite:///{tmp_path}/back.sqlite", current) as last,
    ):
        for here, there in ((source, second), (second, third), (third, last)):
            assert copied(here, there).results == 3
        assert documents(last) == documents(source)


def test_one_project(source: config.Services, target: config.Services) -> None:
    save(0, project="other")
    assert copied(source, target, "other").results == 1
    assert target.results_db.count({}) == 1
    with pytest.raises(ResultNotFoundError, match="no results of project 'nosuch' to copy; name"):
        copied(source, target, "nosuch")
    with pytest.raises(InputError, match="would be copied into their own database"):
        copied(source, source)


def test_a_killed_copy_goes_on(tmp_path: Path, target: config.Services) -> None:
    with config.use(LUMEServicesSettings()) as source:
        for number in range(70):
            save(number, array=np.arange(40_000.0) + number)
        urls = [each.settings.results_db_url for each in (source, target)]
        with subprocess.Popen(
            [sys.executable, "-c", _COPY, *urls], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert int(process.stdout.readline()) == 50
            os.kill(process.pid, signal.SIGKILL)
        saved = target.results_db.count({})
        assert 50 <= saved <= 70
        assert len(files(target)) >= saved
        again = copied(source, target)
        assert (again.results, again.there) == (70 - saved, saved)
        assert documents(target) == documents(source)
        assert files(target) == files(source)


def test_lost_values_of_copied_results_are_copied_again(
    source: config.Services, target: config.Services
) -> None:
    copied(source, target)
    lost = next(target.values.folder.glob("??/*"))
    lost.unlink()
    again = copied(source, target)
    assert again.there == 3
    assert lost.exists()


def damage(services: config.Services, old: str, new: str) -> None:
    services.results_db.close()
    path = services.settings.results_db_url.removeprefix("sqlite:///")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE results SET data = replace(data, ?, ?)", (old, new))
    connection.close()


@pytest.mark.parametrize(
    ("number", "change", "message"),
    [
        (1, ('"n":1', '"n":7'), " is damaged: the hash of its contents is .* was saved with it"),
        (0, ('"inputs"', '"input"'), ".* damaged"),
        (0, ('"document_version"', '"version"'), ".* damaged"),
    ],
)
def test_a_damaged_document_is_refused(
    source: config.Services,
    target: config.Services,
    number: int,
    change: tuple[str, str],
    message: str,
) -> None:
    bad = next(source.results_db.find({"inputs.n": number}))["unique_hash"]
    damage(source, *change)
    with pytest.raises(ResultsError, match=f"{bad}{message}.*put a backup"):
        copied(source, target)
    assert target.results_db.count({}) == 0
    assert files(target) == []


def test_a_damaged_value_is_refused(source: config.Services, target: config.Services) -> None:
    bad = next(source.results_db.find({"inputs.n": 2}))
    digest = bad["outputs"]["array"]["data"]["sha256"]
    (file,) = source.values.folder.glob(f"??/{digest}.*")
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(FileCorruptError, match=f"a value of result {bad['unique_hash']} is kept"):
        copied(source, target)
    file.unlink()
    with pytest.raises(
        FileNotThereError, match=f"a value of result {bad['unique_hash']} is to be kept in .*backup"
    ):
        copied(source, target)
    assert target.results_db.count({}) == 0
    assert files(target) == []


def test_another_result_of_a_run_is_a_conflict(
    source: config.Services, target: config.Services
) -> None:
    with config.use(target):
        save(1, other=True)
    with pytest.raises(ResultConflictError, match="flow run 1 of project 'lab' has saved another"):
        copied(source, target)
    assert target.results_db.count({}) == 1


def test_files_stay_where_they_are(tmp_path: Path, target: config.Services) -> None:
    with config.use(LUMEServicesSettings()) as source:
        save(1, file=TextFile(filename=str(tmp_path / "text.txt")).write("text"))
        assert copied(source, target).files == {"local": 1}


def test_a_database_by_url_variable_or_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LUME_RESULTS_DB__URL", "sqlite:////here/r.sqlite")
    monkeypatch.setenv("LUME_RESULTS_DB__INLINE_LIMIT", "1MB")
    monkeypatch.setenv("LAB_DB", "mongodb://jane:s3cret@lab/results")
    (tmp_path / "lab.toml").write_text('home = "/lab"\n[results_db]\nhost = "db"\nport = 1\n')
    current = LUMEServicesSettings()
    by_variable = settings_of("env:LAB_DB", current)
    assert by_variable.results_db_url == "mongodb://jane:s3cret@lab/results"
    assert by_variable.results_db.inline_limit == 1_000_000
    assert by_variable.home == current.home
    by_file = settings_of("lab.toml", current)
    assert (by_file.results_db_url, str(by_file.home)) == ("mongodb://db:1/", "/lab")
    by_url = settings_of("sqlite:////there/r.sqlite", current)
    assert by_url.results_db_url == "sqlite:////there/r.sqlite"
    with pytest.raises(SettingsError, match="'env:NOSUCH' means the environment variable"):
        settings_of("env:NOSUCH", current)
    with pytest.raises(SettingsError, match=r"is 'nosuch\.toml', and there is no such file"):
        settings_of("nosuch.toml", current)
    with pytest.raises(SettingsError, match=r"results_db\.url is 'lab': must be a URL"):
        settings_of("lab", current)
