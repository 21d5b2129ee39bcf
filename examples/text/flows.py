"""Three small flows: a text is saved to a file, to the database, and compared."""

from __future__ import annotations

from typing import Any

from prefect import flow, task

from lume_services import Result
from lume_services.files import TextFile
from lume_services.tasks import SaveDBResult, SaveFile, load_file

save_text_file = SaveFile(name="save_text_file")
save_db_result = SaveDBResult(name="save_db_result")


@task
def join(text1: str, text2: str) -> str:
    """Put a second text behind the first."""
    return f"{text1} {text2}"


@task
def compare(text1: str, text2: str) -> bool:
    """Say whether two texts are the same."""
    return text1 == text2


@flow(name="flow1")
def flow1(text1: str, text2: str, filename: str = "text.txt") -> dict[str, Any]:
    """Join two texts and save them as a file."""
    text = join(text1, text2)
    return save_text_file(text, filename, "local", TextFile)


@flow(name="flow2")
def flow2(file_rep: dict[str, Any], text: str = "") -> dict[str, Any]:
    """Load the file and save its text, with one more behind it, to the database."""
    loaded = load_file(file_rep)
    output = join(loaded, text) if text else loaded
    result = Result(inputs={"text": text, "file": file_rep}, outputs={"output1": output})
    return save_db_result(result)


@flow(name="flow3")
def flow3(text1: str, text2: str) -> bool:
    """Compare the text from the database with an expected one."""
    return compare(text1, text2)
