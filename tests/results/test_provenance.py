"""What a flow run has loaded, and what it gives to its results."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import prefect
import pytest

import lume_services
from lume_services.results import Result, provenance


def rep(number: int) -> dict[str, str]:
    return {"result_type": "Result", "project_name": "p", "unique_hash": str(number)}
