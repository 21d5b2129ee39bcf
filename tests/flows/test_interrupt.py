"""Ctrl-C while a flow-of-flows runs, in a process of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from lume_services import config

PROGRAM = """
import json, sys
from lume_services import config
from lume_services.flows import FlowOfFlows
specification, parameters = map(json.loads, sys.argv[1:])
config.current().scheduling.load_flow("wait", "lab")
FlowOfFlows.from_yaml(specification).run(parameters)
"""
BELOW = {"values": {"parent_flow_name": "wait", "attribute_index": [0]}}


@pytest.mark.parametrize(
    ("flows", "parameters"),
    [
        ({"wait": {}, "total": BELOW}, {}),
        ({"several": {}, "wait": {}, "total": BELOW}, {"several-count": 1}),
    ],
    ids=["alone", "side by side"],
)
def test_ctrl_c_cancels_the_run_and_its_children(
    flows: Any, parameters: Any, lab_flows, composition, tmp_path
):
    arguments = [composition(**flows), {"wait-folder": str(tmp_path), **parameters}]
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, *map(json.dumps, arguments)])
    try:
        deadline = time.monotonic() + 300
        while not (tmp_path / "waits").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        process.wait(300)
    finally:
        process.kill()
        process.wait()
    config.reset()
    scheduling = config.current().scheduling
    (run,) = scheduling.runs()
    states = {child.flow_name: child.state_name for child in scheduling.child_runs(run.id)}
    assert run.state_name == "Cancelled"
    assert states.pop("wait") == "Cancelled"
    assert "total" not in states
    assert not (tmp_path / "ended").exists()
