"""When a registered flow is run by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from lume_services.errors import InputError


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

    def build(self) -> dict[str, Any]:
        """Return the schedule as Prefect writes it."""
        return {**self._rules(), "timezone": self.timezone}

    def _rules(self) -> dict[str, Any]:
        seconds = None if self.interval is None else self.interval.total_seconds()
        rules = {"cron": self.cron, "interval": seconds, "rrule": self.rrule}
        return {name: rule for name, rule in rules.items() if rule is not None}
