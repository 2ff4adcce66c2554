"""`mesocare before`: what to leave out before a treatment, and what to tell the clinic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mesocare.cli.options import settled
from mesocare.cli.reply import Reply, told
from mesocare.cli.request import date_orders, moment_and_rules
from mesocare.cli.settings import Settings  # noqa: TC001 - its signature is read
from mesocare.core import DEFAULT_TYPE
from mesocare.errors import MesocareError, TreatmentError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mesocare.app.before import Ahead
    from mesocare.core.model import Detail, RuleSet
    from mesocare.store.record import Record

SHARED = ("type", "with_", "about", "at", "dates", "tz", "rules", "json", "no_color")
EXAMPLE = "mesocare before --on 2026-12-01T10:00 --type face"
HINT = f"Type: {EXAMPLE}"
_KEPT = "On record as your next session"


def register(app: typer.Typer) -> None:
    """Add the command."""
    settled(app, "before", SHARED, example=EXAMPLE)(before)


def before(
    settings: Settings,
    *,
    on: Annotated[
        str | None,
        typer.Option(
            "--on",
            help="When the treatment will be; the one on record if left out.",
            metavar="WHEN",
            show_default=False,
        ),
    ] = None,
    checklist: Annotated[
        bool, typer.Option("--checklist", help="The points to tell and to ask, to tick off.")
    ] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Put it on record as your next session.")
    ] = False,
    cancel: Annotated[
        bool, typer.Option("--cancel", help="Take the next session off the record.")
    ] = False,
) -> Reply:
    """Before a treatment: what to leave out from when, what to tell."""
    if cancel:
        return _cancelled(on, keep=keep)
    if keep and on is None:
        raise TreatmentError("--keep was given, but not when it will be", f"{HINT} --keep")
    found = of(on, settings)
    kept = _keep(on, found) if keep and on is not None else ""
    if settings.get("json"):
        from mesocare.render.json.before import before_json

        return Reply(before_json(found), done=kept)
    from mesocare.render.text.before import before_text, checklist_text

    text = checklist_text(found) if checklist else before_text(found)
    return Reply(f"{text}{kept}", done=kept.strip())


def _keep(typed: str, found: Ahead) -> str:
    """Put a session on record; return that it is, in a line."""
    from mesocare.cli import clock
    from mesocare.cli.fields import kept_text, zone_name
    from mesocare.render.phrasing import planned_words
    from mesocare.render.text.plain import wrapped
    from mesocare.store import database, person
    from mesocare.store.treatments import instants

    first, last = instants(found.appointment)
    name = zone_name(found.zone)
    session = person.Session(found.types, kept_text("on", typed) or "", first, last, name)
    with database.writing() as connection:
        before = person.on_record(connection)
        changed = person.later(before, person.SESSION, clock.now())
        person.keep_session(connection, session, changed)
    return f"{wrapped(f'{_KEPT}: {planned_words(session)}')}\n"


def _cancelled(on: str | None, *, keep: bool) -> Reply:
    """Take the next session off the record."""
    from mesocare.cli import clock
    from mesocare.render.phrasing import planned_words
    from mesocare.store import database, person

    if on is not None or keep:
        message = "--cancel takes the session off the record, and something else was given"
        raise MesocareError(message, "Type: mesocare before --cancel")
    with database.reading() as opened:
        session = None if opened is None else person.on_record(opened).session
    if session is None:
        raise MesocareError("no next session is on record", f"{HINT} --keep")
    with database.writing() as connection:
        before = person.on_record(connection)
        changed = person.later(before, person.SESSION, clock.now())
        person.keep_session(connection, None, changed)
    return told(f"No longer on record: {planned_words(session)}")


def of(on: str | None, settings: Settings, words: Sequence[str] = ()) -> Ahead:
    """Return what comes before an appointment, or what words name of it.

    Raises:
        MesocareError: The time, a type or the words cannot be used.
    """
    from mesocare.app.before import ahead
    from mesocare.parsing.dates import parse_ahead
    from mesocare.parsing.preparations import find_preparations
    from mesocare.parsing.types import find_type
    from mesocare.store import record

    moment, zone, rule_set = moment_and_rules(settings)
    with settings.reading("type"):
        said = settings.get("type") or []
        types = list(dict.fromkeys(find_type(each, rule_set, "--type") for each in said))
    known = record.read()
    if on is not None and not on.strip():
        raise TreatmentError("it was not said when the treatment will be", HINT)
    if on is None:
        kept = _kept(known, rule_set, moment)
        appointment, types = kept.appointment, types or [*kept.types]
    else:
        appointment = parse_ahead(on, now=moment, zone=zone, orders=date_orders(settings))
        types = types or [DEFAULT_TYPE]
    only = find_preparations(words, rule_set) if words else ()
    found = ahead(appointment, types, rule_set, moment, only)
    found = found._replace(details=_details(settings, types, known, rule_set))
    if words and not found.leave:
        labels = ", ".join(each.label for each in only)
        message = f"no source asks to leave this out before a {' or '.join(types)} treatment"
        raise MesocareError(f"{message}: {labels}", "Or ask your clinic.")
    return found._replace(no_color=bool(settings.get("no_color")))


def _kept(known: Record, rules: RuleSet, at: datetime) -> Ahead:
    """Return what comes before the next session on record.

    Raises:
        MesocareError: There is none ahead, or the record may lack something.
    """
    from mesocare.app.before import planned
    from mesocare.store import recovery

    if known.recovery is not None:
        raise recovery.refusal(known.recovery)
    found = planned(known, rules, at)
    if found is None:
        past = "" if known.person.session is None else ", and the session on record is past"
        message = f"it was not said when the treatment will be{past}"
        raise TreatmentError(message, HINT)
    return found


def _details(
    settings: Settings, types: Sequence[str], known: Record, rules: RuleSet
) -> tuple[Detail, ...]:
    """Return what will be injected, and who will be treated: as given, and as on record."""
    from mesocare.app import recall
    from mesocare.parsing.details import details_of, find_details

    given = [*recall.factors(known, rules)]
    found: dict[str, Detail] = {}
    for kind in ("with", "about"):
        with settings.reading(kind):
            given += find_details(settings.get(kind) or (), kind, rules)
            for type_ in types:
                found |= {each.id: each for each in details_of(type_, given, rules)}
    return tuple(found.values())
