"""What the three flows do, without an engine."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from pathlib import Path

FILE = Path("plain.txt")
DATABASE = "plain.sqlite"


def save_text(text1: str, text2: str) -> dict[str, str]:
    """Join two texts and save them as a file."""
    text = f"{text1} {text2}"
    FILE.write_text(text)
    return {"filename": str(FILE), "sha256": hashlib.sha256(text.encode()).hexdigest()}


def save_result(file_rep: dict[str, str]) -> int:
    """Load the file and save its text to the database."""
    data = Path(file_rep["filename"]).read_bytes()
    assert hashlib.sha256(data).hexdigest() == file_rep["sha256"]
    document = {"inputs": {"file": file_rep}, "outputs": {"output1": data.decode()}}
    database = sqlite3.connect(DATABASE)
    with database:
        database.execute("CREATE TABLE IF NOT EXISTS results (id INTEGER PRIMARY KEY, data TEXT)")
        inserted = database.execute("INSERT INTO results (data) VALUES (?)", [json.dumps(document)])
    database.close()
    assert inserted.lastrowid is not None
    return inserted.lastrowid


def same_text(result: int, expected: str) -> bool:
    """Compare the text from the database with an expected one."""
    database = sqlite3.connect(DATABASE)
    (data,) = database.execute("SELECT data FROM results WHERE id = ?", [result]).fetchone()
    database.close()
    return bool(json.loads(data)["outputs"]["output1"] == expected)
