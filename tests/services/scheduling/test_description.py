"""What is found of a flow from its code alone."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import prefect
import pytest
from prefect import flow, task

import lume_services.tasks as packaged_tasks
from lume_services.services.scheduling.description import describe
from lume_services.tasks import SaveDBResult, SaveFile

save_text_file = SaveFile(name="save_text_file")
DATABASE_TASK = "save_measurement"


@task
def add(x: int, y: int) -> int:
    return x + y


@task(name="scale it")
async def scale(x: float) -> dict[str, float]:
    return {"x": x}


@task
def measure() -> str:
    return read_device()


@task
def read_device():
    return "0"


@task
def undescribed() -> NotThere:  # noqa: F821
    raise NotImplementedError


STEPS = [add, measure]


def names(described_flow: Any) -> list[str]:
    return [found.name for found in describe(described_flow).tasks]


def returns(described_flow: Any) -> dict[str, Any]:
    return {found.name: found.returns for found in describe(described_flow).tasks}


def load_module(path: Path, source: str) -> ModuleType:
    path.write_text(source)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_name_description_parameters_and_return_type_are_the_functions():
    @flow(name="my flow")
    def my_flow(text: str, count: int = 3, extra: dict | None = None) -> list[str]:
        """Repeat a text."""
        return [text] * count

    description = describe(my_flow)
    assert (description.name, description.description) == ("my flow", "Repeat a text.")
    assert description.parameters["required"] == ["text"]
    assert description.parameters["properties"]["count"]["default"] == 3
    assert description.parameters["properties"]["text"]["type"] == "string"
    assert description.returns == {"type": "array", "items": {"type": "string"}}
    assert description.tasks == ()


def test_tasks_come_in_order_of_first_appearance_and_once():
    @flow
    def ordered():
        measure()
        x = add.submit(1, 2)
        scale.map([x])
        add(3, 4)

    assert names(ordered) == ["measure", "read_device", "add", "scale it"]


def test_return_annotations_become_json_schemas():
    @flow
    def annotated():
        add(1, 2), scale(1.0), read_device(), undescribed()

    assert returns(annotated) == {
        "add": {"type": "integer"},
        "scale it": {"type": "object", "additionalProperties": {"type": "number"}},
        "read_device": None,
        "undescribed": None,
    }


def test_packaged_tasks_under_any_name():
    @flow
    def saves():
        save_text_file("text", "a.txt", "local", None)
        in_body = SaveDBResult(name=DATABASE_TASK)
        in_body(None)
        packaged_tasks.load_file({})
        SaveFile()("text", "b.txt", "local", None)

    assert names(saves) == ["save_text_file", "save_measurement", "load_file", "save_file"]
    assert returns(saves)["save_text_file"]["type"] == "object"


def test_with_options_gives_the_new_name_only():
    @flow
    def renames():
        add.with_options(name="first", retries=2)(1, 2)
        second = add.with_options(name="second").with_options(name="third")
        second(1, 2)
        measure.with_options(retries=1)()

    assert returns(renames) == {
        "first": {"type": "integer"},
        "third": {"type": "integer"},
        "measure": {"type": "string"},
    }


def test_a_computed_name_is_not_guessed():
    @flow
    def computes(name: str):
        add.with_options(name=f"{name}!")(1, 2)
        SaveFile(name=name)("text", "a.txt", "local", None)

    assert names(computes) == []


def test_nested_decorated_functions_and_closures():
    enclosed = add.with_options(name="enclosed")

    @flow
    def nests():
        @task(name="nested")
        def inner() -> float:
            return 1.0

        @prefect.task
        def plain():
            measure()

        @task
        async def waits() -> str: ...

        @flow
        def below():
            scale(1.0)

        enclosed(inner(), plain())

    assert names(nests) == ["nested", "plain", "measure", "read_device", "waits", "enclosed"]
    assert returns(nests)["nested"] == {"type": "number"}


def test_task_function_applied_to_a_function():
    @flow
    def applies():
        task(helper_of_cycle, name="applied")()
        task(other_helper)()

    assert names(applies) == ["applied", "measure", "read_device", "add", "other_helper"]


def helper_of_cycle() -> None:
    other_helper()
    add(1, 2)


def other_helper() -> None:
    helper_of_cycle()
    measure()


def test_helper_functions_are_followed_also_in_a_cycle():
    @flow
    def helped():
        helper_of_cycle()

    assert names(helped) == ["measure", "read_device", "add"]


def test_tasks_in_a_list_are_found():
    @flow
    def loops():
        for step in STEPS:
            step()

    assert names(loops) == ["add", "measure", "read_device"]


def test_a_subflow_is_no_task_and_its_tasks_are_its_own():
    @flow
    def below():
        add(1, 2)

    @flow
    def above():
        below()
        measure()

    assert names(above) == ["measure", "read_device"]


def test_a_parameter_hides_the_global_of_the_same_name():
    @flow
    def hides(add: int):
        return add

    assert names(hides) == []


def test_imports_inside_the_flow_are_followed_for_our_tasks_only(tmp_path):
    (tmp_path / "never_imported.py").write_text("raise RuntimeError('imported')")

    @flow
    def imports():
        import never_imported
        from never_imported import other

        import lume_services.tasks as ours
        from lume_services.tasks import LoadDBResult as Loader

        ours.save_file("text", "a.txt", "local", None)
        Loader(name="load it")({})
        never_imported.task(other)

    assert names(imports) == ["save_file", "load it"]
    assert "never_imported" not in sys.modules


def test_async_flow():
    @flow
    async def waits() -> int:
        await scale(1.0)
        return 1

    assert names(waits) == ["scale it"]
    assert describe(waits).returns == {"type": "integer"}


class Device:
    @task
    def read(self) -> int:
        return 1

    def helper(self):
        self.read()

    @classmethod
    def make(cls):
        measure()

    @flow
    def run(self, count: int):
        self.helper()
        Device.make()

    @flow
    @staticmethod
    def check():
        add(1, 2)


def test_methods():
    assert names(Device().run) == ["read", "measure", "read_device"]
    assert names(Device.check) == ["add"]


def test_without_source():
    namespace: dict[str, Any] = {"add": add, "tasks": packaged_tasks, "helper": other_helper}
    code = "def run(x):\n  def inner(): return tasks.save_file(x)\n  return [add(1, y) for y in x]"
    exec(code, namespace)
    assert names(flow(namespace["run"])) == ["save_file", "add"]
    assert names(flow(lambda: add(1, 2), name="short")) == ["add"]


def test_a_function_of_another_package_is_not_followed(tmp_path, monkeypatch):
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for folder in (ours, theirs):
        folder.mkdir()
        monkeypatch.syspath_prepend(str(folder))
    header = "from prefect import flow, task\n"
    load = "@task\ndef {0}(): ...\ndef help_{0}(): {0}()\n"
    (theirs / "their_helpers.py").write_text(header + load.format("their_task"))
    (ours / "our_helpers.py").write_text(header + load.format("our_task"))
    module = load_module(
        ours / "flow_file.py",
        header + "from our_helpers import help_our_task\n"
        "from their_helpers import help_their_task, their_task\n"
        "@flow\ndef run():\n    help_their_task()\n    help_our_task()\n"
        "@flow\ndef direct():\n    their_task()\n",
    )
    assert names(module.run) == ["our_task"]
    assert names(module.direct) == ["their_task"]
    for name in ("our_helpers", "their_helpers"):
        monkeypatch.delitem(sys.modules, name)


def test_nothing_is_run():
    @flow
    def fails() -> None:
        add(1, 2)
        pytest.fail("the flow was run")

    assert names(fails) == ["add"]


def test_two_tasks_of_one_name_that_differ_have_no_known_return():
    @flow
    def twice():
        add.with_options(name="same")(1, 2)
        measure.with_options(name="same")()

    assert returns(twice) == {"same": None}
