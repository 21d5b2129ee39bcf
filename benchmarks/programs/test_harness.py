"""Tests of a flow on the test harness of Prefect, as its documentation shows."""

import os

import pytest
from prefect.testing.utilities import prefect_test_harness
from small_flow import mean


@pytest.fixture(autouse=True, scope="session")
def harness():
    with prefect_test_harness(server_startup_timeout=120):
        yield


@pytest.mark.parametrize("x", range(int(os.environ["BENCH_TESTS"])))
def test_mean(x):
    assert mean(x, x) == x
