"""Parameters are checked before anything runs."""

from __future__ import annotations

from typing import Any

import pytest

from lume_services.errors import ParameterError
from lume_services.services.scheduling.parameters import check_parameters
from lume_services.services.scheduling.registry import FlowRecord

RECORD = FlowRecord(
    "track",
    "linac",
    "m:f",
    parameters={"properties": {"energy": {}, "charge": {}}, "required": ["energy"]},
)


def test_good_parameters_pass() -> None:
    check_parameters(RECORD, {"energy": 1.5})


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, "flow 'track': missing required parameter 'energy'"),
        ({"energy": 1, "chrge": 2}, r"unknown parameter 'chrge', did you mean 'charge'\?"),
        ({"energy": 1, "zzz": 2}, "unknown parameter 'zzz', there are: charge, energy"),
        (
            {"energy": {1}},
            "parameter 'energy' is not JSON-serialisable: set; pass a file reference",
        ),
        ({"charge": b"x", "q": 1}, r"unknown parameter 'q'.*missing.*'energy'.*'charge' is not"),
    ],
)
def test_every_problem_is_named(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        check_parameters(RECORD, parameters)
