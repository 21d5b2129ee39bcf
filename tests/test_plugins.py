"""Entry points of a distribution that is really installed, in a temporary folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lume_services import plugins
from lume_services.errors import PluginError
from lume_services.settings import LUMEServicesSettings

GROUP = "lume_services.backends"


@pytest.fixture(autouse=True)
def distribution(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "site"
    info = site / "batch_plugin-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: batch-plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        f"[{GROUP}]\n"
        "batch = batch_plugin:BatchBackend\n"
        "no-module = batch_plugin_gone:Backend\n"
        "no-class = batch_plugin:Gone\n"
        "broken = batch_plugin_broken:Backend\n"
    )
    (site / "batch_plugin.py").write_text("class BatchBackend:\n    queue = 'short'\n")
    (site / "batch_plugin_broken.py").write_text("import a_driver_that_is_not_installed\n")
    monkeypatch.syspath_prepend(site)


def test_names_are_sorted_and_complete() -> None:
    names = plugins.names(GROUP)
    assert names == sorted({*names, "batch", "broken", "local", "no-class", "no-module", "process"})
    assert plugins.names("lume_services.no_such_group") == []


def test_load() -> None:
    assert plugins.load(GROUP, "batch").queue == "short"


def test_unknown_name_shows_the_nearest() -> None:
    message = "no plugin 'bacth' in group 'lume_services.backends'; installed: batch, broken, .* "
    with pytest.raises(PluginError, match=rf"{message}no-class, .*\. Did you mean 'batch'\?"):
        plugins.load(GROUP, "bacth")


def test_empty_group() -> None:
    with pytest.raises(PluginError, match="no plugin 'x' in group 'nothing'; installed: none"):
        plugins.load("nothing", "x")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no-module", "plugin 'no-module' (batch_plugin_gone:Backend) cannot be loaded: No module"),
        ("no-class", "plugin 'no-class' (batch_plugin:Gone) cannot be loaded: module"),
        ("broken", "cannot be loaded: No module named 'a_driver_that_is_not_installed'"),
    ],
)
def test_what_cannot_be_loaded(name: str, message: str) -> None:
    with pytest.raises(PluginError, match=re.escape(message)):
        plugins.load(GROUP, name)


def test_settings_accept_an_installed_backend() -> None:
    assert LUMEServicesSettings(backend="batch").backend == "batch"
