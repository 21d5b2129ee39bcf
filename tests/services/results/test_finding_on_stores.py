"""Every store answers to selections alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from lume_services import Result, Results, config
from lume_services.services.results.db import ResultsDB

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def saved(db: ResultsDB) -> Iterator[None]:
    with config.use(replace(config.current(), results_db=db)):
        for number in range(6):
            outputs: dict[str, Any] = {"a.b": {"µ": number}, "sizes": [number, "x"]}
            outputs["$s"] = number % 2
            if number:
                outputs["beam"] = np.full(3, number / 2)
            Result(
                project_name="scan",
                flow_id=f"{number}",
                inputs={"k1": number / 2, "gun": "ab"[number % 2]},
                outputs=outputs,
                created=START + timedelta(hours=number),
            ).insert()
        Result(project_name="other", flow_id="9", inputs={}, outputs={}).insert()
        yield


@pytest.mark.usefixtures("saved")
@pytest.mark.parametrize(
    ("where", "sort", "expected"),
    [
        ("inputs.k1 > 1", "", "345"),
        ("0 < inputs.k1 <= 1.5 and inputs.gun == 'b'", "", "13"),
        ("not (inputs.gun == 'a' or inputs.k1 == 0.5)", "-time", "53"),
        ("outputs['a.b'].µ >= 4", "", "45"),
        ("outputs['$s'] == 1", "", "135"),
        ("outputs.sizes[0] in [1, 2, 'x']", "", "12"),
        ("outputs.sizes[1] != 'x'", "", ""),
        ("not exists(outputs.beam)", "", "0"),
        ("time >= '2026-01-01T05:00+01:00'", "-inputs.k1", "54"),
        ("outputs.none == None", "-inputs.gun,inputs.k1", "135024"),
    ],
)
def test_find(where: str, sort: str, expected: str) -> None:
    found = Results("scan").find(where, sort=sort)
    assert "".join(result.flow_id for result in found) == expected
    assert found.count() == len(expected)
    assert "".join(result.flow_id for result in found[1:3]) == expected[1:3]


@pytest.mark.usefixtures("saved")
def test_columns_inside_of_each_other() -> None:
    columns = "outputs,outputs['a.b'],outputs['a.b'].µ,time,created"
    row = next(Results("scan").find(limit=1, columns=columns).rows())
    assert row == {
        r"outputs.a\.b.µ": 0,
        "outputs.sizes": [0, "x"],
        "outputs.$s": 0,
        "outputs['a.b'].µ": 0,
        "time": START,
        "created": START,
    }


@pytest.mark.usefixtures("saved")
def test_a_table_and_a_grid() -> None:
    frame = Results("scan").find(sort="-time", columns="inputs.k1,outputs.beam").to_dataframe()
    assert list(frame["inputs.k1"]) == [2.5, 2.0, 1.5, 1.0, 0.5, 0.0]
    assert frame["outputs.beam"].isna().sum() == 1
    grid = Results("scan").find(columns="outputs.beam").to_xarray(["inputs.k1", "inputs.gun"])
    assert dict(grid.sizes) == {"k1": 6, "gun": 2, "beam_0": 3}
    assert grid.beam.sum().item() == 22.5
