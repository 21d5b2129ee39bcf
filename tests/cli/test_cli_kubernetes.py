"""The Job of a run, shown without a cluster."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from cli_calling import Cli
from kubernetes.client import V1Job

RENDER = ("kubernetes", "render", "text_flows.py:flow1")


@pytest.fixture(autouse=True)
def namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUME_KUBERNETES__NAMESPACE", "lume")


def container(job: dict[str, Any]) -> dict[str, Any]:
    (found,) = job["spec"]["template"]["spec"]["containers"]
    return dict(found)


def test_the_job_of_a_run_is_shown(
    cli: Cli, text_flows: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LUME_KUBERNETES__MEMORY_LIMIT", "2Gi")
    monkeypatch.setenv("LUME_KUBERNETES__CPU_LIMIT", "500m")
    options = ("-o", "memory_limit=1Gi", "-o", "queue_name=beam", "-o", "run_name=lion")
    options += ("-o", "owner=anna")
    given = cli(*RENDER, "--project", "linac", *options, "-o", 'tolerations=[{"key": "a"}]')
    assert (given.code, given.err) == (0, "")
    job = yaml.safe_load(given.out)
    V1Job.model_validate(job)
    metadata = job["metadata"]
    assert (metadata["namespace"], metadata["name"]) == ("lume", "flow1-00000000-000000")
    assert metadata["labels"]["kueue.x-k8s.io/queue-name"] == "beam"
    assert metadata["labels"]["lume-services/project"] == "linac"
    assert metadata["annotations"]["lume-services/run-name"] == "lion"
    assert metadata["labels"]["lume-services/owner"] == "anna"
    # Whose the runs are that the run submits.
    assert {"name": "LOGNAME", "value": "anna"} in container(job)["env"]
    assert container(job)["resources"] == {"limits": {"cpu": "500m", "memory": "1Gi"}}
    assert job["spec"]["template"]["spec"]["tolerations"] == [{"key": "a"}]


def test_it_has_references_in_place_of_secrets(
    cli: Cli, text_flows: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LUME_PREFECT__AUTH_STRING", "admin:hush")
    refused = cli(*RENDER)
    assert (refused.code, refused.out) == (2, "")
    assert "kubectl create secret generic NAME --from-literal=LUME_PREFECT__AUTH_STRING=..." in (
        refused.err
    )
    monkeypatch.setenv("LUME_KUBERNETES__SECRET_NAME", "keys")
    given = cli("--json", *RENDER)
    (found,) = [each for each in container(json.loads(given.out))["env"] if "valueFrom" in each]
    reference = {"secretKeyRef": {"name": "keys", "key": "LUME_PREFECT__AUTH_STRING"}}
    assert found == {"name": "LUME_PREFECT__AUTH_STRING", "valueFrom": reference}
    assert "hush" not in given.out + given.err + refused.err


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("memory_limit=1GB", "memory_limit='1GB': .* such as 512Mi or 1Gi; write 1Gi or 1G"),
        ('job_template={"spec": {"tmplate": {}}}', "spec.tmplate: .* did you mean 'template'?"),
        ("memry=1", "memry=1: .*; a run takes: active_deadline_seconds, cpu_limit"),
    ],
)
def test_options_that_no_job_can_have_are_refused(
    cli: Cli, text_flows: Path, option: str, message: str
) -> None:
    given = cli(*RENDER, "-o", option)
    assert (given.code, given.out) == (2, "")
    (error,) = given.errors
    assert re.search(message, error)
