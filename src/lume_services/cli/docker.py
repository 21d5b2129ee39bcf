"""The commands ``lume-services docker``: all services on one host, as containers."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cyclopts import App

from lume_services.cli import console
from lume_services.cli.console import Cell

if TYPE_CHECKING:
    from lume_services.services.stack.folder import Folder

_PROJECT_NAME = "lume-services"

app = App(name="docker", help="Start all services on this host as containers.")


@app.command
def start_services(
    *,
    persist: bool = False,
    project_name: str = _PROJECT_NAME,
    timeout: float = 300.0,
    results: Literal["postgresql", "mongodb"] = "postgresql",
    compose_file: Path | None = None,
) -> int:
    """Start a Prefect server, its databases and a worker; Ctrl-C and SIGTERM stop them.

    Parameters
    ----------
    persist
        Keep the data and the credentials when the services are stopped.
    project_name
        Name of the containers and volumes.
    timeout
        How many seconds they have to start.
    results
        The database of the results.
    compose_file
        Another compose file, made from the one that compose-file writes.
    """
    from lume_services.errors import ContainerError
    from lume_services.services.stack import running

    folder = _folder(project_name)
    folder.write(os.environ, results, persist, _read(compose_file))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        running.start(folder, timeout)
        _tell(folder)
        running.wait(folder)
    except KeyboardInterrupt:
        console.note("stopping the services")
        running.stop(folder)
    except ContainerError:
        running.stop(folder)
        raise
    return 0


@app.command
def stop_services(*, project_name: str = _PROJECT_NAME) -> None:
    """Stop the services; data go with them unless they were started with --persist.

    Parameters
    ----------
    project_name
        The name that they were started with.
    """
    from lume_services.services.stack import running

    running.stop(_existing(project_name))


@app.command
def status(*, project_name: str = _PROJECT_NAME) -> int:
    """Show the services; the exit code is 0 if all are well.

    Parameters
    ----------
    project_name
        The name that they were started with.
    """
    from lume_services.services.stack import containers

    folder = _existing(project_name)
    found = containers.services(project_name)
    if console.for_programs.get():
        console.document({"services": [each._asdict() for each in found], **_addresses(folder)})
    else:
        rows = [
            (each.name, each.state, Cell(each.health or "-", "green" if each.is_well else "red"))
            for each in found
        ]
        console.table(("SERVICE", "STATE", "HEALTH"), rows)
    return 0 if found and all(each.is_well for each in found) else 1


@app.command
def compose_file(
    *,
    folder: Path | None = None,
    project_name: str = _PROJECT_NAME,
    results: Literal["postgresql", "mongodb"] = "postgresql",
) -> None:
    """Write the compose file to standard output, or all that it needs to a folder.

    Parameters
    ----------
    folder
        Where to write the file, its .env and new credentials, to be used by docker compose.
    project_name
        Name of the containers and volumes.
    results
        The database of the results.
    """
    from lume_services.services.stack.contents import packaged
    from lume_services.services.stack.folder import Folder

    if folder is None:
        _show(packaged())
        return
    made = Folder(project_name, folder.absolute())
    made.write(os.environ, results, persist=True)
    _tell(made)


def _show(compose: str) -> None:
    if console.for_programs.get():
        import yaml

        console.document(yaml.safe_load(compose))
    else:
        console.write(compose.rstrip())


def _folder(project_name: str) -> Folder:
    from lume_services.services.stack.folder import Folder
    from lume_services.settings import LUMEServicesSettings

    return Folder.of(project_name, LUMEServicesSettings().home)


def _existing(project_name: str) -> Folder:
    from lume_services.errors import InputError

    folder = _folder(project_name)
    if not folder.values():
        raise InputError(
            f"there are no services {project_name!r}; start them with lume-services docker "
            f"start-services --project-name {project_name}"
        )
    return folder


def _read(path: Path | None) -> str | None:
    from lume_services.errors import InputError

    try:
        return None if path is None else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}; give a compose file") from None


def _addresses(folder: Folder) -> dict[str, Any]:
    from lume_services.services.stack.contents import CLIENT

    values = folder.values()
    results = "MONGODB" if values["COMPOSE_PROFILES"] else "POSTGRESQL"
    return {
        "server": f"http://127.0.0.1:{values['STACK_SERVER_PORT']}",
        "results": f"{results.lower()}://127.0.0.1:{values[f'STACK_{results}_PORT']}/results",
        "environment": {"LUME_CONFIG_FILE": str(folder.path / CLIENT)},
    }


def _tell(folder: Folder) -> None:
    """Say where the services are, and what to export; the passwords are in the file it names."""
    found = _addresses(folder)
    if console.for_programs.get():
        console.document(found)
        return
    console.fields([("server", found["server"]), ("results", found["results"])])
    for name, value in found["environment"].items():
        console.write(f"export {name}={value}")
