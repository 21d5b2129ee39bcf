"""The difference of two results on the command line."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from cli_calling import Cli

from lume_services import Result, config


def save(name: str, **fields: Any) -> None:
    Result(**{"flow_id": name, "inputs": {}, "outputs": {}, **fields}).insert()


def test_the_difference(cli: Cli) -> None:
    orbit = np.zeros(4)
    moved = np.array([0, 3.0, 0, -4])
    save("one", inputs={"k": 1.0, "n": 1}, outputs={"orbit": orbit, "gone": "x"}, version="1")
    save("two", inputs={"k": 1.25, "n": 1.0}, outputs={"orbit": moved, "new": [1]}, version="2")
    code, out, err = cli("results", "diff", "one", "two")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "inputs",
        "  inputs.k  1.0 → 1.25  relative 0.2",
        "  inputs.n  1 → 1.0",
        "outputs",
        "  outputs.orbit  ndarray 4 float64  2 of 4 elements differ, by at most 4, norm 5",
        "  outputs.gone  - 'x'",
        "  outputs.new  + [1]",
        "made by",
        "  version  '1' → '2'",
    ]
    document = json.loads(cli("--json", "results", "diff", "one", "two").out)
    assert not document["same_contents"]
    assert document["inputs"][0] == {
        "path": "inputs.k",
        "kind": "changed",
        "before": 1.0,
        "after": 1.25,
        "relative": 0.2,
    }
    assert document["outputs"][0]["elements"]["count"] == 2
    assert document["provenance"][0]["path"] == "version"


def test_equal_results(cli: Cli) -> None:
    save("one", outputs={"x": 1})
    save("two", outputs={"x": 1})
    lines = ["inputs  equal", "outputs  equal", "made by  equal"]
    assert cli("results", "diff", "one", "two").out.splitlines() == lines


def test_types_are_told_where_values_look_the_same(cli: Cli) -> None:
    save("one", outputs={"x": np.float64(1.5), "a": np.zeros(2), "l": [1.0] * 9})
    save("two", outputs={"x": 1.5, "a": np.zeros(2, np.float32), "l": np.ones(9)})
    assert cli("results", "diff", "one", "two").out.splitlines()[2:5] == [
        "  outputs.x  np.float64(1.5) → 1.5",
        "  outputs.a  ndarray 2 float64, from 0 to 0 → ndarray 2 float32, from 0 to 0",
        f"  outputs.l  [{'1.0, ' * 8}...] → ndarray 9 float64, from 1 to 1",
    ]


def test_many_changes_are_cut(cli: Cli) -> None:
    save("one", outputs={f"x{i}": i for i in range(120)})
    save("two", outputs={f"x{i}": i + 1 for i in range(120)})
    lines = cli("results", "diff", "one", "two").out.splitlines()
    assert lines[-2:] == ["  and 20 more", "made by  equal"]


def test_results_of_classes_that_are_not_here(cli: Cli) -> None:
    results_db = config.current().results_db
    for number in (1, 2):
        save(str(number), outputs={"x": number})
        (document,) = results_db.find({"flow_id": str(number)})
        results_db.delete({"flow_id": str(number)})
        results_db.insert({**document, "result_type": "elsewhere:Scan", "energy": float(number)})
    lines = cli("results", "diff", "1", "2").out.splitlines()
    assert "  energy  1.0 → 2.0  relative 0.5" in lines


def test_an_unknown_result(cli: Cli) -> None:
    save("one")
    code, out, err = cli("results", "diff", "one", "nope")
    assert (code, out) == (2, "")
    assert "begins with 'nope'" in err
