"""The same submission with Prefect alone: `run_deployment` on a worker of its own, as it comes.

``python plain_deployment.py deploy`` makes the deployment; ``run N`` prints the seconds of N runs.
"""

import sys
import time
from pathlib import Path

from prefect import Flow
from prefect.deployments import run_deployment

POOL = "plain"


def deploy() -> None:
    """Deploy a flow that does nothing to a work pool."""
    flow = Flow.from_source(str(Path(__file__).parent), "many_flows.py:nothing")
    flow.deploy("plain", work_pool_name=POOL, print_next_steps=False)


def run(repeats: int) -> None:
    """Print how long each run takes from its submission until its end is known."""
    for _ in range(repeats):
        begin = time.perf_counter()
        run = run_deployment("nothing/plain", parameters={"x": 1})
        took = time.perf_counter() - begin
        assert run.state is not None
        assert run.state.is_completed(), run.state
        print(took, flush=True)


if __name__ == "__main__":
    deploy() if sys.argv[1] == "deploy" else run(int(sys.argv[2]))
