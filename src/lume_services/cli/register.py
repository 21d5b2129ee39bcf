"""The commands ``lume-services register`` and ``flows``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from lume_services.cli import console
from lume_services.cli.target import import_from_here, is_specification
from lume_services.errors import InputError

if TYPE_CHECKING:
    from lume_services.services.scheduling.code.storage import FolderStorage, GitStorage
    from lume_services.services.scheduling.registry import FlowRecord
    from lume_services.services.scheduling.schedule import Schedule


def register(
    target: Annotated[str, Parameter(name="FILE|FLOW")],
    /,
    *,
    project: str | None = None,
    image: str | None = None,
    label: Annotated[list[str] | None, Parameter(name="--label")] = None,
    cron: str | None = None,
    every: float | None = None,
    rrule: str | None = None,
    timezone: str = "UTC",
    folder: str | None = None,
    git: str | None = None,
    ref: str | None = None,
) -> None:
    """Register a flow with a project, or a flow-of-flows with the one that its file names.

    Parameters
    ----------
    target
        Where the flow is: MODULE:FLOW or FILE.py:FLOW; or a flow-of-flows FILE.yaml.
    project
        The project, made if it is new.
    image
        Container image that runs the flow.
    label
        What a worker must serve to take the flow's runs; repeatable.
    cron
        Run it by itself at these times, for example "0 7 * * 1-5".
    every
        Run it by itself every so many seconds.
    rrule
        Run it by itself by a recurrence rule of iCalendar.
    timezone
        Time zone of the times.
    folder
        Folder that every host takes the flow's code from; with --git, a folder in the repository.
    git
        Address of the git repository that every host takes the flow's code from.
    ref
        Branch, tag or whole commit of the repository.
    """
    import_from_here()
    schedule = _schedule(cron, every, rrule, timezone)
    of_flow = {"image": image, "label": label, "folder": folder, "git": git, "ref": ref}
    if is_specification(target):
        record = _register_composed(target, schedule, {"project": project, **of_flow})
    elif project is None:
        raise InputError(f"{target!r} is to be registered with which project? Give --project NAME.")
    else:
        from lume_services import config

        record = config.current().scheduling.register_flow(
            target,
            project,
            image=image,
            labels=label or (),
            schedule=schedule,
            storage=_storage(folder, git, ref),
        )
    if console.for_programs.get():
        console.document(asdict(record))
    else:
        console.fields(_described(record))


def _register_composed(
    file: str, schedule: Schedule | None, of_flow: Mapping[str, object]
) -> FlowRecord:
    if given := [f"--{name}" for name, value in of_flow.items() if value is not None]:
        raise InputError(
            f"{', '.join(given)}: {file!r} names its project itself, and each of its flows runs as "
            "it is registered; register that flow with these options."
        )
    from lume_services.flows import FlowOfFlows

    return FlowOfFlows.from_yaml(file).register(schedule)


def _storage(
    folder: str | None, git: str | None, ref: str | None
) -> FolderStorage | GitStorage | None:
    from lume_services.services.scheduling.code.storage import FolderStorage, GitStorage

    if git is not None:
        return GitStorage(git, ref, folder or ".")
    if ref is not None:
        raise InputError(f"--ref {ref!r} of which git repository? Give --git ADDRESS too.")
    return None if folder is None else FolderStorage(folder)


def _schedule(
    cron: str | None, every: float | None, rrule: str | None, timezone: str
) -> Schedule | None:
    if cron is None and every is None and rrule is None:
        return None
    from lume_services.services.scheduling.schedule import Schedule

    try:
        interval = None if every is None else timedelta(seconds=every)
    except (ValueError, OverflowError):
        raise InputError(f"--every {every} is no number of seconds that can pass.") from None
    return Schedule(cron=cron, interval=interval, rrule=rrule, timezone=timezone)


def flows(*, project: str | None = None) -> None:
    """List the flows that are registered or offered by installed packages.

    Parameters
    ----------
    project
        Only flows of this project; those of installed packages belong to every one.
    """
    from lume_services import config

    scheduling = config.current().scheduling
    records, installed = scheduling.records(project), scheduling.installed_flows()
    if console.for_programs.get():
        console.document({"registered": [asdict(r) for r in records], "installed": installed})
        return
    rows = [[r.name, r.project_name, _parameters(r), r.entrypoint] for r in records]
    rows += [[name, "(installed)", "", entrypoint] for name, entrypoint in installed.items()]
    console.table(("FLOW", "PROJECT", "PARAMETERS", "ENTRYPOINT"), rows)


def _described(record: FlowRecord) -> list[tuple[str, str | console.Cell]]:
    pairs = [
        ("registered", record.name),
        ("project", record.project_name),
        ("entrypoint", record.entrypoint),
        ("code", str(record.storage or "")),
        ("parameters", _parameters(record)),
        ("tasks", ", ".join(task.name for task in record.tasks)),
        ("image", record.image or ""),
        ("labels", ", ".join(record.labels)),
    ]
    return [(name, value) for name, value in pairs if value]


def _parameters(record: FlowRecord) -> str:
    """Return the parameters' names, those that may be left out in brackets."""
    required = record.parameters.get("required", ())
    names = record.parameters.get("properties", {})
    return " ".join(name if name in required else f"[{name}]" for name in names)
