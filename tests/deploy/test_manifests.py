"""The manifests: rendered, as the API server takes them, without privileges and without secrets."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kustomizing import FOLDER, SECRETS, dry_run, kustomization, rendered

from lume_services import __version__
from servers import required
from servers.kubernetes import Namespace

pytestmark = [pytest.mark.containers, pytest.mark.xdist_group("kubernetes")]

WORKER = {
    "Namespace/lume-services",
    "ServiceAccount/lume-services-worker",
    "Role/lume-services-worker",
    "RoleBinding/lume-services-worker",
    "ConfigMap/lume-services",
    "Deployment/worker",
    "PodDisruptionBudget/worker",
    "NetworkPolicy/default-deny",
}
SERVER = {"Deployment/prefect-server", "Service/prefect-server", "NetworkPolicy/prefect-server"}
DATABASE = {"StatefulSet/postgresql", "Service/postgresql", "NetworkPolicy/postgresql"}
INGRESS = {"Ingress/prefect-server", "NetworkPolicy/ingress-controller"}
OPTIONS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "base": ({}, WORKER | SERVER | DATABASE),
    "host network": ({"resource": "overlays/host-network"}, WORKER | SERVER | DATABASE),
    "ingress": ({"components": ["ingress"]}, WORKER | SERVER | DATABASE | INGRESS),
    "database": ({"components": ["external-database"]}, WORKER | SERVER),
    "database, ingress": (
        {"components": ["external-database", "ingress"]},
        WORKER | SERVER | INGRESS,
    ),
    "server": ({"components": ["external-server"]}, WORKER),
}
OLD_BUDGET = {
    "target": {"kind": "PodDisruptionBudget"},
    "patch": "- {op: replace, path: /apiVersion, value: policy/v1beta1}",
}


@pytest.fixture(autouse=True)
def _kubectl() -> None:
    if shutil.which("kubectl") is None:
        required("kubectl", "install it, and put it on the PATH")


def _pods(documents: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for each in documents:
        if each["kind"] in {"Deployment", "StatefulSet"}:
            yield each["spec"]["template"]["spec"]


def _values(thing: Any, key: str) -> Iterator[Any]:
    """Yield each value of a key, wherever it is."""
    if isinstance(thing, dict):
        yield from (thing[key] for _ in range(key in thing))
        thing = list(thing.values())
    if isinstance(thing, list):
        for each in thing:
            yield from _values(each, key)


@pytest.mark.parametrize("name", list(OPTIONS))
def test_all_is_made_without_privileges_and_names_only_secrets_that_the_user_makes(
    tmp_path: Path, name: str
) -> None:
    options, expected = OPTIONS[name]
    documents = rendered(kustomization(tmp_path / "lab", **options))
    hashed = {f"{each['kind']}/{each['metadata']['name']}" for each in documents}
    assert {
        "ConfigMap/lume-services" if each.startswith("ConfigMap/lume-services-") else each
        for each in hashed
    } == expected
    for pod in _pods(documents):
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in [*pod.get("initContainers", []), *pod["containers"]]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}
        assert all("readinessProbe" in container for container in pod["containers"])
    named = {(each["name"], each["key"]) for each in _values(documents, "secretKeyRef")}
    assert named <= {(secret, key) for secret, keys in SECRETS.items() for key in keys}
    mounted = {each["secretName"] for each in _values(list(_pods(documents)), "secret")}
    assert mounted <= {*SECRETS}


def test_the_kustomization_of_the_page_is_one(tmp_path: Path) -> None:
    page = (FOLDER.parents[1] / "docs/kubernetes.md").read_text()
    blocks = re.findall(r"```yaml\n# (?:kustomization|ingress)\.yaml\n(.*?)```", page, re.DOTALL)
    assert len(blocks) == 2
    ours = os.path.relpath(FOLDER, tmp_path)
    text = "".join(blocks).replace("../lume-services/deploy/kubernetes", ours)
    (tmp_path / "kustomization.yaml").write_text(text)
    documents = rendered(tmp_path)
    (ingress,) = (each for each in documents if each["kind"] == "Ingress")
    assert ingress["spec"]["tls"][0]["hosts"] == [ingress["spec"]["rules"][0]["host"]]
    images = {each for pod in _pods(documents) for each in _values(pod, "image")}
    (settings,) = (each["data"] for each in documents if each["kind"] == "ConfigMap")
    assert images == {settings["LUME_KUBERNETES__IMAGE"]}


def test_only_workers_have_an_account_with_a_role(tmp_path: Path) -> None:
    documents = rendered(kustomization(tmp_path / "lab"))
    accounts = [pod.get("serviceAccountName") for pod in _pods(documents)]
    tokens = [pod.get("automountServiceAccountToken", True) for pod in _pods(documents)]
    assert sorted(zip(map(str, accounts), tokens, strict=True)) == [
        ("None", False),
        ("None", False),
        ("lume-services-worker", True),
    ]


def test_the_image_is_that_of_runs_where_nothing_else_is_said() -> None:
    images = {each for pod in _pods(rendered(FOLDER / "base")) for each in _values(pod, "image")}
    assert images == {f"lume-services:{__version__}", "postgres:17.5-bookworm"}


@pytest.mark.parametrize("name", list(OPTIONS))
def test_the_api_server_takes_everything(namespace: Namespace, tmp_path: Path, name: str) -> None:
    options, expected = OPTIONS[name]
    # The cluster may be older than the budget's version.
    more = {"namespace": namespace.name, "patches": [OLD_BUDGET]}
    made = dry_run(namespace, kustomization(tmp_path / "lab", **options, **more))
    assert len(made) == len(expected)
