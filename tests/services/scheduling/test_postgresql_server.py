"""A Prefect server that keeps everything in PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import engine_flows as flows

from lume_services.services.scheduling.backends.process import ProcessBackend
from lume_services.services.scheduling.service import SchedulingService
from servers.postgresql import PASSWORD, PostgreSQL
from servers.prefect import SCHEDULING, PrefectServer, working


def test_a_run_by_a_worker(postgresql: PostgreSQL, postgresql_url: str, tmp_path: Path) -> None:
    server = PrefectServer(tmp_path / "server", LUME_PREFECT__DATABASE_URL=postgresql_url)
    server.start()
    try:
        service = SchedulingService(ProcessBackend(server.settings(tmp_path / "home")))
        record = service.register_flow(flows.sync_flow, "kept")
        with working(server, SCHEDULING, "--warm", "2"):
            run_id = service.run(record, {"x": 4})
            assert service.wait(run_id, timeout=300).state_name == "Completed"
        assert service.get_result(run_id) == 5
        service.close()
        database = postgresql_url.rpartition("/")[2]
        kept = postgresql.execute(
            f"SELECT state_name FROM flow_run WHERE id = '{run_id}'", database
        )
        assert kept == [("Completed",)]
        assert PASSWORD not in (server.home / "server.log").read_text()
    finally:
        server.stop()
