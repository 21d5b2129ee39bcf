"""Which flow of a plan may start, decided without knowing how flows are run."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping


class Progress:
    """The state of a plan that is being run.

    A flow is ready when all its parents are complete. A flow that fails stops its
    descendants and nobody else.

    Parameters
    ----------
    parents
        The parents of each flow, parents before children.
    """

    def __init__(self, parents: Mapping[str, Collection[str]]) -> None:
        self._missing = {name: set(needed) for name, needed in parents.items()}
        self._children: dict[str, list[str]] = {name: [] for name in parents}
        for name, needed in self._missing.items():
            for parent in needed:
                self._children[parent].append(name)
        self._ready = deque(name for name, needed in self._missing.items() if not needed)
        self.not_run: dict[str, str] = {}
        """The flows that were stopped, each with the failed flow that stopped it first."""

    def take(self, limit: int) -> list[str]:
        """Hand over up to ``limit`` ready flows, in the order in which they became ready."""
        return [self._ready.popleft() for _ in range(min(limit, len(self._ready)))]

    def complete(self, name: str) -> None:
        """Note that a flow ended well."""
        for child in self._children[name]:
            self._missing[child].discard(name)
            if not self._missing[child] and child not in self.not_run:
                self._ready.append(child)

    def fail(self, name: str) -> None:
        """Note that a flow failed; its descendants will not be ready."""
        stopped = list(self._children[name])
        for child in stopped:
            if child not in self.not_run:
                self.not_run[child] = name
                stopped.extend(self._children[child])
