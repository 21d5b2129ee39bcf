"""What a flow-of-flows file can say wrong about the flows that exist, and where it is said."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flow_records import TEXT_EXAMPLE, TEXT_FLOWS, by_name, flow_record

from lume_services.errors import SpecificationError
from lume_services.flows.plan import make_plan
from lume_services.services.scheduling.schema.flow_of_flows_schema import read_specification

FILE = TEXT_EXAMPLE / "flow_of_flows.yaml"
YAML = FILE.read_text()


def problems(source: Any, records: Any = None) -> list[str]:
    with pytest.raises(SpecificationError, match=r"\S") as raised:
        make_plan(read_specification(source), TEXT_FLOWS if records is None else records)
    return list(raised.value.problems)


def changed(old: str, new: str) -> str:
    assert YAML.count(old) == 1
    return YAML.replace(old, new)


def test_the_published_file_is_valid():
    assert len(make_plan(read_specification(FILE), TEXT_FLOWS).nodes) == 3


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "  - name: flow2",
            "  - nme: flow2\n    name: flow2",
            "7:5: unknown key 'nme'; did you mean 'name'?",
        ),
        (
            "  - name: flow3",
            "  - name: flwo3",
            (
                "15:11: no flow 'flwo3' is registered in project 'test'; did you mean 'flow3' or "
                "'flow2' or 'flow1'? Register it: lume-services register MODULE:FLOW --project test"
            ),
        ),
        (
            "  - name: flow3",
            "  - name: other",
            (
                "15:11: no flow 'other' is registered in project 'test'; it is in project "
                "'elsewhere'. Register it: lume-services register MODULE:FLOW --project test"
            ),
        ),
        (
            "      file_rep:",
            "      file_rp:",
            "10:7: flow 'flow2' has no parameter 'file_rp'; did you mean 'file_rep'?",
        ),
        (
            "        parent_flow_name: flow2",
            "        parent_flow_name: flow",
            (
                "19:27: parent flow 'flow' is not listed in composing_flows; "
                "did you mean 'flow3' or 'flow2' or 'flow1'?"
            ),
        ),
        (
            "flow1\n        parent_project_name: test\n        parent_task_name: save_text_file",
            "flow3\n        parent_project_name: test",
            (
                "11:27: flow2 -> flow3 -> flow2 is a cycle: each of these flows waits for a result "
                "of the one before it; remove one of the mappings."
            ),
        ),
        (
            "parent_task_name: save_text_file",
            "parent_task_name: save_file",
            "13:27: parent flow 'flow1' has no task 'save_file'; did you mean 'save_text_file'?",
        ),
        (
            "map_type: file ",
            "map_type: fil ",
            "14:19: map_type is 'fil'; expected 'raw', 'file' or 'db'.",
        ),
        (
            "map_type: file            # raw (default) | file | db",
            "map_type: file\n        attribute_index: [a]",
            (
                "15:9: attribute_index picks from a raw or db result, but a file mapping hands on "
                "the file's reference: remove it, and load the file in the flow."
            ),
        ),
        (
            "  - name: flow1",
            "  - {name: flow1, project_name: test}\n  - name: flow1",
            (
                "6:11: flow 'flow1' is listed a second time; a flow runs once in a flow-of-flows: "
                "remove one, or register the flow under a second name."
            ),
        ),
    ],
)
def test_one_wrong_thing_is_one_problem_at_its_place(old: str, new: str, message: str):
    assert problems(changed(old, new)) == [f"<text>:{message}"]


def test_a_parent_that_is_listed_later():
    text = """\
name: f
project_name: p
composing_flows:
  - name: flow2
    project_name: test
    mapped_parameters:
      file_rep:
        parent_flow_name: flow1
        parent_project_name: test
        parent_task_name: save_text_file
        map_type: file
  - name: flow1
    project_name: test
