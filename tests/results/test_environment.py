"""The installed packages of a result."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

from lume_services import config
from lume_services.results import Result
from lume_services.results.origin import environment


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    environment._kept.clear()
    yield
    environment.installed.cache_clear()
    environment.digest.cache_clear()


def kept() -> list[Path]:
    return list(config.current().values.folder.glob("environments/*"))


def test_the_installed_packages_are_those_of_the_metadata() -> None:
    found = {
        re.sub(r"[-_.]+", "-", each.name).lower(): each.version for each in metadata.distributions()
    }
    assert environment.installed() == found


def test_they_are_kept_once_for_all_results() -> None:
    for number in range(3):
        Result(flow_id=str(number), inputs={}, outputs={}).insert()
    (file,) = kept()
    digest = environment.digest()
    assert file.stem == digest
    assert json.loads(file.read_text()) == environment.installed()
    result = Result.load_from_query({"flow_id": "2"})
    assert result.provenance
    assert result.provenance.environment == digest


def test_those_of_another_process_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    Result(flow_id="1", inputs={}, outputs={}).insert()
    before, digest = environment.installed(), environment.digest()
    environment.installed.cache_clear()
    environment.digest.cache_clear()
    monkeypatch.setattr("sys.path", [])
    services = config.current()
    assert environment.installed() == {}
    assert environment.digest() != digest
    assert environment.packages(digest, services) == before
    assert environment.packages("0" * 64, services) is None
    assert environment.packages(None, services) is None
    kept()[0].write_text("{}")
    assert environment.packages(digest, services) is None


def test_an_image_says_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUME_IMAGE", "model:1")
    result = Result.load(Result(flow_id="1", inputs={}, outputs={}).insert())
    assert result.provenance
    assert (result.provenance.image, result.provenance.environment) == ("model:1", None)
    assert kept() == []


def test_results_are_saved_where_packages_cannot_be(caplog: pytest.LogCaptureFixture) -> None:
    folder = config.current().values.register()
    (folder / "environments").write_text("a file in the way")
    rep = Result(flow_id="1", inputs={}, outputs={}).insert()
    assert Result.load(rep).flow_id == "1"
    assert "the names of the installed packages are not kept" in caplog.text
