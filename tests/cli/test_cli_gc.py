"""``lume-services results gc``."""

from __future__ import annotations

import json

import numpy as np
from cli_calling import Cli

from lume_services import Result, config


def save(flow_id: str, start: int) -> None:
    beam = np.arange(start, start + 100_000.0)
    # A provenance could refer to values of its own.
    outside = {"project_name": "test", "provenance": None}
    Result(**outside, flow_id=flow_id, inputs={}, outputs={"beam": beam}).insert()


def test_values_without_a_result_are_removed(cli: Cli) -> None:
    save("kept", 0)
    save("gone", 1)
    config.current().results_db.delete({"flow_id": "gone"})
    assert cli("results", "gc").out == "removed  0 values, 0 MB\nkept     2 values\n"
    dry = cli("results", "gc", "--older-than", "0s", "--dry-run")
    assert "would be removed  1 values, 0.800128 MB" in dry.out
    removed = json.loads(cli("results", "gc", "--older-than", "0s", "--json").out)
    assert removed == {"removed": 1, "size": 800128, "kept": 1, "dry_run": False}
    assert len(list(config.current().values.folder.glob("??/*"))) == 1


def test_times_that_are_none_are_refused(cli: Cli) -> None:
    assert cli("results", "gc", "--older-than", "long").code == 2
    refused = cli("results", "gc", "--older-than", "-1h")
    assert refused.code == 2
    assert "error: " in refused.err
