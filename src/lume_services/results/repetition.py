"""How a result could be made again, and what is no longer as it was then."""

from __future__ import annotations

import json
import os
import platform
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Any

from lume_services.errors import FlowNotFoundError, InputError, LumeServicesError
from lume_services.results import lookup
from lume_services.results.documents import references
from lume_services.results.origin import checkout, environment
from lume_services.services.results.db import Document
from lume_services.settings_sources import IMAGE_VARIABLE

if TYPE_CHECKING:
    from lume_services.config import Services
    from lume_services.services.scheduling.service import SchedulingService

_LISTED = 5


@dataclass(frozen=True)
class Repetition:
    """The run that makes a result again.

    Parameters
    ----------
    target
        What ``lume-services run`` takes: a flow's name, or where it is.
    project
        The project of the flow; None where the target says where the flow is.
    parameters
        The parameters of the run.
    warnings
        What differs from then.
    """

    target: str
    project: str | None
    parameters: Mapping[str, Any]
    warnings: tuple[str, ...]

    @property
    def command(self) -> str:
        """The command line, quoted for a shell."""
        words = ["lume-services", "run", self.target]
        if self.project is not None:
            words += ["--project", self.project]
        for name, value in self.parameters.items():
            words += ["-p", f"{name}={json.dumps(value, ensure_ascii=False)}"]
        return shlex.join(words)


def repetition(document: Document, services: Services) -> Repetition:
    """Return how the result of a document could be made again.

    Parameters
    ----------
    document
        The result's document.
    services
        Where flows are registered, and results and files are.

    Raises
    ------
    InputError
        If no flow run has made it, or its parameters are not known.
    FlowNotFoundError
        If its flow is neither registered nor where it was.
    """
    fields = lookup.fields_of(document)
    made = fields["provenance"] or {}
    if fields["flow_run_id"] is None:
        raise InputError(
            f"result {document['unique_hash']} was not made by a flow's run, so there is nothing "
            "to run again."
        )
    if made.get("parameters") is None:
        raise InputError(
            f"result {document['unique_hash']} does not say what its run's parameters were: an "
            "early version of lume-services has saved it. Run its flow "
            f"{fields['flow_name']!r} with parameters of your own."
        )
    target, project, entrypoint = _target(fields, made, services.scheduling)
    warnings = [
        *_code(fields, made, entrypoint),
        *_packages(made.get("environment"), services),
        *_sources(document, services),
    ]
    warnings += [f"{rep['filename']} will be written again" for rep in made.get("saved", ())]
    return Repetition(target, project, made["parameters"], tuple(warnings))


def _target(
    fields: Mapping[str, Any], made: Mapping[str, Any], scheduling: SchedulingService
) -> tuple[str, str | None, str]:
    """Return the flow by name and project, else by its place, and its place now."""
    try:
        record = scheduling.record(fields["flow_name"], fields["project_name"])
    except (FlowNotFoundError, InputError):
        if made.get("entrypoint") is None:
            raise
        return made["entrypoint"], None, made["entrypoint"]
    return record.name, record.project_name, record.entrypoint


def _code(fields: Mapping[str, Any], made: Mapping[str, Any], entrypoint: str) -> Iterator[str]:
    package = fields["package"]
    if package is not None:
        yield from _differs(f"version of {package}", fields["version"], _version(package))
    yield from _differs("version of Python", made.get("python"), platform.python_version())
    yield from _differs("image", made.get("image"), os.environ.get(IMAGE_VARIABLE))
    file = checkout.source_file(entrypoint)
    now = checkout.of(str(file)) if file else None
    yield from _differs("commit", made.get("commit"), now and now.commit)
    if made.get("dirty"):
        yield "the flow's checkout had changes then that no commit holds"
    if now and now.dirty:
        yield "the flow's checkout has changes now that no commit holds"


def _packages(then: str | None, services: Services) -> Iterator[str]:
    if then is None or then == environment.digest():
        return
    before, now = environment.packages(then, services), environment.installed()
    if before is None:
        yield "the installed packages are not those of then, which are not known here"
        return
    changed = [name for name in sorted({*before, *now}) if before.get(name) != now.get(name)]
    listed = [f"{name} {before.get(name, '-')} → {now.get(name, '-')}" for name in changed]
    more = f" and {len(listed) - _LISTED} more" if len(listed) > _LISTED else ""
    yield f"{len(listed)} installed packages differ: {', '.join(listed[:_LISTED])}{more}"


def _differs(what: str, then: Any, now: Any) -> Iterator[str]:
    if then != now:
        yield f"the {what} is {now or 'unknown'} now and was {then or 'unknown'}"


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _sources(document: Document, services: Services) -> Iterator[str]:
    """Say which of the results and files that it was made from are not as they were."""
    for rep in references.sources(document):
        if references.is_file(rep):
            yield from _file_now(rep, services)
        elif not services.results_db.count({"unique_hash": rep["unique_hash"]}):
            yield f"result {rep['unique_hash']}, from which it was made, is not in the database"


def _file_now(rep: references.Reference, services: Services) -> Iterator[str]:
    from lume_services.services.files.filesystem import FileStat

    stat = None if rep["sha256"] is None else FileStat(rep["size"], rep["sha256"])
    try:
        services.files.read(rep["filesystem_identifier"], rep["filename"], lambda path: None, stat)
    except LumeServicesError as error:
        yield f"a file from which it was made: {error}"
