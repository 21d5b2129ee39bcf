"""The first program of a container becomes its command."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

import pytest
from image_packages import Start

from lume_services.errors import ContainerError
from lume_services.image import engine


def test_it_becomes_the_command(start: Start) -> None:
    done = start("sh", "-c", 'echo $PPID "$0" $#; exit 7', "a b", "$(c)")
    assert done.returncode == 7
    assert done.stdout == f"{os.getpid()} a b 1\n"


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        ("no-such-command", 127, "there is no command 'no-such-command'"),
        ("/etc/passwd", 126, "'/etc/passwd' cannot be executed: Permission denied"),
    ],
)
def test_a_command_that_cannot_be_run(start: Start, command: str, code: int, message: str) -> None:
    done = start(command)
    assert done.returncode == code
    assert message in done.stderr


def test_a_place_that_cannot_be_written(start: Start, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    place = str(tmp_path / "file" / "extra")
    done = start("true", EXTRA_CONDA_PACKAGES="beam-tool", EXTRA_PLACE=place)
    assert done.returncode == 73
    assert f"cannot be written to {place}: Not a directory; mount a volume" in done.stderr


def test_a_worker_needs_the_socket(start: Start, tmp_path: Path) -> None:
    done = start(DOCKER_HOST=f"unix://{tmp_path}/docker.sock")
    assert done.returncode == 69
    assert f"the Docker socket {tmp_path}/docker.sock is not there" in done.stderr
    assert "docker run -v /var/run/docker.sock" in done.stderr


def test_a_folder_in_place_of_the_socket(tmp_path: Path) -> None:
    with pytest.raises(ContainerError, match="does not answer: it is no socket"):
        engine.check({"DOCKER_HOST": f"unix://{tmp_path}"})


def test_a_socket_that_nobody_serves(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as closed:
        closed.bind(str(path))
    with pytest.raises(ContainerError, match="Connection refused; is the engine of the host"):
        engine.check({"DOCKER_HOST": f"unix://{path}"})


@pytest.mark.parametrize(
    ("answer", "message"),
    [(b"HTTP/1.0 200 OK\r\n\r\nOK", None), (b"SSH-2.0", "not the socket of a Docker engine")],
)
def test_what_answers_at_the_socket(tmp_path: Path, answer: bytes, message: str | None) -> None:
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(1024)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        if message is None:
            engine.check({"DOCKER_HOST": f"unix://{path}"})
        else:
            with pytest.raises(ContainerError, match=message):
                engine.check({"DOCKER_HOST": f"unix://{path}"})
        thread.join()


def test_an_engine_elsewhere_is_left_to_the_worker() -> None:
    engine.check({"DOCKER_HOST": "tcp://127.0.0.1:1"})
