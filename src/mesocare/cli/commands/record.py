"""`mesocare treated`, `treatments`, `edit`, `remove` and `undo`: the treatments on record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mesocare.cli import clock
from mesocare.cli.completion import types
from mesocare.cli.fields import (
    Area,
    AsJson,
    Clinic,
    Id,
    Injected,
    Note,
    Overrides,
    Phone,
    Yes,
    confirm,
    kept_text,
    local_zone,
    ordinary_area,
    stored_anew,
    stored_time,
)
from mesocare.cli.options import TYPE_HELP, Tz, add
from mesocare.cli.reply import Reply, told
from mesocare.cli.settings import Settings
from mesocare.core import DEFAULT_TYPE
from mesocare.errors import MesocareError, StoreError
from mesocare.text import shell_quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesocare.core.diary.entries import Entry
    from mesocare.core.model import RuleSet
    from mesocare.store.treatments import StoredTreatment


_CONFIRMED = "What was recovered is confirmed."


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for function, example in (
        (treated, 'mesocare treated "yesterday 15:00" --type face --clinic "Rose Clinic"'),
        (treatments, "mesocare treatments"),
        (edit, "mesocare edit 3fa2 --when 2024-05-01T14:30"),
        (remove, "mesocare remove 3fa2"),
        (undo, "mesocare undo"),
    ):
        add(app, function.__name__, function, example)


def treated(
    when: Annotated[str, typer.Argument(help="When the treatment was.")],
    type_: Annotated[
        str, typer.Option("--type", help=f"{TYPE_HELP}.", autocompletion=types)
    ] = DEFAULT_TYPE,
    area: Area = None,
    clinic: Clinic = None,
    phone: Phone = None,
    note: Note = None,
    with_: Injected = None,
    overrides: Overrides = None,
    tz: Tz = None,
) -> Reply:
    """Put a treatment on record; all answers use it from then on."""
    from mesocare.parsing.types import find_type
    from mesocare.store import database, treatments

    zone, now, rules = local_zone(tz), clock.now(), _rules()
    type_ = find_type(type_, rules, "--type")
    row = treatments.StoredTreatment(
        id=treatments.new_id(),
        type=type_,
        area=kept_text("area", area) or ordinary_area(rules.types[type_].extends or type_),
        **stored_time(when, zone, now),
        clinic=kept_text("clinic", clinic),
        phone=kept_text("phone", phone),
        note=kept_text("note", note),
        overrides=_overrides(overrides, type_, rules) if overrides else {},
        changed=now.isoformat(),
        removed=None,
        injected=_injected(with_ or (), type_, rules),
    )
    with database.writing() as connection:
        treatments.keep(connection, row)
    return told(f"On record: {_line(row)}\nNow type: mesocare today")


def treatments(
    *,
    json: AsJson = False,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="What was recovered is complete.")
    ] = False,
) -> Reply:
    """List the treatments on record."""
    from mesocare.store import database, treatments
    from mesocare.store import recovery as store_recovery

    with database.reading() as opened:
        rows = [] if opened is None else treatments.on_record(opened)
        recovery = store_recovery.unconfirmed(opened)
    if confirm and recovery is not None:
        with database.writing() as connection:
            store_recovery.confirm(connection, clock.now())
        recovery = None
    done = _CONFIRMED if confirm else ""
    warning = None if recovery is None else store_recovery.refusal(recovery)
    if json:
        from mesocare.render.json import record

        listed = [row.as_plain() for row in rows]
        return Reply(record.treatments(listed, warning.message if warning else None), done=done)
    top = "" if warning is None else f"Note: {warning.message}.\n{warning.hint}\n\n"
    if not rows:
        empty = "No treatment is on record. Type for example: mesocare treated yesterday\n"
        return Reply(top + empty, done=done)
    return Reply(top + "".join(f"{_line(row)}\n" for row in rows), done=done)


def edit(
    id_: Id,
    when: Annotated[str | None, typer.Option(help="When the treatment was.")] = None,
    type_: Annotated[
        str | None, typer.Option("--type", help=f"{TYPE_HELP}.", autocompletion=types)
    ] = None,
    area: Area = None,
    clinic: Clinic = None,
    phone: Phone = None,
    note: Note = None,
    with_: Injected = None,
    overrides: Overrides = None,
    tz: Tz = None,
) -> Reply:
    """Change what is on record of a treatment; an empty text takes off what was there."""
    from mesocare.parsing.types import find_type
    from mesocare.store import database, treatments

    now = clock.now()
    given = {"area": area, "clinic": clinic, "phone": phone, "note": note}
    changes: dict[str, Any] = {k: kept_text(k, v) for k, v in given.items() if v is not None}
    # Before the record is locked, so that nobody waits for the rules to be read.
    needed = type_ is not None or overrides or area == "" or with_ is not None
    rules = _rules() if needed else None
    if type_ is not None and rules is not None:
        type_ = changes["type"] = find_type(type_, rules, "--type")
    _need_record()
    with database.writing() as connection:
        row = treatments.find(connection, id_)
        final = type_ or row.type
        if area is not None:
            known = None if rules is None else rules.types.get(final)
            base = known.extends if known is not None else None
            changes["area"] = changes["area"] or ordinary_area(base or final)
        if when is not None or tz is not None:
            changes |= stored_anew(row, when, tz, now)
        if rules is not None and (with_ is not None or type_ is not None):
            injected = row.injected if with_ is None else with_
            changes["injected"] = _injected(injected, final, rules)
        if overrides is not None:
            changes["overrides"] = (
                _overrides(overrides, final, rules) if overrides and rules else {}
            )
        elif rules is not None and type_ is not None:
            _check_kept_overrides(row, final, rules)
        if not changes:
            hint = f"Type for example: mesocare edit {shell_quoted(id_)} --note ..."
            raise MesocareError("nothing to change was given", hint)
        row = row._replace(**changes, changed=treatments.changed_at(row, now))
        treatments.keep(connection, row)
    return told(f"Changed: {_line(row)}")


def remove(id_: Id, *, yes: Yes = False) -> Reply:
    """Take a treatment or an entry of the diary off the record; `mesocare undo` brings it back."""
    from mesocare.store import database, diary, treatments

    _need_record()
    with database.writing() as connection:
        noted = diary.beginning_with(connection, id_)
        is_entry = len(id_) >= treatments.SHORTEST_PREFIX and len(noted) == 1
        row = None if is_entry else treatments.find(connection, id_)
    if row is None:
        return _taken_back(noted[0], yes=yes)
    if not yes:
        confirm(f"Remove {_line(row)}?")
    with database.writing() as connection:
        row = treatments.find(connection, row.id)
        treatments.remove(connection, row, clock.now())
    return told(f"Removed: {_line(row)}\nTo bring it back: mesocare undo")


def undo() -> Reply:
    """Bring back what was removed last: a treatment, or an entry of the diary."""
    from mesocare.store import database, diary, treatments

    _need_record()
    with database.writing() as connection:
        gone = [each for each in diary.everything(connection) if each.removed is not None]
        last = max(gone, key=lambda each: str(each.removed), default=None)
        if last is not None and str(last.removed) > (treatments.last_removed(connection) or ""):
            diary.set_removed(connection, last.entry, None)
            return told(f"Back in the diary: {_noted(last.entry)}")
        row = treatments.undo(connection, clock.now())
    return told(f"Back on record: {_line(row)}")


def _taken_back(entry: Entry, *, yes: bool) -> Reply:
    from mesocare.store import database, diary

    if not yes:
        confirm(f"Take back {_noted(entry)}?")
    with database.writing() as connection:
        diary.set_removed(connection, entry, clock.now().isoformat())
    return told(f"Taken back: {_noted(entry)}\nTo bring it back: mesocare undo")


def _noted(entry: Entry) -> str:
    parts = [entry.id[:8], entry.words]
    parts += [] if entry.score is None else [f"{entry.score} of 10"]
    parts += [] if entry.temperature is None else [f"{entry.temperature:g} C"]
    return "  ".join(filter(None, parts))


def _need_record() -> None:
    """Let a command that changes something make no record where there is none.

    Raises:
        StoreError: There is none.
    """
    from mesocare.store import database

    with database.reading() as connection:
        if connection is None:
            hint = "Type for example: mesocare treated yesterday"
            raise StoreError("no treatment is on record, so there is nothing to change", hint)


def _rules() -> RuleSet:
    from mesocare.rules.loader import load_rules

    return load_rules(Settings({}).get("rules"))


def _overrides(path: str, type_: str, rules: RuleSet) -> dict[str, dict[str, str]]:
    """Return what a file of overrides says of a treatment of that type; nothing for no file."""
    from pathlib import Path

    from mesocare.parsing.types import find_type
    from mesocare.rules.overrides import read_overrides

    return read_overrides(Path(path), rules, find_type(type_, rules, "--type"))


def _injected(said: Sequence[str], type_: str, rules: RuleSet) -> tuple[str, ...]:
    """Return the ids of what was injected.

    What a type always brings along is not kept: the protocol says it.

    Raises:
        MesocareError: A substance is unknown, or does not go with the type or the others.
    """
    from mesocare.parsing.details import details_of, find_details

    found = find_details(said, "with", rules)
    details_of(type_, found, rules)
    return tuple(each.id for each in found)


def _check_kept_overrides(row: StoredTreatment, type_: str, rules: RuleSet) -> None:
    """Let no other type turn an override without a reason into one that opens earlier.

    Raises:
        MesocareError: It would; nothing was changed.
    """
    from mesocare.rules.overrides import loosened

    if found := loosened(type_, row.overrides, rules):
        message = f"after {type_} its overrides would open earlier than the rules: "
        hint = "Give --overrides a file with the clinic's `reason`, or --overrides '' for none."
        raise MesocareError(message + ", ".join(found), hint)


def _line(row: StoredTreatment) -> str:
    from mesocare.render.phrasing import stored_words

    return stored_words(row)
