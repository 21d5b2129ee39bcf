"""A work pool's template: what a run may say of its job, with the schema that the server checks."""

from __future__ import annotations

from typing import Any

from lume_services.services.scheduling.backends.backend import RunConfig

# What a run's configuration says to the server itself.
NO_VARIABLES = frozenset({"labels", "run_name", "tags"})
_TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
_OF_PREFECT: dict[str, dict[str, Any]] = {
    "command": {"title": "Command", "type": "string"},
    "env": {"title": "Environment Variables", **_TEXTS},
    "labels": {"title": "Labels", **_TEXTS},
    "name": {"title": "Name", "type": "string"},
}


def job_template(run_config: type[RunConfig]) -> dict[str, Any]:
    """Return the template of the jobs that a kind of run configurations describes.

    Parameters
    ----------
    run_config
        The class of the configurations.
    """
    schema = run_config.model_json_schema()
    options = {
        name: each for name, each in schema["properties"].items() if name not in NO_VARIABLES
    }
    variables = {**_OF_PREFECT, **options}
    return {
        "job_configuration": {name: f"{{{{ {name} }}}}" for name in variables},
        "variables": {
            "type": "object",
            "properties": variables,
            "definitions": schema.get("$defs", {}),
            "additionalProperties": False,
        },
    }
