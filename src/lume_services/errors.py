"""Every error that LUME-services raises, in one tree.

::

    LumeServicesError
    ├── SettingsError              a setting is unknown, ill-typed or impossible
    ├── PluginError                an entry point is missing or cannot be loaded
    ├── InputError                 what the caller gave cannot be used (also a ValueError)
    │   ├── SpecificationError     a flow-of-flows specification; lists every problem
    │   ├── ParameterError         flow parameters
    │   ├── NotSerializableError   a value that has no JSON form
    │   └── QueryError             a results query
    ├── FileServiceError           files and filesystems
    │   ├── PathNotAllowedError    a path that leaves its filesystem
    │   ├── FileNotThereError      (also a FileNotFoundError)
    │   ├── FileCorruptError       size, checksum or content do not match
    │   └── UnknownFileTypeError   a file type that nobody registered
    ├── ResultsError               database results
    │   ├── ResultNotFoundError
    │   ├── ResultConflictError    a second, different result of one flow run
    │   └── StoreUnavailableError  the database cannot be reached or written
    ├── ContainerError             containers of ours cannot be prepared or started
    └── SchedulingError            registering and running flows
        ├── FlowNotFoundError
        ├── TaskNotFoundError
        ├── RunNotFoundError
        ├── NeedsServerError       asked of the local backend what only a server can do
        ├── RunTimeoutError        a run has not ended in time (also a TimeoutError)
        └── FlowFailedError        a run ended in a state other than Completed

A message says what was given, what was expected and what to do next.
"""

from __future__ import annotations

from collections.abc import Sequence


class LumeServicesError(Exception):
    """Base of every error of this package."""


class SettingsError(LumeServicesError):
    """A setting is unknown, ill-typed or impossible in combination."""


class PluginError(LumeServicesError):
    """An entry point is missing or cannot be loaded."""


class InputError(LumeServicesError, ValueError):
    """What the caller gave cannot be used."""


class SpecificationError(InputError):
    """A flow-of-flows specification cannot be used.

    Parameters
    ----------
    problems
        One message per problem, each beginning with ``file:line:column``
        where they are known.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class ParameterError(InputError):
    """Flow parameters are missing, unknown, ill-typed or not JSON-serialisable."""


class NotSerializableError(InputError):
    """A value has no JSON form."""


class QueryError(InputError):
    """A results query is malformed or uses an operator that is not supported."""


class FileServiceError(LumeServicesError):
    """A file or filesystem cannot be used."""


class PathNotAllowedError(FileServiceError):
    """A path leaves its filesystem."""


class FileNotThereError(FileServiceError, FileNotFoundError):
    """A file or a directory does not exist."""


class FileCorruptError(FileServiceError):
    """A file's size, checksum or content is not what its reference says."""


class UnknownFileTypeError(FileServiceError):
    """A file reference names a type that nobody registered."""


class ResultsError(LumeServicesError):
    """A database result cannot be saved or found."""


class ResultNotFoundError(ResultsError):
    """No result matches."""


class ResultConflictError(ResultsError):
    """A flow run saves a second, different database result."""


class StoreUnavailableError(ResultsError):
    """The results database cannot be reached or written.

    Parameters
    ----------
    message
        The whole message for a person.
    may_pass
        Whether the same may succeed a little later, with nothing else done.
    """

    def __init__(self, message: str, *, may_pass: bool = False) -> None:
        super().__init__(message)
        self.may_pass = may_pass


class ContainerError(LumeServicesError):
    """Containers of ours cannot be prepared or started.

    Parameters
    ----------
    message
        The whole message for a person.
    exit_code
        What a container that cannot start ends with.
    """

    def __init__(self, message: str, *, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class SchedulingError(LumeServicesError):
    """A flow cannot be registered, loaded or run."""


class FlowNotFoundError(SchedulingError):
    """No flow of that name is registered in that project."""


class TaskNotFoundError(SchedulingError):
    """A flow run has no task of that name."""


class RunNotFoundError(SchedulingError):
    """No run has that identifier."""


class NeedsServerError(SchedulingError):
    """The local backend was asked for what only a Prefect server can do."""


class RunTimeoutError(SchedulingError, TimeoutError):
    """A run has not ended in the time that the caller waits."""


class FlowFailedError(SchedulingError):
    """A flow run ended in a state other than Completed.

    Parameters
    ----------
    message
        The whole message for a person.
    flow_name, run_id
        The flow and its run.
    task_name
        The task that failed, where one did.
    state
        Name of the final state, for example ``"Failed"`` or ``"Cancelled"``.
    cause_type, cause_message, cause_traceback
        Class name, text and traceback text of the original exception.
    """

    def __init__(
        self,
        message: str,
        *,
        flow_name: str,
        run_id: str,
        task_name: str | None = None,
        state: str = "Failed",
        cause_type: str | None = None,
        cause_message: str | None = None,
        cause_traceback: str | None = None,
    ) -> None:
        super().__init__(message)
        self.flow_name = flow_name
        self.run_id = run_id
        self.task_name = task_name
        self.state = state
        self.cause_type = cause_type
        self.cause_message = cause_message
        self.cause_traceback = cause_traceback
