"""The progress of a run, as lines for a terminal."""

from __future__ import annotations

import os
import re
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cli_calling import Cli
from cli_terminal import COMMAND, Terminal

from lume_services import config
from lume_services.cli.progress import Flow, Line, lines, look
from lume_services.services.scheduling.run import RunInfo, TaskRunInfo

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def run(name: str, state: str = "Running", began: float = 2.0, took: float | None = None) -> Any:
    return RunInfo(
        id=name,
        name=name,
        flow_name=name,
        project_name="lab",
        state_type=state.upper(),
        state_name=state,
        message=None,
        parameters={},
        created=NOW,
        started=NOW - timedelta(seconds=began),
        ended=None if took is None else NOW - timedelta(seconds=began - took),
    )


def task(name: str, state: str) -> TaskRunInfo:
    return TaskRunInfo("id", "run", name, name, state.upper(), state, None, None, None, 1)


def texts(shown: list[Line]) -> list[str]:
    return ["  ".join(cell.text for cell in line).rstrip() for line in shown]


def test_tasks_of_what_runs_are_shown_and_equal_ones_are_counted() -> None:
    tasks = [task("load", "Completed"), *(task("track", "Running") for _ in range(3))]
    tasks += [task("track", "Completed"), task("save", "Failed")]
    shown = lines(Flow(run("model"), tasks), NOW, 20)
    assert texts(shown) == [
        "model    Running  2.00s",
        "  load   Completed",
        "  track  3 Running  1 Completed",
        "  save   Failed",
    ]
    assert [line[1].style for line in shown] == ["cyan", "green", "cyan", "red"]


def test_flows_of_a_flow_of_flows_wait_run_and_end() -> None:
    children = [Flow(run("a", "Completed", 9, 4)), Flow(run("b"), [task("t", "Running")])]
    top = Flow(run("all", began=9.0), [], children, ["c"])
    assert texts(lines(top, NOW, 20)) == [
        "all    Running  9.00s",
        "  a    Completed  4.00s",
        "  b    Running  2.00s",
        "    t  Running",
        "  c    waiting",
    ]


def test_many_flows_fit_on_a_small_terminal() -> None:
    children = [Flow(run(f"done{n}", "Completed", 9, 1)) for n in range(30)]
    children += [Flow(run("late", "Failed", 9, 1)), Flow(run("now"))]
    top = Flow(run("all"), [], children, [f"later{n}" for n in range(20)])
    assert len(lines(top, NOW, 53)) == 53
    assert texts(lines(top, NOW, 10)) == [
        "all         Running  2.00s",
        "  30 flows  Completed",
        "  late      Failed  1.00s",
        "  now       Running  2.00s",
        "  20 flows  waiting",
    ]
    assert texts(lines(top, NOW, 4)) == [
        "all            Running  2.00s",
        "  ... 2 lines",
        "  now          Running  2.00s",
        "  20 flows     waiting",
    ]
    assert [len(lines(top, NOW, height)) for height in (3, 2, 1, 0)] == [3, 2, 1, 1]


def test_flows_inside_flows_are_shown_until_they_end() -> None:
    inner = Flow(run("inner"), [task("t", "Running")], [Flow(run("x", "Completed", 2, 1))])
    outer = Flow(run("outer"), [task("s", "Completed")], [inner])
    top = Flow(run("all"), [], [Flow(run("first", "Completed", 9, 1)), outer], ["last"])
    assert texts(lines(top, NOW, 20)) == [
        "all        Running  2.00s",
        "  first    Completed  1.00s",
        "  outer    Running  2.00s",
        "    s      Completed",
        "    inner  Running  2.00s",
        "      t    Running",
        "      x    Completed  1.00s",
        "  last     waiting",
    ]


def test_the_innermost_of_many_flows_stays_on_a_small_terminal() -> None:
    deep = Flow(run("f29"), [task("t", "Running")])
    for level in range(28, -1, -1):
        deep = Flow(run(f"f{level}"), [], [deep])
    shown = texts(lines(deep, NOW, 22))
    assert len(shown) == 22
    assert shown[:2] == [f"{'f0':27}  Running  2.00s", "  ... 10 lines"]
    assert [line.split()[0] for line in shown[-3:]] == ["f28", "f29", "t"]
    assert max(map(len, shown)) < 50


