"""Waits for the end of one Job."""

from __future__ import annotations

import logging
import time

from lume_services.errors import SchedulingError
from lume_services.services.scheduling.kubernetes import endings
from lume_services.services.scheduling.kubernetes.cluster import Cluster
from lume_services.services.scheduling.kubernetes.endings import Seen
from lume_services.services.scheduling.kubernetes.rendering import START_TIMEOUT_ANNOTATION
from lume_services.services.scheduling.kubernetes.templates import CONTAINER
from lume_services.services.scheduling.kubernetes.watching import Watching
from lume_services.services.scheduling.prefect_server.jobs.job import Ending

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0
# A pod is deleted before its Job says why.
_SETTLE_SECONDS = 1.0
# The pods of a node that is lost are never seen to end.
_LAST_PODS_SECONDS = 90.0
# By then the cluster has tried three times.
_PULL_SECONDS = 60
_LOG_LINES = 10


class Wait:
    """Waits for the end of a Job.

    Parameters
    ----------
    cluster, watching
        The cluster, and who watches its Jobs.
    namespace, name
        The Job.
    """

    def __init__(self, cluster: Cluster, watching: Watching, namespace: str, name: str) -> None:
        self._cluster = cluster
        self._watching = watching
        self._namespace = namespace
        self._name = name
        self._since: dict[str, float] = {}

    def end(self) -> Ending:
        """Return how the Job ended, when it has."""
        self._watching.expect(self._name)
        try:
            while (found := self._ending()) is None:
                self._watching.wait(_LOOK_SECONDS)
            if found.exit_code == endings.NO_EXIT_CODE:
                time.sleep(_SETTLE_SECONDS)
                found = self._ending() or found
            return self._with_log(found)
        finally:
            self._watching.forget(self._name)

    def _ending(self) -> Ending | None:
        seen = self._watching.seen(self._name)
        if seen is None:
            return None
        if seen.job is None:
            return self._without_job(seen)
        return endings.ending(seen) or self._not_begun(seen)

    def _without_job(self, seen: Seen) -> Ending | None:
        """Return the ending of a Job that is not seen, if it is not there."""
        try:
            # One that was made just now has not been told of yet.
            if self._cluster.job(self._namespace, self._name) is not None:
                return None
        except SchedulingError as error:
            logger.warning("%s", error)
            return None
        if self._for_seconds("without job") > _LAST_PODS_SECONDS:
            seen = Seen(self._name, None)
        return endings.ending(seen)

    def _not_begun(self, seen: Seen) -> Ending | None:
        """Return the ending of a Job whose pod has waited for too long."""
        obstacle = endings.obstacle(seen)
        if obstacle is None or seen.job is None:
            self._since.clear()
            return None
        limit, what = (
            int(seen.job["metadata"]["annotations"][START_TIMEOUT_ANNOTATION]),
            "not begun",
        )
        if endings.is_not_pulled(seen):
            limit, what = min(limit, _PULL_SECONDS), "not pulled"
        if self._for_seconds(what) < limit:
            return None
        reason = f"its pod did not start within {limit} s: {self._obstacle(seen) or obstacle}"
        return Ending(endings.NO_EXIT_CODE, reason)

    def _obstacle(self, seen: Seen) -> str | None:
        """Return why a pod does not start, with what the cluster's events say."""
        name = seen.pods[-1]["metadata"]["name"] if seen.pods else self._name
        try:
            return endings.obstacle(seen, self._cluster.events(self._namespace, name))
        except SchedulingError as error:
            logger.warning("%s", error)
            return None

    def _for_seconds(self, what: str) -> float:
        now = time.monotonic()
        return now - self._since.setdefault(what, now)

    def _with_log(self, ending: Ending) -> Ending:
        """Add the flow's last lines to the reason, where the cluster still has them."""
        seen = self._watching.seen(self._name)
        if ending.exit_code <= 0 or seen is None or not seen.pods:
            return ending
        pod = seen.pods[-1]["metadata"]["name"]
        try:
            lines = self._cluster.log(self._namespace, pod, CONTAINER, _LOG_LINES).strip()
        except SchedulingError:
            return ending
        return Ending(ending.exit_code, f"{ending.reason}\n{lines}" if lines else ending.reason)
