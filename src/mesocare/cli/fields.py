"""The options of the record and the diary, and how what was typed becomes what is kept."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from mesocare.cli import clock
from mesocare.cli.settings import Settings
from mesocare.errors import MesocareError, StoreError, ZoneError

if TYPE_CHECKING:
    from datetime import tzinfo

Id = Annotated[str, typer.Argument(help="The treatment's id, or how it begins.")]
Area = Annotated[str | None, typer.Option(help="What was treated, in your words.")]
Clinic = Annotated[str | None, typer.Option(help="The clinic's name.")]
Phone = Annotated[str | None, typer.Option(help="The clinic's telephone number.")]
Note = Annotated[str | None, typer.Option(help="Anything to remember.")]
Overrides = Annotated[
    str | None, typer.Option(help="What the clinic told you otherwise, as a YAML file.")
]
Tz = Annotated[str | None, typer.Option(help="IANA time zone; the system's if left out.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask first.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]

AREAS = {"scalp": "scalp"}


def confirm(question: str) -> None:
    """Ask on a terminal; anywhere else, `--yes` has to be given.

    Raises:
        MesocareError: Nobody said yes; nothing was changed.
    """
    if sys.stdin is None or not sys.stdin.isatty():
        raise MesocareError("nobody is there to be asked", "Give --yes to go on without asking.")
    if not typer.confirm(question, err=True):
        raise MesocareError("nothing was changed", "Answer y, or give --yes, to go on.")


def ordinary_area(type_: str) -> str:
    """Return what is treated where nothing else is said."""
    return AREAS.get(type_, "face")


def local_zone(tz: str | None) -> tzinfo:
    """Return the time zone asked for, by flag, environment or file; else the system's."""
    from mesocare import dates

    name = Settings({}).get("tz") if tz is None else tz
    return clock.system_zone() if name is None else dates.parse_zone(name)


def zone_name(zone: tzinfo) -> str:
    """Return the zone's IANA name; a zone that has none cannot be kept.

    Raises:
        StoreError: The system's zone has no name.
    """
    from mesocare import dates

    try:
        name = str(getattr(zone, "key", None) or "")
        dates.parse_zone(name)
    except ZoneError as error:
        hint = "Give its name, for example: --tz Europe/London"
        raise StoreError("the system's time zone has no IANA name", hint) from error
    return name


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
