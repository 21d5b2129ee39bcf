#!/opt/lume/bin/python
"""Does what the official image does with the options that the stack gives it."""

import os
import subprocess
import sys
import time
from pathlib import Path

from pymongo import MongoClient
from pymongo.errors import PyMongoError

PORT = sys.argv[sys.argv.index("--port") + 1]
SERVER = [sys.executable, "-m", "secantus", "--host=127.0.0.1", f"--port={PORT}", "--standalone"]
SERVER += ["--storage-path=/data/db/store"]
READY = Path("/data/db/ready")


def add_root() -> None:
    with MongoClient("127.0.0.1", int(PORT), serverSelectionTimeoutMS=1000) as client:
        client.admin.command(
            "createUser",
            os.environ["MONGO_INITDB_ROOT_USERNAME"],
            pwd=os.environ["MONGO_INITDB_ROOT_PASSWORD"],
            roles=[{"role": "root", "db": "admin"}],
        )


if not READY.exists():
    first = subprocess.Popen(SERVER)
    for _ in range(60):
        try:
            add_root()
            break
        except PyMongoError:
            time.sleep(0.5)
    first.terminate()
    first.wait(20)
    READY.touch()
os.execv(SERVER[0], [*SERVER, "--auth"])
