"""Programs of their own that run flows, started and watched by tests."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

START = """
import asyncio, os, sys
sys.path.insert(0, {folder!r})
import lume_services
{code}
"""


def start(code: str, **environment: str) -> subprocess.Popen[str]:
    """Start a program with the tests' flows on its path."""
    return subprocess.Popen(
        [sys.executable, "-W", "error::RuntimeWarning", "-c"]
        + [START.format(folder=str(Path(__file__).parent), code=code)],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def start_flow(name: str) -> subprocess.Popen[str]:
    """Start a program that runs one of the endless flows; return when it is there."""
    flow = f"endless_flows.{name}()"
    call = f"asyncio.run({flow})" if "async" in name else flow
    program = start(f"import endless_flows\nwith lume_services.local_engine():\n    {call}")
    assert program.stdout is not None
    if program.stdout.readline() != "there\n":
        raise AssertionError(program.communicate(timeout=300)[1])
    # It says so before the engine has reported what follows, such as waiting for a retry.
    time.sleep(0.5)
    return program


def end(program: subprocess.Popen[str], seconds: float) -> tuple[str, str]:
    """Wait for a program's end; kill it and fail when it takes longer."""
    try:
        return program.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        program.kill()
        raise AssertionError(f"still running: {program.communicate()}") from None
