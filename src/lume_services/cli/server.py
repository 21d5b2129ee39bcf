"""The commands ``lume-services server`` and ``worker``."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from lume_services.cli.count import Count

server_app = App(name="server", help="Start a Prefect server.")
worker_app = App(name="worker", help="Start a worker, which runs flows.")


@server_app.command(name="start")
def start_server() -> None:
    """Start a Prefect server, and stay in the foreground.

    It serves the address of the setting prefect.api_url, and keeps what it knows in the
    database of prefect.database_url.
    """
    from lume_services.services.scheduling.prefect_server.programs import run_server
    from lume_services.settings import LUMEServicesSettings

    run_server(LUMEServicesSettings())


@worker_app.command(name="start")
def start_worker(
    *,
    backend: str | None = None,
    label: Annotated[list[str] | None, Parameter(name="--label")] = None,
    limit: Count | None = None,
    name: str | None = None,
    warm: Count | None = None,
    preload: Annotated[list[str] | None, Parameter(name="--preload")] = None,
) -> None:
    """Start a worker, and stay in the foreground.

    Parameters
    ----------
    backend
        How it runs flows, for example process; by default the setting backend.
    label
        Takes runs that need this label, and those that need none; repeatable.
    limit
        How many runs at the same time.
    name
        Beginning of the name of the worker; by default the name of the host.
    warm
        As limit, and fork the process of each run from one that has imported Prefect, which
        is quicker.
    preload
        A package that the flows need, to be imported once, too; repeatable.
    """
    from lume_services.services.scheduling.service import build
    from lume_services.settings import LUMEServicesSettings

    imported = None if warm is None and not preload else preload or []
    settings = LUMEServicesSettings() if backend is None else LUMEServicesSettings(backend=backend)
    build(settings).serve(label or (), limit=limit or warm, name=name, warm=imported)
