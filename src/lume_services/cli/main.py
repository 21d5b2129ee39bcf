"""The command ``lume-services``: its subcommands, and errors as exit codes and short messages."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

from cyclopts import App, CycloptsError, Parameter

from lume_services import errors
from lume_services.cli import console
from lume_services.cli.interrupt import end_soon, not_lost

DONE, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130

_BAD_INPUT_ERRORS = (
    CycloptsError,
    errors.InputError,
    errors.SettingsError,
    errors.PluginError,
    errors.FlowNotFoundError,
    errors.TaskNotFoundError,
    errors.RunNotFoundError,
    errors.ResultNotFoundError,
    errors.NeedsServerError,
)

_COMMANDS = {
    "register": ("register:register", "Register a flow with a project."),
    "flows": ("register:flows", "List the flows that are registered or installed."),
    "validate": ("validate:validate", "Check a flow-of-flows file without running anything."),
    "run": ("run:run", "Run a flow or a flow-of-flows file."),
    "resume": ("resume:resume", "Start a run that has not ended well once more."),
    "cancel": ("resume:cancel", "Ask a run to stop."),
    "runs": ("runs:app", "List runs; show one, or its logs."),
    "schedules": ("schedules:app", "List schedules of flows; pause or resume one."),
    "server": ("server:server_app", "Start a Prefect server."),
    "worker": ("server:worker_app", "Start a worker, which runs flows."),
    "docker": ("docker:app", "Start all services on this host as containers."),
    "kubernetes": ("kubernetes:app", "Show the Jobs of a Kubernetes cluster that runs become."),
    "results": ("results:app", "Find, show and export database results."),
    "graph": ("graph:graph", "Draw a flow-of-flows, or one of its runs."),
    "config": ("config:app", "Show the settings, or check the services."),
    "version": ("version:version", "Show versions."),
    "--install-completion": ("completion:install", "Let the shell complete commands."),
}

app = App(
    name="lume-services",
    help="Run accelerator models as Prefect flows, from a laptop to a cluster.",
    help_format="plaintext",
    version_flags=(),
    suppress_keyboard_interrupt=False,
    default_parameter=Parameter(negative=()),
    result_action="return_value",
)
for _name, (_target, _help) in _COMMANDS.items():
    app.command(f"lume_services.cli.{_target}", name=_name, help=_help)


@app.meta.default
def _launch(
    *tokens: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
    debug: Annotated[bool, Parameter(show_default=False)] = False,
    json: Annotated[bool, Parameter(show_default=False)] = False,
) -> int:
    """Run accelerator models as Prefect flows, from a laptop to a cluster.

    Parameters
    ----------
    debug
        Show the traceback of an error.
    json
        Write one JSON document in place of text.
    """
    console.debugging.set(debug)
    console.for_programs.set(json)
    try:
        code: int | None = app(tokens, exit_on_error=False, print_error=False)
        sys.stdout.flush()
    except BrokenPipeError:
        return _stop_writing()
    except KeyboardInterrupt:
        console.error("interrupted")
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001  # this is where errors end
        if debug:
            import traceback

            console.note(traceback.format_exc())
        return _report(error)
    return code or DONE


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    arguments
        What follows the program's name; by default the process's own.
    """
    tokens = sys.argv[1:] if arguments is None else list(arguments)
    try:
        with not_lost():
            code: int = app.meta(tokens, exit_on_error=False, print_error=False) or DONE
    except CycloptsError as error:
        return _report(error)
    if code == INTERRUPTED and arguments is None:
        end_soon(code)
    return code


def _report(error: Exception) -> int:
    if isinstance(error, CycloptsError):
        console.error(f"{error} See lume-services --help.")
    elif isinstance(error, errors.LumeServicesError):
        console.error(str(error))
    else:
        console.error(f"{type(error).__name__}: {error} (--debug shows the traceback)")
    return BAD_INPUT if isinstance(error, _BAD_INPUT_ERRORS) else FAILED


def _stop_writing() -> int:
    """Let the interpreter end quietly after the reader of a pipe has gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return DONE
