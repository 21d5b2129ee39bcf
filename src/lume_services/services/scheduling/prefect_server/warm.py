"""Forks a process for each run, with Prefect and other packages imported already.

A process of its own, so that nothing but it is copied: one thread, no connections.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import random
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from lume_services.services.scheduling.prefect_server.guard import end_with, exit_code, kill
from lume_services.services.scheduling.prefect_server.warm_client import LENGTH

_IMPORTED = (
    "prefect.flow_engine",
    "prefect.task_engine",
    "prefect.task_runners",
    "prefect.events.worker",
    "prefect.logging.handlers",
    "prefect.engine",
    "prefect._internal.metrics",
    "lume_services.flows.orchestrate",
    "lume_services.tasks",
    "lume_services.files",
    "lume_services.services.scheduling.prefect_server.flow_execution",
    "lume_services.services.scheduling.prefect_server.keeping",
    "httpx",
    "websockets.sync.client",
)
_LONGEST_ORDER = 16 << 20


def main(address: str, modules: Iterable[str]) -> None:
    """Import what flows need, then fork for each connection until standard input ends.

    Parameters
    ----------
    address
        Path of the socket to listen at.
    modules
        What to import besides Prefect and this package.
    """
    for name in (*_IMPORTED, *modules):
        importlib.import_module(name)
    # Ctrl-C is for the worker, which lets the runs come to their end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    forks: dict[int, socket.socket] = {}
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        Path(address).chmod(0o600)
        listener.listen(64)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        with _children_wake_up() as ended:
            _loop(listener, ended, forks)
    for pid in forks:
        kill(pid)


def _loop(listener: socket.socket, ended: int, forks: dict[int, socket.socket]) -> None:
    """Fork, and kill forks whose client has gone, until the worker ends."""
    import select

    killed: set[int] = set()
    while True:
        clients = {forks[pid]: pid for pid in forks.keys() - killed}
        ready, _, _ = select.select([listener, ended, sys.stdin.fileno(), *clients], [], [])
        if sys.stdin.fileno() in ready:
            return
        for client in clients.keys() & set(ready):
            kill(clients[client])
            killed.add(clients[client])
        if ended in ready:
            os.read(ended, 4096)
            killed -= _collect(forks)
        if listener in ready:
            connection, _ = listener.accept()
            with contextlib.suppress(OSError, ValueError):
                _fork(connection, listener, forks)


def _fork(
    connection: socket.socket, listener: socket.socket, forks: dict[int, socket.socket]
) -> None:
    order, streams = _received(connection)
    parent, pid = os.getpid(), os.fork()
    if pid == 0:
        listener.close()
        for other in (connection, *forks.values()):
            other.close()
        _become(order, streams, parent)
    forks[pid] = connection
    for stream in streams:
        os.close(stream)
    connection.sendall(LENGTH.pack(pid))


@contextlib.contextmanager
def _children_wake_up() -> Iterator[int]:
    """Give a file descriptor that has something to read whenever a child ends."""
    reading, writing = os.pipe()
    for descriptor in (reading, writing):
        os.set_blocking(descriptor, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    yield reading
    signal.set_wakeup_fd(-1)


def _received(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    head, streams, _, _ = socket.recv_fds(connection, LENGTH.size, 3)
    length = LENGTH.unpack(head)[0]
    if length > _LONGEST_ORDER:
        raise ValueError("an order is too long")
    return json.loads(connection.recv(length, socket.MSG_WAITALL)), list(streams)


def _collect(forks: dict[int, socket.socket]) -> set[int]:
    """Tell the exit codes of the processes that have ended; return which they are."""
    ended: set[int] = set()
    while forks:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            break
        ended.add(pid)
        connection = forks.pop(pid)
        with contextlib.suppress(OSError), connection:
            connection.sendall(LENGTH.pack(exit_code(status)))
    return ended


def _become(order: dict[str, Any], streams: list[int], parent: int) -> None:
    """Execute a run in this process, which has just been forked; does not return."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.setsid()
        end_with(parent)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        before = _prefect_settings()
        os.environ.clear()
        os.environ.update(order["environment"])
        os.chdir(order["directory"])
        sys.path[:0] = [each for each in _python_path() if each not in sys.path]
        _differ()
        if _prefect_settings() != before:
            _read_settings_again()
        code = _execute()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _execute() -> int:
    """Execute the run as an interpreter of its own would; return the exit code."""
    import atexit

    from lume_services.services.scheduling.prefect_server.flow_execution import execute_run

    try:
        execute_run()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001  # this is where the process ends
        traceback.print_exc()
        code = 1
    # What Prefect still has to send is sent at exit.
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    return code


def _differ() -> None:
    """Let this process draw random numbers of its own."""
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()


def _prefect_settings() -> dict[str, str]:
    return {
        name: text
        for name, text in os.environ.items()
        if name.startswith("PREFECT_") and not name.startswith("PREFECT__")
    }


def _read_settings_again() -> None:
    from prefect.context import refresh_global_settings_context

    refresh_global_settings_context()


def _python_path() -> list[str]:
    return [each for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each]


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
