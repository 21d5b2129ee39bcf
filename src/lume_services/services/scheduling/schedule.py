"""When a registered flow is run by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from lume_services.errors import InputError
from lume_services.services.scheduling.registry import FlowRecord

# What it puts before a recurrence rule that does not say when it begins.
_OF_PREFECT = "DTSTART:20200101T000000\n"


@dataclass(frozen=True)
class Schedule:
    """Times at which a flow runs, by exactly one of three rules.

    Parameters
    ----------
    cron
        Five fields of cron, for example ``"0 7 * * 1-5"``.
    interval
        Time from one start to the next.
    rrule
        Recurrence rule of iCalendar (RFC 5545), for example ``"FREQ=DAILY;BYHOUR=7"``.
    timezone
        Name of the time zone of the rule; summer time is followed.

    Raises
    ------
    InputError
        If there is not exactly one rule, or the time zone does not exist.
    """

    cron: str | None = None
    interval: timedelta | None = None
    rrule: str | None = None
    timezone: str = "UTC"

    def __post_init__(self) -> None:
        if len(self._rules()) != 1:
            raise InputError(
                f"a schedule is given {len(self._rules())} rules; give exactly one of cron, "
                "interval and rrule."
            )
        if self.interval is not None and self.interval <= timedelta():
            raise InputError(f"a schedule's interval is {self.interval}; give one above zero.")
        try:
            ZoneInfo(self.timezone)
        except (ValueError, OSError, KeyError):
            raise InputError(
                f"{self.timezone!r} is no time zone; give a name such as 'Europe/Zurich'."
            ) from None

    @classmethod
    def of(cls, rule: Mapping[str, Any]) -> Schedule:
        """Return the schedule that Prefect has written."""
        seconds, recurrence = rule.get("interval"), rule.get("rrule")
        return cls(
            cron=rule.get("cron"),
            interval=None if seconds is None else timedelta(seconds=seconds),
            rrule=None if recurrence is None else recurrence.removeprefix(_OF_PREFECT),
            timezone=rule.get("timezone") or "UTC",
        )

    @property
    def rule(self) -> str:
        """The rule in words."""
        return self.cron or self.rrule or f"every {self.interval}"

    def build(self) -> dict[str, Any]:
        """Return the schedule as Prefect writes it.

        Raises
        ------
        InputError
            If Prefect cannot read the rule.
        """
        from prefect.client.schemas.schedules import RRuleSchedule, construct_schedule

        rules = self._rules()
        try:
            made = construct_schedule(**rules, timezone=self.timezone)
            if isinstance(made, RRuleSchedule):
                made.to_rrule()
        except ValueError as error:
            # What follows the first line is for programmers.
            why = str(error).rpartition("Value error, ")[2].partition(" [type=")[0]
            raise InputError(
                f"the rule {self.rule!r} of a schedule cannot be used ({why}); write cron like "
                "'0 7 * * 1-5', and rrule like 'FREQ=DAILY;BYHOUR=7'."
            ) from None
        return {**rules, "timezone": self.timezone}

    def _rules(self) -> dict[str, Any]:
        seconds = None if self.interval is None else self.interval.total_seconds()
        rules = {"cron": self.cron, "interval": seconds, "rrule": self.rrule}
        return {name: rule for name, rule in rules.items() if rule is not None}


def require_values(record: FlowRecord, given: Mapping[str, Any]) -> None:
    """Refuse to schedule a flow that cannot run by itself.

    Parameters
    ----------
    record
        The flow.
    given
        The values that its runs have.

    Raises
    ------
    InputError
        If there are parameters with neither a value nor a default.
    """
    if missing := ", ".join(map(repr, _missing(record.parameters, given))):
        raise InputError(
            f"flow {record.name!r} needs {missing}, and a run that a schedule starts has defaults "
            "only; give every parameter one, or schedule a flow that calls this one."
        )


def _missing(schema: Mapping[str, Any], given: Mapping[str, Any]) -> Iterator[str]:
    for name in schema.get("required", ()):
        if name not in given:
            yield name
        elif isinstance(given[name], dict):
            yield from _missing(schema["properties"][name], given[name])


@dataclass(frozen=True)
class FlowSchedule:
    """A schedule of a registered flow.

    Parameters
    ----------
    flow_name, project_name
        The flow.
    schedule
        When it runs by itself.
    active
        Whether it does, or is paused.
    next_runs
        The next times, with the schedule's time zone; none where it is paused.
    """

    flow_name: str
    project_name: str
    schedule: Schedule
    active: bool
    next_runs: tuple[datetime, ...] = ()
