"""What the sections of the settings have in common."""

from __future__ import annotations

import json

from pydantic import BaseModel, ConfigDict

from lume_services import plugins


class Section(BaseModel):
    """A section of the settings, whose errors never show what was given."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def no_bool(value: object) -> object:
    """Refuse a truth value, which Python takes for an integer."""
    if isinstance(value, bool):
        raise ValueError("must be an integer")  # noqa: TRY004 — what pydantic collects
    return value


def from_json(value: object) -> object:
    """Take JSON too, for environment variables."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise ValueError(f"must be JSON where it is text: {error}") from None


def one_of(name: str, group: str) -> None:
    """Refuse a name that no installed package offers in an entry-point group."""
    known = plugins.names(group)
    if name not in known:
        raise ValueError(f"must be one of {', '.join(known)}; more come with plug-ins")
