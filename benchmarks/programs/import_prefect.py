"""Prefect's import, which every Prefect program pays."""

from prefect import flow

print(bool(flow))
