"""The page about Kubernetes tells of the options, commands and manifests that there are."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import yaml

from lume_services.cli.main import app
from lume_services.services.scheduling.kubernetes.platform import _NEEDED
from lume_services.settings_kubernetes import KubernetesOptions

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "kubernetes.md").read_text(encoding="utf-8")
MANIFESTS = ROOT / "deploy" / "kubernetes"
_ours = re.compile(r"([A-Z_]+=\S+ )?lume-services ")


def test_every_option_is_described() -> None:
    rows = re.findall(r"^\| (`.*`) \|", PAGE, flags=re.MULTILINE)
    described = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert described >= KubernetesOptions.model_fields.keys()


def test_every_component_and_overlay_is_described() -> None:
    folders = [*MANIFESTS.glob("components/*"), *MANIFESTS.glob("overlays/*")]
    described = re.findall(r"^\| `((?:components|overlays)/.*?)` \|", PAGE, flags=re.MULTILINE)
    assert sorted(described) == sorted(str(each.relative_to(MANIFESTS)) for each in folders)


def test_the_commands_are_ours() -> None:
    blocks = re.findall(r"```sh\n(.*?)```", PAGE, flags=re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    commands = [line.partition("lume-services ")[2] for line in lines if _ours.match(line)]
    assert len(commands) == 4
    for command in commands:
        app.parse_args(shlex.split(command), exit_on_error=False, print_error=False)


def test_the_role_is_what_a_worker_asks_for_when_it_starts() -> None:
    text = (MANIFESTS / "base/worker-role.yaml").read_text(encoding="utf-8")
    (role,) = (each for each in yaml.safe_load_all(text) if each["kind"] == "Role")
    given = {
        (group, resource, tuple(rule["verbs"]))
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }
    assert given == set(_NEEDED)
