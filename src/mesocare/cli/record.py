"""`mesocare treated`, `treatments`, `edit`, `remove` and `undo`: the treatments on record."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mesocare.cli import clock
from mesocare.cli.options import DEFAULT_TYPE, Reply
from mesocare.cli.settings import Settings
from mesocare.errors import MesocareError, StoreError, TreatmentError

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from mesocare.core.timespan import Interval
    from mesocare.store.treatments import StoredTreatment

Id = Annotated[str, typer.Argument(help="The treatment's id, or how it begins.")]
Type = Annotated[str | None, typer.Option(help="face, scalp or brightening.")]
Area = Annotated[str | None, typer.Option(help="What was treated, in your words.")]
Clinic = Annotated[str | None, typer.Option(help="The clinic's name.")]
Phone = Annotated[str | None, typer.Option(help="The clinic's telephone number.")]
Note = Annotated[str | None, typer.Option(help="Anything to remember.")]
Overrides = Annotated[
    Path | None, typer.Option(help="What the clinic told you otherwise, as a YAML file.")
]
Tz = Annotated[str | None, typer.Option(help="IANA time zone; the system's if left out.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask first.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]

AREAS = {"scalp": "scalp"}
LONGEST_TEXT = 500


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for function, example in (
        (treated, 'mesocare treated "yesterday 15:00" --type face --clinic "Rose Clinic"'),
        (treatments, "mesocare treatments"),
        (edit, "mesocare edit 3fa2 --when 2024-05-01T14:30"),
        (remove, "mesocare remove 3fa2"),
        (undo, "mesocare undo"),
    ):
        help_ = f"{function.__doc__}\n\n\b\nExample:\n  {example}"
        app.command(function.__name__, help=help_)(function)


def treated(
    when: Annotated[str, typer.Argument(help="When the treatment was.")],
    type_: Annotated[
        str, typer.Option("--type", help="face, scalp or brightening.")
    ] = DEFAULT_TYPE,
    area: Area = None,
    clinic: Clinic = None,
    phone: Phone = None,
    note: Note = None,
    overrides: Overrides = None,
    tz: Tz = None,
) -> Reply:
    """Put a treatment on record; all answers use it from then on."""
    from mesocare.store import database, treatments

    zone, now = local_zone(tz), clock.now()
    _check_type(type_)
    interval = _interval(when, now, zone)
    said = _overrides(overrides, type_)
    earliest, latest = treatments.instants(interval)
    row = treatments.StoredTreatment(
        id=treatments.new_id(),
        type=type_,
        area=kept_text("area", area) or AREAS.get(type_, "face"),
        typed=when,
        earliest=earliest,
        latest=latest,
        zone=_zone_name(zone),
        clinic=kept_text("clinic", clinic),
        phone=kept_text("phone", phone),
        note=kept_text("note", note),
        overrides=said,
        changed=now.isoformat(),
        removed=None,
    )
    with database.writing() as connection:
        treatments.keep(connection, row)
    return Reply(f"On record: {_line(row)}\nNow type: mesocare today\n")


def treatments(
    *,
    json: AsJson = False,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="What was recovered is complete.")
    ] = False,
) -> Reply:
    """List the treatments on record."""
    from mesocare.store import database, mending, treatments

    with database.reading() as opened:
        rows = [] if opened is None else treatments.on_record(opened)
        recovery = mending.unconfirmed(opened)
    if confirm and recovery is not None:
        with database.writing() as connection:
            mending.confirm(connection, clock.now())
        recovery = None
    warning = None if recovery is None else mending.refusal(recovery)
    if json:
        from mesocare.render import record_json

        listed = [row._asdict() for row in rows]
        return Reply(record_json.treatments(listed, warning.message if warning else None))
    top = "" if warning is None else f"Note: {warning.message}.\n{warning.hint}\n\n"
    if not rows:
        empty = "No treatment is on record. Type for example: mesocare treated yesterday\n"
        return Reply(top + empty)
    return Reply(top + "".join(f"{_line(row)}\n" for row in rows))


def edit(
    id_: Id,
    when: Annotated[str | None, typer.Option(help="When the treatment was.")] = None,
    type_: Annotated[str | None, typer.Option("--type", help="face, scalp or brightening.")] = None,
    area: Area = None,
    clinic: Clinic = None,
    phone: Phone = None,
    note: Note = None,
    overrides: Overrides = None,
    tz: Tz = None,
) -> Reply:
    """Change what is on record of a treatment."""
    from mesocare.store import database, treatments

    now = clock.now()
    given = {"area": area, "clinic": clinic, "phone": phone, "note": note}
    changes: dict[str, Any] = {k: kept_text(k, v) for k, v in given.items() if v is not None}
    if type_ is not None:
        _check_type(type_)
        changes["type"] = type_
    if when is not None:
        zone = local_zone(tz)
        earliest, latest = treatments.instants(_interval(when, now, zone))
        changes |= {"typed": when, "zone": _zone_name(zone)}
        changes |= {"earliest": earliest, "latest": latest}
    with database.writing() as connection:
        row = treatments.find(connection, id_)
        if overrides is not None:
            changes["overrides"] = _overrides(overrides, changes.get("type", row.type))
        if not changes:
            hint = f"Type for example: mesocare edit {id_} --note ..."
            raise MesocareError("nothing to change was given", hint)
        row = row._replace(**changes, changed=now.isoformat())
        treatments.keep(connection, row)
    return Reply(f"Changed: {_line(row)}\n")


def remove(id_: Id, *, yes: Yes = False) -> Reply:
    """Take a treatment off the record; `mesocare undo` brings it back."""
    from mesocare.store import database, treatments

    with database.writing() as connection:
        row = treatments.find(connection, id_)
    if not yes:
        confirm(f"Remove {_line(row)}?")
    with database.writing() as connection:
        treatments.remove(connection, treatments.find(connection, row.id), clock.now())
    return Reply(f"Removed: {_line(row)}\nTo bring it back: mesocare undo\n")


def undo() -> Reply:
    """Bring back the treatment that was removed last."""
    from mesocare.store import database, treatments

    with database.writing() as connection:
        row = treatments.undo(connection, clock.now())
    return Reply(f"Back on record: {_line(row)}\n")


def confirm(question: str) -> None:
    """Ask on a terminal; anywhere else, `--yes` has to be given.

    Raises:
        MesocareError: Nobody said yes; nothing was changed.
    """
    if sys.stdin is None or not sys.stdin.isatty():
        raise MesocareError("nobody is there to be asked", "Give --yes to go on without asking.")
    if not typer.confirm(question, err=True):
        raise MesocareError("nothing was changed", "")


def _interval(when: str, now: datetime, zone: tzinfo) -> Interval:
    from mesocare import dates

    return dates.parse_treated(when, at=now, zone=zone)


def local_zone(tz: str | None) -> tzinfo:
    """Return the time zone asked for, by flag, environment or file; else the system's."""
    from mesocare import dates

    name = tz or Settings({}).get("tz")
    return dates.parse_zone(name) if name else clock.system_zone()


