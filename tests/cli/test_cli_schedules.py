"""The commands ``schedules``, and what a terminal asks of a server."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cli_calling import Cli
from rich.console import Console
from rich.live import Live

from lume_services import config
from lume_services.cli.live import _Watcher
from lume_services.services.scheduling.backends.process import ProcessBackend
from lume_services.services.scheduling.service import SchedulingService
from servers.prefect import PrefectServer


@pytest.fixture
def timed(
    cli: Cli, text_flows: Path, prefect_server: PrefectServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    monkeypatch.setenv("LUME_BACKEND", "process")
    monkeypatch.setenv("LUME_PREFECT__API_URL", prefect_server.url)
    options = ("--cron", "0 7 * * 1-5", "--timezone", "Europe/Zurich")
    assert cli("register", "text_flows.py:fails", "--project", "cli-timed", *options).code == 0
    yield
    config.reset()


def test_schedules_are_listed_paused_and_resumed(cli: Cli, timed: None) -> None:
    (row,) = cli("schedules", "--project", "cli-timed").rows
    assert row[:5] == ["fails", "cli-timed", "0 7 * * 1-5", "Europe/Zurich", "active"]
    assert " 07:00:00+0" in row[5]
    (time_of_row,) = [row[0] for row in cli("schedules", "next", "--limit", "1").rows][:1]
    assert len(time_of_row) == len("2026-01-01 07:00:00+01:00")
    assert cli("schedules", "pause", "fails", "--project", "cli-timed").code == 0
    (row,) = cli("schedules", "list", "--project", "cli-timed").rows
    assert row[4:] == ["paused", "-"]
    assert cli("schedules", "next", "--project", "cli-timed").rows == []
    assert cli("schedules", "resume", "fails", "--project", "cli-timed").code == 0
    (document,) = json.loads(cli("--json", "schedules", "--project", "cli-timed").out)
    assert (document["active"], document["schedule"]["cron"]) == (True, "0 7 * * 1-5")
    found = json.loads(cli("--json", "schedules", "next", "--project", "cli-timed").out)
    assert [each["flow_name"] for each in found] == ["fails"] * 10
    refused = cli("schedules", "pause", "fail", "--project", "cli-timed")
    assert refused.code == 2
    assert "flow 'fail' of project 'cli-timed' has no schedule" in refused.err


def test_a_flow_of_flows_is_registered_with_a_schedule(cli: Cli, timed: None) -> None:
    lines = [
        "name: whole",
        "project_name: cli-timed",
        "composing_flows: [{name: fails, project_name: cli-timed}]",
    ]
    Path("whole.yaml").write_text("\n".join(lines))
    registered = cli("--json", "register", "whole.yaml", "--every", "3600")
    assert json.loads(registered.out)["name"] == "whole"
    rows = cli("schedules", "--project", "cli-timed").rows
    assert {row[0]: row[2] for row in rows} == {"fails": "0 7 * * 1-5", "whole": "every 1:00:00"}


def test_a_laptop_has_no_schedules(cli: Cli) -> None:
    done = cli("schedules")
    assert done.code == 2
    assert "the local backend has no schedules" in done.err


def test_a_server_is_asked_now_and_then(
    prefect_server: PrefectServer, text_flows: Path, tmp_path: Path
) -> None:
    """What is drawn five times a second is read from a server every two seconds."""
    backend = ProcessBackend(prefect_server.settings(tmp_path / "home"))
    service = SchedulingService(backend)
    record = service.register_flow(f"{text_flows}:add", "watched", labels=["nobody-has-it"])
    run_id = service.run(record, {"a": 1})
    looks: list[float] = []
    backend.server._connected().event_hooks["request"].append(
        lambda request: request.url.path.endswith(run_id) and looks.append(time.monotonic())
    )
    with (tmp_path / "terminal").open("w") as file:
        live = Live(console=Console(file=file, force_terminal=True), auto_refresh=False)
        with live, shown_in(live, service, run_id):
            deadline = time.monotonic() + 120
            while len(looks) < 2 and time.monotonic() < deadline:
                time.sleep(0.05)
    service.close()
    assert len(looks) >= 2
    assert all(after - before >= 2 for before, after in itertools.pairwise(looks))
    assert (tmp_path / "terminal").read_text().count("add") > len(looks)


@contextmanager
def shown_in(live: Live, service: SchedulingService, run_id: str) -> Iterator[None]:
    watcher = _Watcher(live, service, "add", ())
    watcher._run_id = run_id
    watcher.start()
    yield
    watcher.stop()
