"""The whole record as one JSON document, out and in again without loss."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mesocare.core.diary import SCORES, Entry
from mesocare.errors import StoreError
from mesocare.store import diary, treatments
from mesocare.store.treatments import COLUMNS, StoredTreatment

if TYPE_CHECKING:
    import sqlite3

SCHEMA = "mesocare.export/1"
LARGEST = 64 * 1024 * 1024
_OPTIONAL = {"clinic", "phone", "note", "removed"}
_HINT = 'An export begins with {"schema": "mesocare.export/1", "treatments": [...], "diary": [...]}'


def exported(connection: sqlite3.Connection | None) -> str:
    """Return the record as JSON; removed treatments are part of it."""
    rows = [] if connection is None else treatments.everything(connection)
    entries = [] if connection is None else diary.entries(connection)
    document = {
        "schema": SCHEMA,
        "treatments": [row._asdict() for row in rows],
        "diary": [{**each._asdict(), "at": each.at.isoformat()} for each in entries],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def imported(connection: sqlite3.Connection, text: str) -> tuple[int, int]:
    """Merge a document into the record by id; of two versions the one changed later stays.

    Returns:
        How many treatments and diary entries were new or newer, and how many were there already.

    Raises:
        StoreError: It is no such document; nothing is changed.
    """
    document = _document(text)
    known = {each.id: each for each in treatments.everything(connection)}
    incoming = [_treatment(row, f"treatments[{n}]") for n, row in enumerate(document["treatments"])]
    entries = [_entry(row, f"diary[{n}]") for n, row in enumerate(document["diary"])]
    newer = [
        each for each in incoming if each.id not in known or each.changed > known[each.id].changed
    ]
    for each in newer:
        treatments.keep(connection, each)
    new = len(newer) + sum(diary.keep(connection, entry) for entry in entries)
    return new, len(incoming) + len(entries) - new


def _document(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise StoreError(f"what was given to import is not JSON: {error}", _HINT) from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        found = document.get("schema") if isinstance(document, dict) else type(document).__name__
        raise StoreError(f"what was given to import is not {SCHEMA} but {found!r}", _HINT)
    if not all(isinstance(document.get(name), list) for name in ("treatments", "diary")):
        raise StoreError("the document has no list of treatments, or none of the diary", _HINT)
    return document


def _entry(row: object, where: str) -> Entry:
    """Return a row as a diary entry; every field is there and of its type."""
    if not isinstance(row, dict) or set(row) != set(Entry._fields):
        fields = ", ".join(Entry._fields)
        raise StoreError(f"{where} does not have exactly the fields {fields}", _HINT)
    score, temperature = row["score"], row["temperature"]
    fits = (
        all(isinstance(row[name], str) for name in ("id", "words", "at"))
        and all(row[name] is None or isinstance(row[name], str) for name in ("sign", "note"))
        and (score is None or (type(score) is int and score in SCORES))
        and (temperature is None or type(temperature) in {int, float})
    )
    try:
        at = datetime.fromisoformat(row["at"]) if fits else None
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise StoreError(f"{where} is no diary entry: {row!r:.200}", _HINT)
    return Entry(**{**row, "at": at})


def _treatment(row: object, where: str) -> StoredTreatment:
    """Return a row as a treatment; every field is there, of its type, and its instants in order."""
    if not isinstance(row, dict) or set(row) != set(COLUMNS):
        raise StoreError(f"{where} does not have exactly the fields {', '.join(COLUMNS)}", _HINT)
    for name, value in row.items():
        fits = (
            isinstance(value, dict)
            if name == "overrides"
            else isinstance(value, str) or (value is None and name in _OPTIONAL)
        )
        if not fits:
            raise StoreError(f"{where}.{name} is {value!r}", _HINT)
    try:
        first, last, _ = (
            datetime.fromisoformat(row[name]) for name in ("earliest", "latest", "changed")
        )
        in_order = first <= last
    except (ValueError, TypeError) as error:
        raise StoreError(f"{where} has no usable times: {error}", _HINT) from error
    if not in_order:
        raise StoreError(f"{where} ends before it begins", _HINT)
    return StoredTreatment(**row)
