"""Flow parameters as given on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lume_services.cli.parameters import gather, parse, read_file
from lume_services.errors import ParameterError

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda leaf: st.lists(leaf) | st.dictionaries(st.text(), leaf),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("assignment", "name", "value"),
    [
        ("x=5", "x", 5),
        ("x=5.5e3", "x", 5500.0),
        ("x=-1", "x", -1),
        ('x="5"', "x", "5"),
        ("x=text", "x", "text"),
        ("x=", "x", ""),
        ("x=a=b", "x", "a=b"),
        ("x= padded ", "x", " padded "),
        ("x=null", "x", None),
        ("x=true", "x", True),
        ("x=True", "x", "True"),
        ("x=[1, 2]", "x", [1, 2]),
        ('x={"a": 1}', "x", {"a": 1}),
        ("x=[1,", "x", "[1,"),
        ("x=NaN", "x", "NaN"),
        ("x=-Infinity", "x", "-Infinity"),
        ("flow1-text1=hello", "flow1-text1", "hello"),
    ],
)
def test_a_value_is_json_else_text(assignment: str, name: str, value: object) -> None:
    assert parse([assignment]) == {name: value}


@given(st.dictionaries(st.text("abc-_", min_size=1), JSON))
def test_any_json_value_comes_through(parameters: dict[str, Any]) -> None:
    assert parse([f"{n}={json.dumps(v)}" for n, v in parameters.items()]) == parameters


@pytest.mark.parametrize(
    ("assignments", "message"),
    [
        (["x"], "-p 'x' is not of the form name=value"),
        ([""], "-p '' is not of the form name=value"),
        (["=5"], "-p '=5' is not of the form name=value"),
        (["x=1", "y=2", "x=1"], "-p x is given twice; give each parameter once"),
    ],
)
def test_a_malformed_assignment_is_refused(assignments: list[str], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        parse(assignments)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("p.json", '{"x": 1, "y-z": [true]}'),
        ("p.yaml", "x: 1\ny-z: [true]\n"),
        ("p", "x: 1\ny-z: [true]"),
    ],
)
def test_a_file_is_json_or_yaml(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert read_file(tmp_path / name) == {"x": 1, "y-z": [True]}


def test_assignments_override_the_file(tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_text("x: 1\ny: 2\n")
    assert gather(["y=3", "z=4"], file) == {"x": 1, "y": 3, "z": 4}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("p.yaml", b"- 1\n", "'p.yaml' holds a list; give a mapping"),
        ("p.yaml", b"", "'p.yaml' holds nothing; give a mapping"),
        ("p.yaml", b"text", "'p.yaml' holds a str; give a mapping"),
        ("p.yaml", b"1: x\n", "'p.yaml' holds the name 1, which is not text"),
        ("p.yaml", b"x: 1\nx: 2\n", "'p.yaml' is malformed: .*duplicate key"),
        ("p.yaml", b"x: [1\n", "expected ',' or ']' at line 2, column 1; give plain YAML"),
        ("p.yaml", b"x: !!python/object:os.system 1\n", "'p.yaml' is malformed: "),
        ("p.json", b"{", "'p.json' is malformed: Expecting property name.*; give JSON"),
        ("p.json", b"[1]", "'p.json' holds a list; give a mapping"),
        ("p.json", b"\xff\xfe", "'p.json' cannot be read: it is not UTF-8 text"),
        ("directory", None, "'directory' cannot be read: Is a directory"),
        ("missing.yaml", None, "'missing.yaml' cannot be read: No such file"),
    ],
)
def test_an_unusable_file_is_refused(
    tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    Path("directory").mkdir()
    if content is not None:
        Path(name).write_bytes(content)
    with pytest.raises(ParameterError, match=message):
        read_file(Path(name))
