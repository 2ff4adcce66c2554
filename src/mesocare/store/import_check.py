"""A document to import, row by row: what is no sound treatment or entry is refused with its place.

What is let in can be listed, changed, exported and reckoned with; it is as if it had been recorded
here. Instants are brought to UTC, as they are stored.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from mesocare.core.calendar import YEARS
from mesocare.core.diary.entries import COLDEST, HOTTEST, SCORES, Entry
from mesocare.errors import StoreError, ZoneError
from mesocare.store.diary import StoredEntry
from mesocare.store.person import ABOUT, SESSION, Person, Session
from mesocare.store.products import LONGEST_LABEL, StoredProduct
from mesocare.store.treatments import COLUMNS, LONGEST_TEXT, StoredTreatment, kept_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

HINT = 'An export begins with {"schema": "mesocare.export/1", "treatments": [...], "diary": [...]}'
_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,63}")
# A local day is shorter, even where a date came twice because a zone crossed the date line.
_LONGEST_DAY = timedelta(days=2)
# How far the clock of another machine, or this one before it was set, may have been ahead.
_CLOCKS_DIFFER = timedelta(days=1)
_TEXT = f"text in one line, of at most {LONGEST_TEXT} characters and none that cannot be shown"
_TIME = f"a time with its offset, in a year from {YEARS[0]} to {YEARS[-1]}"


class Import(NamedTuple):
    """What an import is judged by.

    `now` is in UTC. `problems` returns what is wrong with overrides for a treatment type, or with
    the type, for the rule set in use; `unknown` why it cannot take the ids of a kind, with a type
    or for all, as an empty text for none.
    """

    now: datetime
    problems: Callable[[str, object], list[str]]
    unknown: Callable[[str, list[str], str | None], str]


class _Row:
    """One row of the document, and where it stands."""

    def __init__(self, row: object, where: str, fields: tuple[str, ...]) -> None:
        if not isinstance(row, dict) or set(row) != set(fields):
            raise StoreError(f"{where} does not have exactly the fields {', '.join(fields)}", HINT)
        self.row: dict[str, Any] = row
        self.where = where

    def refuse(self, name: str, wanted: str) -> StoreError:
        """Return the error that says what a field holds, and what it has to hold."""
        shown = json.dumps(self.row[name], default=str)
        shown = shown if len(shown) <= 80 else f"{shown[:77]}..."  # noqa: PLR2004 - one line
        message = f"{self.where}.{name} is {shown}, which cannot be kept"
        return StoreError(message, f"It has to be {wanted}. Nothing was imported.")

    def id(self) -> str:
        """Return the row's id."""
        value = self.row["id"]
        if not isinstance(value, str) or not _ID.fullmatch(value):
            raise self.refuse("id", "an id as mesocare gives it, such as 32 hexadecimal digits")
        return value

    def text(self, name: str) -> str:
        """Return a text in one line that is not empty."""
        value = self.row[name]
        line = kept_line(value) if isinstance(value, str) else None
        if not line or line != value:
            raise self.refuse(name, _TEXT)
        return line

    def text_or_null(self, name: str) -> str | None:
        """Return a text, or nothing."""
        return None if self.row[name] is None else self.text(name)

    def ids(self, name: str, by: Import, type_: str | None = None) -> tuple[str, ...]:
        """Return the ids of substances or factors, each once."""
        value = self.row[name]
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise self.refuse(name, "a list of ids")
        if why := by.unknown("with" if name == "with" else "about", value, type_):
            raise self.refuse(name, f"what the rule set in use knows: {why}")
        return tuple(dict.fromkeys(value))

    def time(self, name: str) -> datetime:
        """Return an instant in UTC."""
        value = self.row[name]
        try:
            moment = datetime.fromisoformat(value) if isinstance(value, str) else None
            # Near the ends of the calendar an instant may have no place in UTC.
            there = moment is not None and moment.utcoffset() is not None
            moment = moment.astimezone(UTC) if moment is not None and there else None
        except (ValueError, OverflowError):
            moment = None
        if moment is None or moment.year not in YEARS:
            raise self.refuse(name, _TIME)
        return moment


