"""Diary entries on record."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from mesocare.core.diary.entries import Entry
from mesocare.store import seal
from mesocare.store.location import DamageError

if TYPE_CHECKING:
    import sqlite3

COLUMNS = seal.COLUMNS["entry"]
_STORED = ", ".join((*COLUMNS, seal.SEAL))


def entries(connection: sqlite3.Connection) -> list[Entry]:
    """Return the diary, oldest entry first."""
    rows = connection.execute(f"SELECT {_STORED} FROM entry ORDER BY at, id").fetchall()  # noqa: S608 - our own column names
    if not all(seal.is_whole("entry", row[:-1], row[-1]) for row in rows):
        raise DamageError("it is damaged (a diary entry is not as it was written)")
    return [Entry(*row[:-1])._replace(at=datetime.fromisoformat(row[-2])) for row in rows]


def keep(connection: sqlite3.Connection, entry: Entry) -> bool:
    """Store an entry; return whether it is new. An entry never changes once it is there."""
    row = entry._replace(at=entry.at.isoformat())  # type: ignore[arg-type]
    before = connection.total_changes
    connection.execute(
        f"INSERT INTO entry ({_STORED}) VALUES (?{', ?' * len(COLUMNS)})"  # noqa: S608 - as above
        " ON CONFLICT (id) DO NOTHING",
        (*row, seal.sealed("entry", row)),
    )
    return connection.total_changes > before
