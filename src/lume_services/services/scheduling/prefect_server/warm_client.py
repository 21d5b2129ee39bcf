"""Stands for a run that a warm worker's process executes."""

from __future__ import annotations

import json
import os
import socket
import struct
from pathlib import Path

from lume_services.services.scheduling.prefect_server.guard import conclude, guard

LENGTH = struct.Struct("!I")
_KILLED = 137


def execute_warm(address: str, worker: int) -> int:
    """Have this process's run executed by a fork; return its exit code.

    The fork gets this process's environment, working directory and output. It ends when
    this process does.

    Parameters
    ----------
    address
        The socket at which the process listens that forks.
    worker
        The worker's process.
    """
    os.setsid()
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            run = _forked(connection, address)
        except OSError:
            # What forks has ended, with its worker or by itself.
            return conclude(worker, _KILLED)
        return guard(worker, run, lambda: _code(connection))


def _forked(connection: socket.socket, address: str) -> int:
    order = json.dumps({"environment": dict(os.environ), "directory": str(Path.cwd())}).encode()
    connection.connect(address)
    socket.send_fds(connection, [LENGTH.pack(len(order))], [0, 1, 2])
    connection.sendall(order)
    return _number(connection)


def _code(connection: socket.socket) -> int:
    try:
        return _number(connection)
    except OSError:
        return _KILLED


def _number(connection: socket.socket) -> int:
    received = connection.recv(LENGTH.size, socket.MSG_WAITALL)
    if len(received) < LENGTH.size:
        raise ConnectionResetError("what forks was killed")
    number: int = LENGTH.unpack(received)[0]
    return number
