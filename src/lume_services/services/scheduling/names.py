"""What the names of flows and projects may be."""

from __future__ import annotations

from lume_services.errors import FlowNotFoundError, InputError

# What Prefect allows in no name.
_FORBIDDEN = frozenset("/%&<>")


def check_project(name: object) -> None:
    """Refuse a project name that Prefect could not keep.

    Raises
    ------
    InputError
        If it is no text, empty, or has a character that is forbidden.
    """
    if not isinstance(name, str) or not name.strip() or set(name) & _FORBIDDEN:
        raise InputError(
            f"{name!r} is no project name; give one that is not empty and has none of "
            f"{' '.join(sorted(_FORBIDDEN))}"
        )


def check_flow(name: object, project_name: object) -> None:
    """Refuse to look for a flow whose names are no text.

    Raises
    ------
    FlowNotFoundError
        Naming both.
    """
    if not (isinstance(name, str) and isinstance(project_name, str)):
        raise FlowNotFoundError(
            f"flow {name!r} in project {project_name!r}: both names must be text."
        )
