"""Dates and times of the standard library, with their zones.

The key ``value`` is sortable text; what restores the value exactly stands beside it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lume_services.results.codec.leaves import searched
from lume_services.results.codec.walk import Decoder, Encoder, Walk


def sortable(moment: datetime) -> str | None:
    """Return a moment as text whose order is that of time; None if UTC has no year for it."""
    naive = moment.replace(tzinfo=None, fold=0)
    if moment.tzinfo is None:
        return naive.isoformat(timespec="microseconds")
    try:
        naive = moment.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        return None
    return naive.isoformat(timespec="microseconds") + "Z"


def encode_zone(zone: tzinfo | None, walk: Walk) -> dict[str, Any]:
    """Return the entries of a tag that name a time zone."""
    if zone is None:
        return {}
    if isinstance(zone, timezone):
        return {"offset": _encode_timedelta(zone.utcoffset(None), walk)}
    if isinstance(zone, ZoneInfo) and zone.key is not None:
        return {"zone": zone.key}
    raise walk.refused(
        f"has a time zone of type {type(zone).__module__}.{type(zone).__qualname__}",
        "use datetime.timezone or zoneinfo.ZoneInfo with a key",
    )


def decode_zone(tag: dict[str, Any], walk: Walk) -> tzinfo | None:
    """Return the time zone that a tag names."""
    if "zone" in tag:
        try:
            return ZoneInfo(tag["zone"])
        except ZoneInfoNotFoundError as error:
            raise walk.malformed(f"{error}; install the package tzdata") from error
    if "offset" in tag:
        return timezone(_decode_timedelta(tag["offset"], walk))
    return None


def _encode_datetime(value: datetime, walk: Walk) -> Any:
    local = value.replace(tzinfo=None, fold=0).isoformat()
    tag = {"@lume": "datetime", "local": local, **encode_zone(value.tzinfo, walk)}
    return searched(_with_fold(tag, value.fold), sortable(value))


def _decode_datetime(tag: dict[str, Any], walk: Walk) -> datetime:
    local = datetime.fromisoformat(tag["local"])
    return local.replace(tzinfo=decode_zone(tag, walk), fold=tag.get("fold", 0))


def _encode_time(value: time, walk: Walk) -> Any:
    tag = {"@lume": "time", **encode_zone(value.tzinfo, walk)}
    text = value.replace(tzinfo=None, fold=0).isoformat(timespec="microseconds")
    return searched(_with_fold(tag, value.fold), text)


def _decode_time(tag: dict[str, Any], walk: Walk) -> time:
    local = time.fromisoformat(tag["value"])
    return local.replace(tzinfo=decode_zone(tag, walk), fold=tag.get("fold", 0))


def _with_fold(tag: dict[str, Any], fold: int) -> dict[str, Any]:
    return {**tag, "fold": 1} if fold else tag


def _encode_timedelta(value: timedelta, walk: Walk) -> Any:
    exact = [value.days, value.seconds, value.microseconds]
    return {"@lume": "timedelta", "exact": exact, "value": value.total_seconds()}


def _decode_timedelta(tag: dict[str, Any], walk: Walk) -> timedelta:
    days, seconds, microseconds = tag["exact"]
    return timedelta(days, seconds, microseconds)


_ENCODERS: dict[type, Encoder] = {
    datetime: _encode_datetime,
    date: lambda value, walk: {"@lume": "date", "value": value.isoformat()},
    time: _encode_time,
    timedelta: _encode_timedelta,
}
DECODERS: dict[str, Decoder] = {
    "datetime": _decode_datetime,
    "date": lambda tag, walk: date.fromisoformat(tag["value"]),
    "time": _decode_time,
    "timedelta": _decode_timedelta,
}


def encode(value: Any, walk: Walk) -> Any:
    """Encode a value of these kinds; None for any other."""
    encoder = _ENCODERS.get(type(value))
    return encoder(value, walk) if encoder else None
