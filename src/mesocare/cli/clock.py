"""The clock and the system's time zone: the only place that asks either."""

from __future__ import annotations

import os
from datetime import UTC, datetime, tzinfo
from pathlib import Path

_LOCALTIME = Path("/etc/localtime")


def now() -> datetime:
    """Return the current instant in UTC, whole seconds, rounded down."""
    return datetime.now(UTC).replace(microsecond=0)


def system_zone() -> tzinfo:
    """Return the system's time zone.

    `TZ` first, then the zone that `/etc/localtime` holds; elsewhere (Windows) the zone as the
    C library knows it.
    """
    from zoneinfo import ZoneInfo

    name = os.environ.get("TZ", "").removeprefix(":")
    if not name and _LOCALTIME.is_symlink():
        name = str(_LOCALTIME.readlink()).partition("zoneinfo/")[2]
    try:
        if name:
            return ZoneInfo(name)
        with _LOCALTIME.open("rb") as file:
            return ZoneInfo.from_file(file)
    except (OSError, ValueError, KeyError):  # a name that zoneinfo lacks is a KeyError
        from dateutil import tz

        return tz.tzlocal()
