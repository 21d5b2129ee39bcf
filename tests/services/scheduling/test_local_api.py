"""The embedded API itself: who may use it, what it refuses, what it leaves alone."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import engine_flows as flows
import httpx
import prefect.flows
import pytest
from prefect import flow, pause_flow_run, task
from prefect.context import SyncClientContext
from prefect.exceptions import ParameterTypeError, PrefectHTTPStatusError
from prefect.settings import get_current_settings
from websockets import ConnectionClosed, InvalidStatus, Subprotocol
from websockets.sync.client import connect

import lume_services
from lume_services import config
from lume_services.services.scheduling.local_api import observer
from lume_services.services.scheduling.local_api.engine import LocalEngine
from lume_services.services.scheduling.local_api.history import History
from lume_services.services.scheduling.local_api.transport import Requests


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[LocalEngine]:
    engine = LocalEngine(History(tmp_path / "history.sqlite"))
    yield engine
    engine.close()


def test_it_listens_on_loopback_and_asks_for_its_secret(engine: LocalEngine) -> None:
    with engine.active():
        settings = get_current_settings().api
        assert settings.url is not None
        assert settings.auth_string is not None
        assert httpx.URL(settings.url).host == "127.0.0.1"
        user, secret = settings.auth_string.get_secret_value().split(":")
        health = f"{settings.url}/health"
        assert httpx.get(health).status_code == 401
        assert httpx.get(health, auth=(user, "wrong")).status_code == 401
        assert httpx.get(health, auth=(user, secret)).json() is True
    assert len(secret) >= 43


@pytest.mark.parametrize("first", ["", "not JSON", "[]", "7", '{"token": "wrong"}', "{}"])
def test_a_socket_for_events_asks_for_the_secret_too(engine: LocalEngine, first: str) -> None:
    with engine.active():
        url = f"{get_current_settings().api.url}/events/in".replace("http", "ws", 1)
        with pytest.raises(InvalidStatus, match="HTTP 401"):
            connect(url, additional_headers={"Authorization": "Basic bHVtZTo="}, proxy=None)
        with connect(url, subprotocols=[Subprotocol("prefect")], proxy=None) as socket:
            socket.send(first)
            with pytest.raises(ConnectionClosed, match=r"1008 .*wrong token"):
                socket.recv(timeout=300)


def test_a_socket_for_events_takes_the_secret_in_a_message(engine: LocalEngine) -> None:
    with engine.active():
        api = get_current_settings().api
        assert api.auth_string is not None
        secret = api.auth_string.get_secret_value()
        url = f"{api.url}/events/in".replace("http", "ws", 1)
        with connect(url, subprotocols=[Subprotocol("prefect")], proxy=None) as socket:
            socket.send(json.dumps({"type": "auth", "token": secret}))
            assert json.loads(socket.recv(timeout=300)) == {"type": "auth_success"}


def test_what_needs_a_server_says_so(engine: LocalEngine) -> None:
    with engine.active():
        api = get_current_settings().api
        assert api.auth_string is not None
        user, secret = api.auth_string.get_secret_value().split(":")
        for path in ["work_pools/", "deployments/filter", "automations/"]:
            answer = httpx.post(f"{api.url}/{path}", json={}, auth=(user, secret))
            assert answer.status_code == 501
            assert f"POST /{path}: this needs a Prefect server" in answer.json()["detail"]


def test_pausing_from_outside_is_refused(engine: LocalEngine) -> None:
    @flow
    def pausing() -> None:
        pause_flow_run(timeout=1)

    message = "Pausing a flow from outside needs a Prefect server"
    with engine.active(), pytest.raises(RuntimeError, match=message):
        pausing()


def test_a_users_own_api_is_neither_used_nor_changed(
    engine: LocalEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = get_current_settings()
    with engine.active():
        assert get_current_settings().api.url != before.api.url
        assert flows.sync_flow(1) == 2
    assert get_current_settings() is before
    assert "PREFECT_API_URL" not in os.environ


def test_nothing_is_reported_to_anybody(engine: LocalEngine) -> None:
    with engine.active():
        settings = get_current_settings()
    assert settings.server.analytics_enabled is False
    assert settings.flows.heartbeat_frequency is None
    assert settings.server.ephemeral.enabled is False


def test_local_engine_runs_plain_calls(lume_home: Path) -> None:
    with lume_services.local_engine():
        assert flows.sync_flow(1) == 2
        assert flows.parent_flow(1)[0] == 2
    runs = config.current().scheduling.runs()
    assert [(run.flow_name, run.state_name) for run in runs] == [
        ("parent-flow", "Completed"),
        ("sync-flow", "Completed"),
    ]
    assert (lume_home / "history.sqlite").is_file()


def test_the_blocks_may_be_nested_and_side_by_side(tmp_path: Path) -> None:
    first, second = (LocalEngine(History(tmp_path / name / "h.sqlite")) for name in "ab")
    with first.active():
        flows.sync_flow(1)
        with first.active(), second.active():
            flows.sync_flow(2)
        flows.sync_flow(3)
    for engine, expected in [(first, 2), (second, 1)]:
        assert engine.history.rows("SELECT COUNT(*) FROM flow_runs")[0][0] == expected
        engine.close()


def test_prefect_still_has_the_internals_that_the_observer_replaces() -> None:
    """Fails when a new Prefect moves what `observer` builds on."""
    import prefect.task_engine
    from prefect.task_runners import ProcessPoolTaskRunner

    assert callable(prefect.task_engine.emit_task_run_state_change_event)
    assert callable(ProcessPoolTaskRunner._forward_subprocess_messages)
    assert observer.__doc__ is not None
    assert prefect.__version__.startswith("3.")


def test_task_results_reach_the_history_without_persistence(engine: LocalEngine) -> None:
    with engine.active():
        flows.sync_flow(41)
    (row,) = engine.history.rows("SELECT task_name, result, state_type FROM task_runs")
    assert (row["task_name"], row["state_type"]) == ("add", "COMPLETED")
    assert float(row["result"]) == 42


def test_a_client_of_prefect_asks_the_api_of_this_process(engine: LocalEngine) -> None:
    with engine.active(), SyncClientContext.get_or_create() as context:
        assert type(context.client.request) is Requests
        run_id = flows.sync_flow(1, return_state=True).state_details.flow_run_id
        assert context.client.read_flow_run(run_id).state_name == "Completed"
        with pytest.raises(PrefectHTTPStatusError, match=r"501(.|\n)*needs a Prefect server"):
            context.client.read_work_pool("pool")


def test_a_task_without_kept_results_hashes_no_inputs(engine: LocalEngine) -> None:
    hashed = set()

    class Input:
        def __init__(self, name: str) -> None:
            self.name = name

        def __reduce__(self) -> tuple[object, ...]:
            hashed.add(self.name)
            return (Input, (self.name,))

    @task
    def name_of(value: Input) -> str:
        return value.name

    @flow
    def naming() -> list[str]:
        kept = name_of.with_options(persist_result=True)
        return [name_of(Input("large")), kept(Input("small"))]

    with engine.active():
        assert naming() == ["large", "small"]
    assert hashed == {"small"}


def test_the_model_of_a_flows_parameters_is_made_once(engine: LocalEngine) -> None:
    makes = prefect.flows.ValidatedFunction

    @flow
    def adding(x: float, y: list[int] = []) -> float:  # noqa: B006
        y.append(1)
        return x + len(y)

    with engine.active():
        assert makes(adding.fn) is makes(adding.fn)
        assert adding("1.5") == adding(1.5) == 2.5
        with pytest.raises(ParameterTypeError, match="x: Input should be a valid number"):
            adding("much")
    assert makes(adding.fn) is not makes(adding.fn)
