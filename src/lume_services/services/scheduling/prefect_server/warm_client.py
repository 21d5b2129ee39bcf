"""Stands for a run that a warm worker's process executes."""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
from pathlib import Path

LENGTH = struct.Struct("!I")
_FORWARDED = (signal.SIGTERM, signal.SIGINT)


def execute_warm(address: str) -> int:
    """Have this process's run executed by a fork; return its exit code.

    The fork gets this process's environment, working directory and output. It ends when
    this process does.

    Parameters
    ----------
    address
        The socket at which the process listens that forks.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address)
        order = json.dumps({"environment": dict(os.environ), "directory": str(Path.cwd())}).encode()
        socket.send_fds(connection, [LENGTH.pack(len(order))], [0, 1, 2])
        connection.sendall(order)
        pid = _number(connection)
        for number in _FORWARDED:
            signal.signal(number, lambda received, _: os.kill(pid, received))
        return _number(connection)


def _number(connection: socket.socket) -> int:
    received = connection.recv(LENGTH.size, socket.MSG_WAITALL)
    if len(received) < LENGTH.size:
        return 1  # what forks, or the fork, was killed
    number: int = LENGTH.unpack(received)[0]
    return number