def _zone_name(zone: tzinfo) -> str:
    """Return the zone's IANA name; a zone that has none cannot be kept.

    Raises:
        StoreError: The system's zone has no name.
    """
    name = getattr(zone, "key", None)
    if name is None:
        hint = "Give its name, for example: --tz Europe/London"
        raise StoreError("the system's time zone has no IANA name", hint)
    return str(name)


def _check_type(type_: str) -> None:
    from mesocare.rules.loader import load_rules

    rules = load_rules(Settings({}).get("rules"))
    if type_ not in rules.types:
        message = f"unknown treatment type {type_!r}; known: {', '.join(rules.types)}"
        raise TreatmentError(message, f"Type for example: --type {next(iter(rules.types))}")


def _overrides(path: Path | None, type_: str) -> dict[str, dict[str, str]]:
    if path is None:
        return {}
    from mesocare.rules.loader import load_rules
    from mesocare.rules.overrides import read_overrides

    return read_overrides(path, load_rules(Settings({}).get("rules")), type_)


def kept_text(name: str, value: str | None) -> str | None:
    """Return a text as it is kept: one line, printable, of bearable length."""
    if value is None or not value.strip():
        return None
    line = " ".join(value.split())
    if len(line) > LONGEST_TEXT or not line.isprintable():
        hint = f"At most {LONGEST_TEXT} characters, and no control characters."
        raise MesocareError(f"--{name} is too long or not readable", hint)
    return line


def _line(row: StoredTreatment) -> str:
    from mesocare.render.words import stored_words

    return stored_words(row)