def treatment(row: object, where: str, by: Import) -> StoredTreatment:
    """Return a row as a treatment.

    Raises:
        StoreError: It is none that could be on record here; the message names the field.
    """
    if isinstance(row, dict):
        row = {"with": [], **row}  # exports of earlier versions know of none
    given = _Row(row, where, (*COLUMNS, "with"))
    first, last = given.time("earliest"), given.time("latest")
    if first > last:
        raise StoreError(f"{where} ends before it begins", HINT)
    if last - first > _LONGEST_DAY:
        raise given.refuse("latest", "within the day of `earliest`")
    if first > by.now:
        raise given.refuse("earliest", "in the past: a treatment cannot lie ahead")
    changed = given.time("changed")
    removed = None if given.row["removed"] is None else given.time("removed")
    for name, moment in (("changed", changed), ("removed", removed)):
        if moment is not None and moment > by.now + _CLOCKS_DIFFER:
            raise given.refuse(name, "in the past: of two versions, the later one stays for good")
    type_, said = given.text("type"), given.row["overrides"]
    if found := by.problems(type_, said):
        places = [f"{where}.{each}" for each in found[:3]]
        more = f"; and {len(found) - 3} more" if len(found) > 3 else ""  # noqa: PLR2004 - as above
        hint = "Correct the document, or import it under the rule set it was made with."
        raise StoreError(f"{'; '.join(places)}{more}", f"{hint} Nothing was imported.")
    return StoredTreatment(
        id=given.id(),
        type=type_,
        area=given.text("area"),
        typed=given.text("typed"),
        earliest=first.isoformat(),
        latest=last.isoformat(),
        zone=_zone(given),
        clinic=given.text_or_null("clinic"),
        phone=given.text_or_null("phone"),
        note=given.text_or_null("note"),
        overrides=said,
        changed=changed.isoformat(),
        removed=None if removed is None else removed.isoformat(),
        injected=given.ids("with", by, type_),
    )


def person(document: dict[str, Any], by: Import) -> Person:
    """Return what a document says of the person; exports of earlier versions say nothing.

    Raises:
        StoreError: It is none that could be on record here.
    """
    found = Person()
    changed: dict[str, str | None] = {}
    for id_ in (ABOUT, SESSION):
        value = document.get(id_, {"value": [] if id_ == ABOUT else None, "changed": None})
        given = _Row(value, id_, ("value", "changed"))
        if id_ == ABOUT:
            found = found._replace(about=given.ids("value", by))
        elif given.row["value"] is not None:
            found = found._replace(session=_session(given.row["value"], by))
        changed[id_] = _changed(given, by)
        if changed[id_] is None and given.row["value"]:
            raise given.refuse("changed", _TIME)
    return found._replace(changed=changed)


def products(document: dict[str, Any], by: Import) -> list[StoredProduct]:
    """Return the products of a document; exports of earlier versions have none.

    Raises:
        StoreError: One could not be on record here; the message names the field.
    """
    rows = document.get("products", [])
    if not isinstance(rows, list):
        raise StoreError("products is no list", HINT)
    found: dict[str, StoredProduct] = {}
    for n, row in enumerate(rows):
        given = _Row(row, f"products[{n}]", StoredProduct._fields)
        label, changed = given.row["label"], given.time("changed")
        if not isinstance(label, str) or not 0 < len(label) <= LONGEST_LABEL or "\0" in label:
            raise given.refuse("label", f"the text of a label, of at most {LONGEST_LABEL} letters")
        if changed > by.now + _CLOCKS_DIFFER:
            raise given.refuse("changed", "in the past: of two versions, the later one stays")
        removed = None if given.row["removed"] is None else given.time("removed").isoformat()
        kind = given.text_or_null("kind")
        product = StoredProduct(
            given.id(), given.text("name"), label, kind, changed.isoformat(), removed
        )
        if found.setdefault(product.id, product) != product:
            raise _twice("products", product.id)
    return list(found.values())


