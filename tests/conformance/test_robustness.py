"""The embedded API under load, forks, kills, Ctrl-C, and beside other users."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flows_calling import plain
from programs import end, start, start_flow

import lume_services
from lume_services import config
from lume_services.services.scheduling.service import SchedulingService


@pytest.fixture
def service() -> SchedulingService:
    return config.current().scheduling


def states(service: SchedulingService, limit: int = 1000) -> list[str]:
    return [run.state_name for run in service.runs(limit)]


def test_eight_threads_with_fifty_flows_each(service: SchedulingService) -> None:
    def work(start: int) -> list[float]:
        with lume_services.local_engine():
            return [plain(start + i) for i in range(50)]

    with ThreadPoolExecutor(8) as pool:
        results = [value for values in pool.map(work, range(0, 400, 50)) for value in values]
    assert results == [i + 1 for i in range(400)]
    assert states(service) == ["Completed"] * 400


@pytest.mark.parametrize("block", ["if True", "with lume_services.local_engine()"])
def test_a_process_that_forks_inside_the_block(service: SchedulingService, block: str) -> None:
    program = start(
        "from flows_calling import asynchronous, plain\n"
        "def both(x):\n"
        "    return plain(x) + asyncio.run(asynchronous(x))\n"
        "with lume_services.local_engine():\n"
        "    assert both(1) == 4\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        f"        {block}:\n"
        "            os._exit(int(both(2)))\n"
        "    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 6\n"
        "    assert both(3) == 8\n"
    )
    _, stderr = end(program, 300)
    assert program.returncode == 0, stderr
    assert states(service) == ["Completed"] * 6


def test_two_programs_on_one_history(service: SchedulingService) -> None:
    code = (
        "from flows_calling import plain\n"
        "with lume_services.local_engine():\n"
        "    assert [plain(i) for i in range(10)] == [i + 1 for i in range(10)]\n"
    )
    programs = [start(code), start(code)]
    outputs = [end(program, 300) for program in programs]
    assert [program.returncode for program in programs] == [0, 0], outputs
    assert states(service) == ["Completed"] * 20


def test_a_killed_program_leaves_crashed_runs(service: SchedulingService) -> None:
    program = start_flow("in_child")
    program.kill()
    program.communicate(timeout=300)
    (run,) = service.runs()
    (child,) = service.child_runs(run.id)
    assert [run.state_name, child.state_name] == ["Crashed", "Crashed"]


INTERRUPTED = [
    ("in_flow", []),
    ("in_task", []),
    ("in_child", ["Cancelled"]),
    ("in_thread", []),
    ("before_task_retry", []),
    ("before_flow_retry", []),
    ("in_async_flow", []),
    ("in_async_child", ["Cancelled"]),
]


@pytest.mark.parametrize(("flow", "children"), INTERRUPTED)
def test_ctrl_c_cancels(service: SchedulingService, flow: str, children: list[str]) -> None:
    program = start_flow(flow)
    program.send_signal(signal.SIGINT)
    _, stderr = end(program, 120)
    assert stderr.rstrip().endswith("KeyboardInterrupt")
    for unwanted in ("Error logging to API", "Exception ignored", "never awaited", "Refused"):
        assert unwanted not in stderr
    (run,) = service.runs()
    assert run.state_name == "Cancelled"
    assert [child.state_name for child in service.child_runs(run.id)] == children


def test_ctrl_c_before_the_start_leaves_nothing(service: SchedulingService) -> None:
    program = start("print('there', flush=True)\nimport endless_flows\nendless_flows.stay()")
    assert program.stdout is not None
    assert program.stdout.readline() == "there\n"
    program.send_signal(signal.SIGINT)
    _, stderr = end(program, 120)
    assert stderr.rstrip().endswith("KeyboardInterrupt")
    assert service.runs() == []


ASK = """
import json, os, sys, urllib.error, urllib.request
url, home = sys.argv[1:]
def answer(header):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        return opener.open(urllib.request.Request(url, headers=header)).status
    except urllib.error.HTTPError as error:
        return error.code
def readable(path):
    try:
        open(path).close()
    except PermissionError:
        return False
    return True
files = [os.path.join(home, name) for name in ("history.sqlite", "history.sqlite-wal")]
print(json.dumps([answer({}), answer({"Authorization": "Basic bHVtZTo="}),
                  [readable(path) for path in files]]))
"""


def test_another_user_gets_nothing(service: SchedulingService, lume_home: Path) -> None:
    from prefect.settings import PREFECT_API_URL

    lume_home.chmod(stat.S_IMODE(lume_home.stat().st_mode) | 0o055)
    for folder in [lume_home, *lume_home.parents][1:3]:
        folder.chmod(0o755)
    with lume_services.local_engine():
        plain(1)
        url = f"{PREFECT_API_URL.value()}/flow_runs/"
        answered = subprocess.run(
            [*as_nobody(), sys.executable, "-c", ASK, url, str(lume_home)],
            capture_output=True,
            text=True,
            cwd="/",
        )
    assert answered.stderr == ""
    may_read = not as_nobody()
    assert json.loads(answered.stdout) == [401, 401, [may_read, may_read]]


def as_nobody() -> list[str]:
    """Return what runs a command as another user; only root can, who else asks as itself."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


def test_the_home_is_made_for_its_owner_only(tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"
    program = start(
        "os.umask(0)\n"
        "from flows_calling import asynchronous, plain\n"
        "with lume_services.local_engine():\n"
        "    plain(1)\n"
        "    asyncio.run(asynchronous(1))",
        LUME_HOME=str(home),
    )
    _, stderr = end(program, 300)
    assert program.returncode == 0, stderr
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in home.iterdir()} == {0o600}


def test_the_port_is_on_loopback_only() -> None:
    from prefect.settings import PREFECT_API_URL

    with lume_services.local_engine():
        port = int(PREFECT_API_URL.value().split(":")[2].split("/")[0])
        with socket.socket() as other:
            assert other.connect_ex(("127.0.0.2", port)) != 0
        listening = Path("/proc/net/tcp").read_text().splitlines()[1:]
        local = {line.split()[1] for line in listening if line.split()[3] == "0A"}
        assert f"0100007F:{port:04X}" in local
        assert f"00000000:{port:04X}" not in local
