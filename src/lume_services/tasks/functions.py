"""What the packaged tasks do, as plain functions that need no flow engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lume_services import config
from lume_services.errors import InputError
from lume_services.files import File, FileResult, load_reference
from lume_services.results import Result
from lume_services.results.origin.provenance import record_parent, record_saved
from lume_services.tasks.attributes import pick


def configure_lume_services() -> None:
    """Configure the services from the environment, where nothing has configured them yet.

    As a flow's first task it makes a faulty setting fail the flow before any work is done.
    """
    config.current()


def save_file(
    obj: Any,
    filename: str,
    filesystem_identifier: str = "local",
    file_type: type | None = None,
    create_dir: bool = False,
) -> dict[str, Any]:
    """Write an object to a file and return the file's JSON reference.

    Parameters
    ----------
    obj
        What the file's type can write; falsy objects are written too.
    filename
        Path on the filesystem.
    filesystem_identifier
        Which of the configured filesystems.
    file_type
        A `File` type, for example ``TextFile``. Required.
    create_dir
        Make the missing directories above the file.
    """
    if not (isinstance(file_type, type) and issubclass(file_type, File)):
        raise InputError(
            f"file_type of {filename!r} is {file_type!r}; give a File type, "
            "for example lume_services.files.TextFile."
        )
    file: File[Any] = file_type(filename, filesystem_identifier)
    rep = file.write(obj, create_dir=create_dir)
    record_saved(rep)
    return rep


def load_file(file_rep: dict[str, Any]) -> Any:
    """Read the object that a file's JSON reference stands for.

    The current flow run remembers the file as one of its parents.
    """
    obj = load_reference(file_rep)
    record_parent(file_rep)
    return obj


def get_file_result(file_rep: Any) -> Any:
    """Read the object of a file result, of any packaged or registered type.

    Parameters
    ----------
    file_rep
        A `FileResult`, or the JSON reference of a file.
    """
    return load_file(file_rep.jsonable_dict() if isinstance(file_rep, FileResult) else file_rep)


def save_db_result(result: Result) -> dict[str, Any]:
    """Insert a result into the results database and return its JSON reference."""
    if not isinstance(result, Result):
        raise InputError(
            f"the result is of type {type(result).__name__}; give a lume_services.results.Result."
        )
    return result.insert()


def load_db_result(
    result_rep: dict[str, Any], attribute_index: Sequence[str | int] | None = None
) -> Any:
    """Load a database result, or the part of it that an index picks.

    The current flow run remembers the result as one of its parents.

    Parameters
    ----------
    result_rep
        The result's JSON reference, as `save_db_result` returns it.
    attribute_index
        Steps into the result, for example ``["outputs", "sigma_x", 0]``.
    """
    return pick(Result.load(result_rep), attribute_index or ())
