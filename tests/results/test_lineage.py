"""Walking up and down over results and files."""

from __future__ import annotations

from typing import Any

import pytest
import ring
from result_documents import document_of

from lume_services import config
from lume_services.errors import InputError, ResultNotFoundError
from lume_services.results import Result
from lume_services.results.lineage import Lineage, jsonable, lineage


def save(name: str, *parents: dict[str, Any], **outputs: Any) -> dict[str, Any]:
    made = Result(flow_id=name, flow_name=name, inputs={}, outputs=outputs, parents=parents)
    return made.insert()


def file_rep(name: str, digest: str | None = None) -> dict[str, Any]:
    return {
        "file_type": "TextFile",
        "filename": f"/nowhere/{name}",
        "filesystem_identifier": "local",
        "size": 1 if digest else None,
        "sha256": digest and digest * 64,
    }


def names(found: Lineage) -> set[str]:
    return {_name(found, key) for key in found.nodes}


def arrows(found: Lineage) -> set[str]:
    return {f"{_name(found, taken)} > {_name(found, made)}" for taken, made in found.edges}


def _name(found: Lineage, key: str) -> str:
    node = found.nodes[key]
    if node.kind == "file":
        return str(node.reference["filename"]).rpartition("/")[2]
    return node.flow_name or "?"


def test_the_lineage_of_a_flow_of_flows() -> None:
    ring.run()
    found = lineage(ring.documents()["compare"]["unique_hash"])
    assert arrows(found) == {
        "optics > track",
        "track > orbit.npy",
        "orbit.npy > tunes",
        "tunes > compare",
        "optics > compare",
    }
    assert not found.cut
    assert not any(node.missing for node in found.nodes.values())
    assert arrows(lineage(ring.documents()["optics"]["unique_hash"])) == arrows(found)
    up = lineage(ring.documents()["tunes"]["unique_hash"], down=False)
    assert arrows(up) == {"optics > track", "track > orbit.npy", "orbit.npy > tunes"}
    down = lineage(ring.documents()["tunes"]["unique_hash"], up=False)
    assert arrows(down) == {"tunes > compare"}


def test_a_file_s_lineage() -> None:
    ring.run()
    orbit = ring.documents()["track"]["outputs"]["orbit"]
    expected = arrows(lineage(ring.documents()["track"]["unique_hash"])) - {"optics > compare"}
    for ref in (orbit, f"file:{orbit['sha256']}"):
        found = lineage(ref)
        assert arrows(found) == expected
        assert found.root == f"file:{orbit['sha256']}"
        assert found.nodes[found.root].reference["filename"] == orbit["filename"]
        assert not found.nodes[found.root].missing


def test_a_diamond_with_a_long_way_and_a_short_one() -> None:
    a = save("a")
    b = save("b", a)
    c = save("c", b)
    d = save("d", a, c)
    save("aside", a)
    expected = {"a > b", "b > c", "c > d", "a > d"}
    assert arrows(lineage(d)) == expected
    assert arrows(lineage(a)) == {*expected, "a > aside"}


@pytest.mark.parametrize(
    ("depth", "expected"),
    [(0, {"c"}), (1, {"b", "x.txt", "c", "d"}), (2, {"a", "b", "x.txt", "c", "d", "e"})],
)
def test_depth_counts_results(depth: int, expected: set[str]) -> None:
    a = save("a")
    b = save("b", a, file=file_rep("x.txt", "1"))
    c = save("c", file_rep("x.txt", "1"))
    e = save("e", save("d", c))
    assert b != e
    assert names(lineage(c, depth=depth)) == expected


def test_missing_results_and_files_are_shown_as_missing() -> None:
    gone = {"result_type": "Result", "project_name": "p", "unique_hash": "f" * 64}
    unknown = file_rep("unknown.txt")
    made = save("made", gone, file_rep("gone.txt", "2"), unknown)
    found = lineage(made)
    missing = {key for key, node in found.nodes.items() if node.missing}
    assert missing == {
        f"result:{'f' * 64}",
        f"file:{'2' * 64}",
        "file local:/nowhere/unknown.txt",
    }
    assert len(found.edges) == 3


