"""What the box of a flow shows, and how high each line of it is."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from lume_services.pictures import words
from lume_services.pictures.model import FlowShape, Free

NARROWEST, WIDEST = 170.0, 290.0
TASK = 23.0
_HEAD = 30.0
_ROW = 20.0
_SHOWN = 7
RETURNED = "returned value"


class Card(NamedTuple):
    """What is shown of a flow.

    Parameters
    ----------
    shape
        The flow.
    second
        A second line in its head: the project, where it is not everybody's.
    free
        The parameters that no mapping gives, and how many more there are.
    tasks
        The tasks, and how many more there are; those whose results are mapped are
        always among them.
    """

    shape: FlowShape
    second: str
    free: tuple[Free, ...]
    more_free: int
    tasks: tuple[str, ...]
    more_tasks: int

    @property
    def height(self) -> float:
        """Height of the box."""
        tasks = TASK * len(self.tasks) + _ROW * bool(self.more_tasks)
        return self.tasks_top + tasks + (6 if tasks else 0)

    @property
    def head(self) -> float:
        """Height of the part with the name."""
        return _HEAD + (14 if self.second else 0)

    @property
    def wish(self) -> float:
        """Width that shows everything in full."""
        shape = self.shape
        return max(
            words.width(shape.name, 13, bold=True) + 118,
            *(words.width(f"{m.parameter}  {m.index}", 11.5) + 74 for m in shape.mappings),
            *(words.width(f"{f.name}  {f.default or 'required'}", 11.5) + 34 for f in self.free),
            *(words.width(task, 11.5) + 60 for task in self.tasks),
            0,
        )

    def input_height(self, number: int) -> float:
        """How far below the top the arrow of a mapping arrives."""
        return self.head + 5 + _ROW * (number + 0.5)

    def output_height(self, task: str | None) -> float:
        """How far below the top the arrows of a task leave."""
        return self.tasks_top + TASK * (self.tasks.index(task or RETURNED) + 0.5)

    @property
    def tasks_top(self) -> float:
        """How far below the top the tasks begin."""
        rows = len(self.shape.mappings) + len(self.free) + bool(self.more_free)
        return self.head + _ROW * rows + (10 if rows else 4)


def card(shape: FlowShape, project_name: str, given: Collection[str | None]) -> Card:
    """Choose what is shown of a flow.

    Parameters
    ----------
    shape
        The flow.
    project_name
        The project of the whole.
    given
        The tasks whose results other flows take, None for what the flow returns.
    """
    tasks = [*shape.tasks, RETURNED] if None in given else list(shape.tasks)
    needed = {task or RETURNED for task in given}
    spare = max(_SHOWN - len(needed), 0)
    others = [task for task in tasks if task not in needed][:spare]
    shown = tuple(task for task in tasks if task in needed or task in others)
    # "1 more" would take the place of the one.
    free = shape.free if len(shape.free) <= _SHOWN + 1 else shape.free[:_SHOWN]
    return Card(
        shape=shape,
        second="" if shape.project_name == project_name else f"project {shape.project_name}",
        free=free,
        more_free=len(shape.free) - len(free),
        tasks=shown,
        more_tasks=len(tasks) - len(shown),
    )
