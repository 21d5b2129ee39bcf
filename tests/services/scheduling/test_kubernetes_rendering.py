"""Jobs of Kubernetes are made of runs, options and templates alone."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubernetes.client import V1Job
from pydantic import SecretStr

from lume_services.errors import InputError, SettingsError, SpecificationError
from lume_services.services.scheduling.backends.kubernetes import KubernetesRunConfig
from lume_services.services.scheduling.kubernetes import names, templates
from lume_services.services.scheduling.kubernetes.rendering import manifest
from lume_services.services.scheduling.prefect_server.jobs.job import Job
from lume_services.settings import MountedFilesystemSettings
from lume_services.settings_kubernetes import KubernetesOptions, KubernetesSettings

RUN_ID = "11ac03f0-6f4e-4a3b-9d0e-6d5d2f6f3a10"
DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
LABEL = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?")

JOB = Job(
    run_id=RUN_ID,
    run_name="brave-lion",
    flow_name="scan",
    project_name="linac",
    labels={"lume-services/run": RUN_ID, "lume-services/flow": "scan"},
    image="lume-services:1",
    command=("python", "-m", "flow"),
    environment={"LUME_BACKEND": "kubernetes", "A": "1"},
    secrets={},
    options=KubernetesOptions(namespace="lume"),
)


def made(
    job: Job[KubernetesOptions] = JOB,
    *own: dict[str, Any],
    settings: KubernetesSettings | None = None,
    filesystem: MountedFilesystemSettings | None = None,
) -> dict[str, Any]:
    settings = settings or KubernetesSettings()
    return manifest(job, settings, filesystem, [templates.load(each) for each in own], "a1b2c3")


def pod(job: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = job["spec"]["template"]["spec"]
    return found


def container(job: dict[str, Any]) -> dict[str, Any]:
    (found,) = [each for each in pod(job)["containers"] if each["name"] == "flow"]
    return dict(found)


def test_a_job_says_what_it_runs_and_whose_it_is() -> None:
    job = made(replace(JOB, options=KubernetesOptions(namespace="lume", owner="Åsa K.")))
    metadata = job["metadata"]
    assert (metadata["name"], metadata["namespace"]) == ("scan-11ac03f0-a1b2c3", "lume")
    assert metadata["labels"]["lume-services/owner"] == "Asa-K"
    assert metadata["annotations"]["lume-services/owner"] == "Åsa K."
    assert metadata["annotations"]["lume-services/run-name"] == "brave-lion"
    inside = job["spec"]["template"]["metadata"]["labels"]
    assert {inside["lume-services/run"], metadata["labels"]["lume-services/run"]} == {RUN_ID}
    assert container(job)["args"] == ["python", "-m", "flow"]
    assert container(job)["env"] == [
        {"name": "A", "value": "1"},
        {"name": "LUME_BACKEND", "value": "kubernetes"},
    ]
    assert job["spec"]["backoffLimit"] == 0
    V1Job.model_validate(job)


def test_every_option_has_its_place() -> None:
    options = KubernetesOptions(
        namespace="lume",
        queue_name="beam",
        cpu_request="250m",
        cpu_limit="1",
        memory_request="64Mi",
        memory_limit="1Gi",
        service_account_name="reader",
        image_pull_secrets=("registry",),
        image_pull_policy="Never",
        priority_class_name="high",
        volumes=({"name": "scratch", "emptyDir": {}},),
        volume_mounts=({"name": "scratch", "mountPath": "/scratch"},),
        node_selector={"disk": "ssd"},
        tolerations=({"key": "beam", "operator": "Exists"},),
        active_deadline_seconds=60,
        ttl_seconds_after_finished=0,
        start_timeout_seconds=30,
    )
    job = made(replace(JOB, options=options))
    V1Job.model_validate(job)
    assert job["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "beam"
    assert job["metadata"]["annotations"]["lume-services/start-timeout-seconds"] == "30"
    spec = {name: job["spec"][name] for name in job["spec"] if name != "template"}
    assert spec == {
        "backoffLimit": 0,
        "activeDeadlineSeconds": 60,
        "ttlSecondsAfterFinished": 0,
    }
    assert container(job)["resources"] == {
        "requests": {"cpu": "250m", "memory": "64Mi"},
        "limits": {"cpu": "1", "memory": "1Gi"},
    }
    assert container(job)["imagePullPolicy"] == "Never"
    assert container(job)["volumeMounts"] == [{"name": "scratch", "mountPath": "/scratch"}]
    assert {name: text for name, text in pod(job).items() if name != "containers"} == {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "serviceAccountName": "reader",
        "imagePullSecrets": [{"name": "registry"}],
        "priorityClassName": "high",
        "nodeSelector": {"disk": "ssd"},
        "tolerations": [{"key": "beam", "operator": "Exists"}],
        "volumes": [{"name": "scratch", "emptyDir": {}}],
    }


def test_templates_lie_over_the_packaged_one_and_under_the_options() -> None:
    below = {
        "metadata": {"labels": {"team": "beam"}},
        "spec": {
            "ttlSecondsAfterFinished": None,
            "template": {
                "spec": {
                    "hostNetwork": True,
                    "containers": [
                        {"name": "flow", "image": "other", "env": [{"name": "A", "value": "0"}]},
                        {"name": "proxy", "image": "proxy:1"},
                    ],
                }
            },
        },
    }
    above = {"spec": {"template": {"spec": {"hostNetwork": False}}}}
    job = made(JOB, below, above)
    assert job["metadata"]["labels"]["team"] == "beam"
    assert "ttlSecondsAfterFinished" not in job["spec"]
    assert pod(job)["hostNetwork"] is False
    assert [each["name"] for each in pod(job)["containers"]] == ["flow", "proxy"]
    assert container(job)["image"] == "lume-services:1"
    assert container(job)["env"][0] == {"name": "A", "value": "1"}
    assert made(JOB, below, above) == job


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        (None, {"hostPath": {"path": "/srv/data", "type": "DirectoryOrCreate"}}),
        ("data", {"persistentVolumeClaim": {"claimName": "data"}}),
    ],
)
def test_the_mounted_filesystem_is_mounted(claim: str | None, source: dict[str, Any]) -> None:
    filesystem = MountedFilesystemSettings(
        mount_path=Path("/srv/data"), mount_alias="/data", mount_type="DirectoryOrCreate"
    )  # type: ignore[arg-type]
    settings = KubernetesSettings(mounted_filesystem_claim=claim)
    job = made(settings=settings, filesystem=filesystem)
    assert pod(job)["volumes"] == [{"name": "mounted-filesystem", **source}]
    assert container(job)["volumeMounts"] == [{"name": "mounted-filesystem", "mountPath": "/data"}]


def test_secrets_are_references_and_never_values() -> None:
    job = replace(JOB, secrets={"LUME_PREFECT__AUTH_STRING": SecretStr("hush")})
    with pytest.raises(SettingsError, match=r"create secret generic .*AUTH_STRING=.*SECRET_NAME"):
        made(job)
    rendered = made(job, settings=KubernetesSettings(secret_name="keys"))
    reference = {"secretKeyRef": {"name": "keys", "key": "LUME_PREFECT__AUTH_STRING"}}
    assert container(rendered)["env"][-1] == {
        "name": "LUME_PREFECT__AUTH_STRING",
        "valueFrom": reference,
    }
    assert "hush" not in str(rendered)


@given(st.text(min_size=1), st.text(alphabet="0123456789abcdef", min_size=1, max_size=8))
def test_names_and_labels_are_valid_whatever_the_flow_is_called(flow: str, attempt: str) -> None:
    name = names.job_name(flow, RUN_ID, attempt)
    assert DNS_LABEL.fullmatch(name)
    assert len(name) <= names.MAX_NAME
    assert LABEL.fullmatch(names.label(flow))
    assert len(names.label(flow)) <= 63


@given(st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,30}[A-Za-z0-9])?", fullmatch=True))
def test_what_can_be_a_label_is_one(text: str) -> None:
    assert names.label(text) == text


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ({"spec": {"templat": {}}}, r"^spec.templat: 'templat' is no field .* did you mean 'templ"),
        ({"spec": {"backoff_limit": 1}}, "did you mean 'backoffLimit'"),
        ({"spec": {"backoffLimit": "1"}}, r"^spec.backoffLimit: '1' \(str\) .* an integer is expe"),
        ({"spec": {"suspend": 1}}, r"1 \(int\) stands where true or false is expected"),
        ({"spec": []}, r"^spec: \[\] \(list\) stands where a mapping is expected"),
        ({"spec": {"backoffLimit": 2}}, "^spec.backoffLimit: 2 is not possible here; it is alway"),
        ({"kind": "CronJob"}, "^kind: 'CronJob' is not possible here; it is always 'Job'"),
        ({"metadata": {"name": "a"}}, "^metadata.name: a template cannot set this: each Job"),
        ({"metadata": {"labels": {"a": 1}}}, r"^metadata.labels.a: 1 \(int\) stands where text"),
        (
            {"spec": {"template": {"spec": {"containers": [{"image": "a"}]}}}},
            r"^spec.template.spec.containers\[0\]: 'name' is missing; each of containers needs one",
        ),
        (
            {"spec": {"template": {"spec": {"restartPolicy": "OnFailure"}}}},
            "it is always 'Never'",
        ),
    ],
)
def test_templates_that_are_no_part_of_a_job_are_refused(
    template: dict[str, Any], problem: str
) -> None:
    with pytest.raises(SpecificationError, match=problem):
        templates.load(template)
    with pytest.raises(InputError, match="run options: job_template="):
        KubernetesRunConfig.of({"job_template": template})


def test_a_file_is_refused_with_the_line(tmp_path: Path) -> None:
    file = tmp_path / "job.yaml"
    file.write_text("spec:\n  template:\n    spec:\n      hostNetwrk: true\n")
    with pytest.raises(SpecificationError, match=r"job.yaml:4:7: 'hostNetwrk' is no field"):
        templates.load(file)


def test_a_file_is_read_where_the_run_is_submitted(tmp_path: Path) -> None:
    file = tmp_path / "job.yaml"
    file.write_text("spec: {ttlSecondsAfterFinished: 3}\n")
    variables = KubernetesRunConfig(job_template_path=file, owner="asa").build()
    assert variables == {"owner": "asa", "job_template": {"spec": {"ttlSecondsAfterFinished": 3}}}
