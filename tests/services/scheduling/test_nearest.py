"""Hints for a name that is not there."""

from __future__ import annotations

import pytest

from lume_services.services.scheduling.nearest import hint


@pytest.mark.parametrize(
    ("name", "known", "text"),
    [
        ("flwo1", ["flow1", "other"], "did you mean 'flow1'?"),
        ("flow", ["flow1", "flow2"], "did you mean 'flow2' or 'flow1'?"),
        ("xyz", ["b", "a"], "there are: a, b."),
        ("xyz", [], "there are none."),
        (
            "?",
            [f"n{i:02}" for i in range(13)],
            "there are: " + ", ".join(f"n{i:02}" for i in range(12)) + ", ...",
        ),
    ],
)
def test_hint(name: str, known: list[str], text: str):
    assert hint(name, known) == text
