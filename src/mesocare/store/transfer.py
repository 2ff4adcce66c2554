"""The whole record as one JSON document, out and in again without loss."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mesocare.errors import StoreError
from mesocare.store import treatments
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
    document = {"schema": SCHEMA, "treatments": [row._asdict() for row in rows], "diary": []}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def imported(connection: sqlite3.Connection, text: str) -> tuple[int, int]:
    """Merge a document into the record by id; of two versions the one changed later stays.

    Returns:
        How many treatments were new or newer, and how many were there already.

    Raises:
        StoreError: It is no such document; nothing is changed.
    """
    known = {each.id: each for each in treatments.everything(connection)}
    incoming = [_checked(row, n) for n, row in enumerate(_rows(text))]
    newer = [
        each for each in incoming if each.id not in known or each.changed > known[each.id].changed
    ]
    for each in newer:
        treatments.keep(connection, each)
    return len(newer), len(incoming) - len(newer)


def _rows(text: str) -> list[Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise StoreError(f"what was given to import is not JSON: {error}", _HINT) from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        found = document.get("schema") if isinstance(document, dict) else type(document).__name__
        raise StoreError(f"what was given to import is not {SCHEMA} but {found!r}", _HINT)
    rows = document.get("treatments")
    if not isinstance(rows, list) or document.get("diary", []) != []:
        raise StoreError("the document's treatments or diary are not as expected", _HINT)
    return rows


def _checked(row: object, number: int) -> StoredTreatment:
    """Return a row as a treatment; every field is there, of its type, and its instants in order."""
    where = f"treatments[{number}]"
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
