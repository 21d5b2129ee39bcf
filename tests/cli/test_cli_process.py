"""The command line as a process of its own: streams, signals, speed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from cli_terminal import COMMAND, Terminal

POOLS = """
import time
from prefect import flow, task

@task
def nap():
    print("napping\\n", end="", flush=True)  # in one piece
    time.sleep(300)

@flow
def pool():
    nap.submit().result()

@flow
def single():
    nap()
"""

BOTH = """
name: both
project_name: default
composing_flows:
  - {name: pool, project_name: default}
  - {name: single, project_name: default}
"""

NAP = """
import time
from prefect import flow

@flow
def child():
    print("napping", flush=True)
    time.sleep(300)

@flow
def nap():
    child()
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)


def on_a_terminal(*arguments: str, **variables: str) -> str:
    """Return what a command writes to a terminal."""
    with Terminal([*COMMAND, *arguments], **variables) as terminal:
        written = terminal.read()
    assert terminal.code == 0
    return written


def test_a_failed_run_shows_a_traceback_only_for_debugging(text_flows: Path) -> None:
    failed = run("run", "text_flows.py:fails")
    assert failed.returncode == 1
    assert "Encountered exception during execution: ValueError('boom')" in failed.stderr
    assert "Traceback" not in failed.stderr
    debugged = run("run", "text_flows.py:fails", "--debug")
    assert debugged.returncode == 1
    assert 'raise ValueError("boom")' in debugged.stderr


def test_an_interrupted_run_is_cancelled() -> None:
    Path("naps.py").write_text(NAP)
    command = [*COMMAND, "run", "naps.py:nap"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "napping\n"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert err.splitlines()[-1] == "error: interrupted"
    assert "Traceback" not in err
    listed = run("runs").stdout.splitlines()
    run_id, *rest = listed[1].split("\t")
    assert rest[:3] == ["nap", "default", "Cancelled"]
    child = run("runs", "show", run_id).stdout.splitlines()[-1].split("\t")
    assert child[1:4] == ["child", "default", "Cancelled"]


def test_an_interrupted_run_does_not_wait_for_sleeping_threads() -> None:
    Path("pools.py").write_text(POOLS)
    for flow in ("pool", "single"):
        assert run("register", f"pools.py:{flow}", "--project", "default").returncode == 0
    Path("both.yaml").write_text(BOTH)
    pipe = subprocess.PIPE
    command = [*COMMAND, "run", "both.yaml"]
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(2)] == ["napping\n"] * 2
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert err.splitlines()[-1] == "error: interrupted"
    run_id, *rest = run("runs").stdout.splitlines()[1].split("\t")
    assert rest[:3] == ["both", "default", "Cancelled"]
    children = run("runs", "show", run_id).stdout.splitlines()[-2:]
    assert [child.split("\t")[3] for child in children] == ["Cancelled"] * 2


def test_help_imports_no_engine() -> None:
    program = (
        "import sys; from lume_services.cli.main import main; main(['--help'])\n"
        "heavy = {'prefect', 'sqlalchemy', 'numpy', 'h5py', 'lume', 'pydantic'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_closed_pipe_is_quiet() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [*COMMAND, "config", "show"]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert done.stderr == ""


def test_a_terminal_gets_columns_short_ids_and_colour(text_flows: Path) -> None:
    assert run("run", "text_flows.py:add", "-p", "a=1").returncode == 0
    plain = run("runs").stdout
    assert "\x1b" not in plain
    run_id = plain.splitlines()[1].split("\t")[0]
    assert "\x1b[32mCompleted" in on_a_terminal("runs")
    colourless = on_a_terminal("runs", NO_COLOR="1")
    assert "\x1b[32m" not in colourless
    head, row = re.sub(r"\x1b\[\d*m", "", colourless).splitlines()
    assert head.split() == ["ID", "FLOW", "PROJECT", "STATE", "STARTED", "TIME"]
    assert row.split()[:4] == [run_id[:8], "add", "default", "Completed"]
    assert row.index("Completed") == head.index("STATE")
    assert max(len(head), len(row)) <= 80


def test_the_shell_completes_commands_and_files(tmp_path: Path) -> None:
    environment = {**os.environ, "HOME": str(tmp_path), "BASH_COMPLETION_USER_DIR": ""}
    command = [*COMMAND, "--install-completion", "--shell", "bash"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    script = done.stdout.split()[1]
    Path("composed.yaml").touch()
    for typed, expected in [("results e", "export"), ("run comp", "composed.yaml")]:
        line = f"COMP_WORDS=(lume-services {typed}); COMP_CWORD=2; _lume_services; echo $COMPREPLY"
        completed = subprocess.run(
            ["bash", "-c", f"source {script}; {line}"], capture_output=True, text=True, check=True
        )
        assert completed.stdout == f"{expected}\n"


def test_what_zsh_needs_for_completion_is_said(tmp_path: Path) -> None:
    command = [*COMMAND, "--install-completion", "--shell", "zsh"]
    environment = {**os.environ, "HOME": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert "end ~/.zshrc with `autoload -Uz compinit && compinit`, and start" in done.stdout


def test_long_texts_are_wrapped_on_a_terminal_between_words(text_flows: Path) -> None:
    with Terminal([*COMMAND, "run", "text_flows.py:add", "-p", "b=x"]) as terminal:
        shown = terminal.read()
    lines = re.sub(r"\x1b\[[\d;?]*\w", "", shown[shown.index("error: ") :]).splitlines()
    assert len(lines) > 1
    assert all(line.startswith("       ") for line in lines[1:])
    assert max(map(len, lines)) <= 80
    plain = run("run", "text_flows.py:add", "-p", "b=x").stderr
    assert " ".join(" ".join(lines).split()) == plain.strip()
