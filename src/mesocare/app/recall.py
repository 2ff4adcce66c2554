"""The treatments on record, as the engine and the views know them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesocare.core.model import Treatment
from mesocare.core.question import Recorded
from mesocare.core.timespan import Interval
from mesocare.core.verdict.engine import in_recovery
from mesocare.errors import TreatmentError
from mesocare.store import recovery

if TYPE_CHECKING:
    from datetime import datetime

    from mesocare.core.model import Detail, RuleSet
    from mesocare.store.record import Record
    from mesocare.store.treatments import StoredTreatment


def recorded(
    record: Record, rules: RuleSet, at: datetime, *, confirmed: bool
) -> tuple[Recorded, ...]:
    """Return what is on record up to an instant, oldest first.

    Args:
        record: What was read.
        rules: They know the types of the treatments.
        at: The instant asked about, in UTC.
        confirmed: Whether a record recovered from a damaged file may answer only once its owner
            has said that it is complete.

    Raises:
        StoreError: The record has to be confirmed first.
        TreatmentError: The rules do not know a treatment's type, or this system its zone.
    """
    if confirmed and record.recovery is not None:
        raise recovery.refusal(record.recovery)
    person = factors(record, rules)
    return tuple(
        Recorded(row.id, _treatment(row, rules, at, person), row.clinic, row.phone)
        for row in up_to(record, at)
    )


def factors(record: Record, rules: RuleSet) -> tuple[Detail, ...]:
    """Return who was treated, as it is on record.

    Raises:
        TreatmentError: The rules do not know a factor.
    """
    if not record.person.about:
        return ()
    from mesocare.parsing.details import find_details

    try:
        return find_details(record.person.about, "about", rules)
    except TreatmentError as error:
        message = f"{error.message}, and it is on record of who was treated"
        hint = f"{error.hint} To take it off the record: mesocare about --remove FACTOR"
        raise TreatmentError(message, hint) from error


def up_to(record: Record, at: datetime) -> tuple[StoredTreatment, ...]:
    """Return the treatments on record that may have been by an instant, oldest first."""
    return tuple(row for row in record.treatments if row.ends[0] <= at)


def counting(
    known: tuple[Recorded, ...], rules: RuleSet, at: datetime, *, whole: bool
) -> tuple[Treatment, ...]:
    """Return the treatments that still count: all that are healing, or else the latest one.

    Args:
        known: What is on record, oldest first.
        rules: The rules that say how long a treatment heals.
        at: The instant asked about, in UTC.
        whole: Whether all of them count.
    """
    every = tuple(recorded.treatment for recorded in known)
    return every if whole else healing(every, rules, at)


def healing(
    treatments: tuple[Treatment, ...], rules: RuleSet, at: datetime
) -> tuple[Treatment, ...]:
    """Return the treatments that are healing at an instant, or else the latest one."""
    found = tuple(treatment for treatment in treatments if in_recovery(treatment, rules, at))
    return found or treatments[-1:]


def _treatment(
    row: StoredTreatment, rules: RuleSet, at: datetime, person: tuple[Detail, ...]
) -> Treatment:
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
    first, last = row.ends
    when = Interval(first, min(last, at), zone)
    found = Treatment(row.type, when, details=_details(row, rules, person))
    if not row.overrides:
        return found
    from mesocare.rules.overrides import rules_for

    return found._replace(overrides=rules_for(row.type, row.overrides, rules))


def _details(
    row: StoredTreatment, rules: RuleSet, person: tuple[Detail, ...]
) -> tuple[Detail, ...]:
    """Return what was injected, and who was treated as far as it bears on the treatment."""
    if not (row.injected or person or rules.types[row.type].injected):
        return ()
    from mesocare.parsing.details import details_of, find_details

    try:
        injected = find_details(row.injected, "with", rules)
        return details_of(row.type, (*injected, *person), rules)
    except TreatmentError as error:
        message = f"the treatment {row.id[:8]} on record cannot be used: {error.message}"
        hint = f"{error.hint} To change it: mesocare edit {row.id[:8]} --with SUBSTANCE"
        raise TreatmentError(message, hint) from error
