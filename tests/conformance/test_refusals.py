"""What only a server can do is refused on the local backend, with the way out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from prefect import flow, task
from prefect.blocks.system import Secret
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate
from prefect.deployments import run_deployment
from prefect.flow_runs import pause_flow_run

import lume_services


def load_secret() -> Any:
    return Secret.load("archiver")


def save_secret() -> Any:
    return Secret(value="s3cr3t").save("archiver")


def make_limit() -> Any:
    with get_client(sync_client=True) as client:
        limit = GlobalConcurrencyLimitCreate(name="database", limit=1)
        return client.create_global_concurrency_limit(limit)


def make_tag_limit() -> Any:
    with get_client(sync_client=True) as client:
        return client.create_concurrency_limit("database", 1)


def use_deployment() -> Any:
    return run_deployment("tune/linac")


def list_work_pools() -> Any:
    with get_client(sync_client=True) as client:
        return client.request("POST", "/work_pools/filter", json={})


def pause() -> Any:
    return pause_flow_run(timeout=1)


@task
def measure() -> None:
    raise AssertionError("not reached")


def delay() -> Any:
    return measure.delay()


SECRETS = "needs a Prefect server.*give a flow its secrets in environment variables"
LIMITS = r"keeps no concurrency or rate limits.*ThreadPoolTaskRunner\(max_workers=2\)"


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (load_secret, SECRETS),
        (save_secret, SECRETS),
        (make_limit, LIMITS),
        (make_tag_limit, LIMITS),
        (use_deployment, "needs a Prefect server.*work pools"),
        (list_work_pools, "needs a Prefect server.*work pools"),
        (delay, "a task in the background .* needs a Prefect server.*use submit or map"),
        (pause, "Pausing a flow from outside needs a Prefect server"),
    ],
)
def test_what_needs_a_server_says_so(action: Callable[[], Any], message: str) -> None:
    @flow
    def asking() -> None:
        action()

    with (
        lume_services.local_engine(),
        pytest.raises(Exception, match=message) as refusal,
    ):
        asking()
    assert "s3cr3t" not in str(refusal.value)
