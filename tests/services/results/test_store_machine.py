"""Any sequence of operations leaves in a store what a plain list would hold."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from results_model import MISSING, at, document, in_order, matches, open_store
from results_strategies import paths, queries, sorts, values

from lume_services.errors import ResultConflictError
from lume_services.services.results.query import parse, parse_path, parse_sort

_numbers = st.integers(0, 4)
_links = st.lists(
    st.sampled_from(["a", "a:", "a:b", "a:\U0001f600", "b", "é"]), max_size=3, unique=True
)
_documents = st.builds(
    lambda identity, contents, run, project, x, links: document(
        identity,
        content_hash=f"c{contents}",
        flow_id=f"run-{run}",
        project_name=project,
        x=x,
        **({"links": links} if links else {}),
    ),
    _numbers,
    st.integers(0, 1),
    _numbers,
    st.sampled_from(["p", "q"]),
    values,
    _links,
)


def text(documents: list[dict[str, Any]]) -> list[str]:
    """Return documents as texts, which tell 1 from 1.0 and from True."""
    return [json.dumps(entry, sort_keys=True) for entry in documents]


class Operations(RuleBasedStateMachine):
    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.db = open_store(url)
        self.db.delete({})
        self.saved: list[dict[str, Any]] = []
        self.indexed = set(self.db.indexes())

    @rule(new=_documents)
    def insert(self, new: dict[str, Any]) -> None:
        saved = list(self.saved)
        added = _add(saved, new)
        if added is None:
            with pytest.raises(ResultConflictError, match=f"flow run {new['flow_id']}"):
                self.db.insert(new)
        else:
            assert self.db.insert(new) is added
            self.saved = saved

    @rule(new=st.lists(_documents, max_size=4))
    def insert_many(self, new: list[dict[str, Any]]) -> None:
        saved = list(self.saved)
        added = [_add(saved, entry) for entry in new]
        if None in added:
            first = new[added.index(None)]
            with pytest.raises(ResultConflictError, match=f"flow run {first['flow_id']}"):
                self.db.insert_many(new)
        else:
            assert self.db.insert_many(new) == sum(map(bool, added))
            self.saved = saved

    @rule(
        query=queries,
        sort=sorts,
        limit=st.none() | st.integers(0, 3),
        projection=st.none() | st.lists(paths, min_size=1, max_size=3, unique=True),
        linked_to=_links,
    )
    def find(self, query: Any, sort: Any, limit: Any, projection: Any, linked_to: Any) -> None:
        found = in_order(self._matching(query, linked_to), parse_sort(sort))[:limit]
        if projection is not None:
            found = [_shown(entry, projection) for entry in found]
        asked = {"sort": sort, "limit": limit, "projection": projection, "linked_to": linked_to}
        assert text(list(self.db.find(query, **asked))) == text(found)

    @rule(query=queries)
    def count(self, query: Any) -> None:
        assert self.db.count(query) == len(self._matching(query))

    @rule(query=queries)
    def delete(self, query: Any) -> None:
        gone = self._matching(query)
        assert self.db.delete(query) == len(gone)
        self.saved = [entry for entry in self.saved if entry not in gone]

    @rule(prefix=st.sampled_from(["", "a", "a:", "z"]))
    def links(self, prefix: str) -> None:
        links = {link for entry in self.saved for link in entry.get("links", ())}
        expected = sorted(link for link in links if link.startswith(prefix))
        assert list(self.db.links(prefix)) == expected

    @rule(path=st.sampled_from(["x", "x.a", "x.1", r"x.c\.d", "project_name"]))
    def index(self, path: str) -> None:
        self.db.index(path)
        self.indexed.add(path)
        assert self.db.indexes() == sorted(self.indexed)

    @rule()
    def reopen(self) -> None:
        self.db.close()
        self.db = open_store(self.url)

    @invariant()
    def the_same_documents_in_the_same_order(self) -> None:
        assert text(list(self.db.find({}))) == text(self.saved)

    def teardown(self) -> None:
        self.db.close()

    def _matching(self, query: Any, linked_to: Any = ()) -> list[dict[str, Any]]:
        tree = parse(query)
        return [
            entry
            for entry in self.saved
            if matches(tree, entry)
            and (not linked_to or not set(linked_to).isdisjoint(entry.get("links", ())))
        ]


def _add(saved: list[dict[str, Any]], new: dict[str, Any]) -> bool | None:
    """Add a document and return whether it is new; None for a conflict."""
    for entry in saved:
        if entry["unique_hash"] == new["unique_hash"]:
            return False if entry["content_hash"] == new["content_hash"] else None
    if any(all(entry[key] == new[key] for key in ("flow_id", "project_name")) for entry in saved):
        return None
    saved.append(new)
    return True


def _shown(entry: dict[str, Any], projection: list[str]) -> dict[str, Any]:
    found = {path: at(entry, parse_path(path)) for path in projection}
    return {path: value for path, value in found.items() if value is not MISSING}


def test_a_store_does_what_a_list_would_do(url: str) -> None:
    run_state_machine_as_test(
        partial(Operations, url), settings=settings(max_examples=8, stateful_step_count=12)
    )
