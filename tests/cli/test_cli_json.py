"""What programs get: one JSON document on standard output."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_calling import Cli

from lume_services import Result

TEXTS = ("-p", "flow1-text1=hello", "-p", "flow1-text2= world", "-p", "flow3-text2=hello world")


@pytest.fixture
def parsed(cli: Cli) -> Any:
    def call(*arguments: object, code: int = 0) -> Any:
        outcome = cli(*arguments, "--json")
        assert outcome.code == code, outcome
        return json.loads(outcome.out)

    return call


def test_flows(parsed: Any, text_flows: Path) -> None:
    record = parsed("register", "text_flows.py:add", "--project", "test")
    assert (record["name"], record["entrypoint"]) == ("add", f"{text_flows}:add")
    assert record["parameters"]["required"] == ["a"]
    assert parsed("flows")["registered"] == [record]
    assert parsed("flows", "--project", "none")["registered"] == []


def test_validation(parsed: Any, registered: Path) -> None:
    assert parsed("validate", registered.name) == {
        "name": "flow_of_flows",
        "project_name": "test",
        "flows": [
            {"name": "flow1", "after": []},
            {"name": "flow2", "after": ["flow1"]},
            {"name": "flow3", "after": ["flow2"]},
        ],
        "parameters": [
            {"name": "flow1-text1", "type": "string", "required": True, "default": None},
            {"name": "flow1-text2", "type": "string", "required": True, "default": None},
            {"name": "flow1-filename", "type": "string", "required": False, "default": "text.txt"},
            {"name": "flow3-text2", "type": "string", "required": True, "default": None},
        ],
    }


def test_runs(parsed: Any, registered: Path) -> None:
    run = parsed("run", registered.name, *TEXTS)
    given = {"flow1-text1": "hello", "flow1-text2": " world", "flow3-text2": "hello world"}
    assert (run["state_type"], run["parameters"]) == ("COMPLETED", given)
    flow1, flow2, flow3 = run["children"]
    assert Path(flow1["task_results"]["save_text_file"]["filename"]).name == "text.txt"
    assert flow2["task_results"]["save_db_result"]["project_name"] == "test"
    assert (flow3["flow_name"], flow3["returned"]) == ("flow3", True)
    assert run["returned"] == {child["flow_name"]: child["id"] for child in run["children"]}

    (listed,) = parsed("runs")
    assert {key: run[key] for key in listed} == listed
    shown = parsed("runs", "show", flow1["id"])
    assert (shown["parent_run_id"], shown["children"]) == (run["id"], [])
    assert [task["task_name"] for task in shown["tasks"]] == ["save_text_file"]
    assert [child["id"] for child in parsed("runs", "show", run["id"])["children"]] == [
        child["id"] for child in run["children"]
    ]
    lines = parsed("runs", "logs", flow1["id"])
    assert lines[-1]["message"] == "Finished in state Completed()"
    assert lines[-1]["run_id"] == flow1["id"]


def test_a_failed_run_is_a_document_too(cli: Cli, text_flows: Path) -> None:
    code, out, err = cli("run", "text_flows.py:fails", "--json")
    run = json.loads(out)
    assert (code, run["state_type"], run["error"]["message"]) == (1, "FAILED", "boom")
    assert err.startswith("error: flow 'fails' ended as Failed: ValueError: boom")


def test_what_is_not_json_is_named(parsed: Any, text_flows: Path) -> None:
    run = parsed("run", "text_flows.py:returns_object")
    assert "returned object, which is not JSON" in run["problem"]


def test_bad_input_writes_no_document(cli: Cli, text_flows: Path) -> None:
    code, out, err = cli("run", "text_flows.py:add", "--json")
    assert (code, out) == (2, "")
    assert err.startswith("error: ")


def test_what_flows_print_stays_out_of_the_document(cli: Cli) -> None:
    Path("talk.py").write_text(
        "import subprocess\nfrom prefect import flow\n@flow\ndef talk():\n"
        "    print('hello')\n    subprocess.run(['echo', 'and a program'])\n"
    )
    code, out, err = cli("run", "talk.py:talk", "--json")
    assert (code, json.loads(out)["flow_name"]) == (0, "talk")
    assert {"hello", "and a program"} <= set(err.splitlines())


def test_results(parsed: Any) -> None:
    Result(project_name="lab", flow_id="1-run", inputs={"k": 1}, outputs={"x": 2.5}).insert()
    for command in (["show"], ["show", "1-run"], ["find"]):
        (document,) = parsed("results", *command)
        assert (document["inputs"], document["outputs"]) == ({"k": 1}, {"x": 2.5})
    assert parsed("results", "find", "--columns", "outputs.x,inputs.k") == [
        {"outputs.x": 2.5, "inputs.k": 1}
    ]


def test_settings_and_versions(parsed: Any, lume_home: Path) -> None:
    assert parsed("config", "show")["home"] == {
        "value": str(lume_home),
        "source": "environment variable LUME_HOME",
    }
    assert [check["ok"] for check in parsed("config", "check")] == [True] * 4
    assert list(parsed("version")) == ["lume-services", "prefect", "python"]
