"""The command ``lume-services kubernetes render``."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from lume_services.cli import console
from lume_services.cli.target import import_from_here, is_entrypoint

if TYPE_CHECKING:
    from lume_services.services.scheduling.registry import FlowRecord
    from lume_services.settings import LUMEServicesSettings

app = App(name="kubernetes", help="Show the Jobs of a Kubernetes cluster that runs become.")


@app.command
def render(
    flow: str,
    /,
    *,
    project: str | None = None,
    option: Annotated[list[str] | None, Parameter(name=("-o", "--option"))] = None,
) -> None:
    """Print the Job that a run of a flow would be; nothing is created.

    Parameters
    ----------
    flow
        A registered flow's name, MODULE:FLOW or FILE.py:FLOW.
    project
        The project that the flow is registered with.
    option
        NAME=VALUE of the run's options, where the value is JSON, else text; repeatable.
    """
    import yaml

    from lume_services.cli.parameters import parse
    from lume_services.services.scheduling.backends.kubernetes import (
        KubernetesBackend,
        KubernetesRunConfig,
    )
    from lume_services.services.scheduling.registry import DEFAULT_PROJECT
    from lume_services.settings import LUMEServicesSettings

    import_from_here()
    settings = LUMEServicesSettings(backend="kubernetes")
    options = KubernetesRunConfig.of(parse(option or ()))
    record = _record(flow, project or DEFAULT_PROJECT, settings)
    job = KubernetesBackend(settings).render(record, options)
    if console.for_programs.get():
        console.document(job)
    else:
        console.write(yaml.safe_dump(job, sort_keys=False, allow_unicode=True).rstrip())


def _record(flow: str, project: str, settings: LUMEServicesSettings) -> FlowRecord:
    from lume_services.services.scheduling import entrypoints, installed
    from lume_services.services.scheduling.service import build

    if is_entrypoint(flow):
        return installed.describe(entrypoints.load(flow), project, entrypoint=flow)
    with closing(build(settings)) as service:
        return service.record(flow, project)
