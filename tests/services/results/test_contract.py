"""What every store does."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from results_model import document, in_order, matches
from results_strategies import queries, sorts, values

from lume_services.errors import InputError, QueryError, ResultConflictError
from lume_services.services.results.db import ResultsDB
from lume_services.services.results.query import parse, parse_sort


def found(db: ResultsDB, query: dict[str, Any], **options: Any) -> list[str]:
    return [entry["flow_id"] for entry in db.find(query, **options)]


def test_a_document_comes_back_as_it_was(db: ResultsDB) -> None:
    given_ = document(
        outputs={"é\U0001f600": [1, 2.0, -0.0, 1e-300, None, True, {"": {}}], "$a.b": '"\\\n'},
        big=2**63 - 1,
    )
    assert db.insert(given_) is True
    assert list(db.find({})) == [given_]
    assert [type(x) for x in next(db.find({}))["outputs"]["é\U0001f600"][:3]] == [int, float, float]


def test_the_same_document_again_is_one(db: ResultsDB) -> None:
    assert db.insert(document(created="first")) is True
    assert db.insert(document(created="second")) is False
    assert [entry["created"] for entry in db.find({})] == ["first"]


def test_another_document_of_a_run_is_a_conflict(db: ResultsDB) -> None:
    db.insert(document(1))
    with pytest.raises(
        ResultConflictError,
        match=r"flow run run-1 of project 'test' has saved another .*files, or .*needs a new run",
    ):
        db.insert(document(2, flow_id="run-1"))
    db.insert(document(3, flow_id="run-1", project_name="other"))
    assert db.count({}) == 2


def test_other_contents_of_one_identity_are_a_conflict(db: ResultsDB) -> None:
    db.insert(document(1))
    with pytest.raises(ResultConflictError, match=r"identity of a saved result .*unique_on"):
        db.insert(document(1, content_hash="other", flow_id="run-2"))
    assert db.insert(document(1, flow_id="run-2")) is False
    assert found(db, {}) == ["run-1"]


def test_insert_many_inserts_all_or_none(db: ResultsDB) -> None:
    db.insert(document(1))
    assert db.insert_many([document(i) for i in range(5)]) == 4
    with pytest.raises(ResultConflictError, match="flow run run-3 of"):
        db.insert_many([document(10), document(11, flow_id="run-3"), document(12)])
    assert db.count({}) == 5
    assert db.insert_many([]) == 0


@pytest.mark.parametrize("key", ["unique_hash", "content_hash", "project_name", "flow_id"])
@pytest.mark.parametrize("value", [None, "", 3])
def test_keys_are_texts(db: ResultsDB, key: str, value: Any) -> None:
    with pytest.raises(InputError, match=f"a document needs a text '{key}', not {value!r}"):
        db.insert(document(**{key: value}))


@pytest.mark.parametrize("value", [float("nan"), object(), "\ud800"], ids=["nan", "object", "text"])
def test_a_document_is_strict_json(db: ResultsDB, value: Any) -> None:
    with pytest.raises(
        InputError, match=r"hash-0 is no strict JSON .*encode it with lume_services"
    ):
        db.insert(document(x=value))
    assert db.count({}) == 0


def test_find_sorts_limits_and_goes_by_insertion(db: ResultsDB) -> None:
    for number, x in enumerate([2, 1, None, "a", 1, True, 1.5, [0], {}]):
        db.insert(document(number, x=x))
    assert found(db, {}) == [f"run-{number}" for number in range(9)]
    rising = ["run-2", "run-1", "run-4", "run-6", "run-0", "run-3", "run-8", "run-7", "run-5"]
    assert found(db, {}, sort=[("x", 1)]) == rising
    falling = ["run-5", "run-7", "run-8", "run-3", "run-0", "run-6", "run-1", "run-4", "run-2"]
    assert found(db, {}, sort=[("x", -1)]) == falling
    assert found(db, {}, sort=[("x", -1)], limit=2) == falling[:2]
    assert found(db, {}, sort=[("project_name", 1), ("flow_id", -1)], limit=1) == ["run-8"]
    assert found(db, {}, limit=0) == []


def test_projection_gives_paths_that_are_there(db: ResultsDB) -> None:
    db.insert(document(outputs={"a": [1, {"3": True}], "n": None, "t": {"@lume": "x", "value": 2}}))
    paths = ["flow_id", "outputs.a.1.3", "outputs.n", "outputs.t", "outputs.zz"]
    assert list(db.find({}, projection=paths)) == [
        {
            "flow_id": "run-0",
            "outputs.a.1.3": True,
            "outputs.n": None,
            "outputs.t": {"@lume": "x", "value": 2},
        }
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"limit": -1}, "limit is a number of documents or None, not -1"),
        ({"limit": True}, "limit is a number of documents or None, not True"),
        ({"projection": "a"}, "projection takes a list of paths, not 'a'"),
        ({"projection": []}, r"projection takes a list of paths, not \[\]"),
        ({"projection": ["a..b"]}, r"path 'a\.\.b' cannot be searched"),
        ({"sort": ["a"]}, "sort takes pairs"),
    ],
)
def test_malformed_options(db: ResultsDB, options: Any, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        db.find({}, **options)


def test_a_malformed_query_is_refused_before_anything_is_read_or_deleted(db: ResultsDB) -> None:
    db.insert(document())
    for method in (db.find, db.count, db.delete):
        with pytest.raises(QueryError, match=r"unknown operator '\$where'"):
            method({"$where": "1"})
    assert db.count({}) == 1


def test_delete(db: ResultsDB) -> None:
    db.insert_many([document(i, x=i) for i in range(5)])
    assert db.delete({"x": {"$lt": 3}}) == 3
    assert found(db, {}) == ["run-3", "run-4"]
    db.insert(document(0))
    assert found(db, {}) == ["run-3", "run-4", "run-0"]


def test_closed_stores_open_again(db: ResultsDB) -> None:
    db.insert(document())
    db.close()
    db.close()
    assert db.count({}) == 1


def test_writing_while_reading(db: ResultsDB) -> None:
    db.insert_many([document(i) for i in range(120)])
    for number, entry in enumerate(db.find({})):
        db.delete({"unique_hash": entry["unique_hash"]})
        db.insert(document(1000 + number))
    assert db.count({}) == 120
    assert db.count({"flow_id": {"$in": ["run-0", "run-119"]}}) == 0


def test_threads_share_a_store(db: ResultsDB) -> None:
    errors: list[BaseException] = []

    def work(first: int) -> None:
        try:
            for number in range(first, first + 10):
                db.insert(document(number))
                assert db.count({"flow_id": f"run-{number}"}) == 1
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(10 * i,)) for i in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert db.count({}) == 200


def test_documents_are_found_by_their_links(db: ResultsDB) -> None:
    db.insert_many([document(1, links=["a:1", "b:2"]), document(2, links=["b:2"]), document(3)])
    assert found(db, {}, linked_to=["b:2"]) == ["run-1", "run-2"]
    assert found(db, {}, linked_to={"a:1", "b:2"}, sort=[("flow_id", -1)]) == ["run-2", "run-1"]
    assert found(db, {"flow_id": "run-2"}, linked_to=["a:1", "b:2"]) == ["run-2"]
    assert found(db, {}, linked_to=["b:", "B:2", "%"]) == []
    assert found(db, {}, linked_to=[]) == ["run-1", "run-2", "run-3"]


def test_links_are_listed_by_what_they_begin_with(db: ResultsDB) -> None:
    db.insert_many(
        [document(1, links=["value:é", "value:b", "Value:c"]), document(2, links=["value:b", "w"])]
    )
    assert list(db.links("value:")) == ["value:b", "value:é"]
    assert list(db.links("")) == ["Value:c", "value:b", "value:é", "w"]
    assert list(db.links("val%")) == []


def test_links_go_with_their_document(db: ResultsDB) -> None:
    db.insert_many([document(1, links=["a", "b"]), document(2, links=["b"])])
    assert db.delete({"flow_id": "run-1"}) == 1
    assert list(db.links("")) == ["b"]
    assert db.insert(document(1, links=["c"])) is True
    assert found(db, {}, linked_to=["a", "c"]) == ["run-1"]


def test_the_links_of_a_document_are_those_that_it_was_saved_with(db: ResultsDB) -> None:
    assert db.insert_many([document(links=["a"]), document(links=["a", "b"])]) == 1
    assert list(db.links("")) == ["a"]


def test_a_document_that_is_refused_leaves_no_links(db: ResultsDB) -> None:
    db.insert(document(1))
    assert db.insert(document(1, links=["late"])) is False
    with pytest.raises(ResultConflictError, match="flow run run-1 of"):
        db.insert_many([document(2, links=["new"]), document(3, flow_id="run-1")])
    assert list(db.links("")) == []


@pytest.mark.parametrize("links", ["a", [1], [""], ["a", "a"], {"a": 1}])
def test_links_are_different_texts(db: ResultsDB, links: Any) -> None:
    with pytest.raises(InputError, match=r"links of a document are a list|has each link once"):
        db.insert(document(links=links))


@pytest.mark.parametrize("links", ["a", [1], [str(number) for number in range(1001)]])
def test_malformed_links_to_look_for(db: ResultsDB, links: Any) -> None:
    with pytest.raises(QueryError, match=r"linked_to (takes a list of links|has 1001 links)"):
        db.find({}, linked_to=links)


def test_indexes_change_no_answer(db: ResultsDB) -> None:
    db.insert_many([document(number, x=x) for number, x in enumerate([2, "a", None, 1, True, {}])])
    paths = [r"a\.b'c.%d.0", "x"]
    for path in [*paths, *paths]:
        db.index(path)
    assert db.indexes() == paths
    db.insert(document(9, x=1.5))
    assert found(db, {"x": {"$gt": 1}}) == ["run-0", "run-9"]
    assert found(db, {}, sort=[("x", -1)], limit=4) == ["run-4", "run-5", "run-1", "run-0"]
    with pytest.raises(QueryError, match=r"path 'a\.\.b' cannot be searched"):
        db.index("a..b")


@pytest.mark.parametrize("value", ["a\0", {"\0": 1}, ["\\\0"], 2**63, [-(2**63) - 1]])
def test_what_not_every_store_can_hold_is_refused(db: ResultsDB, value: Any) -> None:
    with pytest.raises(InputError, match=r"hash-0 is no strict JSON \(a text has a NUL|64 bits"):
        db.insert(document(x=value))


def test_numbers_and_escapes_come_back_exactly(db: ResultsDB) -> None:
    values = [1, 1.0, -0.0, 0, 1e16, 2.0**62, -(2.0**62), 2**62, 1e300, 5e-324, 0.1, 1e22, -1e17]
    texts = ["1e+17", "\\u0000", "\\\\u0000", '"1e+18"', "12345678901234567890", '\\"1e+16']
    db.insert(document(values=values, texts=texts, last=1))
    back = next(db.find({}))
    assert list(map(repr, back["values"])) == list(map(repr, values))
    assert back["texts"] == texts
    assert list(back)[-3:] == ["values", "texts", "last"]
    assert next(db.find({}, projection=["values"])) == {"values": values}
    assert db.count({"values.5": 2**62}) == 1
    assert db.count({"values.7": 2.0**62}) == 1
    assert db.count({"values.5": 2**62 + 1}) == 0


HOSTILE = [
    "x'; DROP TABLE results; --",
    "$.x[0]",
    "$x",
    "a' || (SELECT 1) || '",
    "%(x)s :x ? {x}",
    "[0]",
    "#",
    "*",
    "é\u202e\U0001f600",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_keys_and_texts_are_only_data(db: ResultsDB, text: str) -> None:
    db.insert(document(1, outputs={text: text}))
    db.insert(document(2, outputs={"other": [1]}))
    path = "outputs." + text.replace(".", r"\.")
    assert found(db, {path: text}) == ["run-1"]
    assert found(db, {path: {"$exists": False}}) == ["run-2"]
    assert found(db, {"outputs.other": text}) == []
    assert next(db.find({path: text}, projection=[path])) == {path: text}
    assert db.delete({"flow_id": text}) == 0


def test_long_paths_and_sorts(db: ResultsDB) -> None:
    deep: dict[str, Any] = {"x": 1}
    for _ in range(98):
        deep = {"k": deep}
    db.insert_many([document(1, a=deep), document(2, a=0)])
    path = ".".join(["a", *["k"] * 98, "x"])
    assert found(db, {path: 1}, sort=[(f"b{i}", -1) for i in range(15)] + [(path, 1)]) == ["run-1"]
    assert found(db, {}, sort=[(path, 1)]) == ["run-2", "run-1"]
    assert next(db.find({path: {"$gt": 0}}, projection=[path])) == {path: 1}


def test_dots_dollars_and_digits_in_keys(db: ResultsDB) -> None:
    db.insert(document(1, outputs={"a.b": 1, "$c": {"0": "key"}, "l": ["index"]}))
    assert found(db, {r"outputs.a\.b": 1}) == ["run-1"]
    assert found(db, {"outputs.a.b": 1}) == []
    assert found(db, {"outputs.$c.0": "key"}) == ["run-1"]
    assert found(db, {"outputs.l.0": "index"}) == ["run-1"]
    assert found(db, {"outputs.l.00": {"$exists": True}}) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(st.lists(values, max_size=5), queries, sorts)
def test_queries_mean_what_the_model_says(
    db: ResultsDB, xs: list[Any], query: dict[str, Any], sort: list[tuple[str, int]]
) -> None:
    db.delete({})
    documents = [document(number, x=x) for number, x in enumerate(xs)]
    db.insert_many(documents)
    tree = parse(query)
    expected = [entry for entry in documents if matches(tree, entry)]
    assert db.count(query) == len(expected)
    assert list(db.find(query, sort=sort)) == in_order(expected, parse_sort(sort))
