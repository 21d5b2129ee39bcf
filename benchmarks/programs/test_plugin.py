"""Tests of a flow by the fixture of our pytest plug-in."""

import os

import pytest
from small_flow import mean


@pytest.mark.parametrize("x", range(int(os.environ["BENCH_TESTS"])))
def test_mean(lume, x):
    assert mean(x, x) == x
