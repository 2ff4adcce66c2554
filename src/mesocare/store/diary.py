"""Diary entries on record."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from mesocare.core.diary.entries import Entry
from mesocare.store import seal
from mesocare.store.location import DamageError

if TYPE_CHECKING:
    import sqlite3

COLUMNS = seal.COLUMNS["entry"]
_STORED = ", ".join((*COLUMNS, seal.SEAL))


class StoredEntry(NamedTuple):
    """An entry on record, and when it was taken back, in ISO 8601 in UTC; `None` if it was not."""

    entry: Entry
    removed: str | None


def entries(connection: sqlite3.Connection) -> list[Entry]:
    """Return the diary, oldest entry first, without what was taken back."""
    return [each.entry for each in everything(connection) if each.removed is None]


def everything(connection: sqlite3.Connection) -> list[StoredEntry]:
    """Return all entries, also those taken back, oldest first."""
    rows = connection.execute(f"SELECT {_STORED} FROM entry ORDER BY at, id").fetchall()  # noqa: S608 - our own column names
    if not all(seal.is_whole("entry", row[:-1], row[-1]) for row in rows):
        raise DamageError("it is damaged (a diary entry is not as it was written)")
    return [
        StoredEntry(Entry(*row[:-2])._replace(at=datetime.fromisoformat(row[-3])), row[-2])
        for row in rows
    ]


def beginning_with(connection: sqlite3.Connection, prefix: str) -> list[Entry]:
    """Return the entries that were not taken back and whose id begins so."""
    wanted = prefix.casefold()
    return [each for each in entries(connection) if each.id.casefold().startswith(wanted)]


def set_removed(connection: sqlite3.Connection, entry: Entry, removed: str | None) -> None:
    """Take an entry back, or bring it back; it is kept as it was either way."""
    row = (*entry._replace(at=entry.at.isoformat()), removed)  # type: ignore[arg-type]
    connection.execute(
        "UPDATE entry SET removed = ?, seal = ? WHERE id = ?",
        (removed, seal.sealed("entry", row), entry.id),
    )


def keep(connection: sqlite3.Connection, entry: Entry, removed: str | None = None) -> bool:
    """Store an entry; return whether it is new. One that is there stays as it is."""
    row = (*entry._replace(at=entry.at.isoformat()), removed)  # type: ignore[arg-type]
    before = connection.total_changes
    connection.execute(
        f"INSERT INTO entry ({_STORED}) VALUES (?{', ?' * len(COLUMNS)})"  # noqa: S608 - as above
        " ON CONFLICT (id) DO NOTHING",
        (*row, seal.sealed("entry", row)),
    )
    return connection.total_changes > before
