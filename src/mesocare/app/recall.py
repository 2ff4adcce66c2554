"""The treatments on record, as the engine and the views know them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from mesocare.core.model import Treatment
from mesocare.core.question import Recorded
from mesocare.core.timespan import Interval
from mesocare.core.verdict.engine import in_recovery
from mesocare.errors import TreatmentError
from mesocare.store import database, recovery, treatments

if TYPE_CHECKING:
    from mesocare.core.model import RuleSet
    from mesocare.store.treatments import StoredTreatment


def recorded(rules: RuleSet, at: datetime, *, confirmed: bool) -> tuple[Recorded, ...]:
    """Return what is on record up to an instant, oldest first.

    Args:
        rules: They know the types of the treatments.
        at: The instant asked about, in UTC.
        confirmed: Whether a record recovered from a damaged file may answer only once its owner
            has said that it is complete.

    Raises:
        StoreError: The record cannot be read, or has to be confirmed first.
        TreatmentError: The rules do not know a treatment's type, or this system its zone.
    """
    with database.reading() as connection:
        if confirmed:
            recovery.check_confirmed(connection)
        rows = [] if connection is None else treatments.on_record(connection)
    past = [row for row in rows if datetime.fromisoformat(row.earliest) <= at]
    return tuple(
        Recorded(row.id, _treatment(row, rules, at), row.clinic, row.phone) for row in past
    )


def counting(
    known: tuple[Recorded, ...], rules: RuleSet, at: datetime, *, whole: bool
) -> tuple[Treatment, ...]:
    """Return the treatments that still count: all that are healing, or else the latest one.

    With `whole`, all of them count.
    """
    every = tuple(each.treatment for each in known)
    if whole:
        return every
    return tuple(each for each in every if in_recovery(each, rules, at)) or every[-1:]


def _treatment(row: StoredTreatment, rules: RuleSet, at: datetime) -> Treatment:
    from zoneinfo import ZoneInfo

    if row.type not in rules.types:
        known = ", ".join(rules.types)
        message = f"the treatment {row.id[:8]} on record is of a type {row.type!r} unknown here"
        hint = f"Type: mesocare edit {row.id[:8]} --type TYPE, of {known}; "
        hint += "or, where a clinic's protocol names it: mesocare rules use FILE"
        raise TreatmentError(message, hint)
    try:
        zone = ZoneInfo(row.zone)
    except (LookupError, ValueError, OSError) as error:
        message = f"the treatment {row.id[:8]} on record is in a zone {row.zone!r} unknown here"
        raise TreatmentError(message, f"Type: mesocare edit {row.id[:8]} --tz ZONE") from error
    first, last = datetime.fromisoformat(row.earliest), datetime.fromisoformat(row.latest)
    when = Interval(first, min(last, at), zone)
    if not row.overrides:
        return Treatment(row.type, when)
    from mesocare.rules.overrides import rules_for

    return Treatment(row.type, when, rules_for(row.type, row.overrides, rules))
