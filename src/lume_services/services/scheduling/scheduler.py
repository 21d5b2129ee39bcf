"""The schedules of registered flows."""

from __future__ import annotations

import heapq
from datetime import datetime

from lume_services.errors import InputError
from lume_services.services.scheduling.backends.backend import Backend
from lume_services.services.scheduling.registry import DEFAULT_PROJECT
from lume_services.services.scheduling.schedule import FlowSchedule


class Scheduler:
    """Shows, pauses and resumes schedules; needs a server backend.

    Parameters
    ----------
    backend
        Where flows are registered.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def schedules(self, project_name: str | None = None, count: int = 1) -> list[FlowSchedule]:
        """Return the schedules of the flows of a project or of all, by project and flow.

        Parameters
        ----------
        project_name
            Only flows of this project.
        count
            How many of the next times are wanted of each.

        Raises
        ------
        NeedsServerError
            On the local backend.
        """
        if count < 0:
            raise InputError(f"{count} next times are wanted; give 0 or more.")
        return self._backend.schedules.read(project_name, count)

    def next_runs(
        self, count: int = 10, project_name: str | None = None
    ) -> list[tuple[datetime, FlowSchedule]]:
        """Return the next times at which schedules start runs, each with its schedule.

        Parameters
        ----------
        count
            How many at most.
        project_name
            Only flows of this project.

        Raises
        ------
        NeedsServerError
            On the local backend.
        """
        found = self.schedules(project_name, count)
        times = ((time, each) for each in found for time in each.next_runs)
        return heapq.nsmallest(count, times, key=lambda pair: pair[0])

    def pause_schedule(self, flow_name: str, project_name: str = DEFAULT_PROJECT) -> None:
        """Let a flow's schedule start no more runs; those that it has made and wait are removed.

        Raises
        ------
        InputError
            If the flow has no schedule.
        NeedsServerError
            On the local backend.
        """
        self._backend.schedules.set_active(flow_name, project_name, False)

    def resume_schedule(self, flow_name: str, project_name: str = DEFAULT_PROJECT) -> None:
        """Let a flow's schedule start runs again; what it missed is not made up for.

        Raises
        ------
        InputError
            If the flow has no schedule.
        NeedsServerError
            On the local backend.
        """
        self._backend.schedules.set_active(flow_name, project_name, True)
