"""Pytest plug-in: the fixture ``lume``, the local engine on a throw-away home.

Nothing heavy is imported before a test asks for the fixture.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from prefect import Flow

    from lume_services import flows
    from lume_services.config import Services
    from lume_services.services.files.service import FileService
    from lume_services.services.results.db import ResultsDB
    from lume_services.services.scheduling.run import RunInfo
    from lume_services.services.scheduling.service import SchedulingService
    from lume_services.testing.engine import TestEngine

    AnyFlow = Flow[..., Any] | flows.Flow | flows.FlowOfFlows


@dataclass(frozen=True)
class Lume:
    """What a test has: services of its own, empty at its start.

    Parameters
    ----------
    home
        The throw-away home, with the run history and the database results.
    directory
        The working directory of the test, where relative file names lead.
    services
        The services, which are also those of the process.
    """

    home: Path
    directory: Path
    services: Services

    @property
    def scheduling(self) -> SchedulingService:
        """Registers and runs flows, and tells of their runs."""
        return self.services.scheduling

    @property
    def results_db(self) -> ResultsDB:
        """The database results."""
        return self.services.results_db

    @property
    def files(self) -> FileService:
        """The filesystems."""
        return self.services.files

    def run(self, flow: AnyFlow, /, **parameters: Any) -> RunInfo:
        """Run a flow to its end; return the run, whatever state it ends in.

        Parameters
        ----------
        flow
            A Prefect flow, a `Flow` or a `FlowOfFlows`.
        parameters
            Values by name.
        """
        from prefect import Flow

        if isinstance(flow, Flow):
            run_id = self.scheduling.run(flow, parameters)
        else:
            run_id = flow.run(parameters)
        return self.scheduling.run_info(run_id)

    def run_and_return(self, flow: AnyFlow, /, **parameters: Any) -> Any:
        """Run a flow to its end and return what it produced.

        Raises
        ------
        FlowFailedError
            If the run ends in a state other than Completed.
        """
        from prefect import Flow

        if isinstance(flow, Flow):
            return self.scheduling.run_and_return(flow, parameters)
        return flow.run_and_return(parameters)


@pytest.fixture
def lume(_lume_engine: TestEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lume]:
    """Run the flows of this test on the local engine, in a home and directory of its own."""
    home, directory = (tmp_path_factory.mktemp(name) for name in ("lume-home", "lume-files"))
    with _lume_engine.at(home) as services, pytest.MonkeyPatch.context() as patch:
        patch.chdir(directory)
        yield Lume(home, directory, services)


@pytest.fixture(scope="session")
def _lume_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestEngine]:
    from lume_services.testing.engine import TestEngine

    engine = TestEngine(tmp_path_factory.mktemp("lume"))
    yield engine
    engine.close()
