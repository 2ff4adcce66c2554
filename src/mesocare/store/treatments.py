"""Treatments on record: kept as typed and as understood, changed, removed and brought back."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

from mesocare.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from mesocare.core.timespan import Interval

COLUMNS = (
    "id", "type", "area", "typed", "earliest", "latest", "zone", "clinic", "phone", "note",
    "overrides", "changed", "removed",
)  # fmt: skip
SHORTEST_PREFIX = 4


class StoredTreatment(NamedTuple):
    """A treatment on record. Instants are ISO 8601 in UTC; `zone` is an IANA name.

    `typed` is what somebody typed, `earliest` and `latest` how it was understood. `overrides`
    leads from an activity's id to what the clinic said of it.
    """

    id: str
    type: str
    area: str
    typed: str
    earliest: str
    latest: str
    zone: str
    clinic: str | None
    phone: str | None
    note: str | None
    overrides: Mapping[str, Mapping[str, str]]
    changed: str
    removed: str | None


def new_id() -> str:
    """Return an identity that no other record has, on this machine or another."""
    return uuid4().hex


def instants(when: Interval) -> tuple[str, str]:
    """Return an interval's ends as they are stored."""
    return when.earliest.isoformat(), when.latest.isoformat()


def on_record(connection: sqlite3.Connection) -> list[StoredTreatment]:
    """Return the treatments that were not removed, oldest first."""
    rows = connection.execute(
        "SELECT * FROM treatment WHERE removed IS NULL ORDER BY latest, area, id"
    )
    return [_read(row) for row in rows]


def everything(connection: sqlite3.Connection) -> list[StoredTreatment]:
    """Return all treatments, removed ones too, in a fixed order."""
    return [_read(row) for row in connection.execute("SELECT * FROM treatment ORDER BY id")]


def find(connection: sqlite3.Connection, prefix: str) -> StoredTreatment:
    """Return the treatment whose id begins so.

    Raises:
        StoreError: No treatment on record does, or several do.
    """
    known = on_record(connection)
    found = [each for each in known if each.id.startswith(prefix.lower())]
    if len(prefix) >= SHORTEST_PREFIX and len(found) == 1:
        return found[0]
    ids = ", ".join(each.id[:8] for each in known) or "none"
    word = "several treatments" if len(found) > 1 else "no treatment"
    message = f"{word} on record with an id that begins with {prefix!r}; on record: {ids}"
    raise StoreError(message, "Type: mesocare treatments")


def keep(connection: sqlite3.Connection, treatment: StoredTreatment) -> None:
    """Store a treatment, new or changed.

    Raises:
        StoreError: Another treatment is on record for that time and area.
    """
    names = ", ".join(COLUMNS)
    marks = ", ".join("?" * len(COLUMNS))
    updates = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[1:])
    row = treatment._replace(overrides=json.dumps(treatment.overrides))  # type: ignore[arg-type]
    try:
        connection.execute(
            f"INSERT INTO treatment ({names}) VALUES ({marks})"  # noqa: S608 - our own column names
            f" ON CONFLICT (id) DO UPDATE SET {updates}",
            row,
        )
    except sqlite3.IntegrityError as error:
        message = f"a treatment of the {treatment.area} is already on record for that time"
        hint = "Type `mesocare treatments` to see it, and `mesocare edit ID` to change it."
        raise StoreError(message, hint) from error


def remove(connection: sqlite3.Connection, treatment: StoredTreatment, now: datetime) -> None:
    """Take a treatment off the record; `undo` brings it back."""
    moment = now.isoformat()
    keep(connection, treatment._replace(removed=moment, changed=moment))


def undo(connection: sqlite3.Connection, now: datetime) -> StoredTreatment:
    """Bring back the treatment that was removed last.

    Raises:
        StoreError: None was removed.
    """
    row = connection.execute(
        "SELECT * FROM treatment WHERE removed IS NOT NULL ORDER BY removed DESC LIMIT 1"
    ).fetchone()
    if row is None:
        raise StoreError(
            "nothing was removed, so there is nothing to undo", "Type: mesocare treatments"
        )
    treatment = _read(row)._replace(removed=None, changed=now.isoformat())
    keep(connection, treatment)
    return treatment


def _read(row: tuple[object, ...]) -> StoredTreatment:
    values = dict(zip(COLUMNS, row, strict=True))
    values["overrides"] = json.loads(str(values["overrides"]))
    return StoredTreatment(**values)  # type: ignore[arg-type]
