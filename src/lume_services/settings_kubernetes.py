"""How the Kubernetes backend makes Jobs, and where the cluster is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    NonNegativeInt,
    PositiveInt,
    model_validator,
)

from lume_services.settings_quantity import CPU, Memory, amount
from lume_services.settings_section import Section, from_json, no_bool

_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_DNS_NAME = re.compile(rf"{_DNS_LABEL.pattern}(\.{_DNS_LABEL.pattern})*")


def _dns_label(name: str) -> str:
    if not _DNS_LABEL.fullmatch(name):
        raise ValueError("must be at most 63 of a-z, 0-9 and -, with no - at its ends")
    return name


def _dns_name(name: str) -> str:
    if len(name) > 253 or not _DNS_NAME.fullmatch(name):
        raise ValueError("must be made of a-z, 0-9, - and ., with a letter or digit at its ends")
    return name


DNSLabel = Annotated[str, AfterValidator(_dns_label)]
DNSName = Annotated[str, AfterValidator(_dns_name)]
Table = Annotated[dict[str, Any], BeforeValidator(from_json)]
Tables = Annotated[tuple[dict[str, Any], ...], BeforeValidator(from_json)]
Texts = Annotated[dict[str, str], BeforeValidator(from_json)]
Count = Annotated[NonNegativeInt, BeforeValidator(no_bool)]
Seconds = Annotated[PositiveInt, BeforeValidator(no_bool)]


class KubernetesOptions(BaseModel):
    """How a run is executed as a Job; each option is of the settings, and of a run.

    Parameters
    ----------
    image
        The container image.
    job_template, job_template_path
        Fields of the Job besides those that are given here; as a dictionary, or a YAML file.
    env
        Environment variables of the flow. They are kept on the server, so no secrets.
    namespace
        Where the Job is made.
    owner
        Whose Job it is, as its label says; by default the user who submits the run.
    queue_name
        Queue of Kueue that admits the Job.
    cpu_request, cpu_limit, memory_request, memory_limit
        Quantities of Kubernetes, such as ``500m`` and ``1Gi``.
    service_account_name, image_pull_secrets, image_pull_policy, node_selector, tolerations
        As in a pod's specification.
    priority_class_name, volumes, volume_mounts
        As in a pod's and a container's specification.
    active_deadline_seconds
        After how long the cluster ends the Job.
    ttl_seconds_after_finished
        After how long the cluster removes the ended Job.
    start_timeout_seconds
        How long a pod may wait for a node and its image, before the run ends as Crashed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    image: str | None = None
    job_template: Table | None = None
    job_template_path: Path | None = None
    env: Texts | None = None
    namespace: DNSLabel | None = None
    owner: str | None = None
    queue_name: DNSName | None = None
    cpu_request: CPU | None = None
    cpu_limit: CPU | None = None
    memory_request: Memory | None = None
    memory_limit: Memory | None = None
    service_account_name: DNSName | None = None
    image_pull_secrets: Annotated[tuple[DNSName, ...], BeforeValidator(from_json)] | None = None
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = None
    priority_class_name: DNSName | None = None
    volumes: Tables | None = None
    volume_mounts: Tables | None = None
    node_selector: Texts | None = None
    tolerations: Tables | None = None
    active_deadline_seconds: Seconds | None = None
    ttl_seconds_after_finished: Count | None = None
    start_timeout_seconds: Seconds | None = None

    @model_validator(mode="after")
    def _one_template(self) -> Self:
        if self.job_template is not None and self.job_template_path is not None:
            raise ValueError("give one of job_template and job_template_path")
        return self

    @model_validator(mode="after")
    def _requests_within_limits(self) -> Self:
        pairs: Mapping[str, tuple[str | None, str | None]] = {
            "cpu": (self.cpu_request, self.cpu_limit),
            "memory": (self.memory_request, self.memory_limit),
        }
        for kind, (request, limit) in pairs.items():
            if request and limit and amount(request) > amount(limit):
                raise ValueError(
                    f"{kind}_request {request} is more than {kind}_limit {limit}; ask for no "
                    "more than the limit"
                )
        return self


class KubernetesSettings(Section, KubernetesOptions):
    """The cluster of the Kubernetes backend, and the options of runs that give none themselves.

    Parameters
    ----------
    kubeconfig, context
        How a worker outside of the cluster reaches it; by default what ``kubectl`` uses.
    secret_name
        Secret of the namespace whose keys are the names of environment variables, such as
        ``LUME_PREFECT__AUTH_STRING``: flows get from it what is secret in the settings.
    mounted_filesystem_claim
        Claim of the persistent volume that is mounted in place of the directory of the node.
    """

    kubeconfig: Path | None = None
    context: str | None = None
    secret_name: DNSName | None = None
    mounted_filesystem_claim: DNSName | None = None
