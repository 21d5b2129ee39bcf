"""The pytest plug-in, as pytest of another project loads it."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

CONFTEST = """
import os, pathlib, sys, threading

def pytest_unconfigure():
    links = [os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")
             if os.path.islink(f"/proc/self/fd/{fd}")]
    print("\\nprefect imported:", "prefect" in sys.modules)
    print("servers left:", [t.name for t in threading.enumerate() if t.name == "lume-local-api"])
    # Event loops of Prefect keep socket pairs, which are no connections.
    connections = pathlib.Path("/proc/self/net/tcp").read_text().split()
    print("connections left:", [link for link in links if link[8:-1] in connections])
    print("stores left:", [link for link in links if ".sqlite" in link])
"""


def pytest_of_a_project(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    environment["LUME_RESULTS_DB__URL"] = "sqlite:///real.sqlite"
    Path("lume.toml").write_text("bakend = 'a mistake'\n")
    Path("conftest.py").write_text(CONFTEST)
    plugins = ["-p", "lume_services.testing", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", "-rA", "-W", "error", *plugins, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_the_plugin_is_found_by_pytest() -> None:
    entries = [entry for entry in entry_points(group="pytest11") if entry.name == "lume_services"]
    assert [entry.value for entry in entries] == ["lume_services.testing"]


def test_flows_are_tested() -> None:
    text = Path(__file__).with_name("model_tests.py").read_text(encoding="utf-8")
    Path("test_model.py").write_text(text, encoding="utf-8")
    done = pytest_of_a_project("test_model.py")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{text.count('def test_') + 1} passed" in done.stdout
    assert "servers left: []\nconnections left: []\nstores left: []\n" in done.stdout
    assert not Path("real.sqlite").exists()


def test_a_project_without_flow_tests_pays_nothing() -> None:
    Path("test_other.py").write_text("def test_other(): pass\n")
    done = pytest_of_a_project()
    assert "1 passed" in done.stdout
    assert "prefect imported: False" in done.stdout


def test_importing_the_plugin_imports_only_pytest() -> None:
    code = "import sys, pytest; known = set(sys.modules); import lume_services.testing\n"
    code += "print(sorted(set(sys.modules) - known))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "['lume_services', 'lume_services.testing']\n"
