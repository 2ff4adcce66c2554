"""Diary entries on record."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from mesocare.core.diary.entries import Entry
from mesocare.store.location import DamageError

if TYPE_CHECKING:
    import sqlite3

COLUMNS = Entry._fields


def entries(connection: sqlite3.Connection) -> list[Entry]:
    """Return the diary, oldest entry first."""
    rows = connection.execute(f"SELECT {', '.join(COLUMNS)} FROM entry ORDER BY at, id")  # noqa: S608 - our own column names
    try:
        return [Entry(*row)._replace(at=datetime.fromisoformat(row[-1])) for row in rows]
    except ValueError as error:
        raise DamageError("a diary entry cannot be read") from error


def keep(connection: sqlite3.Connection, entry: Entry) -> bool:
    """Store an entry; return whether it is new. An entry never changes once it is there."""
    marks = ", ".join("?" * len(COLUMNS))
    row = entry._replace(at=entry.at.isoformat())  # type: ignore[arg-type]
    before = connection.total_changes
    connection.execute(
        f"INSERT INTO entry ({', '.join(COLUMNS)}) VALUES ({marks})"  # noqa: S608 - our own column names
        " ON CONFLICT (id) DO NOTHING",
        row,
    )
    return connection.total_changes > before
