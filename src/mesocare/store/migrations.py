"""The form of the record, version by version, and how an earlier one becomes the newest.

A released step never changes. Each version has its file in `tests/data`.
"""

from __future__ import annotations

import json
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mesocare.errors import StoreError
from mesocare.store.place import (
    LOGS,
    PARTIAL,
    TRANSIENT,
    DamageError,
    beside,
    connect,
    install,
    log,
    private,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

# Each step leads from the version that is its index to the next.
MIGRATIONS = (
    """
    CREATE TABLE treatment (
        id TEXT PRIMARY KEY,
        type TEXT NOT NULL,
        area TEXT NOT NULL,
        typed TEXT NOT NULL,
        earliest TEXT NOT NULL,
        latest TEXT NOT NULL,
        zone TEXT NOT NULL,
        clinic TEXT,
        phone TEXT,
        note TEXT,
        overrides TEXT NOT NULL,
        changed TEXT NOT NULL,
        removed TEXT
    ) STRICT;
    CREATE UNIQUE INDEX treatment_once
        ON treatment (earliest, latest, area) WHERE removed IS NULL;
    """,
    """
    CREATE TABLE entry (
        id TEXT PRIMARY KEY,
        sign TEXT,
        words TEXT NOT NULL,
        score INTEGER CHECK (score BETWEEN 0 AND 10),
        temperature REAL,
        note TEXT,
        at TEXT NOT NULL
    ) STRICT;
    """,
    # What was recovered from a damaged file, and when the user confirmed that it is complete.
    """
    CREATE TABLE recovery (
        aside TEXT NOT NULL,
        treatments INTEGER NOT NULL,
        entries INTEGER NOT NULL,
        confirmed TEXT
    ) STRICT;
    """,
)
# The tables in the order of the steps that make them, one each.
TABLES = ("treatment", "entry", "recovery")


def check_version(connection: sqlite3.Connection, path: Path) -> int:
    """Return the version of a file.

    Raises:
        StoreError: It is newer than this program.
    """
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        message = f"the record {str(path)!r} was written by a newer mesocare (version {version})"
        raise StoreError(message, "Update mesocare; the record was left as it is.")
    return version


def check_sound(connection: sqlite3.Connection, version: int, *, thorough: bool) -> None:
    """Read a file through, so that what is lost in it is noticed before an answer is given.

    The indexes hold times, areas and ids a second time, so a change of one of them shows. Only a
    `thorough` look reads every text; otherwise whoever reads one that is none finds it.

    Raises:
        DamageError: It is not what was written.
        sqlite3.DatabaseError: It is so wrong that SQLite cannot say how.
    """
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    if {name for (name,) in tables} & set(TABLES) != set(TABLES[: max(version, 0)]):
        raise DamageError(f"it has not the tables of version {version}")
    found = connection.execute("PRAGMA integrity_check(1)").fetchall()
    if found != [("ok",)]:
        raise DamageError(f"it is damaged ({found[0][0] if found else 'it cannot be checked'})")
    if version > TABLES.index("treatment"):
        rows = connection.execute("SELECT earliest, latest, changed, overrides FROM treatment")
        for *times, said in rows:
            if not (all(map(_is_instant, times)) and (said == "{}" or _is_object(said))):
                raise DamageError("it is damaged (a treatment cannot be read)")
    if thorough:
        for table in TABLES[:version]:
            for row in connection.execute(f"SELECT * FROM {table}"):  # noqa: S608 - our own table names
                if table == "entry" and not _is_instant(row[-1]):
                    raise DamageError("it is damaged (a diary entry cannot be read)")


def _is_instant(text: object) -> bool:
    """Whether a text is an instant with an offset."""
    try:
        return isinstance(text, str) and datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _is_object(text: Any) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (TypeError, ValueError, RecursionError):
        return False


def create(path: Path, fill: Callable[[sqlite3.Connection], None], *, into: Path) -> None:
    """Make a file of the newest version for the record at `path`, whole or not at all.

    It is filled in the same transaction as it is made, and comes into being `into` its place.
    """
    partial = beside(path, PARTIAL)
    try:
        private(partial)
        with closing(connect(partial)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            _apply(connection, 0)
            fill(connection)
            connection.execute("COMMIT")
            # Last, so that all of the content is in the one file.
            connection.execute("PRAGMA journal_mode=WAL")
        for suffix in (*LOGS, *TRANSIENT):
            log(partial, suffix).unlink(missing_ok=True)
        install(partial, into)
    finally:
        for suffix in ("", *LOGS, *TRANSIENT):
            log(partial, suffix).unlink(missing_ok=True)


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring a file to the newest version in one transaction; a copy is kept first."""
    connection.execute("PRAGMA secure_delete=ON")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = check_version(connection, path)
        if version > 0:
            _back_up(path, version)
        _apply(connection, version)
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise


def _apply(connection: sqlite3.Connection, version: int) -> None:
    """Take the steps that lead from a version to the newest."""
    for step in MIGRATIONS[version:]:
        for statement in step.split(";"):
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version={len(MIGRATIONS)}")


def _back_up(path: Path, version: int) -> None:
    """Keep a copy of a file as it is before the transaction that migrates it."""
    partial = beside(path, PARTIAL)
    try:
        private(partial)
        with closing(connect(path)) as source, closing(connect(partial)) as target:
            source.backup(target)
        install(partial, beside(path, f"-version-{version}.backup.db"))
    finally:
        for suffix in ("", *LOGS, *TRANSIENT):
            log(partial, suffix).unlink(missing_ok=True)
