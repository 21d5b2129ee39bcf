"""The folder deploy/kubernetes, and kustomizations that use it as a laboratory's own would."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from servers.kubernetes import Namespace

FOLDER = Path(__file__).parents[2] / "deploy" / "kubernetes"
SECRETS: Mapping[str, tuple[str, ...]] = {
    "postgresql": ("superuser",),
    "prefect-server": ("LUME_PREFECT__DATABASE_URL",),
    "lume-services": ("LUME_PREFECT__AUTH_STRING", "LUME_RESULTS_DB__URL"),
}
"""The Secrets that a user makes, and their keys."""


def kustomization(
    folder: Path, *, resource: str = "base", components: Iterable[str] = (), **more: Any
) -> Path:
    """Write a kustomization on top of ours; return its folder."""
    folder.mkdir(exist_ok=True)
    document = {
        "resources": [os.path.relpath(FOLDER / resource, folder)],
        "components": [
            os.path.relpath(FOLDER / "components" / each, folder) for each in components
        ],
        **more,
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(document))
    return folder


def host_network(folder: Path, namespace: str, image: str, replaced: Mapping[str, str]) -> Path:
    """Write the overlay for one node with another namespace, image and ports; return its folder."""
    folder.mkdir()
    text = (FOLDER / "overlays/host-network/kustomization.yaml").read_text()
    for old, new in {"lume-services:0.1.0": image, **replaced}.items():
        assert old in text
        text = text.replace(old, new)
    document = yaml.safe_load(text)
    document["namespace"] = namespace
    document["resources"] = [os.path.relpath(FOLDER / "base", folder)]
    name, _, tag = image.rpartition(":")
    document["images"].append({"name": "lume-services", "newName": name, "newTag": tag})
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(document))
    return folder


def secrets(folder: Path, namespace: str, values: Mapping[str, str]) -> Path:
    """Write the kustomization of the Secrets and the files that a user makes; return its folder."""
    folder.mkdir()
    document = yaml.safe_load((FOLDER / "secrets/kustomization.yaml").read_text())
    document["namespace"] = namespace
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(document))
    for name, keys in SECRETS.items():
        lines = [f"{key}={values[key]}\n" for key in keys]
        (folder / f"{name}.env").write_text("".join(lines))
    return folder


def rendered(folder: Path) -> list[dict[str, Any]]:
    """Return what kubectl would create."""
    done = subprocess.run(
        ["kubectl", "kustomize", folder], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def dry_run(namespace: Namespace, folder: Path) -> list[str]:
    """Let the API server check everything; return what it would create."""
    return namespace.kubectl(
        "apply", "--dry-run=server", "--output=name", "-k", str(folder)
    ).split()