def test_files_of_unknown_content_join_nothing() -> None:
    save("maker", file=file_rep("x.txt"))
    user = save("user", file_rep("x.txt"))
    assert names(lineage(user)) == {"user", "x.txt"}
    with pytest.raises(InputError, match=r"content of file .* is not known"):
        lineage(file_rep("x.txt"))


def test_files_made_and_read_in_a_circle() -> None:
    save("there", file_rep("a", "1"), file=file_rep("b", "2"))
    back = save("back", file_rep("b", "2"), file=file_rep("a", "1"))
    expected = {"a > there", "there > b", "b > back", "back > a"}
    assert arrows(lineage(back)) == expected


def test_a_file_that_many_have_made() -> None:
    for number in range(4):
        save(f"maker {number}", file=file_rep("same.txt", "3"))
    user = save("user", file_rep("same.txt", "3"))
    assert len(lineage(user).edges) == 5


def test_many_results_are_cut_at_the_limit() -> None:
    first = save("first")
    documents = [
        document_of(Result(flow_id=f"{i}", inputs={"i": i}, outputs={}, parents=(first,)))
        for i in range(1200)
    ]
    config.current().results_db.insert_many(documents)
    found = lineage(first)
    assert (len(found.nodes), len(found.edges), found.cut) == (1000, 999, True)
    whole = lineage(first, limit=2000)
    assert (len(whole.nodes), len(whole.edges), whole.cut) == (1201, 1200, False)
    many = Result(
        flow_id="last",
        inputs={},
        outputs={},
        parents=[{k: d[k] for k in first} for d in documents],
    ).insert()
    assert len(lineage(many, limit=2000, depth=1).edges) == 1200
    assert lineage(many, down=False).cut


def test_a_long_chain() -> None:
    rep = save("0")
    documents = []
    for number in range(100):
        result = Result(flow_id=f"chain {number}", inputs={}, outputs={"n": number}, parents=(rep,))
        documents.append(document_of(result))
        rep = result.unique_rep()
    config.current().results_db.insert_many(documents)
    assert len(lineage(rep).edges) == 100


def test_a_result_is_named_by_hash_run_or_beginning() -> None:
    rep = save("run one")
    save("run two")
    root = f"result:{rep['unique_hash']}"
    for ref in (rep, rep["unique_hash"], rep["unique_hash"][:12], "run one", "run o"):
        assert lineage(ref).root == root
    with pytest.raises(InputError, match="'run' begins several results"):
        lineage("run")
    with pytest.raises(ResultNotFoundError, match="begins with 'nope'"):
        lineage("nope")
    with pytest.raises(InputError, match="names no result"):
        lineage({})
    with pytest.raises(InputError, match="SHA-256"):
        lineage("file:x")
    with pytest.raises(InputError, match="limit is 1 or more"):
        lineage(rep, limit=0)


def test_as_json() -> None:
    rep = save("a")
    found = jsonable(lineage(save("b", rep)))
    assert found["root"] == found["nodes"][0]["key"]
    assert found["edges"] == [{"from": f"result:{rep['unique_hash']}", "to": found["root"]}]
    assert found["nodes"][1]["kind"] == "result"
    assert found["nodes"][1]["flow_name"] == "a"
    assert not found["cut"]


def test_references_that_are_kept_apart_from_their_document(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LUME_RESULTS_DB__INLINE_LIMIT", "1KiB")
    config.reset()
    a = save("a", file=file_rep("x.txt", "1"))
    inputs = {f"{i}": [file_rep("x.txt", "1"), a, "text" * 20] for i in range(20)}
    made = Result(flow_id="b", flow_name="b", inputs=inputs, outputs={}).insert()
    assert arrows(lineage(made)) == {"a > x.txt", "x.txt > b", "a > b"}
