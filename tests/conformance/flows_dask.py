"""Flows whose tasks run on Dask, which the image of jobs does not have."""

from __future__ import annotations

from typing import Any

from cases import Case
from prefect import flow, task
from prefect_dask import DaskTaskRunner


@task
def add(x: float, y: float = 1) -> float:
    return x + y


def one_worker(processes: bool) -> Any:
    cluster = {"n_workers": 1, "threads_per_worker": 2, "dashboard_address": "127.0.0.1:0"}
    return DaskTaskRunner(cluster_kwargs={**cluster, "processes": processes})


@flow(task_runner=one_worker(processes=False))
def in_dask_threads(n: int) -> list[float]:
    return add.map(range(n)).result()


@flow(task_runner=one_worker(processes=True))
def in_dask_processes(n: int) -> list[float]:
    return add.map(range(n)).result()


CASES = [
    Case(in_dask_threads, {"n": 2}, [1, 2], tasks=["add Completed 1"] * 2),
    Case(in_dask_processes, {"n": 2}, [1, 2], tasks=["add Completed 1"] * 2),
]
