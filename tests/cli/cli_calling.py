"""What a call of the command line gives, and the flows that it is tried on."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Outcome(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[list[str]]:
        """The cells of a table that was written, without its head."""
        return [line.split("\t") for line in self.out.splitlines()[1:]]

    @property
    def errors(self) -> list[str]:
        """The lines on standard error that report a problem."""
        return [line for line in self.err.splitlines() if line.startswith("error: ")]

    @property
    def fields(self) -> dict[str, str]:
        """The names and values that were written, a line each."""
        lines = (line.split(maxsplit=1) for line in self.out.splitlines() if line)
        return {words[0]: words[1] for words in lines if len(words) == 2}


Cli = Callable[..., Outcome]

TEXT_FLOWS = '''
from prefect import flow

from lume_services import Result
from lume_services.files import TextFile
from lume_services.tasks import LoadFile, SaveDBResult, SaveFile

save_text_file = SaveFile(name="save_text_file")
load_text_file = LoadFile(name="load_text_file")
save_db_result = SaveDBResult(name="save_db_result")


@flow
def flow1(text1: str, text2: str, filename: str = "text.txt") -> None:
    save_text_file(text1 + text2, filename, "local", TextFile)


@flow
def flow2(file_rep: dict) -> None:
    text = load_text_file(file_rep)
    save_db_result(Result(inputs={"file": file_rep}, outputs={"output1": text}))


@flow
def flow3(text1: str, text2: str) -> bool:
    return text1 == text2


@flow
def add(a: int, b: int = 2) -> int:
    """Add two numbers."""
    return a + b


@flow
def fails() -> None:
    raise ValueError("boom")


@flow
def returns_object() -> object:
    return object()


not_a_flow = 3
'''

SPECIFICATION = """\
name: flow_of_flows
project_name: test
composing_flows:
  - name: flow1
    project_name: test
  - name: flow2
    project_name: test
    mapped_parameters:
      file_rep:
        parent_flow_name: flow1
        parent_project_name: test
        parent_task_name: save_text_file
        map_type: file
  - name: flow3
    project_name: test
    mapped_parameters:
      text1:
        parent_flow_name: flow2
        parent_project_name: test
        parent_task_name: save_db_result
        map_type: db
        attribute_index: [outputs, output1]
"""
