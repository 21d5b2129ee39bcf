"""Flows whose results are made from one another: by value, by database result and by file."""

from __future__ import annotations

from typing import Any

import numpy as np
from prefect import flow

from lume_services import Result
from lume_services.files import NumpyFile
from lume_services.tasks import LoadFile, SaveDBResult, SaveFile, load_db_result

save_orbit = SaveFile(name="save_orbit")
load_orbit = LoadFile(name="load_orbit")
save_result = SaveDBResult(name="save_result")


@flow
def optics(q: float = 0.25) -> float:
    save_result(Result(inputs={"q": q}, outputs={"beta": 10.0}))
    return q


@flow
def track(q: float, turns: int = 16) -> None:
    orbit = np.cos(2 * np.pi * q * np.arange(turns))
    file = save_orbit(orbit, "orbit.npy", "local", NumpyFile)
    save_result(Result(inputs={"q": q, "turns": turns}, outputs={"orbit": file}))


@flow
def tunes(orbit: dict[str, Any]) -> None:
    spectrum = np.abs(np.fft.rfft(load_orbit(orbit)))
    q = float(np.argmax(spectrum[1:]) + 1) / (2 * len(spectrum) - 2)
    save_result(Result(inputs={"orbit": orbit}, outputs={"q": q}))


@flow
def compare(measured: float, expected: float, tolerance: float = 0.01) -> None:
    outcome = abs(measured - expected) <= tolerance
    save_result(Result(inputs={"measured": measured}, outputs={"good": outcome}))


@flow
def again(reference: dict[str, Any]) -> None:
    measured = load_db_result(reference, ["outputs", "q"])
    save_result(Result(inputs={}, outputs={"twice": 2 * measured}))
