"""The clock and the system's time zone: the only place that asks either."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from mesocare.errors import ZoneError

_LOCALTIME = Path("/etc/localtime")
# A zone spelt out, as POSIX has it: a name, an offset, and perhaps a summer time.
_SPELT = re.compile(r"(<[-+A-Za-z0-9]{3,}>|[A-Za-z]{3,})[-+]?\d{1,2}(:\d{2}){0,2}([A-Za-z<].*)?")
_HINT = "Set it to a name such as Europe/London, or unset it."


def now() -> datetime:
    """Return the current instant in UTC, whole seconds, rounded down."""
    return datetime.now(UTC).replace(microsecond=0)


def system_zone() -> tzinfo:
    """Return the system's time zone.

    `TZ` first, then the zone that `/etc/localtime` holds; elsewhere (Windows) the zone as the
    C library knows it.

    Raises:
        ZoneError: `TZ` names no zone. The C library would take it for UTC without a word.
    """
    from zoneinfo import ZoneInfo

    name = os.environ.get("TZ", "").removeprefix(":")
    if name:
        return _named(name)
    if _LOCALTIME.is_symlink():
        name = str(_LOCALTIME.readlink()).partition("zoneinfo/")[2]
    try:
        if name:
            return ZoneInfo(name)
        with _LOCALTIME.open("rb") as file:
            return ZoneInfo.from_file(file)
    except (OSError, ValueError, KeyError):  # a name that zoneinfo lacks is a KeyError
        from dateutil import tz

        return tz.tzlocal()


def _named(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo

    if not name.isprintable():
        message = f"TZ is {name!a}, which is not text in the encoding of this locale"
        raise ZoneError(message, _HINT)
    try:
        if name.startswith("/"):
            with Path(name).open("rb") as file:
                return ZoneInfo.from_file(file)
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:  # a name that zoneinfo lacks is a KeyError
        if not _SPELT.fullmatch(name):
            raise ZoneError(f"TZ is {name!r:.80}, which names no time zone", _HINT) from error
    from dateutil import tz

    return tz.tzlocal()
