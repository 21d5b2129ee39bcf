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
    parameters={
        "properties": {"energy": {"type": "number"}, "charge": {}, "label": {"type": "string"}},
        "required": ["energy"],
    },
)


def test_good_parameters_pass() -> None:
    check_parameters(RECORD, {"energy": 1.5})
    check_parameters(RECORD, {"energy": "1.5", "charge": [1, None], "label": "a"})


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"energy": "high"}, "parameter 'energy' is 'high', expected number"),
        ({"energy": 1, "label": 1}, r"is 1, expected string \(as text: -p 'label=\"1\"'\)"),
        ({}, "flow 'track': missing required parameter 'energy'"),
        ({"energy": 1, "chrge": 2}, r"unknown parameter 'chrge', did you mean 'charge'\?"),
        ({"energy": 1, "zzz": 2}, "unknown parameter 'zzz', there are: charge, energy, label"),
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
