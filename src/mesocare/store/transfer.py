"""The whole record as one JSON document, out and in again without loss."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from mesocare.errors import StoreError
from mesocare.store import diary, import_check, person, products, treatments
from mesocare.store.import_check import HINT
from mesocare.store.person import ABOUT, SESSION, Person
from mesocare.store.treatments import StoredTreatment  # noqa: TC001 - a field of a value

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from mesocare.store.import_check import Import
    from mesocare.store.products import StoredProduct

SCHEMA = "mesocare.export/1"
LARGEST = 64 * 1024 * 1024


def exported(connection: sqlite3.Connection | None, *, with_about: bool = True) -> str:
    """Return the record as JSON; removed treatments are part of it, and who was treated may be."""
    rows = [] if connection is None else treatments.everything(connection)
    entries = [] if connection is None else diary.everything(connection)
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "treatments": [row.as_plain() for row in rows],
        "diary": [
            {**each.entry._asdict(), "at": each.entry.at.isoformat(), "removed": each.removed}
            for each in entries
        ],
    }
    known = Person() if connection is None else person.on_record(connection)
    session = None if known.session is None else known.session._asdict()
    shelf = [] if connection is None else products.everything(connection)
    document["products"] = [each._asdict() for each in shelf]
    document[SESSION] = {"value": session, "changed": known.changed[SESSION]}
    if with_about:
        document[ABOUT] = {"value": list(known.about), "changed": known.changed[ABOUT]}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


class Merged(NamedTuple):
    """What an import did.

    Attributes:
        new: How many treatments and diary entries were new or newer.
        there: How many were there already.
        removed: The treatments that were on record and are not any more.
        newer: Who was treated and the next session, as far as the document has newer versions.
    """

    new: int
    there: int
    removed: tuple[StoredTreatment, ...]
    newer: Person = Person()


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
    shelf = import_check.products(document, by)
    new += _keep_products(connection, shelf)
    removed = tuple(
        each
        for each in newer
        if each.removed and each.id in known and known[each.id].removed is None
    )
    there = sum(len(document[name]) for name in ("treatments", "diary")) + len(shelf) - new
    given = import_check.person(document, by)
    return Merged(new, there, removed, _keep_newer(connection, given))


def _keep_products(connection: sqlite3.Connection, shelf: Sequence[StoredProduct]) -> int:
    """Keep the products that are new or newer; return how many."""
    known = {each.id: each.changed for each in products.everything(connection)}
    newer = [each for each in shelf if _is_later(each.changed, known.get(each.id))]
    for each in newer:
        products.keep(connection, each)
    return len(newer)


def _keep_newer(connection: sqlite3.Connection, given: Person) -> Person:
    """Keep what was given of the person as far as it is the later version; return that."""
    known = person.on_record(connection)
    newer = {
        id_: changed
        for id_, changed in given.changed.items()
        if changed is not None and _is_later(changed, known.changed[id_])
    }
    if ABOUT in newer:
        person.keep_about(connection, given.about, newer[ABOUT])
    if SESSION in newer:
        person.keep_session(connection, given.session, newer[SESSION])
    return given._replace(changed={ABOUT: newer.get(ABOUT), SESSION: newer.get(SESSION)})


def _is_later(changed: str, before: str | None) -> bool:
    return before is None or datetime.fromisoformat(changed) > datetime.fromisoformat(before)


def _newer(treatment: StoredTreatment, known: StoredTreatment | None) -> bool:
    """Whether a version is to take the place of the one on record."""
    if known is None:
        return True
    return _is_later(treatment.changed, known.changed)


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
