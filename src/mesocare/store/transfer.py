"""The whole record as one JSON document, out and in again without loss."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from mesocare.errors import StoreError
from mesocare.store import diary, import_check, treatments
from mesocare.store.import_check import HINT
from mesocare.store.treatments import StoredTreatment  # noqa: TC001 - a field of a value

if TYPE_CHECKING:
    import sqlite3

    from mesocare.store.import_check import Import

SCHEMA = "mesocare.export/1"
LARGEST = 64 * 1024 * 1024


def exported(connection: sqlite3.Connection | None) -> str:
    """Return the record as JSON; removed treatments are part of it."""
    rows = [] if connection is None else treatments.everything(connection)
    entries = [] if connection is None else diary.everything(connection)
    document = {
        "schema": SCHEMA,
        "treatments": [row._asdict() for row in rows],
        "diary": [
            {**each.entry._asdict(), "at": each.entry.at.isoformat(), "removed": each.removed}
            for each in entries
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


class Merged(NamedTuple):
    """What an import did.

    Attributes:
        new: How many treatments and diary entries were new or newer.
        there: How many were there already.
        removed: The treatments that were on record and are not any more.
    """

    new: int
    there: int
    removed: tuple[StoredTreatment, ...]


def imported(connection: sqlite3.Connection, text: str, by: Import) -> Merged:
    """Merge a document into the record by id; of two versions the one changed later stays.

    The order of its rows makes no difference.

    Raises:
        StoreError: It is no such document, or two treatments would be on record for one time and
            area; nothing is changed.
    """
    document = _document(text)
    rows = import_check.last_versions(
        import_check.treatment(row, f"treatments[{n}]", by)
        for n, row in enumerate(document["treatments"])
    )
    entries = import_check.once_each(
        import_check.entry(row, f"diary[{n}]", by) for n, row in enumerate(document["diary"])
    )
    known = {each.id: each for each in treatments.everything(connection)}
    newer = [each for each in rows if _newer(each, known.get(each.id))]
    treatments.keep_all(connection, newer)
    new = len(newer) + sum(diary.keep(connection, *each) for each in entries)
    removed = tuple(
        each
        for each in newer
        if each.removed and each.id in known and known[each.id].removed is None
    )
    return Merged(new, len(document["treatments"]) + len(document["diary"]) - new, removed)


def _newer(treatment: StoredTreatment, known: StoredTreatment | None) -> bool:
    """Whether a version is to take the place of the one on record."""
    if known is None:
        return True
    before, after = (datetime.fromisoformat(each.changed) for each in (known, treatment))
    return after > before


def _document(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise StoreError(f"what was given to import is not JSON: {error}", HINT) from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        found = document.get("schema") if isinstance(document, dict) else type(document).__name__
        raise StoreError(f"what was given to import is not {SCHEMA} but {found!r:.80}", HINT)
    if not all(isinstance(document.get(name), list) for name in ("treatments", "diary")):
        raise StoreError("the document has no list of treatments, or none of the diary", HINT)
    return document


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object; of two values under one key neither is to be preferred."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        message = f"the key {twice!a:.80} stands twice in one object"
        raise ValueError(message)
    return found
