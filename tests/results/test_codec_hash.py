"""The content hash is the same in every process and on every platform."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import numpy as np
import pytest

from lume_services.results.codec import content_hash, encode, encode_apart

# These must never change: results are found by them.
GOLDEN = {
    "plain": (
        {"b": [1, 2.5, -0.0, None, True], "a": "é\n", "c": {"z": 1e-300, "y": 2**62}},
        "3b9c454111784662d6402266868fa03d39611409e9ace4396b9b37b70722e682",
    ),
    "tags": (
        {
            "set": {"a", "b", 3, None},
            "tuple": (1, float("nan"), float("inf")),
            "big": 2**70,
            "bytes": b"\0\xff",
            "decimal": Decimal("1.10"),
            "time": datetime(2024, 1, 2, 3, tzinfo=timezone(timedelta(hours=1))),
            "tag": {"@lume": "x"},
        },
        "978f4e5b011e20ce78da13de2b01c5ebc9a8d196334935c1be99f646df687c5d",
    ),
    "arrays": (
        {
            "f8": np.linspace(0, 1, 5).reshape(5, 1),
            "f2": np.float16(0.1),
            "nan": np.array([np.nan, -np.inf], ">c16"),
            "M8": np.array(["2024-01-01", "NaT"], "M8[ns]"),
            "U": np.array(["é", ""]),
            "g": np.longdouble(0.1),
        },
        "7e160e1289bee3018beff8217a3e05e7bb41eec48974d487fe598dbee5c9e788",
    ),
}


# Before, arrays entered as text. Documents of then are still known by these hashes.
GOLDEN_OF_VERSION_1 = {
    **{name: GOLDEN[name][1] for name in ("plain", "tags")},
    "arrays": "1c023aa12fd024b92767a134d0d9aa53456861f4f6bd00f5ced5c79ad122ece5",
}


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_hashes(name: str) -> None:
    value, expected = GOLDEN[name]
    for encoded in (encode(value), encode_apart(value)):
        assert content_hash(encoded) == expected
        assert content_hash(encoded, version=1) == GOLDEN_OF_VERSION_1[name]


@pytest.mark.parametrize("seed", ["0", "1", "4294967295"])
def test_hash_does_not_depend_on_the_process(seed: str) -> None:
    code = (
        "from lume_services.results.codec import content_hash, encode\n"
        "print(content_hash(encode({'s': {'a', 'b', 'c', 'd'}, 'f': frozenset('xyz'), 'k': 1})))"
    )
    output = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    value = {"k": 1, "f": frozenset("zyx"), "s": {"d", "c", "b", "a"}}
    assert output.strip() == content_hash(encode(value))


def test_neither_numpy_nor_pandas_is_loaded_for_plain_values() -> None:
    code = (
        "import sys\n"
        "from lume_services.results.codec import decode, encode\n"
        "assert decode(encode({'a': [1, b'x', 2**70]})) == {'a': [1, b'x', 2**70]}\n"
        "heavy = ('numpy', 'pandas', 'prefect', 'sqlalchemy')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
