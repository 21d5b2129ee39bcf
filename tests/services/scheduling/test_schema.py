"""The form of a flow-of-flows file: what is read, what is refused, and where."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lume_services.errors import SpecificationError
from lume_services.services.scheduling.schema.flow_of_flows_schema import (
    FlowOfFlowsSpecification,
    Reading,
    read_specification,
)
from lume_services.services.scheduling.schema.yaml_reader import parse

SMALL = """\
name: composed
project_name: test
composing_flows:
  - name: flow1
    project_name: test
"""

ALIASED = f"""\
{SMALL}    mapped_parameters: &m {{}}
  - {{name: b, project_name: p, mapped_parameters: *m}}
"""


def problems(text: str) -> list[str]:
    reading = read_specification(text)
    return list(reading.source.error(reading.problems).problems)


def specification(reading: Reading) -> FlowOfFlowsSpecification:
    assert reading.problems == []
    assert reading.specification is not None
    return reading.specification


def mapped(lines: str) -> str:
    return SMALL + "    mapped_parameters:\n      x:\n" + lines


def test_defaults():
    read = specification(read_specification(SMALL))
    assert read.labels == ()
    assert read.composing_flows[0].mapped_parameters == {}


def test_a_mapping_with_every_key():
    lines = (
        "        parent_flow_name: flow0\n"
        "        parent_project_name: test\n"
        "        parent_task_name: save\n"
        "        map_type: db\n"
        "        attribute_index: [outputs, x, 0, '1']\n"
    )
    mapping = specification(read_specification(mapped(lines))).composing_flows[0].mapped_parameters
    assert mapping["x"].model_dump() == {
        "parent_flow_name": "flow0",
        "parent_project_name": "test",
        "parent_task_name": "save",
        "map_type": "db",
        "attribute_index": ("outputs", "x", 0, "1"),
    }


def test_map_type_is_raw_and_the_whole_return_value_by_default():
    lines = "        parent_flow_name: flow0\n        parent_project_name: test\n"
    mapping = specification(read_specification(mapped(lines))).composing_flows[0].mapped_parameters
    assert mapping["x"].map_type == "raw"
    assert mapping["x"].parent_task_name is None
    assert mapping["x"].attribute_index is None


def test_empty_keys_mean_nothing_given():
    text = SMALL + "    mapped_parameters:\nlabels:\n"
    read = specification(read_specification(text))
    assert read.labels == ()
    assert read.composing_flows[0].mapped_parameters == {}


@pytest.mark.parametrize("make", [str, Path])
def test_file_text_and_dictionary_give_the_same(make: Any, tmp_path):
    file = tmp_path / "flows.yaml"
    file.write_text(SMALL)
    from_text = specification(read_specification(SMALL))
    assert specification(read_specification(make(file))) == from_text
    assert specification(read_specification(from_text.model_dump(mode="json"))) == from_text
    assert specification(read_specification(from_text.model_dump_json())) == from_text


def test_crlf_and_byte_order_mark(tmp_path):
    file = tmp_path / "flows.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode())
    assert specification(read_specification(file)).name == "composed"


def test_every_fault_of_form_is_reported_at_once_with_its_place():
    text = """\
name: 12
project_nam: test
labels: a
composing_flows:
  - name: flow/1
    project_name: test
    mapped_parameters:
      x:
        parent_flow_name: flow0
        parent_project_name: test
        map_typ: file
      y:
        parent_flow_name: flow0
        parent_project_name:
        map_type: fil
        attribute_index: [a, 1.5, true]
      z: 3
  - 4
