"""Any sequence of operations leaves in a store what a plain dictionary would hold."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from results_model import document

from lume_services.errors import ResultConflictError
from lume_services.services.results.sql import SQLResultsDB

_numbers = st.integers(0, 4)


class Operations(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.url = f"sqlite:///{Path(self.directory.name)}/r.sqlite"
        self.db = SQLResultsDB(self.url)
        self.saved: dict[str, dict[str, Any]] = {}

    def _add(self, saved: dict[str, dict[str, Any]], new: dict[str, Any]) -> bool | None:
        """Return whether a document is new, or None for a conflict."""
        old = saved.get(new["unique_hash"])
        if old is not None:
            return False if old["content_hash"] == new["content_hash"] else None
        if any(entry["flow_id"] == new["flow_id"] for entry in saved.values()):
            return None
        saved[new["unique_hash"]] = new
        return True

    @rule(identity=_numbers, contents=_numbers, run=_numbers, x=_numbers)
    def insert(self, identity: int, contents: int, run: int, x: int) -> None:
        new = document(identity, content_hash=f"c{contents}", flow_id=f"run-{run}", x=x)
        expected = self._add(self.saved, new)
        if expected is None:
            with pytest.raises(ResultConflictError, match=f"run-{run}"):
                self.db.insert(new)
        else:
            assert self.db.insert(new) is expected

    @rule(runs=st.lists(st.tuples(_numbers, _numbers), max_size=4))
    def insert_many(self, runs: list[tuple[int, int]]) -> None:
        new = [document(identity, flow_id=f"run-{run}", x=run) for identity, run in runs]
        saved = dict(self.saved)
        added = [self._add(saved, entry) for entry in new]
        if None in added:
            with pytest.raises(ResultConflictError, match="flow run run-"):
                self.db.insert_many(new)
        else:
            assert self.db.insert_many(new) == sum(map(bool, added))
            self.saved = saved

    @rule(x=_numbers)
    def delete(self, x: int) -> None:
        gone = [key for key, entry in self.saved.items() if entry["x"] < x]
        assert self.db.delete({"x": {"$lt": x}}) == len(gone)
        for key in gone:
            del self.saved[key]

    @rule()
    def reopen(self) -> None:
        self.db.close()
        self.db = SQLResultsDB(self.url)

    @invariant()
    def the_same_documents_in_the_same_order(self) -> None:
        assert list(self.db.find({})) == list(self.saved.values())

    def teardown(self) -> None:
        self.db.close()
        self.directory.cleanup()


TestOperations = Operations.TestCase
TestOperations.settings = settings(max_examples=15, stateful_step_count=20)