def test_a_run_is_looked_at(cli: Cli, text_flows: Path) -> None:
    cli("run", "text_flows.py:fails")
    cli("run", "text_flows.py:flow1", "-p", "text1=a", "-p", "text2=b")
    scheduling = config.current().scheduling
    flow1, fails = scheduling.runs()
    assert look(scheduling, flow1.id, ["x"]) == Flow(flow1)
    assert look(scheduling, fails.id, ["x"]).waiting == ["x"]


def test_runs_of_a_failed_run_are_looked_at(cli: Cli) -> None:
    Path("nested.py").write_text(NESTED)
    written = cli("run", "nested.py:outer").out.splitlines()
    assert [re.sub(r"  \S+s  run.*", "", line.lstrip()) for line in written] == [
        "outer  Failed",
        "middle  Failed",
        "Flow run encountered an exception: ValueError: no beam",
        "inner  Failed",
        "Flow run encountered an exception: ValueError: no beam",
    ]
    assert [len(line) - len(line.lstrip()) for line in written] == [0, 2, 4, 4, 6]
    scheduling = config.current().scheduling
    outer = look(scheduling, scheduling.runs()[0].id, [])
    (middle,) = outer.children
    (inner,) = middle.children
    assert [flow.run.flow_name for flow in (outer, middle, inner)] == ["outer", "middle", "inner"]
    assert [each.task_name for each in inner.tasks] == ["fail"]


NESTED = """
from prefect import flow, task

@task
def fail():
    raise ValueError("no beam")

@flow
def inner():
    fail()

@flow
def middle():
    inner()

@flow
def outer():
    middle()
"""


SLOW = """
import time
from pathlib import Path
from prefect import flow, get_run_logger, task

@task
def step(number):
    while not Path("go").exists():
        time.sleep(0.05)

@flow
def slow() -> str:
    get_run_logger().info("a line from the flow")
    print("printed")
    for future in step.map(range(3)):
        future.wait()
    return "the end"

@flow
def endless():
    time.sleep(300)
"""


DROPPING = """
import os
import signal
import time
import weakref
from prefect import flow

class Beam:
    pass

def interrupt(gone):
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(10)

@flow
def endless():
    beam = Beam()
    watched = weakref.ref(beam, interrupt)
    del beam
    time.sleep(300)
"""


@pytest.fixture
def slow_flow() -> str:
    Path("slow.py").write_text(SLOW)
    return "slow.py:slow"


def test_progress_is_shown_on_a_terminal_and_taken_away(slow_flow: str) -> None:
    with Terminal([*COMMAND, "run", slow_flow]) as terminal:
        written = terminal.read(until="3 Running")
        Path("go").touch()
        written += terminal.read()
    assert terminal.code == 0
    assert re.search(r"slow *\S*  \S*Running\S*  \S*\d", written)
    assert re.search(r"step *\S*  \S*3 Running", written)
    # What is left is behind the last piece of progress.
    left = written.rpartition("\x1b[2K")[2]
    assert re.search(r"slow\S*  \S*Completed", left)
    assert "the end" in left
    assert written.count("a line from the flow") == 1
    assert written.count("printed") == 1
    assert "Beginning flow run" not in written


def test_an_interruption_leaves_a_usable_terminal(slow_flow: str) -> None:
    with Terminal([*COMMAND, "run", slow_flow.replace(":slow", ":endless")]) as terminal:
        terminal.read(until="Running")
        os.kill(terminal.pid, signal.SIGINT)
        written = terminal.read()
    assert terminal.code == 130
    assert written.rstrip().endswith("error: interrupted")
    assert written.count("\x1b[?25h") == 1  # the cursor is shown again


def test_an_interruption_is_not_lost_in_a_finalizer() -> None:
    Path("dropping.py").write_text(DROPPING)
    with Terminal([*COMMAND, "run", "dropping.py:endless"]) as terminal:
        written = terminal.read()
    assert terminal.code == 130
    assert written.rstrip().endswith("error: interrupted")
    assert "Exception ignored" not in written


def test_a_dumb_terminal_gets_plain_lines(slow_flow: str) -> None:
    Path("go").touch()
    with Terminal([*COMMAND, "run", slow_flow], TERM="dumb") as terminal:
        written = terminal.read()
    assert "Beginning flow run" in written
    assert "\x1b" not in written