"""
    assert problems(text) == [
        "<text>:8:27: parent flow 'flow1' is listed after 'flow2'; list it before."
    ]


def test_a_parent_in_the_wrong_project():
    text = changed(
        "        parent_flow_name: flow2\n        parent_project_name: test",
        "        parent_flow_name: flow2\n        parent_project_name: tests",
    )
    assert problems(text) == [
        "<text>:20:30: parent flow 'flow2' is listed with project 'test', not 'tests'."
    ]


def test_a_flow_that_takes_from_itself_is_a_cycle():
    text = changed("parent_flow_name: flow2", "parent_flow_name: flow3")
    text = text.replace("parent_task_name: save_db_result", "parent_task_name:")
    assert problems(text)[0].startswith("<text>:19:27: flow3 -> flow3 is a cycle: ")


def test_two_cycles_and_a_later_parent():
    def flow(name: str, *parents: str) -> dict[str, Any]:
        mapped = {
            f"from_{parent}": {"parent_flow_name": parent, "parent_project_name": "test"}
            for parent in parents
        }
        return {"name": name, "project_name": "test", "mapped_parameters": mapped}

    names = "abcdefg"
    records = by_name(*(flow_record(n, {f"from_{p}": {} for p in names}) for n in names))
    flows = [flow("a", "b"), flow("b", "a"), flow("c", "e"), flow("d", "c"), flow("e", "d")]
    flows += [flow("f", "g"), flow("g", "a")]
    source = {"name": "n", "project_name": "p", "composing_flows": flows}
    found = problems(source, records)
    assert len(found) == 3
    assert "from_b.parent_flow_name: a -> b -> a is a cycle" in found[0]
    assert "is a cycle" in found[1]
    assert set(re.findall(r"\b[cde]\b", found[1])) == {"c", "d", "e"}
    assert found[2] == (
        "composing_flows[5].mapped_parameters.from_g.parent_flow_name: "
        "parent flow 'g' is listed after 'f'; list it before."
    )


def test_everything_wrong_is_reported_at_once_in_the_order_of_the_file(tmp_path):
    file = tmp_path / "bad.yaml"
    file.write_text("""\
name: bad
project_name: test
retries: 3
composing_flows:
  - name: flow1
    project_name: test
  - name: flow2
    project_name: test
    mapped_parameters:
      file_rp:
        parent_flow_name: flow1
        parent_project_name: test
        parent_task_name: save_text_fil
        map_type: file
  - name: flow9
    project_name: test
  - name: flow3
    project_name: tset
    mapped_parameters:
      text1:
        parent_flow_name: flow2
        parent_project_name: test
        parent_task_name: save_db_result
        map_type: file
        attribute_index: [outputs]
""")
    places = [re.sub(r".*bad\.yaml:", "", problem)[:40] for problem in problems(file)]
    assert places == [
        "3:1: unknown key 'retries'; there are: c",
        "10:7: flow 'flow2' has no parameter 'fil",
        "13:27: parent flow 'flow1' has no task '",
        "15:11: no flow 'flow9' is registered in ",
        "17:11: no flow 'flow3' is registered in ",
        "25:9: attribute_index picks from a raw o",
    ]
    assert all(problem.startswith(f"{file}:") for problem in problems(file))


def test_faults_of_form_do_not_hide_the_others(tmp_path):
    file = tmp_path / "bad.yaml"
    file.write_text(
        YAML.replace("labels: [lume-services]", "labels: lume-services")
        .replace("parent_flow_name: flow1", "parent_flow_nam: flow1")
        .replace("parent_task_name: save_db_result", "parent_task_name: save_db_reslt")
    )
    messages = [re.sub(r".*bad\.yaml:", "", problem) for problem in problems(file)]
    assert messages == [
        "3:9: labels is 'lume-services'; expected a list.",
        "10:7: key 'parent_flow_name' is missing; add it.",
        (
            "11:9: unknown key 'parent_flow_nam'; did you mean 'parent_flow_name' or "
            "'parent_task_name' or 'parent_project_name'?"
        ),
        "21:27: parent flow 'flow2' has no task 'save_db_reslt'; did you mean 'save_db_result'?",
    ]


def test_keys_of_a_dictionary_that_are_no_text():
    mapped = {None: {"colour": "red"}}
    flow = {"name": "flow2", "project_name": "test", "mapped_parameters": mapped}
    found = problems({"name": "f", "project_name": "p", "composing_flows": [flow]})
    assert any("is empty; expected text" in problem for problem in found)
    assert any("unknown key 'colour'" in problem for problem in found)


def test_very_many_missing_flows_are_told_soon():
    flows = [{"name": f"flow{i}", "project_name": "test"} for i in range(500)]
    records = by_name(*(flow_record(f"flw{i}") for i in range(500)))
    found = problems({"name": "f", "project_name": "p", "composing_flows": flows}, records)
    assert len(found) == 500
    assert "did you mean 'flw0'" in found[0]
    assert "see the first problems" in found[-1]
