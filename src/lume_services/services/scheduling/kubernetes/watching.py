"""What happens to the Jobs of a namespace and their pods, as the cluster tells it."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from lume_services.errors import LumeServicesError
from lume_services.services.scheduling.kubernetes.cluster import JOBS, PODS, Cluster, Kind
from lume_services.services.scheduling.kubernetes.endings import Seen

logger = logging.getLogger(__name__)

JSON = dict[str, Any]

_PAUSE_SECONDS = 2.0
JOB_OF_POD = "job-name"
"""Label of a pod: the name of its Job."""


class Watching:
    """Keeps what is known of the Jobs that a selector finds, and tells of changes.

    Two threads watch, from the version of a list on, and list again where that breaks off.

    Parameters
    ----------
    cluster, namespace, selector
        Whose Jobs and pods.
    """

    def __init__(self, cluster: Cluster, namespace: str, selector: str) -> None:
        self._cluster = cluster
        self._where = (namespace, selector)
        self._changed = threading.Condition()
        self._things: dict[Kind, dict[str, JSON]] = {}
        self._gone: dict[str, JSON] = {}
        self._awaited: set[str] = set()
        for kind in (JOBS, PODS):
            threading.Thread(target=self._follow, args=(kind,), daemon=True).start()

    def seen(self, name: str) -> Seen | None:
        """Return what is known of a Job; None as long as nothing is known of any."""
        with self._changed:
            if len(self._things) < 2:
                return None
            there = [pod for pod in self._things[PODS].values() if _job_of(pod) == name]
            gone = [pod for pod in self._gone.values() if _job_of(pod) == name]
            pods = sorted([*there, *gone], key=lambda pod: pod["metadata"]["creationTimestamp"])
            names = frozenset(pod["metadata"]["name"] for pod in gone)
            return Seen(name, self._things[JOBS].get(name), tuple(pods), names)

    def expect(self, name: str) -> None:
        """Remember the pods of a Job that are gone, from now on."""
        with self._changed:
            self._awaited.add(name)

    def wait(self, seconds: float) -> None:
        """Wait for the next change, some seconds at most."""
        with self._changed:
            self._changed.wait(seconds)

    def forget(self, name: str) -> None:
        """Forget the pods of a Job that are gone."""
        with self._changed:
            self._awaited.discard(name)
            self._gone = {key: pod for key, pod in self._gone.items() if _job_of(pod) != name}

    def _follow(self, kind: Kind) -> None:
        version: str | None = None
        while True:
            try:
                if version is None:
                    version = self._list(kind)
                for event in self._cluster.watch(kind, *self._where, version):
                    version = event["object"]["metadata"]["resourceVersion"]
                    self._take(kind, event)
            except LumeServicesError as error:
                # A list once in a while does as well, as long as nobody tells of changes.
                version = None
                logger.warning("%s", error)
                time.sleep(_PAUSE_SECONDS)

    def _list(self, kind: Kind) -> str:
        items, version = self._cluster.listed(kind, *self._where)
        there = {item["metadata"]["name"]: item for item in items}
        with self._changed:
            before = self._things.get(kind, {})
            self._things[kind] = there
            for name in before.keys() - there.keys():
                self._remember(kind, before[name])
            self._changed.notify_all()
        return version

    def _take(self, kind: Kind, event: JSON) -> None:
        thing = event["object"]
        if event["type"] == "BOOKMARK":
            return
        name = thing["metadata"]["name"]
        with self._changed:
            if event["type"] == "DELETED":
                self._things[kind].pop(name, None)
                self._remember(kind, thing)
            else:
                self._things[kind][name] = thing
            self._changed.notify_all()

    def _remember(self, kind: Kind, thing: JSON) -> None:
        if kind == PODS and _job_of(thing) in self._awaited:
            self._gone[thing["metadata"]["name"]] = thing


def _job_of(pod: JSON) -> str:
    """Return the name of the Job that a pod belongs to."""
    return str(pod["metadata"].get("labels", {}).get(JOB_OF_POD))
