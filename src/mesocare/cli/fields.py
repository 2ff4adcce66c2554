"""The options of the record and the diary, and how what was typed becomes what is kept."""

from __future__ import annotations

import sys
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from mesocare.cli import clock
from mesocare.cli.completion import recorded, substances
from mesocare.cli.settings import Settings
from mesocare.errors import DateError, MesocareError, StoreError, ZoneError

if TYPE_CHECKING:
    from datetime import tzinfo

    from mesocare.core.timespan import Interval
    from mesocare.store.treatments import StoredTreatment

Id = Annotated[
    str,
    typer.Argument(help="The treatment's id, or how it begins.", autocompletion=recorded),
]
Area = Annotated[str | None, typer.Option(help="What was treated, in your words.")]
Clinic = Annotated[str | None, typer.Option(help="The clinic's name.")]
Phone = Annotated[str | None, typer.Option(help="The clinic's telephone number.")]
Note = Annotated[str | None, typer.Option(help="Anything to remember.")]
Injected = Annotated[
    list[str] | None,
    typer.Option(
        "--with",
        help="What was injected, as prp; may be repeated.",
        metavar="SUBSTANCE",
        autocompletion=substances,
    ),
]
Overrides = Annotated[
    str | None, typer.Option(help="What the clinic told you otherwise, as a YAML file.")
]
WithAbout = Annotated[
    bool, typer.Option("--with-about", help="Tell who was treated; otherwise it is left out.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask first.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]

AREAS = {"scalp": "scalp"}
# Whether a text names one time is told by reading it from here as well as from now.
_FAR_AHEAD = datetime(2999, 12, 1, tzinfo=UTC)


def confirm(question: str, flag: str = "--yes") -> None:
    """Ask on a terminal; anywhere else, `--yes` or the flag named has to be given.

    Raises:
        MesocareError: Nobody said yes; nothing was changed.
    """
    if sys.stdin is None or not sys.stdin.isatty():
        raise MesocareError("nobody is there to be asked", f"Give {flag} to go on without asking.")
    if not typer.confirm(question, err=True):
        raise MesocareError("nothing was changed", f"Answer y, or give {flag}, to go on.")


def ordinary_area(type_: str) -> str:
    """Return what is treated where nothing else is said."""
    return AREAS.get(type_, "face")


def local_zone(tz: str | None) -> tzinfo:
    """Return the time zone asked for, by flag, environment or file; else the system's."""
    from mesocare.parsing import dates

    name = Settings({}).get("tz") if tz is None else tz
    return clock.system_zone() if name is None else dates.parse_zone(name)


def zone_name(zone: tzinfo) -> str:
    """Return the zone's IANA name; a zone that has none cannot be kept.

    Raises:
        StoreError: The system's zone has no name.
    """
    from mesocare.parsing import dates

    try:
        name = str(getattr(zone, "key", None) or "")
        dates.parse_zone(name)
    except ZoneError as error:
        hint = "Give its name, for example: --tz Europe/London"
        raise StoreError("the system's time zone has no IANA name", hint) from error
    return name


def stored_time(typed: str, zone: tzinfo, now: datetime) -> dict[str, str]:
    """Return what is kept of when a treatment was, as typed and as understood.

    Raises:
        MesocareError: The text names no time, or the zone cannot be kept.
    """
    from mesocare.cli.request import date_orders
    from mesocare.parsing import dates
    from mesocare.store import treatments

    orders = date_orders()
    when = dates.parse_treated(typed, at=now, zone=zone, orders=orders)
    earliest, latest = treatments.instants(when)
    said = " ".join(typed.split())
    if orders is not None and not _same_without(typed, when, now, zone):
        # It has to be read again one day, by a program that was told of no order.
        from mesocare.core.model import Treatment
        from mesocare.render.phrasing import typed_words

        said = typed_words(Treatment("", when))
    return {"typed": said, "earliest": earliest, "latest": latest, "zone": zone_name(zone)}


def _same_without(typed: str, when: Interval, now: datetime, zone: tzinfo) -> bool:
    """Whether a text means the same where no order of its numbers is settled."""
    from mesocare.parsing import dates

    try:
        return dates.parse_treated(typed, at=now, zone=zone) == when
    except DateError:
        return False


def stored_anew(
    row: StoredTreatment, when: str | None, tz: str | None, now: datetime
) -> dict[str, str]:
    """Return the time of a treatment as typed anew, in its own zone if none is named.

    Where only the zone is, what was typed before is read in it.

    Raises:
        MesocareError: It cannot be read, or not in another zone.
    """
    if when is None:
        _check_names_one_time(row, now)
    zone = local_zone(row.zone if tz is None else tz)
    return stored_time(row.typed if when is None else when, zone, now)


def _check_names_one_time(row: StoredTreatment, now: datetime) -> None:
    """Let nothing be read anew that counts from when it was typed, such as `yesterday`.

    Raises:
        DateError: The time was typed so.
    """
    from mesocare.parsing import dates

    starts: list[datetime] = []
    with suppress(DateError):  # typed in words that this version does not read
        starts = [
            dates.parse_treated(row.typed, at=at, zone=UTC).earliest for at in (now, _FAR_AHEAD)
        ]
    if not starts or starts[0] != starts[1]:
        message = f"the time was typed as {row.typed!r}, which cannot be read in another time zone"
        raise DateError(message, "Give the time too, for example: --when 2024-05-01T14:30")


def kept_text(name: str, value: str | None) -> str | None:
    """Return a text as it is kept: one line, printable, of bearable length.

    Raises:
        MesocareError: It cannot be kept; the message names the option.
    """
    from mesocare.store.treatments import LONGEST_TEXT, kept_line

    line = kept_line(value or "")
    if line is None:
        hint = f"At most {LONGEST_TEXT} characters, and no control characters."
        raise MesocareError(f"--{name} is too long or not readable", hint)
    return line or None
