"""The command ``lume-services results copy``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_calling import Cli

from lume_services import Result


@pytest.fixture(autouse=True)
def two_results() -> None:
    for number in range(2):
        Result(project_name="lab", flow_id=str(number), inputs={}, outputs={"n": number}).insert()


def test_copies_to_another_database(cli: Cli, tmp_path: Path) -> None:
    there = f"sqlite:///{tmp_path}/there.sqlite"
    done = cli("results", "copy", "--to", there, "--project", "lab")
    assert done.out.startswith("results copied  2\nalready there   0\nlarge values    ")
    assert (done.code, done.err) == (0, "")
    done = cli("results", "copy", "--to", there, "--json")
    assert json.loads(done.out) == {"results": 0, "there": 2, "values": 0, "size": 0, "files": {}}
    done = cli("results", "copy", "--from", there, "--to", f"sqlite:///{tmp_path}/other.sqlite")
    assert done.code == 0


def test_refusals(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    done = cli("results", "copy")
    assert (done.code, done.err) == (
        2,
        "error: give --from or --to: the database that is not the configured one.\n",
    )
    done = cli("results", "copy", "--to", "env:NOSUCH")
    assert "error: 'env:NOSUCH' means the environment variable 'NOSUCH', which is not" in done.err
    nowhere = Path("nowhere.sqlite").resolve()
    done = cli("results", "copy", "--from", f"sqlite:///{nowhere}")
    assert (done.code, done.err) == (
        2,
        f"error: there is no database '{nowhere}'; correct its name\n",
    )
    assert not nowhere.exists()


def test_a_password_in_the_command_line_is_no_secret(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "mongodb://jane:s3cret@127.0.0.1:9/lab?serverSelectionTimeoutMS=100"
    done = cli("results", "copy", "--to", url)
    assert done.err.startswith("note: while this runs, other users of this machine can read")
    assert "error: the results database mongodb://jane:***@127.0.0.1:9/lab" in done.err
    monkeypatch.setenv("LAB_DB", url)
    done = cli("results", "copy", "--to", "env:LAB_DB")
    assert done.err.startswith("error: the results database mongodb://jane:***@127.0.0.1:9/lab")
    assert "s3cret" not in done.err