"""
    assert problems(text) == [
        "<text>:1:1: key 'project_name' is missing; add it.",
        "<text>:1:7: name is 12; expected text; put it in quotes.",
        "<text>:2:1: unknown key 'project_nam'; did you mean 'project_name'?",
        "<text>:3:9: labels is 'a'; expected a list.",
        "<text>:5:11: name is 'flow/1'; a name is not empty and has none of / % & < >.",
        "<text>:11:9: unknown key 'map_typ'; did you mean 'map_type'?",
        "<text>:14:29: parent_project_name is empty; expected text.",
        "<text>:15:19: map_type is 'fil'; expected 'raw', 'file' or 'db'.",
        "<text>:16:30: attribute_index[1] is 1.5; expected text or a whole number.",
        "<text>:16:35: attribute_index[2] is True; expected text or a whole number.",
        "<text>:17:10: z is 3; expected a mapping.",
        "<text>:18:5: composing_flows[1] is 4; expected a mapping.",
    ]


def test_the_rest_is_still_read_when_keys_are_unknown():
    reading = read_specification(SMALL + "retries: 3\n")
    assert [problem.message for problem in reading.problems] == [
        "unknown key 'retries'; there are: composing_flows, labels, name, project_name."
    ]
    assert reading.specification is not None
    assert reading.specification.name == "composed"


def test_a_dictionary_has_keys_for_places():
    reading = read_specification(
        {"name": "f", "project_name": "p", "composing_flows": [{"name": 1, "project_name": "p"}]}
    )
    assert list(reading.source.error(reading.problems).problems) == [
        "composing_flows[0].name: name is 1; expected text; put it in quotes."
    ]


def test_no_flows():
    text = "name: f\nproject_name: p\ncomposing_flows: []\n"
    assert problems(text) == ["<text>:3:18: composing_flows is empty; list at least one."]


def test_not_a_mapping():
    assert problems("- a\n- b\n") == ["<text>:1:1: the specification is list; expected a mapping."]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "<text>:1:1: nothing is in it; expected a flow-of-flows specification."),
        ("# only\n# this\n", "<text>:3:1: nothing is in it"),
        ("name: [a\n", "<text>:2:1: this is not YAML: did not find expected ',' or ']'."),
        ("a: \x01\n", "<text>: this is not YAML: "),
        ("a: 1\n---\nb: 2\n", "<text>:2:1: a second document begins here; put each in its own"),
        ("a: 1\nb: 2\na: 3\n", "<text>:3:1: key 'a' is given again (first at 1:1); keep one."),
        ("? [a]\n: b\n", "<text>:1:3: a key must be plain text."),
        ("a: &x [*x]\n", "<text>:1:8: alias '*x' has no complete anchor before it."),
        ("a: *x\n", "<text>:1:4: alias '*x' has no complete anchor before it."),
        ("a: !!python/name:os.system x\n", "<text>:1:4: the tag 'tag:yaml.org,2002:python/name"),
        ("a: !!set {x}\n", "<text>:1:4: the tag 'tag:yaml.org,2002:set' is not supported"),
        ("[" * 60 + "\n", "<text>:1:52: more than 50 levels are nested here."),
    ],
)
def test_yaml_that_goes_no_further(text: str, message: str):
    with pytest.raises(SpecificationError, match="^" + re.escape(message)):
        read_specification(text)


def test_every_duplicate_key_is_reported():
    with pytest.raises(SpecificationError, match="key 'b' is given again") as raised:
        read_specification("a: 1\na: {b: 1, b: 2}\na: 3\n")
    assert raised.value.problems == (
        "<text>:2:1: key 'a' is given again (first at 1:1); keep one.",
        "<text>:2:11: key 'b' is given again (first at 2:5); keep one.",
        "<text>:3:1: key 'a' is given again (first at 2:1); keep one.",
    )


def test_an_alias_repeats_a_value():
    assert len(specification(read_specification(ALIASED)).composing_flows) == 2


def test_a_fault_inside_an_alias_is_where_the_alias_is():
    text = ALIASED.replace("{}", "{x: 1}")
    assert problems(text) == [
        "<text>:6:31: x is 1; expected a mapping.",
        "<text>:7:51: x is 1; expected a mapping.",
    ]


def test_aliases_of_aliases_do_not_grow_without_bound():
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)]
    with pytest.raises(SpecificationError, match=r"<text>:7:\d+: more than 1000000 values"):
        read_specification("\n".join(lines))


def test_words_of_yaml_1_1_are_text():
    text = SMALL.replace("composed", "no").replace("flow1", "1:30")
    read = specification(read_specification(text))
    assert (read.name, read.composing_flows[0].name) == ("no", "1:30")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: folder / "none.yaml", "there is no such file; check the path."),
        (lambda folder: "none.yaml", "check the path, or give YAML text or a dictionary."),
        (lambda folder: folder, "the file cannot be read (Is a directory)."),
        (lambda folder: "\0.yaml", "the file cannot be read ("),
    ],
)
def test_files_that_cannot_be_read(make: Any, message: str, tmp_path):
    with pytest.raises(SpecificationError, match=re.escape(message)):
        read_specification(make(tmp_path))


def test_a_file_that_is_not_utf_8(tmp_path):
    file = tmp_path / "latin.yaml"
    file.write_bytes("name: Zürich\n".encode("latin-1"))
    with pytest.raises(SpecificationError, match=r"latin\.yaml: byte 7 is not UTF-8; save the"):
        read_specification(file)


def test_something_else_is_refused():
    wrong: Any = 3
    with pytest.raises(SpecificationError, match="given as int; give the path of a YAML file"):
        read_specification(wrong)


def test_the_file_is_named_as_given(tmp_path):
    Path("short.yaml").write_text(SMALL.replace("name: composed", "nme: composed"))
    reading = read_specification("short.yaml")
    assert reading.source.error(reading.problems).problems[0].startswith("short.yaml:1:1: ")
    assert os.fspath(tmp_path) == os.fspath(Path.cwd())


# JSON escapes what is above as two surrogates, which YAML does not know.
letters = st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"])
keys = st.text(letters, max_size=8)
scalars = st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text(letters)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3)
)


@given(values)
def test_json_is_read_as_json_reads_it(value: Any):
    assert parse(json.dumps({"v": value}), "x").data == {"v": value}
