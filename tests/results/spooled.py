"""Results that cannot be saved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lume_services import LUMEServicesSettings, Result, config
from lume_services.errors import FileServiceError, StoreUnavailableError

BEAM = np.arange(60_000.0)


def result(number: int = 0, **outputs: Any) -> Result:
    return Result(
        project_name="lab",
        flow_id=str(number),
        inputs={"n": number},
        outputs={"beam": BEAM + number, **outputs},
    )


def refused(made: Result, match: str = "is kept in") -> Path:
    """Save in vain; return the file that the message names."""
    with pytest.raises((StoreUnavailableError, FileServiceError), match=match) as refusal:
        made.insert()
    return Path(str(refusal.value).partition("is kept in '")[2].partition("'")[0])


def loaded(number: int = 0) -> Any:
    return Result.load_from_query({"inputs.n": number}).outputs["beam"]


@contextmanager
def using(url: str, seconds: float = 0.0, **settings: Any) -> Iterator[config.Services]:
    """Use a results database in all threads."""
    section = {"url": url, "retry_seconds": seconds, **settings.pop("results_db", {})}
    services = config.build(LUMEServicesSettings(results_db=section, **settings))
    with config.use_everywhere(services):
        yield services
    services.close()
