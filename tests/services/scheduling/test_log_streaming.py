"""Log lines that come while the run goes on, on every backend."""

from __future__ import annotations

from typing import Any

import engine_flows as flows
import pytest

from lume_services.errors import FlowFailedError
from lume_services.services.scheduling.run import LogLine
from lume_services.services.scheduling.service import SchedulingService
from servers.backends import SAMPLE


def told(lines: list[LogLine]) -> list[str]:
    """Return what the flows say themselves."""
    return [line.message for line in lines if line.message.startswith(("before", "step", "after"))]


@SAMPLE
def test_lines_come_once_each_while_the_run_goes_on(service: SchedulingService) -> None:
    lines: list[LogLine] = []
    states: list[str] = []

    def log(line: LogLine) -> None:
        lines.append(line)
        if line.message == "step 1" and line.run_id is not None:
            states.append(service.run_info(line.run_id).state_name)

    # A process sends its lines to a server every two seconds.
    parameters = {"n": 8, "seconds": 0.4 if service.runs_here else 1.0}
    service.run_and_return(flows.counting_parent, parameters, log=log)
    assert states == ["Running"]
    expected = ["before", *(f"step {i}" for i in range(8)), "after"]
    assert told(lines) == expected
    run_id = next(line.run_id for line in lines if line.message == "before")
    assert run_id is not None
    assert told(service.logs(run_id, children=True)) == expected
    assert told(service.logs(run_id)) == ["before", "after"]
    assert told(list(service.stream_logs(run_id))) == ["before", "after"]


def test_what_the_receiver_raises_is_raised_at_the_end(service: SchedulingService) -> None:
    def refuse(line: LogLine) -> Any:
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        service.run_and_return(flows.talking_flow, log=refuse)


def test_the_last_lines_come_before_the_error(service: SchedulingService) -> None:
    lines: list[LogLine] = []
    with pytest.raises(FlowFailedError, match="the magnet is off"):
        service.run_and_return(flows.failing_flow, log=lines.append)
    # Those of the task, and of the flow.
    assert [line.message[:24] for line in lines].count("Finished in state Failed") == 2
