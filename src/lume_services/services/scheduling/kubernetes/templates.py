"""Job templates: read, checked against the fields that Kubernetes knows, and merged."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from lume_services.extras import needed
from lume_services.services.scheduling.nearest import hint
from lume_services.services.scheduling.schema.source import Problem, Source, Steps, read

PACKAGED = Path(__file__).with_name("kubernetes_job.yaml")
CONTAINER = "flow"
"""Name of the container that runs the flow."""

_LIST_OF = re.compile(r"[Ll]ist[\[(](.+)[\])]")
_DICT_OF = re.compile(r"[Dd]ict[\[(]str, (.+)[\])]")
_TYPES: Mapping[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "datetime": (str, datetime),
}
# By which field Kubernetes tells the items of a list apart; other lists are replaced.
_KEYS = {
    "containers": "name",
    "env": "name",
    "ephemeralContainers": "name",
    "imagePullSecrets": "name",
    "initContainers": "name",
    "volumeMounts": "mountPath",
    "volumes": "name",
}
_FIXED: Mapping[Steps, object] = {
    ("apiVersion",): "batch/v1",
    ("kind",): "Job",
    # A flow does not begin again by itself: its run ends as Crashed, and can be resumed.
    ("spec", "backoffLimit"): 0,
    ("spec", "completions"): 1,
    ("spec", "parallelism"): 1,
    ("spec", "template", "spec", "restartPolicy"): "Never",
}
_OURS: Mapping[Steps, str] = {
    ("metadata", "name"): "each Job is given a name of its own",
    ("metadata", "generateName"): "each Job is given a name of its own",
    ("metadata", "namespace"): "set it with the option namespace",
    ("status",): "the cluster writes it",
}


def load(source: Path | Mapping[str, Any]) -> dict[str, Any]:
    """Return a template whose fields and types are those of a Job.

    Parameters
    ----------
    source
        A YAML file, or a dictionary.

    Raises
    ------
    SpecificationError
        With every unknown, ill-typed or impossible field, and its place.
    """
    found = read(source)
    check(found)
    data: dict[str, Any] = found.data
    return data


def check(template: Source) -> None:
    """Refuse a template with fields or values that a Job cannot have."""
    problems = list(_problems(template.data, "V1Job", ()))
    problems = problems or list(_reserved(template.data))
    if problems:
        raise template.error(problems)


def merge(below: Any, above: Any, field: str = "") -> Any:
    """Return a part of a Job with another one laid over it.

    Mappings are merged by key, where null removes what is below, and lists of named things
    by name; other lists and values are replaced.

    Parameters
    ----------
    below, above
        The parts.
    field
        The field that they are values of.
    """
    if isinstance(below, Mapping) and isinstance(above, Mapping):
        merged = {**below}
        for name, value in above.items():
            merged[name] = merge(below.get(name), value, name)
        return {name: value for name, value in merged.items() if value is not None}
    if isinstance(below, list) and isinstance(above, list) and field in _KEYS:
        key = _KEYS[field]
        items = {item[key]: item for item in below}
        for item in above:
            items[item[key]] = merge(items.get(item[key]), item)
        return list(items.values())
    return merge({}, above) if isinstance(above, Mapping) and below is None else above


def _problems(value: Any, kind: str, steps: Steps) -> Iterator[Problem]:
    """Find what a value has that a type of Kubernetes' does not."""
    if value is None:
        return
    if (inner := _LIST_OF.fullmatch(kind)) is not None:
        yield from _in_list(value, inner[1], steps)
    elif (inner := _DICT_OF.fullmatch(kind)) is not None:
        yield from (
            _in_mapping(value, dict.fromkeys(value, inner[1]), steps)
            if isinstance(value, Mapping)
            else _ill_typed(value, "a mapping", steps)
        )
    elif kind in _TYPES:
        if not isinstance(value, _TYPES[kind]) or (kind != "bool" and isinstance(value, bool)):
            yield from _ill_typed(value, kind, steps)
    elif kind != "object":
        yield from _in_model(value, kind, steps)


def _in_list(value: Any, kind: str, steps: Steps) -> Iterator[Problem]:
    if not isinstance(value, list | tuple):
        yield from _ill_typed(value, "a list", steps)
        return
    key = _KEYS.get(str(steps[-1]))
    for number, item in enumerate(value):
        yield from _problems(item, kind, (*steps, number))
        if key is not None and isinstance(item, Mapping) and not item.get(key):
            yield Problem((*steps, number), f"{key!r} is missing; each of {steps[-1]} needs one")


def _in_model(value: Any, kind: str, steps: Steps) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield from _ill_typed(value, "a mapping", steps)
        return
    with needed("kubernetes", "a job template"):
        from kubernetes.client import models
    model = getattr(models, kind)
    fields = {name: model.openapi_types[own] for own, name in model.attribute_map.items()}
    yield from _in_mapping(value, fields, steps)


def _in_mapping(
    value: Mapping[Any, Any], fields: Mapping[Any, str], steps: Steps
) -> Iterator[Problem]:
    for name, item in value.items():
        here = (*steps, name)
        if name in fields:
            yield from _problems(item, fields[name], here)
        else:
            message = f"{name!r} is no field of Kubernetes here; {hint(str(name), list(fields))}"
            yield Problem(here, message, at_key=True)


def _ill_typed(value: Any, expected: str, steps: Steps) -> Iterator[Problem]:
    names = {"str": "text", "int": "an integer", "bool": "true or false", "float": "a number"}
    wanted = names.get(expected, expected)
    yield Problem(steps, f"{value!r} ({type(value).__name__}) stands where {wanted} is expected.")


def _reserved(template: Mapping[str, Any]) -> Iterator[Problem]:
    for steps, only in _FIXED.items():
        found = _at(template, steps)
        if found is not None and found != only:
            yield Problem(steps, f"{found!r} is not possible here; it is always {only!r}.")
    for steps, reason in _OURS.items():
        if _at(template, steps) is not None:
            yield Problem(steps, f"a template cannot set this: {reason}.", at_key=True)


def _at(template: Any, steps: Steps) -> Any:
    for step in steps:
        template = template.get(step) if isinstance(template, Mapping) else None
    return template