def _session(value: object, by: Import) -> Session:
    given = _Row(value, f"{SESSION}.value", Session._fields)
    first, last = given.time("earliest"), given.time("latest")
    if not timedelta(0) <= last - first <= _LONGEST_DAY:
        raise given.refuse("latest", "within the day of `earliest`")
    types = given.row["types"]
    if not isinstance(types, list) or not types or any(by.problems(each, {}) for each in types):
        raise given.refuse("types", "a list of treatment types that the rule set in use knows")
    return Session(
        tuple(types), given.text("typed"), first.isoformat(), last.isoformat(), _zone(given)
    )


def _changed(given: _Row, by: Import) -> str | None:
    """Return when something was changed last, in UTC; `None` for never."""
    if given.row["changed"] is None:
        return None
    changed = given.time("changed")
    if changed > by.now + _CLOCKS_DIFFER:
        raise given.refuse("changed", "in the past: of two versions, the later one stays for good")
    return changed.isoformat()


def _zone(given: _Row) -> str:
    from mesocare.parsing import dates

    name = given.text("zone")
    try:
        dates.parse_zone(name)
    except ZoneError as error:
        raise given.refuse("zone", "the IANA name of a time zone, such as Europe/London") from error
    return name


def entry(row: object, where: str, by: Import) -> StoredEntry:
    """Return a row as an entry of the diary; exports of earlier versions know of none taken back.

    Raises:
        StoreError: It is none that could be in the diary here; the message names the field.
    """
    if isinstance(row, dict):
        row = {"removed": None, **row}
    given = _Row(row, where, (*Entry._fields, "removed"))
    score, temperature = given.row["score"], given.row["temperature"]
    if score is not None and (type(score) is not int or score not in SCORES):
        raise given.refuse("score", f"a whole number from {SCORES[0]} to {SCORES[-1]}, or null")
    if temperature is not None:
        fits = type(temperature) in {int, float} and COLDEST <= temperature <= HOTTEST
        if not fits:
            wanted = f"degrees Celsius from {COLDEST:g} to {HOTTEST:g}, or null"
            raise given.refuse("temperature", wanted)
        temperature = float(temperature)
    at = given.time("at")
    if at > by.now:
        raise given.refuse("at", "in the past: nothing can be noted ahead")
    # A temperature may stand alone.
    words = "" if given.row["words"] == "" and temperature is not None else given.text("words")
    sign, note = given.text_or_null("sign"), given.text_or_null("note")
    removed = None if given.row["removed"] is None else given.time("removed").isoformat()
    return StoredEntry(Entry(given.id(), sign, words, score, temperature, note, at), removed)


def last_versions(rows: Iterable[StoredTreatment]) -> list[StoredTreatment]:
    """Return the version of every treatment that was changed last, by id.

    Raises:
        StoreError: Of two that were changed at the same time, neither is the later one.
    """
    found: dict[str, StoredTreatment] = {}
    for row in sorted(rows, key=lambda each: (each.id, datetime.fromisoformat(each.changed))):
        before = found.get(row.id)
        found[row.id] = row
        if before is not None and before != row and before.changed == row.changed:
            raise _twice("treatments", row.id)
    return list(found.values())


def once_each(entries: Iterable[StoredEntry]) -> list[StoredEntry]:
    """Return every entry once, by id; an entry never changes, so two versions are a fault.

    Raises:
        StoreError: Two entries have one id.
    """
    found: dict[str, StoredEntry] = {}
    for each in entries:
        if found.setdefault(each.entry.id, each) != each:
            raise _twice("diary", each.entry.id)
    return [found[id_] for id_ in sorted(found)]


def _twice(kind: str, id_: str) -> StoreError:
    message = f"in {kind} the id {id_} stands twice, with different contents"
    return StoreError(message, "Take one of the two out. Nothing was imported.")
