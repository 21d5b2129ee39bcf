"""Flows for pods that come to harm."""

from __future__ import annotations

import os
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

from prefect import flow

from lume_services.files import TextFile, load_reference
from lume_services.tasks import SaveFile

SECONDS = 600

save_text_file = SaveFile(name="save_text_file")


@flow
def harmed(folder: str, name: str, harm: str = "") -> str:
    """Take long, or come to harm, at the first attempt; end well at the next."""
    begun = Path(folder) / name
    if begun.exists() and harm != "exit":
        return f"{name} again"
    begun.touch()
    if harm == "memory":
        hoard = [bytearray(32 * 2**20) for _ in range(64)]
        return str(len(hoard))
    if harm == "evicted":
        Path("/small/file").write_bytes(bytes(8 * 2**20))
    if harm == "exit":
        print("the beam is lost", flush=True)
        os._exit(7)
    time.sleep(SECONDS)
    return name


@flow
def until_told(folder: str) -> str:
    """Go on until a file tells to end."""
    Path(folder).mkdir(exist_ok=True)
    (Path(folder) / "begun").touch()
    end = time.monotonic() + SECONDS
    while not (Path(folder) / "told").exists() and time.monotonic() < end:
        time.sleep(0.1)
    return "told"


def digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


@flow(name="Strahllänge (mm), Δx = 1_")
def oddly_named(folder: str) -> str:
    """Return a digest of a secret, when a file tells to end."""
    until_told.fn(folder)
    return digest(os.environ["LUME_PREFECT__HEADERS"])


@flow
def writing(text: str) -> str:
    save_text_file(text, "sub/a.txt", "mounted", TextFile, create_dir=True)
    return os.environ["LUME_IMAGE"]


@flow
def doubling(file_rep: dict[str, Any]) -> str:
    save_text_file(2 * load_reference(file_rep), "sub/b.txt", "mounted", TextFile)
    return os.environ["LUME_IMAGE"]


@flow
def reading(file_rep: dict[str, Any]) -> list[str]:
    return [load_reference(file_rep), os.environ["LUME_IMAGE"]]
