"""Flows for the tests of containers, in a module that containers can import."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

from prefect import flow

from lume_services import Result
from lume_services.files import TextFile, load_reference
from lume_services.tasks import SaveFile

save_text_file = SaveFile(name="save_text_file")


@flow
def quiet() -> int:
    return 1


@flow
def hungry(mebibytes: int) -> int:
    return sum(map(len, [bytearray(b"x" * (1 << 20)) for _ in range(mebibytes)]))


@flow
def leaving(code: int) -> None:
    sys.stderr.write("the magnet is too warm\n")
    sys.stderr.flush()
    os._exit(code)


@flow
def waiting(seconds: float = 300) -> float:
    time.sleep(seconds)
    return seconds


@flow
def until(path: str) -> bool:
    while not Path(path).exists():
        time.sleep(0.1)
    return True


@flow
def surroundings(names: list[str]) -> dict[str, Any]:
    return {
        "variables": {name: os.environ.get(name) for name in names},
        "files": [str(path) for path in Path("/lume-job").glob("*")],
    }


@flow
def writing(text: str, filename: str) -> list[Any]:
    reference = save_text_file(text, filename, "mounted", TextFile, create_dir=True)
    return [reference["filename"], os.environ["LUME_IMAGE"]]


@flow
def reading(file_rep: dict[str, Any], filename: str) -> list[Any]:
    return [
        load_reference(file_rep),
        TextFile(filename, "mounted").read(),
        os.environ["LUME_IMAGE"],
    ]


@flow
def measuring(charge: float) -> dict[str, Any]:
    reference: dict[str, Any] = Result(
        flow_id="measuring", inputs={"charge": charge}, outputs={"double": 2 * charge}
    ).insert()
    return reference
